"""The manifest stores that a file keeps, each taken apart once for all who look at it.

    for one in kept_stores(file, "film.mp4").stores:
        one.manifests

A C2PA library reads stores; what it does not say of them (how much is in them, what in them is unsigned, with what kind
of certificate they were signed) is looked up here, in what is found by ``traces``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

from touchmark.provenance.manifest.jumbf import Box, ManyBoxesError, read_box
from touchmark.provenance.manifest.parts import check_parts
from touchmark.provenance.manifest.traces import MOST_OF_STORE, stores
from touchmark.provenance.manifest.unpacked import with_unpacked
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.kinds import BOXED, Kind, kind_of_file

_MOST: Final = 64
"""Stores in a file: a C2PA library takes one, and in a film another that was there before."""
_DEPTH: Final = 32  # as deep as a C2PA library follows; assertions lie at 3


@dataclass(frozen=True, slots=True)
class KeptStore:
    """A store, and the bytes of the place where it lies.

    Attributes:
        data: all of that place from where the store begins.
        store: its box, and those in it, with compressed manifests unpacked where that can be done in one way alone;
            None where the bytes cannot be taken apart.
        end: where in ``data`` it ends.
    """

    data: bytes
    store: Box | None
    end: int

    @classmethod
    def of(cls, data: bytes, subject: str = "") -> KeptStore:
        """What can be made of these bytes; ``subject`` is what an error calls them.

        Raises:
            LimitExceededError: there are more boxes than in any store that was not made for that.
        """
        try:
            store, end = read_box(data, 0, _DEPTH)
        except ManyBoxesError as error:
            raise refused("its manifest store has boxes by the ten thousand", subject) from error
        except ValueError:
            return cls(data, None, 0)
        return cls(data, with_unpacked(store), end)

    @property
    def manifests(self) -> tuple[Box, ...]:
        """Those in the store; none where it cannot be taken apart."""
        return self.store.inner if self.store else ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file keeps.

    Attributes:
        kind: of the file.
        stores: those in the place where the file's form has them.
        parts: how many the file has: what a library may take to read it.
    """

    kind: Kind | None
    stores: tuple[KeptStore, ...]
    parts: int

    @property
    def are_one(self) -> bool:
        """Whether a library joins the stores: an original, and in another box what was said of it since."""
        return self.kind in BOXED


def kept_stores(file: BinaryIO, subject: str) -> Kept:
    """Taken apart, of an open, seekable file.

    Raises:
        LimitExceededError: the file has more parts, or they take more time or memory, than in any file that was not
            made for that.
    """
    parts, kind = check_parts(file, subject), kind_of_file(file)
    kept: list[KeptStore] = []
    room = MOST_OF_STORE
    for data in stores(file, kind):
        room -= len(data)
        if room < 0:
            raise refused(f"its manifest store is larger than {MOST_OF_STORE >> 20} MiB", subject)
        if len(kept) == _MOST:
            raise refused(f"its manifest store is there more than {_MOST} times", subject)
        kept.append(KeptStore.of(data, subject))
    return Kept(kind, tuple(kept), parts)


def refused(problem: str, subject: str) -> LimitExceededError:
    """Of a file that costs more than any which was not made for that."""
    return LimitExceededError(problem, subject=subject, remedy="No generator writes that; do not open the file.")
