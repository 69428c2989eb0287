"""Pictures that screens of many stops show otherwise, by a gain map: whoever looks at such a screen sees another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.detectors.test_other_pictures import CHAIN, KEY, PAYLOAD, avif, scene
from tests.gain_maps import ISO, gain_to, jpeg, of_adobe, of_apple, of_iso, segment, ultra_hdr
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome, Verdict
from touchmark.detectors.verify import Verifier
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.kinds import kind_of
from touchmark.provenance.media.picture import Orientation, Pixels
from touchmark.provenance.media.still import Still, StillKind
from touchmark.provenance.signing import PemSigner
from touchmark.provenance.watermark.still import mark_still

STOPS = (-4.0, 4.0)
CLEAN = scene(1)
GREY = np.full_like(CLEAN, 90)
VERIFIER = Verifier(Sources(anchors=CHAIN.authority, keys=(KEY,)))


@pytest.fixture(scope="module")
def marked() -> Pixels:
    return mark_still(Still(scene(2), Orientation(), StillKind.PNG, lossless=True), PAYLOAD, KEY).upright


@pytest.fixture
def signed() -> Callable[[Path], Path]:
    """A picture, once a camera that is trusted has signed it."""

    def sign(path: Path) -> Path:
        agent = SoftwareAgent("a camera", "1")
        kind = kind_of(path)
        assert kind is not None
        claim = Claim("x", kind.media_type, DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC))
        signer = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
        to = path.with_stem("signed")
        sign_file(path, to, claim, signer, CHAIN.authority)
        return to

    return sign


def verdict(path: Path) -> Verdict:
    return VERIFIER.verify(path).verdict


def assert_seen(path: Path) -> None:
    assert [one.kind for one in verdict(path).contradictions] == [ContradictionKind.CAPTURE_CLAIM_OVER_MARK]


def highlights(pixels: Pixels) -> Pixels:
    """A gain map as cameras make them: what is bright becomes brighter, in a quarter of the size."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (9, 9), 0)
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return np.clip((small.astype(np.float32) - 128) * 2, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("note", [of_adobe, of_iso, of_apple])
def test_a_camera_s_picture_with_a_gain_map_is_captured(signed, tmp_path, note) -> None:
    path = ultra_hdr(tmp_path / "p.jpg", CLEAN, highlights(CLEAN), note((0.0, 2.0)))
    found = VERIFIER.verify(signed(path))
    assert found.verdict.outcome is Outcome.CAPTURED
    assert found.evidence.container.unseen == ""


@pytest.mark.parametrize("note", [of_adobe, of_iso])
@pytest.mark.parametrize("base", [GREY, CLEAN, scene(5) // 2])
def test_what_a_gain_map_draws_is_looked_at(signed, marked, tmp_path, note, base) -> None:
    """Grey on any other screen, or a picture of something else, which the gain map takes away again."""
    path = ultra_hdr(tmp_path / "p.jpg", base, gain_to(base, marked, STOPS), note(STOPS))
    assert_seen(signed(path))


def test_a_gain_map_of_apple_s_is_looked_at_without_its_stops(signed, marked, tmp_path) -> None:
    white = np.full_like(CLEAN, 60)
    path = ultra_hdr(tmp_path / "p.jpg", white, cv2.cvtColor(marked, cv2.COLOR_RGB2GRAY), of_apple(STOPS))
    assert_seen(signed(path))


def test_a_gain_map_that_turns_with_its_picture_is_looked_at(signed, marked, tmp_path) -> None:
    """Where it lies on the picture is told before either is turned."""
    base = scene(5) // 2
    gain = gain_to(base, marked, STOPS)
    turned = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0")
    path = tmp_path / "p.jpg"
    path.write_bytes(jpeg(base, turned) + jpeg(gain, of_adobe(STOPS)))
    assert_seen(signed(path))


def test_the_way_in_which_old_viewers_take_a_gain_map_is_looked_at_too(signed, marked, tmp_path) -> None:
    path = ultra_hdr(tmp_path / "p.jpg", GREY, gain_to(GREY, marked, STOPS), of_iso((0.0, 0.0)), of_adobe(STOPS))
    assert_seen(signed(path))


def test_a_gain_map_that_cannot_be_looked_at_is_not_vouched_for(signed, marked, tmp_path) -> None:
    gain = highlights(CLEAN)
    path = ultra_hdr(tmp_path / "p.jpg", CLEAN, gain, of_adobe(STOPS))
    content = path.read_bytes()
    for other in (content[:-200], content + 3 * jpeg(gain, of_adobe(STOPS))):
        path.write_bytes(other)
        found = VERIFIER.verify(signed(path))
        assert found.verdict.outcome is Outcome.UNKNOWN
        assert "gain map" in found.evidence.container.unseen


def test_no_stranger_changes_a_gain_map_or_adds_one(signed, marked, tmp_path) -> None:
    gain = jpeg(gain_to(CLEAN, marked, STOPS), of_adobe(STOPS))
    with_map = signed(ultra_hdr(tmp_path / "p.jpg", CLEAN, highlights(CLEAN), of_adobe(STOPS))).read_bytes()
    (tmp_path / "q.jpg").write_bytes(jpeg(CLEAN))
    without = signed(tmp_path / "q.jpg").read_bytes()
    own = with_map.rindex(b"\xff\xd8\xff")
    for forged in (with_map[:own] + gain, with_map + gain, with_map[:own], without + gain):
        (tmp_path / "forged.jpg").write_bytes(forged)
        assert verdict(tmp_path / "forged.jpg").outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY)


def tone_map(stops: tuple[float, float]) -> bytes:
    """As an item of an AVIF has it: a version, and what a JPEG has in a segment."""
    return b"\0" + of_iso(stops)[4 + len(ISO) :]


@pytest.mark.parametrize("size", [(320, 240), (160, 120)])
def test_a_gain_map_of_an_avif_is_looked_at(signed, marked, tmp_path, size) -> None:
    gain = cv2.resize(gain_to(GREY, marked, STOPS), size, interpolation=cv2.INTER_AREA)
    assert_seen(signed(avif(tmp_path / "p.avif", [GREY, gain], 1, tone_maps=[tone_map(STOPS)])))
    gain = cv2.resize(highlights(CLEAN), size)
    honest = avif(tmp_path / "p.avif", [CLEAN, np.dstack([gain] * 3)], 1, tone_maps=[tone_map((0.0, 2.0))])
    assert verdict(signed(honest)).outcome is Outcome.CAPTURED


@pytest.mark.parametrize(
    "items, tone_maps",
    [
        ([CLEAN], [tone_map(STOPS)]),
        ([CLEAN] * 3, [tone_map(STOPS)]),
        ([CLEAN] * 2, [b""]),
        ([CLEAN] * 2, [tone_map((0.0, float(stops))) for stops in range(5)]),
        ([CLEAN] * 2, []),
    ],
)
def test_further_pictures_of_an_avif_are_not_vouched_for(signed, tmp_path, items, tone_maps) -> None:
    found = VERIFIER.verify(signed(avif(tmp_path / "p.avif", items, 1, tone_maps=tone_maps)))
    assert found.verdict.outcome is Outcome.UNKNOWN
    assert found.evidence.container.unseen


def test_no_stranger_gives_an_avif_another_gain_map(signed, marked, tmp_path) -> None:
    """A hash over boxes takes in the tables of items too."""
    gain = np.dstack([highlights(CLEAN)] * 3)
    content = signed(avif(tmp_path / "p.avif", [CLEAN, gain], 1, tone_maps=[tone_map((0.0, 2.0))])).read_bytes()
    for place in (content.index(b"tmap"), content.index(b"iloc") + 40, content.index(b"iref") + 20, len(content) - 9):
        forged = bytearray(content)
        forged[place] ^= 1
        (tmp_path / "forged.avif").write_bytes(forged)
        assert verdict(tmp_path / "forged.avif").outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY)
