"""Pictures and sounds made as profiles ask pass every line, and with one thing taken away fail exactly its lines.

What ``test_disclosure`` shows of videos. Sounds have no place for labels, records and packets, and stills none for
timed text: profiles that ask for those do not apply to them. The forms take turns in lacking things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips import scene
from tests.generation.release.takings import (
    drop_all_actions_included,
    drop_disclosure,
    drop_system,
    drop_times,
    of_no_organisation,
    open_something,
    written_otherwise,
)
from tests.generation.release.test_disclosure import (
    LABEL,
    NOTE,
    PAYLOAD,
    RECORD,
    House,
    house,
)
from touchmark.provenance.disclosure.burn import labelled_still
from touchmark.provenance.disclosure.label import VisibleLabel
from touchmark.provenance.disclosure.xmp import XmpNote, xmp_part
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftBinding, SoftwareAgent
from touchmark.provenance.manifest.write import sign_stream
from touchmark.provenance.media.kinds import kind_of
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.sound import SoundInfo, write_sound
from touchmark.provenance.media.still import Still, StillKind, write_still
from touchmark.provenance.media.video import Sound
from touchmark.provenance.signing import Signer
from touchmark.provenance.watermark.still import mark_still

__all__ = ["house"]

OF_SOUND = ("c2pa", "eu-ai-act", "us-ca-sb942")
OF_STILL = (*OF_SOUND, "iptc", "cn-gb45438", "in-it-rules-2026", "eu-ai-act-label")
STILLS = {".png": StillKind.PNG, ".jpg": StillKind.JPEG, ".webp": StillKind.WEBP}
SOUNDS = {".wav": ("pcm_s16le", "wav"), ".mp3": ("mp3", "mp3"), ".m4a": ("aac", "mov"), ".flac": ("flac", "flac")}
PACKET = replace(NOTE, aigc=RECORD.to_json())
RATE = 16_000


@dataclass(frozen=True)
class Made:
    """How a file is made. With nothing changed, it is what every profile asks for.

    Attributes:
        suffix: of a still or a sound.
        label, packet: on and in a still.
        marked: with the watermark.
        claim: of the manifest.
        definition: what becomes of the manifest as it is written.
        trusted, stamped, signed, named: by whom and how; ``named`` with an organisation in the certificate.
    """

    suffix: str = ".png"
    label: VisibleLabel | None = LABEL
    packet: XmpNote | None = PACKET
    marked: bool = True
    claim: Callable[[Claim], Claim] = lambda claim: claim
    definition: Callable[[dict[str, Any]], None] = lambda document: None
    trusted: bool = True
    stamped: bool = True
    signed: bool = True
    named: bool = True

    def file(self, house: House, folder: Path) -> Path:
        unsigned, path = folder / f"unsigned{self.suffix}", folder / f"made{self.suffix}"
        still = STILLS.get(self.suffix)
        algorithm = house.sealer.watermark.algorithm if still else house.sealer.sound_mark.algorithm
        self._still(house, unsigned, still) if still else self._sound(house, unsigned)
        kind = kind_of(unsigned)
        assert kind is not None
        bindings = (SoftBinding(algorithm, PAYLOAD.to_bytes(), 0.0, 0.0 if still else 12.0),)
        claim = self.claim(replace(house.claim, media_type=kind.media_type, soft_bindings=bindings))
        signer, anchors = house.sealer.signer, house.sealer.anchors
        if not self.trusted:
            make_development_keys(folder / "stranger", organisation="A stranger", now=datetime.now(UTC))
            ring = KeyRing.load(folder / "stranger")
            signer, anchors = ring.signer(time_stamping=signer.time_stamping), ring.trust_anchors
        if not self.named:
            signer = of_no_organisation(house.home.keys, signer)
        if not self.stamped:
            signer = replace(signer, time_stamping=None)  # type: ignore[type-var]
        return self._written(unsigned, path, claim, signer, anchors) if self.signed else unsigned

    def _written(self, unsigned: Path, path: Path, claim: Claim, signer: Signer, anchors: bytes) -> Path:
        with written_otherwise(self.definition), unsigned.open("rb") as media, path.open("w+b") as output:
            sign_stream(media, output, claim, signer, anchors)  # as others may: not read back, nor refused
        return path

    def _still(self, house: House, path: Path, kind: StillKind) -> None:
        still = Still(next(scene(320, 256, 1)), Orientation(), kind, lossless=kind is StillKind.PNG)
        if self.label:
            still = labelled_still(still, self.label)
        if self.marked:
            still = mark_still(still, PAYLOAD, house.sealer.key)
        if self.packet:
            still = replace(still, carried=(xmp_part(self.packet.packet(), kind),))
        write_still(still, path)

    def _sound(self, house: House, path: Path) -> None:
        samples = 0.2 * np.random.default_rng(1).standard_normal((1, 12 * RATE)).astype(np.float32)
        sound = Sound(RATE, 1, iter([samples]))
        if self.marked:
            sound = house.sealer.sound_mark.embed(sound, PAYLOAD, house.sealer.key)
        codec, container = SOUNDS[self.suffix]
        write_sound(sound, path, SoundInfo(RATE, 1, None, codec, container, 16, "mono", {}))


OF_ANY: dict[str, tuple[dict[str, Any], set[str]]] = {
    "provider": ({"named": False}, {"ca.provider"}),
    "system": ({"definition": drop_system}, {"ca.system"}),
    "time": ({"definition": drop_times}, {"ca.time"}),
    "source type": (
        {"definition": partial(open_something, source_type=False)},
        {"eu.signed_metadata", "c2pa.source_type"},
    ),
    "time stamp": ({"stamped": False}, {"eu.time_stamp"}),
    "AI disclosure": ({"definition": drop_disclosure}, {"c2pa.ai_disclosure"}),
    "allActionsIncluded": ({"definition": drop_all_actions_included}, {"c2pa.rubric"}),
    "version": (
        {"claim": lambda claim: replace(claim, software_agent=SoftwareAgent("Wan", "unknown"))},
        {"ca.system_version"},
    ),
    "input": ({"definition": partial(open_something, source_type=True)}, {"eu.inputs_kept"}),
    "trusted signer": ({"trusted": False}, {"c2pa.trusted"}),
    "manifest": ({"signed": False}, {"eu.signed_metadata", "ca.standard", "c2pa.trusted"}),
    "watermark": ({"marked": False}, {"eu.watermark", "ca.durable", "c2pa.soft_binding"}),
}
OF_PICTURES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "XMP": ({"packet": XmpNote(aigc=RECORD.to_json())}, {"iptc.source_type"}),
    "XMP that agrees": (
        {"packet": replace(PACKET, source_type=DigitalSourceType.COMPOSITE_SYNTHETIC.value)},
        {"iptc.source_type"},
    ),
    "system in XMP": ({"packet": replace(PACKET, system="")}, {"iptc.system"}),
    "AIGC": ({"packet": NOTE}, {"cn.label_field"}),
    "AIGC producer": ({"packet": replace(PACKET, aigc=replace(RECORD, producer="").to_json())}, {"cn.producer"}),
    "AIGC number": ({"packet": replace(PACKET, aigc=replace(RECORD, produce_id="").to_json())}, {"cn.produce_id"}),
    "label": ({"label": None}, {"cn.explicit", "in.label", "eu50.label"}),
    "label large enough": (
        {"label": replace(LABEL, share=0.04)},
        {"cn.explicit_size", "in.label_prominent", "eu50.legible"},
    ),
    "Chinese": ({"label": replace(LABEL, wordings=LABEL.wordings[1:])}, {"cn.explicit"}),
}


IN_INDIA = {"provider": {"in.identifier"}, "manifest": {"in.provenance"}, "watermark": {"in.permanent"}}
"""Lines that ask the same of a still, beside its label."""


def _in_turn(lacking: Iterable[str], forms: Iterable[str]) -> list[tuple[str, str]]:
    return list(zip(lacking, cycle(forms), strict=False))


@pytest.mark.parametrize("suffix", [*STILLS, *SOUNDS])
def test_what_is_made_passes_every_line(house: House, tmp_path: Path, suffix: str) -> None:
    compliance = house.hold(Made(suffix).file(house, tmp_path), OF_STILL if suffix in STILLS else OF_SOUND)
    assert compliance.passes, compliance.failures


@pytest.mark.parametrize(("lacking", "suffix"), _in_turn([*OF_ANY, *OF_PICTURES], STILLS))
def test_a_still_that_lacks_one_thing_fails_exactly_that_line(
    house: House, tmp_path: Path, lacking: str, suffix: str
) -> None:
    change, expected = {**OF_ANY, **OF_PICTURES}[lacking]
    path = replace(Made(suffix), **change).file(house, tmp_path)
    profiles = OF_SOUND if lacking in OF_ANY else OF_STILL
    assert house.failing(path, profiles) == expected
    if lacking in IN_INDIA:
        assert house.failing(path, ("in-it-rules-2026",)) == IN_INDIA[lacking]


@pytest.mark.parametrize("suffix", [*STILLS, *SOUNDS])
def test_what_does_not_name_its_mark_fails_exactly_that_line(house: House, tmp_path: Path, suffix: str) -> None:
    made = Made(suffix, claim=lambda claim: replace(claim, soft_bindings=()))
    profiles = OF_STILL if suffix in STILLS else OF_SOUND
    assert house.failing(made.file(house, tmp_path), profiles) == {"c2pa.soft_binding"}


@pytest.mark.parametrize(("lacking", "suffix"), _in_turn(OF_ANY, SOUNDS))
def test_a_sound_that_lacks_one_thing_fails_exactly_that_line(
    house: House, tmp_path: Path, lacking: str, suffix: str
) -> None:
    change, expected = OF_ANY[lacking]
    assert house.failing(replace(Made(suffix), **change).file(house, tmp_path), OF_SOUND) == expected
