"""What a check holds back is never published, and the ledger says why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from tests.clips import moving_clip, write_clip
from tests.generation.release.conftest import DrawnGenerator
from touchmark.generation.declaration import Declaration
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.home import Home
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.safety.decision import Category
from touchmark.safety.output.bank import BankDamagedError, add, banks_folder
from touchmark.safety.output.checks import Inspection
from touchmark.safety.output.findings import OutputFinding, OutputHeldError, OutputReviewError
from touchmark.safety.output.vpdq import hash_frames

REQUEST = GenerationRequest(prompt="a red disc moves left to right in front of a grey wall")


class SceneGenerator(DrawnGenerator):
    """Pictures with something in them to tell them apart by."""

    def video(self) -> RawVideo:
        return moving_clip(256, 256, count=24, seed=4)


@pytest.fixture
def banked(operator: Home, tmp_path: Path) -> Studio:
    """A studio that has what the generator draws in a hash bank."""
    home = Home(tmp_path / "home").ensure()
    home.keys.symlink_to(operator.keys)
    lines = tuple(hash_frames(SceneGenerator().video().frames))
    add(banks_folder(home), "takedowns", [("scene", lines)], datetime.now(UTC), category=Category.NCII)
    return Studio.open(home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def _held(studio: Studio) -> list[dict[str, object]]:
    return [json.loads(entry.body) for entry in studio.ledger.entries() if entry.kind == "held"]


class _Crashing:
    """Looks at three frames, and then no more."""

    name = "crashing"
    interval = Fraction(0)

    def __init__(self) -> None:
        self.left = 3

    def inspect(self) -> Inspection:
        return self

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("CUDA out of memory")
        return []

    def finish(self) -> Iterable[OutputFinding]:
        return []


def test_a_check_that_crashes_in_mid_stream_leaves_no_file(studio: Studio, folder: Path) -> None:
    with pytest.raises(OutputReviewError, match="CUDA out of memory"):
        replace(studio, checks=(_Crashing(),)).generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    assert not list(folder.iterdir())
    (record,) = _held(studio)
    assert (record["reason_code"], record["start"], record["request"]) == ("V000", 0.25, REQUEST.digest)
    assert "release" not in {entry.kind for entry in studio.ledger.entries()}


@pytest.mark.parametrize("way", ["generate", "seal"])
def test_a_video_that_is_in_a_bank_is_not_published(banked: Studio, folder: Path, way: str) -> None:
    video = SceneGenerator()
    with pytest.raises(OutputHeldError, match="takedowns"):
        if way == "generate":
            banked.generate(REQUEST, folder / "out.mp4", generator=video)
        else:
            source = folder.parent / "raw.mp4"
            write_clip(source, video.video())
            banked.seal(source, folder / "out.mp4", Declaration("a generator"))
    assert not list(folder.iterdir())
    (record,) = _held(banked)
    assert (record["check"], record["category"], record["reason_code"]) == ("hash-banks", "ncii", "V103")


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_that_is_in_a_bank_is_not_sealed_however_the_camera_was_held(
    banked: Studio, folder: Path, tmp_path: Path, turned: bool
) -> None:
    shown = Image.fromarray(next(iter(SceneGenerator().video().frames)).pixels)
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1  # EXIF's orientation: 6 is shown turned to the right
    stored = shown.transpose(Image.Transpose.ROTATE_90) if turned else shown
    stored.save(tmp_path / "p.jpg", quality=95, exif=exif)
    with pytest.raises(OutputHeldError, match="takedowns"):
        banked.seal(tmp_path / "p.jpg", folder / "out.jpg", Declaration("a generator"))
    assert not list(folder.iterdir())


def test_a_damaged_bank_stops_every_release(banked: Studio, tmp_path: Path) -> None:
    path = banks_folder(Home(tmp_path / "home")) / "takedowns.bank"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BankDamagedError):
        Studio.open(Home(tmp_path / "home"))
