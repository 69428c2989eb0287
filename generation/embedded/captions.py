"""What people may say of a scene, and what each way of saying it means.

    text, reading = caption(scene, rng)
    # "on a white background, a small red ball slides slowly to the left"

A caption and its `Reading` are drawn together: the reading holds exactly what the caption tells, so that the text
encoder can be taught to read before it is asked to guide a picture. What is not said has a meaning too: a thing is of
medium size and normal speed, and stands still, unless the caption says otherwise; an unsaid background
is white (black behind something white), and an unsaid colour or shape is free.

This is a grammar for drawing captions, not a parser: prompts are read by the trained `text.PromptReader`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from touchmark.generation.embedded.world import Actor, Colour, Motion, Scene, Shape, Size, Speed

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

Verb = tuple[str, str, str]
"""Plural, third person and participle: ("move", "moves", "moving")."""

PLURAL, THIRD, PARTICIPLE = range(3)


@dataclass(frozen=True, slots=True)
class ThingRead:
    """What a caption tells of one thing."""

    shape: Shape | None
    colour: Colour | None
    size: Size
    motion: Motion
    speed: Speed


@dataclass(frozen=True, slots=True)
class Reading:
    """What a caption tells, things in the order of their first mention."""

    background: Colour | None
    things: tuple[ThingRead, ...]


_NOUNS: dict[Shape | None, tuple[str, ...]] = {
    Shape.CIRCLE: ("circle",) * 6 + ("ball",) * 3 + ("disc", "disk", "dot", "sphere", "round shape", "circular shape"),
    Shape.SQUARE: ("square",) * 8 + ("box", "box", "block", "cube", "square shape"),
    Shape.TRIANGLE: ("triangle",) * 10 + ("triangular shape", "pyramid"),
    None: ("shape", "object", "thing"),
}
_COLOUR_WORDS: dict[Colour, tuple[str, ...]] = {c: (c.value,) for c in Colour} | {
    Colour.PURPLE: ("purple",) * 5 + ("violet",),
    Colour.RED: ("red",) * 9 + ("crimson",),
}
_SIZES: dict[Size, tuple[str, ...]] = {
    Size.SMALL: ("small", "small", "little", "tiny"),
    Size.MEDIUM: ("", "", "", "", "", "", "medium", "medium-sized"),
    Size.BIG: ("big", "big", "large", "large", "huge", "giant"),
}
_ADVERBS: dict[Speed, tuple[str, ...]] = {
    Speed.SLOW: ("slowly",) * 5 + ("gently", "at a slow speed", "at low speed", "very slowly"),
    Speed.NORMAL: ("",) * 12 + ("steadily", "smoothly"),
    Speed.QUICK: ("quickly",) * 4 + ("fast", "fast", "rapidly", "swiftly", "at high speed", "very fast"),
}
_SPEED_ADJECTIVES: dict[Speed, str] = {Speed.SLOW: "slow", Speed.QUICK: "fast", Speed.NORMAL: ""}


def _regular(*bare: str) -> tuple[Verb, ...]:
    def inflect(word: str) -> Verb:
        first, _, rest = word.partition(" ")
        rest = rest and " " + rest
        third = first + ("es" if first.endswith(("o", "s", "sh")) else "s")
        if first.endswith("fly"):
            third = first[:-1] + "ies"
        stem = first[:-1] if first.endswith("e") else first
        if first in {"run", "hop", "bob", "drop", "sit", "spin"}:
            stem += first[-1]
        return word, third + rest, stem + "ing" + rest

    return tuple(inflect(w) for w in bare)


_GO: tuple[Verb, ...] = _regular(
    "move", "move", "move", "move", "slide", "slide", "drift", "glide", "travel", "go", "float", "fly", "roll"
)
_GO += _regular("head", "run", "sweep", "shift", "pass")
_WAYS: dict[Motion, tuple[str, ...]] = {
    Motion.LEFT: (
        *("left", "left", "to the left", "to the left", "leftwards", "leftward", "towards the left", "toward the left"),
        *(
            "from right to left",
            "from the right to the left",
            "right to left",
            "to the left side",
            "across to the left",
        ),
        *("across the screen to the left", "from right to left across the frame", "to the left edge"),
    ),
    Motion.RIGHT: (
        *("right", "right", "to the right", "to the right", "rightwards", "rightward", "towards the right"),
        *("toward the right", "from left to right", "from the left to the right", "left to right"),
        *("to the right side", "across to the right", "across the screen to the right", "to the right edge"),
        "from left to right across the frame",
    ),
    Motion.UP: (
        *("up", "up", "upwards", "upwards", "upward", "to the top", "towards the top", "from bottom to top"),
        *("from the bottom to the top", "straight up", "up the screen", "toward the top"),
    ),
    Motion.DOWN: (
        *("down", "down", "downwards", "downwards", "downward", "to the bottom", "towards the bottom"),
        *("from top to bottom", "from the top to the bottom", "straight down", "down the screen", "toward the bottom"),
    ),
}
_VERBS: dict[Motion, tuple[tuple[Verb, str], ...]] = {
    **{motion: tuple((verb, way) for verb in _GO for way in ways) for motion, ways in _WAYS.items()},
    Motion.BOUNCE: tuple((v, "") for v in _regular("bounce", "bounce", "bounce", "hop"))
    + tuple((v, "up and down") for v in _regular("bounce", "bounce", "jump", "move", "bob", "hop", "go"))
    + tuple((v, w) for v in _regular("bounce") for w in ("on the floor", "on the ground", "in place", "repeatedly")),
    Motion.CIRCLE: tuple((v, "in a circle") for v in _regular("move", "move", "go", "travel", "fly", "run"))
    + tuple((v, "in circles") for v in _regular("move", "go", "travel", "fly"))
    + tuple((v, w) for v in _regular("circle") for w in ("", "around", "round"))
    + tuple((v, "around in a circle") for v in _regular("move", "go"))
    + tuple((v, w) for v in _regular("orbit") for w in ("", "around"))
    + tuple((v, w) for v in _regular("move") for w in ("along a circle", "in a circular path", "in a loop"))
    + tuple((v, "round and round") for v in _regular("go")),
    Motion.STILL: (
        *((v, "still") for v in _regular("stay", "stay", "stand", "sit", "remain", "hold")),
        *((v, "") for v in _regular("rest")),
        *((("do not move", "does not move", "not moving"), "") for _ in range(3)),
        *((("are", "is", "being"), w) for w in ("still", "still", "motionless", "stationary", "not moving", "at rest")),
        *((v, w) for v in _regular("stay", "remain") for w in ("in place", "put", "where it is", "motionless")),
    ),
}
_SPECIAL: dict[Motion, tuple[tuple[Verb, str], ...]] = {
    Motion.UP: tuple((v, w) for v in _regular("rise", "rise", "climb", "ascend") for w in ("", "", "up", "to the top")),
    Motion.DOWN: tuple(
        (v, w) for v in _regular("fall", "fall", "drop", "sink", "descend") for w in ("", "", "down", "to the bottom")
    ),
}
_ADJECTIVES: dict[Motion, tuple[str, ...]] = {
    Motion.UP: ("rising", "ascending", "upward moving"),
    Motion.DOWN: ("falling", "dropping", "descending", "sinking"),
    Motion.BOUNCE: ("bouncing", "bouncing", "hopping", "jumping"),
    Motion.CIRCLE: ("circling", "orbiting"),
    Motion.STILL: ("still", "motionless", "stationary", "resting"),
    Motion.LEFT: ("left moving", "left-moving"),
    Motion.RIGHT: ("right moving", "right-moving"),
}
_BACKGROUNDS: tuple[str, ...] = (
    *("on a {} background", "on a {} background", "over a {} background", "against a {} background"),
    *("in front of a {} wall", "in front of a {} wall", "in front of a {} background", "against a {} wall"),
    *("on {}", "over {}", "against {}", "on a {} backdrop", "against a {} backdrop", "with a {} background"),
    *("on a plain {} background", "on a {} screen", "before a {} wall", "across a {} background", "over a {} backdrop"),
)
_OPENINGS = (
    *("a video of", "a clip of", "an animation of", "a video showing", "show", "show me", "make a video of"),
    *("a short video of", "create a clip of", "generate a video of", "animate", "picture"),
)
_JOINS: tuple[str, ...] = (
    " and ",
    " and ",
    " and ",
    ", and ",
    " while ",
    " while ",
    ", while ",
    " as ",
    ", ",
    "; ",
    ". ",
)
_JOINS += (" and at the same time ", ", meanwhile ", " and next to it ", " whereas ")


def caption(scene: Scene, rng: random.Random) -> tuple[str, Reading]:
    """Draw one of the many captions of a scene, lower case, with what it tells."""
    unsaid = scene.background is unsaid_background(scene) and rng.random() < 0.4
    background = None if unsaid else scene.background
    things = tuple(_told(actor, rng) for actor in scene.actors)
    text = _alone(things[0], background, rng) if len(things) == 1 else _together(things, background, rng)
    if rng.random() < 0.2:
        text += "."
    return " ".join(text.split()), Reading(background, things)


def unsaid_background(scene: Scene) -> Colour:
    """The background of a caption that names none: white, or black behind something white."""
    return Colour.BLACK if any(actor.colour is Colour.WHITE for actor in scene.actors) else Colour.WHITE


def _told(actor: Actor, rng: random.Random) -> ThingRead:
    speed = Speed.NORMAL if actor.motion is Motion.STILL else actor.speed
    return ThingRead(
        None if rng.random() < 0.02 else actor.shape,
        None if rng.random() < 0.02 else actor.colour,
        actor.size,
        actor.motion,
        speed,
    )


def _article(words: str, rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.06:
        return words
    if chance < 0.14:
        return f"{'the' if chance < 0.11 else 'one'} {words}"
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"


def _noun(thing: ThingRead, rng: random.Random, *, before: str = "") -> str:
    """A noun phrase; before: an adjective that opens it."""
    size, noun = rng.choice(_SIZES[thing.size]), rng.choice(_NOUNS[thing.shape])
    colour = rng.choice(_COLOUR_WORDS[thing.colour]) if thing.colour else ""
    chance = rng.random()
    if colour and not before and chance < 0.05:
        tail = rng.choice(("that is {}", "in {}", "of {} colour", "colored {}", "coloured {}", "which is {}"))
        return _article(f"{size} {noun} {tail.format(colour)}".strip(), rng)
    if colour and chance < 0.09:
        colour = f"{rng.choice(('bright', 'solid', 'plain'))} {colour}"
    words = [colour, size] if chance > 0.96 else [size, ", " if size and colour and chance > 0.92 else "", colour]
    return _article(" ".join(w for w in (before, *words, noun) if w).replace(" ,", ","), rng)


def _does(thing: ThingRead, form: int, rng: random.Random) -> str:
    """A verb phrase in the given form."""
    special = _SPECIAL.get(thing.motion)
    verb, way = rng.choice(special if special and rng.random() < 0.45 else _VERBS[thing.motion])
    adverb = "" if thing.motion is Motion.STILL else rng.choice(_ADVERBS[thing.speed])
    place = rng.random()
    if adverb.endswith("ly") and place < 0.35:
        return f"{adverb} {verb[form]} {way}"
    if place < 0.55:
        return f"{verb[form]} {adverb} {way}"
    return f"{verb[form]} {way} {adverb}"


def _behind(background: Colour | None, rng: random.Random) -> str:
    if background is None:
        return ""
    word = rng.choice(_COLOUR_WORDS[background])
    phrase = rng.choice(_BACKGROUNDS)
    return phrase.replace("a {}", ("an " if word[0] in "aeio" else "a ") + word).format(word)


def _clause(thing: ThingRead, rng: random.Random, *, finite: bool | None = None, middle: str = "") -> str:
    """A noun and what it does; middle: words between the two."""
    chance = rng.random()
    if thing.motion is Motion.STILL and chance < 0.2:
        return f"{_noun(thing, rng)} {middle}"
    if chance < 0.27 and not middle and finite is not True:
        adjective = rng.choice(_ADJECTIVES[thing.motion])
        if thing.motion is not Motion.STILL and thing.speed is not Speed.NORMAL:
            slow = rng.choice(("slowly", "slow")), rng.choice(("quickly", "fast", "rapidly"))
            adjective = f"{slow[thing.speed is Speed.QUICK]} {adjective}"
        return _noun(thing, rng, before=adjective)
    if chance < 0.31 and thing.motion is not Motion.STILL and thing.speed is not Speed.NORMAL:
        plain = ThingRead(thing.shape, thing.colour, thing.size, thing.motion, Speed.NORMAL)
        return f"{_noun(thing, rng, before=_SPEED_ADJECTIVES[thing.speed])} {middle} {_does(plain, THIRD, rng)}"
    noun = _noun(thing, rng)
    form = rng.random()
    if finite is True or (finite is None and form < 0.5):
        return f"{noun} {middle} {_does(thing, THIRD, rng)}"
    link = "" if finite is False or form < 0.8 else rng.choice(("is", "is", "that is", "which is"))
    return f"{noun} {middle} {link} {_does(thing, PARTICIPLE, rng)}"


def _alone(thing: ThingRead, background: Colour | None, rng: random.Random) -> str:
    behind, chance = _behind(background, rng), rng.random()
    if chance < 0.5 or background is None:
        opening = rng.choice(_OPENINGS) if rng.random() < 0.15 else ""
        return f"{opening} {_clause(thing, rng, finite=False if opening else None)} {behind}"
    if chance < 0.65:
        return f"{behind}, {_clause(thing, rng)}"
    if chance < 0.78:
        return _clause(thing, rng, middle=behind)
    if chance < 0.88:
        tags = [_noun(thing, rng), _does(thing, PARTICIPLE, rng), f"{rng.choice(_COLOUR_WORDS[background])} background"]
        if rng.random() < 0.4:
            rng.shuffle(tags)
        return ", ".join(tags)
    if chance < 0.94:
        backdrop = rng.choice(("the background is {}", "the wall is {}", "the background colour is {}"))
        it = f"{rng.choice(('there is ', '', 'we see '))}{_noun(thing, rng)}. it {_does(thing, THIRD, rng)}"
        parts = [it, backdrop.format(background.value)]
        return ". ".join(parts if rng.random() < 0.7 else parts[::-1])
    return f"{_does(thing, PARTICIPLE, rng)}, {_noun(thing, rng)} {behind}"


def _together(things: Sequence[ThingRead], background: Colour | None, rng: random.Random) -> str:
    behind, chance = _behind(background, rng), rng.random()
    one, other = things
    same = (one.motion, one.speed) == (other.motion, other.speed)
    if same and chance < 0.6:
        both = rng.choice(("both ", "", "both "))
        does = _does(one, rng.choice((PLURAL, PLURAL, PARTICIPLE)), rng)
        text = f"{_noun(one, rng)} and {_noun(other, rng)} {both}{does}"
    elif chance < 0.12:
        pair = rng.choice((("the first", "the second"), ("one", "the other"), ("the first one", "the second one")))
        form = rng.choice((THIRD, PARTICIPLE))
        nouns = f"{_noun(one, rng)} and {_noun(other, rng)}"
        text = f"{nouns}{rng.choice((', ', ': ', '. '))}{pair[0]} {_does(one, form, rng)} and {pair[1]} "
        text += _does(other, form, rng)
    elif chance < 0.2:
        opening = rng.choice(("two shapes: ", "there are two shapes, ", "two objects, ", "two things: "))
        text = f"{opening}{_clause(one, rng)} and {_clause(other, rng)}"
    else:
        finite = rng.choice((True, True, False, None))
        first = _clause(one, rng, finite=finite)
        if behind and rng.random() < 0.12:
            first, behind = f"{first} {behind}", ""
        text = f"{first}{rng.choice(_JOINS)}{_clause(other, rng, finite=finite)}"
    if behind and rng.random() < 0.25:
        return f"{behind}, {text}"
    if background and behind and rng.random() < 0.1:
        return f"{text}. the background is {background.value}"
    return f"{text} {behind}"
