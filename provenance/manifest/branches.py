"""Boxes with branches of hash trees, of which a C2PA library reads what it needs and asks no more.

    bound = bound_branches(file, report.trees, "clip.mp4")
    unhashed_content(file, "clip.mp4", bound=bound)

A film whose hard binding holds trees has a box for each leaf: which tree, which leaf, and the hashes on its way up to
the row that is signed (C2PA 2.4, A.5.2 and 18.6.2). A library lets pass boxes that no leaf asks for, names and hashes
beyond those that it looks up, and whatever follows them. Here a box counts as bound if it holds the branch that its
place asks for, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.binding import HashTree
from touchmark.provenance.media.boxes import C2PA_UUID, Box, top_level

_HEAD: Final = bytes(4) + b"merkle\0"
"""Version and flags, and the purpose (C2PA 2.4, A.5.1)."""
_LONG_HEADER: Final = 24
"""Bytes of a ``uuid`` box's header whose size takes 32 bits; no branch needs more."""
_MOST: Final = 8192
"""Bytes of a branch: more than a hundred hashes of 64 bytes, for trees of 2 to the power of that many leaves."""


def bound_branches(file: BinaryIO, trees: Sequence[HashTree], subject: str) -> dict[int, int]:
    """The offset of each box that the trees ask for, and where in the file its content ends; zeros may follow it.

    None where the trees do not speak of such a film: of fragments where it has none, of its media where it has some.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    bound: dict[int, int] = {}
    if not trees:
        return bound
    boxes = tuple(top_level(file, subject))
    is_fragmented = any(box.type == "moof" for box in boxes)
    if any(tree.of_fragments is not is_fragmented for tree in trees):
        return bound
    leaves = ((tree, leaf) for tree in trees for leaf in range(tree.leaves))
    for (box, branch), (tree, leaf) in zip(_with_branches(file, boxes), leaves, strict=False):
        if end := _end_of_branch(box, branch, tree, leaf):
            bound[box.offset] = end
    return bound


def _with_branches(file: BinaryIO, boxes: Iterable[Box]) -> Iterator[tuple[Box, Branch | None]]:
    """The boxes that call themselves a branch, and the branch in each where it can be read."""
    for box in boxes:
        if (content := _content(file, box)).startswith(_HEAD):
            yield box, _branch_in(content)


def _content(file: BinaryIO, box: Box) -> bytes:
    if box.uuid != C2PA_UUID:
        return b""
    file.seek(box.offset + box.header_size)
    return file.read(max(min(box.size - box.header_size, _MOST), 0))


def _end_of_branch(box: Box, branch: Branch | None, tree: HashTree, leaf: int) -> int:
    """Where in the file the branch of one leaf ends; 0 where it is another, or its box is not as such a box is."""
    if branch is None or not branch.is_of(tree) or branch.leaf != leaf:
        return 0
    as_asked = branch.sizes == (tree.digest,) * _on_the_way(tree, leaf) and tree.digest > 0
    plain = box.whole and box.header_size == _LONG_HEADER
    return box.offset + box.header_size + branch.end if as_asked and plain else 0


@dataclass(frozen=True, slots=True)
class Branch:
    """What a branch says of itself.

    Attributes:
        unique_id, local_id: of its tree.
        leaf: number of the piece that is its leaf, from 0 on.
        sizes: bytes of each hash on its way up.
        end: where it ends in the content of its box.
    """

    unique_id: int
    local_id: int
    leaf: int
    sizes: tuple[int, ...]
    end: int

    def is_of(self, tree: HashTree) -> bool:
        """Whether it names this tree."""
        return (self.unique_id, self.local_id) == (tree.unique_id, tree.local_id)


def branches_in(file: BinaryIO, subject: str) -> tuple[Branch, ...]:
    """All that can be read, in one segment of a film, of which each has one.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    found = _with_branches(file, top_level(file, subject))
    return tuple(branch for _, branch in found if branch is not None)


def bound_in_segment(file: BinaryIO, trees: Sequence[HashTree], subject: str) -> dict[int, int]:
    """As :func:`bound_branches`, of one segment of a film that lies in a file of its own: its one branch.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    box, branch = next(_with_branches(file, top_level(file, subject)), (None, None))
    if box is None or branch is None:
        return {}
    fitting = (tree for tree in trees if tree.of_fragments and branch.leaf < tree.leaves)
    ends = (_end_of_branch(box, branch, tree, branch.leaf) for tree in fitting)
    return next(({box.offset: end} for end in ends if end), {})


def _branch_in(content: bytes) -> Branch | None:
    """The branch that a box holds, if it names what is asked for, each once, and nothing else."""
    try:
        at = len(_HEAD)
        kind, count, _ = cbor.head(content, at)
        *places, end = cbor.members(content, at)
        names = [content[name:value] for name, value in zip(places[::2], places[1::2], strict=True)]
        values = dict(zip(names, places[1::2], strict=True))
        unique_id, local_id, leaf = (
            _number(content, values.pop(name)) for name in (b"\x68uniqueId", b"\x67localId", b"\x68location")
        )
        hashes = values.pop(b"\x66hashes", None)
        sizes = tuple(_sizes(content, hashes)) if hashes is not None else ()
    except (KeyError, ValueError):
        return None
    is_plain = kind == cbor.MAP and count == len(names) == len(set(names)) and not values
    return Branch(unique_id, local_id, leaf, sizes, end) if is_plain else None


def _on_the_way(tree: HashTree, leaf: int) -> int:
    """Hashes from a leaf up to the row that is signed; one that has no neighbour moves up as it is."""
    count, layer, at = 0, tree.leaves, leaf
    while layer != tree.row and layer > 1:
        count += at % 2 == 1 or at + 1 < layer
        layer, at = -(-layer // 2), at // 2
    return count


def _number(data: bytes, at: int) -> int:
    kind, number, _ = cbor.head(data, at)
    if kind != cbor.UNSIGNED or number < 0:
        raise ValueError("no number")
    return number


def _sizes(data: bytes, at: int) -> Iterator[int]:
    """Of byte strings in an array; none of null."""
    if data[at : at + 1] == cbor.NULL:
        return
    kind, count, _ = cbor.head(data, at)
    if kind != cbor.ARRAY or count < 0:
        raise ValueError("no array")
    for place in cbor.members(data, at)[:-1]:
        kind, size, _ = cbor.head(data, place)
        if kind != cbor.BYTES or size < 0:
            raise ValueError("no bytes")
        yield size
