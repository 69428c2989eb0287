"""Interlaced video stays interlaced, and its fields stay in order."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph
from av.video.frame import VideoFrame

from touchmark.provenance.media.colour import BT2020, HLG, Colour, ContentLight, Mastering
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.fields import Fields
from touchmark.provenance.media.picture import Orientation, Planes
from touchmark.provenance.media.video import Frame, RawVideo

WIDTH, HEIGHT, COUNT = 256, 128, 12
QUICK = EncodeSettings(crf=10, preset="ultrafast")
BOTH = pytest.mark.parametrize("fields", [Fields.TOP_FIRST, Fields.BOTTOM_FIRST])


def _pictures(fields: Fields) -> Iterator[Frame]:
    """A bar that goes to the right by four columns from each field to the next."""
    for number in range(COUNT):
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for moment in (0, 1):
            row = moment if fields is not Fields.BOTTOM_FIRST else 1 - moment
            left = 20 + 4 * (2 * number + moment)
            picture[row::2, left : left + 40] = 200
        yield Frame(picture, Fraction(number, 25))


def _written(path: Path, fields: Fields, told: Fields) -> Path:
    encode(RawVideo(_pictures(fields), WIDTH, HEIGHT, Fraction(25), fields=told), path, QUICK)
    return path


def _places(path: Path) -> list[float]:
    """Where a player that goes by what each picture says shows the bar, field by field."""
    graph = Graph()
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        into = graph.add_buffer(template=stream, time_base=stream.time_base)
        apart, out = graph.add("bwdif", "mode=send_field:parity=auto:deint=interlaced"), graph.add("buffersink")
        into.link_to(apart)
        apart.link_to(out)
        graph.configure()
        for picture in container.decode(stream):
            graph.push(picture)
            while True:
                try:
                    shown = graph.pull()
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
                assert isinstance(shown, VideoFrame)
                luma = shown.to_ndarray(format="gray").astype(float) - 16
                found.append(float((luma.clip(0).sum(0) @ np.arange(WIDTH)) / luma.clip(0).sum()))
    return found


@BOTH
def test_fields_keep_their_order(tmp_path: Path, fields: Fields) -> None:
    path = _written(tmp_path / "a.mp4", fields, fields)
    with open_video(path) as video:
        assert video.info.fields is fields
        encode(video.raw(), tmp_path / "b.mp4", QUICK)
    for written in (path, tmp_path / "b.mp4"):
        places = _places(written)
        assert len(places) > COUNT
        assert all(after > before + 1 for before, after in pairwise(places[2:-2])), places


def test_the_other_order_would_go_back_and_forth(tmp_path: Path) -> None:
    places = _places(_written(tmp_path / "a.mp4", Fields.TOP_FIRST, told=Fields.BOTTOM_FIRST))
    assert any(after < before for before, after in pairwise(places[2:-2]))


def test_whole_pictures_are_not_called_interlaced(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.mp4", Fields.TOP_FIRST, told=Fields.NONE)
    with open_video(path) as video:
        assert video.info.fields is Fields.NONE


@BOTH
def test_fields_of_ten_bits_keep_their_order_and_their_colour(tmp_path: Path, fields: Fields) -> None:
    """x265 has no interlaced pictures: they become H.264, HDR as well."""
    screen = Mastering((34_000, 16_000), (13_250, 34_500), (7_500, 3_000), (15_635, 16_450), 10_000_000, 50)
    colour = Colour(10, BT2020, HLG, BT2020, screen, ContentLight(1000, 400))
    path = tmp_path / "a.mp4"
    frames = (Frame(_in_ten_bits(picture, colour), picture.time) for picture in _pictures(fields))
    encode(RawVideo(frames, WIDTH, HEIGHT, Fraction(25), colour=colour, fields=fields), path, QUICK)
    with open_video(path) as video:
        assert (video.info.fields, video.info.colour) == (fields, colour)
    assert all(after > before + 1 for before, after in pairwise(_places(path)[2:-2]))


def _in_ten_bits(picture: Frame, colour: Colour) -> Planes:
    luma, blue, red = (
        plane.astype(np.uint16) * 4 for plane in (picture.planes.luma, picture.planes.blue, picture.planes.red)
    )
    return Planes(luma, blue, red, colour)


def test_upside_down_the_other_field_comes_first() -> None:
    upside_down = Orientation.turned_by(180)
    assert Fields.shown(2, 128, Orientation()) is Fields.TOP_FIRST
    assert Fields.shown(2, 128, upside_down) is Fields.BOTTOM_FIRST
    assert Fields.shown(3, 128, upside_down) is Fields.TOP_FIRST
    assert Fields.shown(2, 127, upside_down) is Fields.TOP_FIRST


def test_which_field_is_shown_first_counts_not_which_is_coded_first() -> None:
    assert Fields.shown(4, 128, Orientation()) is Fields.BOTTOM_FIRST
    assert Fields.shown(5, 128, Orientation()) is Fields.TOP_FIRST


def test_fields_in_columns_have_no_name() -> None:
    assert Fields.shown(2, 128, Orientation.turned_by(90)) is Fields.NONE


def test_an_order_that_is_not_told_is_none() -> None:
    assert Fields.shown(0, 128, Orientation()) is Fields.NONE
