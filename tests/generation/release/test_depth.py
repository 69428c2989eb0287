"""A seal on HDR: what goes in with 10 bits and its own colour comes out with both, marked, signed and verified."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.clips import scene
from touchmark.detectors.verdict import Outcome
from touchmark.generation.declaration import Declaration
from touchmark.generation.release import Studio
from touchmark.provenance.media.colour import BT2020, PQ, Colour, ContentLight, Mastering
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, RawVideo

SCREEN = Mastering((34_000, 16_000), (13_250, 34_500), (7_500, 3_000), (15_635, 16_450), 10_000_000, 50)
HDR10 = Colour(10, BT2020, PQ, BT2020, SCREEN, ContentLight(1000, 400))


def test_hdr_is_sealed_as_hdr(studio: Studio, folder: Path, tmp_path: Path) -> None:
    def deep(pixels: np.ndarray, index: int) -> Frame:  # type: ignore[type-arg]
        planes = Planes.of_rgb(pixels)
        luma, blue, red = (plane.astype(np.uint16) * 4 for plane in (planes.luma, planes.blue, planes.red))
        return Frame(Planes(luma, blue, red, HDR10), Fraction(index, 12))

    frames = (deep(pixels, index) for index, pixels in enumerate(scene(320, 256, 18)))
    source = tmp_path / "hdr.mp4"
    encode(RawVideo(frames, 320, 256, Fraction(12), colour=HDR10), source, EncodeSettings(preset="ultrafast"))
    release = studio.seal(source, folder / "sealed.mp4", Declaration("Wan"))
    assert release.verification.verdict.outcome is Outcome.GENERATED
    with open_video(release.path) as video:
        assert video.info.colour == HDR10
        assert int(next(video.frames()).planes.luma.max()) > 255
