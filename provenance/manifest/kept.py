"""The manifest stores that a file keeps, each taken apart once for all who look at it.

    for kept in kept_stores(file):
        kept.store.inner          # its manifests

A C2PA library reads stores; what it does not say of them (how much is in them, what in them is unsigned, with what kind
of certificate they were signed) is looked up here, in what is found by ``traces``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

from touchmark.provenance.manifest.jumbf import Box, read_box
from touchmark.provenance.manifest.traces import stores

_DEPTH: Final = 3  # a store, manifests in it, their parts, assertions


@dataclass(frozen=True, slots=True)
class KeptStore:
    """A store, and the bytes of the place where it lies.

    Attributes:
        data: all of that place from where the store begins.
        store: its box, down to assertions; None where the bytes cannot be taken apart.
        end: where in ``data`` it ends.
    """

    data: bytes
    store: Box | None
    end: int

    @classmethod
    def of(cls, data: bytes) -> KeptStore:
        """What can be made of these bytes."""
        try:
            return cls(data, *read_box(data, 0, _DEPTH))
        except ValueError:
            return cls(data, None, 0)


def kept_stores(file: BinaryIO) -> tuple[KeptStore, ...]:
    """Those in the place where the file's form has them."""
    return tuple(map(KeptStore.of, stores(file)))
