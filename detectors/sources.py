"""Where evidence may come from, besides the file itself: one operator's anchors, keys, registry and installed marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from touchmark.provenance.codebooks import Codebooks
from touchmark.provenance.lookup import Lookup
from touchmark.provenance.watermark.audio import LoudnessMark, SoundMark
from touchmark.provenance.watermark.protocol import Watermark, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

if TYPE_CHECKING:
    from touchmark.provenance.watermark.neural.installed import InstalledMark


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence may come from, besides the file.

    Attributes:
        anchors: PEM of the roots whose signers are believed; may be empty.
        time_anchors: PEM of the roots whose time stamps are believed besides, and nothing else of theirs.
        keys: watermark secrets to look for.
        certificates: with which the holder of ``keys`` signs, and signed before, DER; as far as they are known.
        registry: of sealed files, or None.
        watermark: the algorithm that reads marks in the picture.
        sound_mark: the algorithm that reads marks in the sound.
        other_marks: marks of other makers that the operator has installed; their claims decide nothing.
        codebooks: of what is in the registry.
    """

    anchors: bytes = b""
    time_anchors: bytes = b""
    keys: tuple[WatermarkKey, ...] = ()
    certificates: tuple[bytes, ...] = ()
    registry: Lookup | None = None
    watermark: Watermark = field(default_factory=LatticeWatermark)
    sound_mark: SoundMark = field(default_factory=LoudnessMark)
    other_marks: tuple[InstalledMark, ...] = ()
    codebooks: Codebooks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codebooks", Codebooks(self.registry))
