"""What is handed to the C2PA library to sign: a definition, and the bytes that it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.definition import definition, input_labels, parent_ingredient, resources
from touchmark.provenance.media.kinds import kind_of


@dataclass(frozen=True, slots=True)
class IngredientFile:
    """A file that becomes an ingredient, with its manifest and what validation finds in it.

    Attributes:
        entry: the ingredient that its bytes are added under.
        media_type: MIME type of the file.
        content: the file, or an open one.
    """

    entry: Mapping[str, Any]
    media_type: str
    content: Path | BinaryIO

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """From its start."""
        if isinstance(self.content, Path):
            with self.content.open("rb") as file:
                yield file
        else:
            self.content.seek(0)
            yield self.content


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest before it is signed.

    Attributes:
        title: of the file, for messages.
        media_type: MIME type of the file that is signed.
        definition: as c2pa's ``Builder`` takes it.
        resources: what the definition refers to by name.
        ingredients: files that become ingredients.
        is_update: whether it is an update manifest, which speaks of the manifest before it and not of the content.
    """

    title: str
    media_type: str
    definition: Mapping[str, Any]
    resources: Mapping[str, bytes] = field(default_factory=dict)
    ingredients: tuple[IngredientFile, ...] = ()
    is_update: bool = False

    @classmethod
    def of(cls, claim: Claim, parent: BinaryIO | None = None) -> Draft:
        """For a claim; ``parent`` stands in for the file at ``claim.parent``."""
        files = [
            IngredientFile(given.entry(label), given.media_type, given.path)
            for label, given in zip(input_labels(claim), claim.inputs, strict=True)
        ]
        if claim.parent is not None:
            kind = kind_of(claim.parent) if parent is None else None
            media_type = (kind.media_type if kind else "") or claim.media_type
            files.append(IngredientFile(parent_ingredient(claim), media_type, parent or claim.parent))
        return cls(claim.title, claim.media_type, definition(claim), resources(claim), tuple(files))
