"""Pictures and sounds made as profiles ask pass every line, and with one thing taken away fail exactly its lines.

What ``test_disclosure`` shows of videos. Sounds have no place for labels, records and packets, and stills none for
timed text: profiles that ask for those do not apply to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips import scene
from tests.generation.release.test_disclosure import (
    LABEL,
    NOTE,
    PAYLOAD,
    RECORD,
    House,
    _drop_all_actions_included,
    _drop_disclosure,
    house,
)
from touchmark.provenance.disclosure.burn import labelled_still
from touchmark.provenance.disclosure.label import VisibleLabel
from touchmark.provenance.disclosure.xmp import XmpNote, xmp_part
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest import draft
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftBinding, SoftwareAgent
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.sound import SoundInfo, write_sound
from touchmark.provenance.media.still import Still, StillKind, write_still
from touchmark.provenance.media.video import Sound
from touchmark.provenance.signing import Signer
from touchmark.provenance.watermark.still import mark_still

__all__ = ["house"]

OF_SOUND = ("c2pa", "eu-ai-act", "us-ca-sb942")
OF_STILL = (*OF_SOUND, "iptc", "cn-gb45438", "in-it-rules-2026")
PACKET = replace(NOTE, aigc=RECORD.to_json())
RATE = 16_000


@dataclass(frozen=True)
class Made:
    """How a file is made. With nothing changed, it is what every profile asks for.

    Attributes:
        kind: of a still; None for a sound.
        label, packet: on and in a still.
        marked: with the watermark.
        claim: of the manifest.
        definition: what becomes of the manifest as it is written.
        trusted, stamped, signed: by whom and how.
    """

    kind: StillKind | None = StillKind.PNG
    label: VisibleLabel | None = LABEL
    packet: XmpNote | None = PACKET
    marked: bool = True
    claim: Callable[[Claim], Claim] = lambda claim: claim
    definition: Callable[[dict[str, Any]], None] = lambda document: None
    trusted: bool = True
    stamped: bool = True
    signed: bool = True

    def file(self, house: House, folder: Path) -> Path:
        suffix = f".{self.kind.value.lower()}" if self.kind else ".wav"
        unsigned, path = folder / f"unsigned{suffix}", folder / f"made{suffix}"
        algorithm = house.sealer.watermark.algorithm if self.kind else house.sealer.sound_mark.algorithm
        self._still(house, unsigned, self.kind) if self.kind else self._sound(house, unsigned)
        bindings = (SoftBinding(algorithm, PAYLOAD.to_bytes(), 0.0, 0.0 if self.kind else 12.0),)
        media_type = f"image/{suffix[1:]}" if self.kind else "audio/wav"
        claim = self.claim(replace(house.claim, media_type=media_type, soft_bindings=bindings))
        signer, anchors = house.sealer.signer, house.sealer.anchors
        if not self.trusted:
            make_development_keys(folder / "stranger", organisation="A stranger", now=datetime.now(UTC))
            ring = KeyRing.load(folder / "stranger")
            signer, anchors = ring.signer(time_stamping=signer.time_stamping), ring.trust_anchors
        if not self.stamped:
            signer = replace(signer, time_stamping=None)  # type: ignore[type-var]
        return self._written(unsigned, path, claim, signer, anchors) if self.signed else unsigned

    def _written(self, unsigned: Path, path: Path, claim: Claim, signer: Signer, anchors: bytes) -> Path:
        definition = draft.definition

        def changed(claim: Claim) -> dict[str, Any]:
            document = definition(claim)
            self.definition(document)
            return document

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(draft, "definition", changed)
            sign_file(unsigned, path, claim, signer, anchors)
        return path

    def _still(self, house: House, path: Path, kind: StillKind) -> None:
        # Of an unmarked one a small one: that there is no mark is known only when every place has been searched.
        width, height = (320, 256) if self.marked else (192, 160)
        still = Still(next(scene(width, height, 1)), Orientation(), kind, lossless=kind is StillKind.PNG)
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
        write_sound(sound, path, SoundInfo(RATE, 1, None, "pcm_s16le", "wav", 16, "mono", {}))


SOUND = Made(kind=None)
OF_ANY: dict[str, tuple[dict[str, Any], set[str]]] = {
    "time stamp": ({"stamped": False}, {"eu.time_stamp"}),
    "AI disclosure": ({"definition": _drop_disclosure}, {"c2pa.ai_disclosure"}),
    "allActionsIncluded": ({"definition": _drop_all_actions_included}, {"c2pa.rubric"}),
    "version": (
        {"claim": lambda claim: replace(claim, software_agent=SoftwareAgent("Wan", "unknown"))},
        {"ca.system_version"},
    ),
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
    "label": ({"label": None}, {"cn.explicit", "in.label"}),
    "label large enough": ({"label": replace(LABEL, share=0.04)}, {"cn.explicit_size", "in.label_prominent"}),
    "Chinese": ({"label": replace(LABEL, wordings=LABEL.wordings[1:])}, {"cn.explicit"}),
}


@pytest.mark.parametrize("kind", [StillKind.PNG, StillKind.JPEG, None])
def test_what_is_made_passes_every_line(house: House, tmp_path: Path, kind: StillKind | None) -> None:
    compliance = house.hold(replace(SOUND, kind=kind).file(house, tmp_path), OF_STILL if kind else OF_SOUND)
    assert compliance.passes, compliance.failures


@pytest.mark.parametrize("lacking", [*OF_ANY, *OF_PICTURES])
def test_a_still_that_lacks_one_thing_fails_exactly_that_line(house: House, tmp_path: Path, lacking: str) -> None:
    change, expected = {**OF_ANY, **OF_PICTURES}[lacking]
    profiles = OF_SOUND if lacking in OF_ANY else OF_STILL
    assert house.failing(replace(Made(), **change).file(house, tmp_path), profiles) == expected


@pytest.mark.parametrize("lacking", OF_ANY)
def test_a_sound_that_lacks_one_thing_fails_exactly_that_line(house: House, tmp_path: Path, lacking: str) -> None:
    change, expected = OF_ANY[lacking]
    assert house.failing(replace(SOUND, **change).file(house, tmp_path), OF_SOUND) == expected
