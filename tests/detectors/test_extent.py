"""How much of a video was looked at: told where it was not all, and all of it where that is asked for."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import FAST, moving_clip, write_clip
from touchmark.detectors.evidence import Evidence
from touchmark.detectors.extent import Extent, Watched
from touchmark.detectors.gathering import gather
from touchmark.detectors.look import MarkSearch
from touchmark.detectors.sources import Sources
from touchmark.detectors.statement import Statement, Tone
from touchmark.detectors.timeline import marked_segments
from touchmark.detectors.verdict import judge
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.media.counting import Counted
from touchmark.provenance.media.decode import VideoInfo, open_video
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

KEY, PAYLOAD = WatermarkKey(b"a key of this test's own"), Payload(0x0123456789ABCDEF)
RATE, PICTURES = 12, 108
MARKED = slice(72, 96)
"""Pictures that are marked: two seconds behind those that are glanced at."""


@pytest.fixture(scope="module")
def spliced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film whose one key frame is its first picture, and in which a marked part was put."""
    path = tmp_path_factory.mktemp("extent") / "spliced.mp4"
    clip = moving_clip(count=PICTURES, rate=Fraction(RATE))
    pictures = list(clip.frames)
    pictures[MARKED] = LatticeWatermark().embed(pictures[MARKED], PAYLOAD, KEY)
    options = {**FAST["libx264"], "g": "1000", "sc_threshold": "0", "crf": "16"}
    return write_clip(path, replace(clip, frames=iter(pictures)), options=options)


def looked_at(path: Path, search: MarkSearch) -> Evidence:
    return gather(path, Sources(keys=(KEY,)), Limits(), search=search)


def said(evidence: Evidence) -> list[Statement]:
    return [s for s in judge(evidence).statements if "Looked for in" in s.text]


def test_what_a_glance_misses_is_told_and_found_by_looking_everywhere(spliced: Path) -> None:
    glanced, everywhere = (looked_at(spliced, search) for search in (MarkSearch.GLANCE, MarkSearch.THOROUGH))
    assert glanced.detections[0].state is MarkState.NOTHING_FOUND
    assert glanced.extent is not None and not glanced.extent.whole
    assert 1 <= glanced.extent.key_frames < glanced.extent.pictures < glanced.extent.of_all == PICTURES
    assert glanced.extent.until == pytest.approx(glanced.extent.pictures / RATE)
    (statement,) = said(glanced)
    assert f"{glanced.extent.pictures} of {PICTURES} pictures" in statement.text

    assert everywhere.detections[0].payload == PAYLOAD
    assert everywhere.detections[0].p_value < 1e-9
    assert {segment.start for segment in marked_segments(everywhere.detections[0])} == {6, 7}
    assert everywhere.extent is not None and everywhere.extent.whole
    assert not said(everywhere)


def test_a_camera_claim_that_rests_on_a_glance_is_told_with_caution(spliced: Path, camera, tmp_path: Path) -> None:
    signed = camera.sign(spliced, tmp_path / "signed.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE)
    (statement,) = said(looked_at(signed, MarkSearch.GLANCE))
    assert statement.tone is Tone.CAUTION


def test_without_a_key_nothing_is_said_to_have_been_looked_at(spliced: Path) -> None:
    assert gather(spliced, Sources(), Limits(), search=MarkSearch.THOROUGH).extent is None


def test_a_short_video_is_looked_at_whole(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "short.mp4", moving_clip(count=12), options=FAST["libx264"])
    extent = looked_at(path, MarkSearch.GLANCE).extent
    assert extent is not None and extent.whole and extent.pictures == extent.of_all == 12


def test_extents_read_well() -> None:
    assert Extent(1, 30, 1, 0.0, False).in_words == "1 key frame"
    assert Extent(40, 1200, 8, 1.28, False).in_words == "8 key frames, and all pictures up to 1.3 s"
    assert Extent(30, 30, 1, 1.0, True).in_words == "every picture"


@dataclass
class Fleeting:
    """An open film that looks, before it gives a picture, whether anybody has the one before it still."""

    info: VideoInfo
    pictures: int = 40
    is_heavy: bool = False
    held: int = 0

    def frames(self, key_frames_only: bool = False, *, lean: bool = False) -> Iterator[Frame]:
        before: weakref.ref[np.ndarray] | None = None
        for number, frame in enumerate(moving_clip(count=self.pictures, rate=Fraction(RATE)).frames):
            if key_frames_only and number % 4:
                continue
            self.held += before is not None and before() is not None
            given = [Frame(frame.planes, frame.time, number % 4 == 0)]
            before = weakref.ref(given[0].planes.luma)
            yield given.pop()


def test_nobody_holds_a_picture_while_the_next_is_decoded(spliced: Path) -> None:
    """Of 8K in 10 bits each is a hundred megabytes."""
    with open_video(spliced) as video:
        film = Fleeting(video.info)
    watched = Watched(film)
    LatticeWatermark().search(Counted(watched, lambda *_: None, film.pictures), [KEY])
    assert watched.extent is not None and watched.extent.pictures > watched.extent.key_frames
    assert film.held == 0
