"""How the embedded model reads a prompt: words to tokens, tokens to vectors, and what it has understood.

    reader = PromptReader(vocabulary=("a", "blue", ...))
    tokens, summary = reader(*reader.encode(["a red circle moves to the left"]))

Words of the captions have vectors of their own. Any other word is known by its letters only (hashed trigrams), so
that it is told apart from silence without disturbing the words that are known. Before it ever guides a picture the
reader is taught to say what a caption tells (`PromptReader.read`), which is most of what there is to learn about
language in so small a world.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 - the name every reader of torch code expects
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from touchmark.generation.embedded.captions import Reading, ThingRead
from touchmark.generation.embedded.world import Colour, Motion, Shape, Size, Speed

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_WORDS = 40
"""Words and commas that are read of a prompt; the rest is not seen."""

_GRAMS = 6
_SLOTS = 3  # the scene, the first thing, the second thing
_PADDING, _UNKNOWN = 0, 1
_SHAPES, _COLOURS, _SIZES = tuple(Shape), tuple(Colour), tuple(Size)
_MOTIONS, _SPEEDS = tuple(Motion), tuple(Speed)
_SCENE_FIELDS = (len(_COLOURS) + 1, 3)  # background or unsaid; how many things
_THING_FIELDS = (len(_SHAPES) + 1, len(_COLOURS) + 1, len(_SIZES), len(_MOTIONS), len(_SPEEDS))


def words_of(prompt: str) -> list[str]:
    """The words of a prompt as the reader sees them: lower case, with punctuation that parts clauses."""
    return re.findall(r"[a-z0-9]+|[,.;:]", prompt.lower().replace("'", ""))


class _Layer(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
        self.first, self.second = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        q, k, v = torch.unflatten(self.qkv(self.first(x)), -1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        wide: Tensor = self.up(self.second(x))
        return x + torch.as_tensor(self.down(F.gelu(wide, approximate="tanh")))


class PromptReader(ModelMixin, ConfigMixin):
    """A small bidirectional transformer over words."""

    @register_to_config  # type: ignore[untyped-decorator] # diffusers ships no types
    def __init__(
        self, vocabulary: Sequence[str] = (), dim: int = 128, depth: int = 3, heads: int = 4, trigrams: int = 512
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # diffusers ships no types
        self._size, self._buckets = dim, trigrams - 1  # number 0 is padding
        self._ids = {word: index + 2 for index, word in enumerate(vocabulary)}
        self.words = nn.Embedding(len(vocabulary) + 2, dim)
        self.letters = nn.Embedding(trigrams, dim, padding_idx=0)
        self.places = nn.Parameter(torch.randn(MAX_WORDS, dim) * 0.1)
        self.slots = nn.Parameter(torch.randn(_SLOTS, dim) * 0.1)
        self.layers = nn.ModuleList(_Layer(dim, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.scene_head = nn.Linear(dim, sum(_SCENE_FIELDS))
        self.thing_head = nn.Linear(dim, sum(_THING_FIELDS))
        nn.init.normal_(self.words.weight, std=0.3)
        nn.init.normal_(self.letters.weight, std=0.1)

    @property
    def summary_size(self) -> int:
        """Length of the summary vector."""
        return _SLOTS * self._size

    @property
    def vocabulary(self) -> frozenset[str]:
        """Words with vectors of their own."""
        return frozenset(self._ids)

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Word numbers (B, MAX_WORDS) and, for unknown words, trigram numbers (B, MAX_WORDS, 6); 0 is padding."""
        ids = torch.zeros(len(prompts), MAX_WORDS, dtype=torch.long)
        grams = torch.zeros(len(prompts), MAX_WORDS, _GRAMS, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            for place, word in enumerate(words_of(prompt)[:MAX_WORDS]):
                ids[row, place] = self._ids.get(word, _UNKNOWN)
                if word not in self._ids:
                    edged = f"<{word}>"
                    for slot, at in enumerate(range(min(_GRAMS, len(edged) - 2))):
                        grams[row, place, slot] = 1 + zlib.crc32(edged[at : at + 3].encode()) % self._buckets
        device = self.slots.device
        return ids.to(device), grams.to(device)

    def forward(self, ids: Tensor, grams: Tensor) -> tuple[Tensor, Tensor]:
        """Read prompts.

        Returns token vectors (B, 3 + MAX_WORDS, dim), zero where there is no word, and a summary (B, 3 dim).
        """
        count = (grams > 0).sum(-1, keepdim=True).clamp(min=1)
        x = self.words(ids) + self.letters(grams).sum(2) / count + self.places
        x = torch.cat([self.slots.expand(len(ids), -1, -1), x], 1)
        there = F.pad(ids != _PADDING, (_SLOTS, 0), value=True)
        for layer in self.layers:
            x = layer(x, there[:, None, None])
        x = self.norm(x) * there[..., None]
        return x, x[:, :_SLOTS].flatten(1)

    def scores(self, tokens: Tensor) -> list[Tensor]:
        """Logits of all that a caption tells, from the token vectors: two of the scene, then five of each thing."""
        fields = list(self.scene_head(tokens[:, 0]).split(_SCENE_FIELDS, -1))
        for slot in range(1, _SLOTS):
            fields += self.thing_head(tokens[:, slot]).split(_THING_FIELDS, -1)
        return fields

    @torch.no_grad()
    def read(self, prompt: str) -> Reading:
        """What the reader understands of a prompt."""
        tokens, _ = self(*self.encode([prompt]))
        background, count, *rest = (int(score.argmax(-1)) for score in self.scores(tokens))
        things = []
        for at in range(0, 5 * count, 5):
            shape, colour, size, motion, speed = rest[at : at + 5]
            things.append(
                ThingRead(
                    _SHAPES[shape] if shape < len(_SHAPES) else None,
                    _COLOURS[colour] if colour < len(_COLOURS) else None,
                    _SIZES[size],
                    _MOTIONS[motion],
                    _SPEEDS[speed],
                )
            )
        return Reading(_COLOURS[background] if background < len(_COLOURS) else None, tuple(things))


def answers(readings: Sequence[Reading]) -> Tensor:
    """What `PromptReader.scores` ought to find: (B, 12) class numbers, -100 for what concerns no thing."""
    rows = []
    for reading in readings:
        back = reading.background
        row = [len(_COLOURS) if back is None else _COLOURS.index(back), len(reading.things)]
        for thing in reading.things:
            row += [
                len(_SHAPES) if thing.shape is None else _SHAPES.index(thing.shape),
                len(_COLOURS) if thing.colour is None else _COLOURS.index(thing.colour),
                _SIZES.index(thing.size),
                _MOTIONS.index(thing.motion),
                _SPEEDS.index(thing.speed),
            ]
        rows.append(row + [-100] * (2 + 5 * (_SLOTS - 1) - len(row)))
    return torch.tensor(rows)
