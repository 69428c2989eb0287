"""A mark too faint to be read: found where the registry knows what was sealed, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import scene
from tests.detectors.conftest import Studio
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verifier
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.likeness import fingerprint_of
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind
from touchmark.provenance.registry import Registration
from touchmark.provenance.watermark.protocol import NamedBy, Payload, WatermarkKey
from touchmark.provenance.watermark.still import mark_still

KEY = WatermarkKey(b"a key for tests only")
PAYLOAD = Payload(0x0123_4567_89AB_CDEF)


class Known:
    """A registry of some files."""

    def __init__(self, *sealed: Registration) -> None:
        self._sealed = {registration.payload: registration for registration in sealed}

    def by_payload(self, payload: Payload) -> Registration | None:
        return self._sealed.get(payload)

    def by_manifest(self, label: str) -> Registration | None:
        return None

    def has_signed(self, certificate: bytes, key_id: str) -> bool:
        return False

    def payloads(self, key_id: str) -> NDArray[np.uint64]:
        return np.array([p.value for p, row in self._sealed.items() if row.key_id == key_id], np.uint64)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A marked picture, compressed so much that its mark cannot be read any more."""
    still = Still(next(scene(640, 480, 1, seed=1)), Orientation(), StillKind.PNG, lossless=True)
    path = tmp_path_factory.mktemp("faint") / "copy.jpg"
    cv2.imwrite(str(path), mark_still(still, PAYLOAD, KEY).upright[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])
    return path


@pytest.fixture(scope="module")
def sealed(studio: Studio) -> Registration:
    return studio.seal("a.mp4", 1)[1]


def test_a_faint_mark_is_found_by_what_the_registry_knows(copy: Path, sealed: Registration) -> None:
    known = Known(sealed, replace(sealed, payload=PAYLOAD, key_id=KEY.key_id, fingerprint=b""))
    verification = Verifier(Sources(keys=(KEY,), registry=known)).verify(copy)
    (seen,) = verification.evidence.detections
    assert (seen.payload, seen.named_by) == (PAYLOAD, NamedBy.REGISTRY)
    assert seen.p_value < 1e-9
    assert verification.evidence.registration is not None
    assert verification.evidence.registration.payload == PAYLOAD
    assert any("of all payloads in the registry" in statement.text for statement in verification.verdict.statements)


def test_a_registry_that_does_not_know_it_accuses_nobody(copy: Path, sealed: Registration) -> None:
    near = [replace(sealed, payload=Payload(PAYLOAD.value ^ 1 << bit), key_id=KEY.key_id) for bit in range(64)]
    for known in (Known(), Known(sealed), Known(*near)):
        verification = Verifier(Sources(keys=(KEY,), registry=known)).verify(copy)
        assert verification.evidence.mark is None
        assert verification.verdict.outcome is Outcome.UNKNOWN


def test_a_faint_mark_over_another_picture_than_was_sealed_with_it_is_named(
    copy: Path, sealed: Registration, tmp_path: Path
) -> None:
    """Somebody copied a part of the mark: too little to be read, enough to be found among what was sealed."""
    cv2.imwrite(str(tmp_path / "another.png"), next(scene(640, 480, 1, seed=9))[..., ::-1])
    fingerprint = fingerprint_of(tmp_path / "another.png")
    assert fingerprint is not None
    of_another = replace(sealed, payload=PAYLOAD, key_id=KEY.key_id, fingerprint=fingerprint.to_bytes())
    verification = Verifier(Sources(keys=(KEY,), registry=Known(of_another))).verify(copy)
    (seen,) = verification.evidence.detections
    assert (seen.payload, seen.named_by) == (PAYLOAD, NamedBy.REGISTRY)
    assert verification.evidence.likeness is Likeness.OTHER
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    kinds = [one.kind for one in verification.verdict.contradictions]
    assert ContradictionKind.PICTURE_OF_ANOTHER_VIDEO in kinds
