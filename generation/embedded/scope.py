"""What lies outside the embedded model's small world, said plainly before a clip is made of it.

    for finding in outside_world("a dragon over Paris"):
        print(finding)

Light on purpose: it needs the vocabulary that ships with the weights and nothing else, no torch and no model.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from touchmark.generation.embedded.world import Colour, Motion, Shape

NOTE = (
    "The embedded model knows only its small world: one or two of "
    f"{', '.join(s.value + 's' for s in Shape)}; in {', '.join(Colour)}; small, medium or big; "
    f"moving {', '.join(m.value for m in Motion if m not in (Motion.BOUNCE, Motion.CIRCLE, Motion.STILL))}, bouncing, "
    "in a circle or standing still; slowly or quickly; before a plain background."
)
"""What to tell a person whose prompt asks for more."""

_SHAPE_WORDS = frozenset(
    {
        *("circle", "ball", "disc", "disk", "dot", "sphere", "round", "circular", "square", "box", "block", "cube"),
        *("triangle", "triangular", "pyramid", "shape", "object", "thing"),
    }
)
# Words that change nothing here and deserve no note.
_EMPTY_WORDS = frozenset(
    {
        *(
            "a",
            "an",
            "the",
            "this",
            "that",
            "of",
            "in",
            "on",
            "at",
            "by",
            "to",
            "from",
            "with",
            "and",
            "or",
            "as",
            "is",
        ),
        *("are", "be", "being", "it", "its", "there", "here", "so", "very", "just", "please", "me", "i", "we", "want"),
        *("would", "like", "can", "you", "see", "make", "create", "generate", "draw", "show", "video", "clip", "film"),
        *("movie", "animation", "scene", "picture", "image", "short", "second", "seconds", "long", "loop", "looping"),
        *("simple", "plain", "flat", "frame", "screen", "view", "then", "also", "too", "which", "while", "when"),
        *("into", "onto", "out", "through", "whole", "entire", "all", "around", "over"),
    }
)
_MANY = re.compile(r"^(three|four|five|six|seven|eight|nine|ten|several|many|[0-9]+)$")


@functools.cache
def _known() -> frozenset[str]:
    config = json.loads((Path(__file__).with_name("weights") / "reader" / "config.json").read_text())
    return frozenset(config["vocabulary"]) | _EMPTY_WORDS


def outside_world(prompt: str) -> tuple[str, ...]:
    """What of a prompt the embedded model does not know, as phrases for a person; empty if it knows it all."""
    words = re.findall(r"[^\W_]+", prompt.lower().replace("'", ""))
    findings = [f"does not know the word {word!r}" for word in dict.fromkeys(words) if word not in _known()]
    singular = {word.removesuffix("s") for word in words} | set(words)
    if not singular & _SHAPE_WORDS:
        findings.append("finds no circle, square or triangle named")
    if any(_MANY.match(word) for word in words):
        findings.append("shows one or two things, never more")
    return tuple(findings)
