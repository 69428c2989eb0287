"""What a file's own labels say of how it was made: IPTC's source type in XMP, the AIGC record of GB 45438-2025, and
what generators note of themselves (prompts and settings, their names in EXIF, comments and tags).

    labels = read_labels(file, kind, look.info.labels, "clip.mp4")
    labels.says_generated, labels.named_payload, labels.generator

Anybody can write them and take them out, so no origin rests on them, and that they are missing means nothing. But who
forges a manifest, or copies a mark, often leaves them as they were: then they contradict him.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, tee
from typing import BinaryIO

from touchmark.provenance.disclosure.aigc import AIGC_KEY, AigcRecord, Label
from touchmark.provenance.disclosure.generators import generator_named
from touchmark.provenance.disclosure.notes import Note, Place, notes_of
from touchmark.provenance.disclosure.xmp import XmpNote, xmp_of
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.media.items import metadata
from touchmark.provenance.media.kinds import Kind
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Payload

_SOURCE_TYPES = {kind.rpartition("/")[2]: kind for kind in DigitalSourceType}
_INSIDE = "self#jumbf="
_PAYLOAD = re.compile(rf"[0-9a-f]{{{PAYLOAD_BITS // 4}}}")


@dataclass(frozen=True, slots=True)
class ContainerLabels:
    """Labels in a file's metadata; a stranger's text.

    Attributes:
        source_type: IPTC's digital source type in XMP, where it is one that we know.
        record: the AIGC record.
        names_manifest: XMP says that a C2PA manifest is in the file.
        generator: the program or model that its metadata name, of a list of ours; empty where they name none.
        generator_in: where they do; None where they do not.
    """

    source_type: DigitalSourceType | None = None
    record: AigcRecord | None = None
    names_manifest: bool = False
    generator: str = ""
    generator_in: Place | None = None

    @property
    def says_generated(self) -> bool:
        """Whether one of them says, without reserve, that a model made the content or part of it."""
        generative = self.source_type is not None and self.source_type.is_generative
        return generative or bool(self.generator) or (self.record is not None and self.record.label == Label.IS)

    @property
    def says_captured(self) -> bool:
        """Whether one of them says that a camera took it, and none that a model made it."""
        return self.source_type is not None and self.source_type.is_capture and not self.says_generated

    @property
    def named_payload(self) -> Payload | None:
        """The payload that the record names as the number of the content, if it has the form of one."""
        if self.record is None or not _PAYLOAD.fullmatch(self.record.produce_id):
            return None
        return Payload(int(self.record.produce_id, 16))

    @property
    def in_words(self) -> str:
        """Where it is said, for a sentence; empty where nothing is."""
        said = []
        if self.source_type is not None:
            said.append(f"IPTC source type {self.source_type.rpartition('/')[2]}")
        if self.record is not None:
            said.append("AIGC record")
        if self.generator_in is not None:
            said.append(f"the name of {self.generator} in {self.generator_in}")
        return " and ".join(said)


def read_labels(file: BinaryIO, kind: Kind | None, tags: Mapping[str, str], subject: str) -> ContainerLabels:
    """The labels of an open file of a kind that errors call ``subject``, and of which a media library read ``tags``.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    items = tee(metadata(file, kind, subject))  # read once, and no further than either of two readers asks
    xmp = xmp_of(file, kind, items[0], subject)
    text = tags.get(AIGC_KEY, "") or (xmp.aigc if xmp else "")
    stated = xmp.source_type.rpartition("/")[2] if xmp else ""
    generator, place = _named([*_of_xmp(xmp), *_of_tags(tags)], notes_of(file, kind, items[1]))
    return ContainerLabels(
        source_type=_SOURCE_TYPES.get(stated),
        record=AigcRecord.parse(text) if text else None,
        names_manifest=xmp is not None and xmp.provenance.startswith(_INSIDE),
        generator=generator,
        generator_in=place,
    )


def _named(*sources: Iterable[Note]) -> tuple[str, Place | None]:
    """The first generator that notes name, and where."""
    for note in chain(*sources):
        if generator := generator_named(note.name, note.text):
            return generator, note.place
    return "", None


def _of_xmp(xmp: XmpNote | None) -> Iterator[Note]:
    for name in ("system", "creator_tool", "credit") if xmp is not None else ():
        yield Note(Place.XMP, name, getattr(xmp, name))


def _of_tags(tags: Mapping[str, str]) -> Iterator[Note]:
    for name, text in tags.items():
        yield Note(Place.TAGS, name.lower(), text)
