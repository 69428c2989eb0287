from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.gain_maps import ISO, jpeg, of_adobe, of_apple, of_iso, segment, xmp
from touchmark.provenance.media.gain import MOST_MAPS, StrangeGainMapError, in_jpeg

GREY = np.full((32, 32, 3), 128, np.uint8)
MAP = np.full((16, 16), 255, np.uint8)
STOPS = (-1.0, 2.5)
ELEMENTS = """<rdf:Description xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/"><h:GainMapMin>-1</h:GainMapMin>\
<h:GainMapMax><rdf:Seq><rdf:li>1</rdf:li><rdf:li>2</rdf:li><rdf:li>3.5</rdf:li></rdf:Seq></h:GainMapMax>"""


def of_one_denominator(*numerators: int) -> bytes:
    fractions = struct.pack(">III", 2, 0, 8) + struct.pack(f">{len(numerators)}i", *numerators)
    return segment(0xE2, ISO + bytes(4) + bytes([0x88 if len(numerators) == 15 else 0x08]) + fractions)


@pytest.mark.parametrize("note", [of_adobe(STOPS), of_iso(STOPS), of_one_denominator(-2, 5, 2, 0, 0)])
def test_what_is_said_of_a_gain_map_is_read(note) -> None:
    (found,) = in_jpeg(jpeg(GREY, of_adobe(STOPS)) + jpeg(MAP, note))
    (gain,) = found.gains
    assert (gain.least == -1).all()
    assert (gain.most == 2.5).all()
    assert (gain.gamma == 1).all()


def test_three_numbers_are_of_three_channels() -> None:
    (found,) = in_jpeg(jpeg(GREY) + jpeg(MAP, segment(0xE1, ELEMENTS.encode())))
    assert found.gains[0].most.tolist() == [1, 2, 3.5]
    (found,) = in_jpeg(jpeg(GREY) + jpeg(MAP, of_one_denominator(*(0, 2, 2, 0, 0), *(0, 4, 2, 0, 0), *(0, 7, 2, 0, 0))))
    assert found.gains[0].most.tolist() == [1, 2, 3.5]


def test_a_gain_map_that_is_meant_in_two_ways_is_taken_in_both() -> None:
    (found,) = in_jpeg(jpeg(GREY) + jpeg(MAP, of_iso((0.0, 0.0)), of_adobe(STOPS)))
    assert [gain.most[0] for gain in found.gains] == [0, 2.5]
    (found,) = in_jpeg(jpeg(GREY) + jpeg(MAP, of_iso(STOPS), of_adobe(STOPS)))
    assert len(found.gains) == 1


@pytest.mark.parametrize("note", [of_adobe(STOPS), of_iso(STOPS), of_apple(STOPS)])
def test_a_gain_map_is_found_wherever_it_lies(note) -> None:
    hidden = jpeg(MAP, segment(0xE1, b"Exif\0\0" + jpeg(MAP)), note)
    for content in (
        jpeg(GREY) + hidden,
        jpeg(GREY) + jpeg(GREY) + b"a film" + hidden,
        jpeg(GREY, segment(0xE3, hidden)),
        jpeg(GREY, segment(0xE1, jpeg(MAP)), of_adobe(STOPS), segment(0xE3, hidden)),
    ):
        (found,) = in_jpeg(content)
        assert found.picture.startswith(hidden)


def test_a_gain_map_is_found_behind_what_decoders_skip() -> None:
    hidden = jpeg(MAP, segment(0xE0, b""), b"fill" + bytes(9000) + b"\xff\0\xff\xd0", of_adobe(STOPS))
    (found,) = in_jpeg(jpeg(GREY) + hidden)
    assert found.picture == hidden


@pytest.mark.parametrize(
    "spelt",
    [
        lambda note: note.replace(b"gain-map/1.0/", b"gain-map/1&#46;0/").replace(b"hdr-", b"hd&#x72;-"),
        lambda note: note.replace(b"http://ns.adobe.com/hdr-gain-map/1.0/", b"&n;"),
        lambda note: note[:29] + note[29:].decode().encode("utf-16"),
        lambda note: b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + note[60:],
    ],
)
def test_a_gain_map_that_spells_its_name_otherwise_is_found(spelt) -> None:
    note = spelt(of_adobe(STOPS)[4:])
    assert b"http://ns.adobe.com/hdr-gain-map/1.0/" not in note or note.startswith(b"http://ns.adobe.com/xmp/extension")
    (found,) = in_jpeg(jpeg(GREY) + jpeg(MAP, segment(0xE1, note)))
    assert len(found.gains) == 1


def test_other_pictures_are_no_gain_maps() -> None:
    """Nor is a picture that says that it has one: a camera's thumbnail stands before that, and a preview behind."""
    assert in_jpeg(jpeg(GREY, segment(0xE1, jpeg(MAP)), of_adobe(STOPS)) + jpeg(GREY)) == ()
    assert in_jpeg(jpeg(GREY)) == ()


@pytest.mark.parametrize(
    "content",
    [
        jpeg(GREY) + (1 + MOST_MAPS) * jpeg(MAP, of_adobe(STOPS)),
        jpeg(GREY, of_adobe(STOPS)) + 2000 * b"\xff\xd8\xff\xe0\0\4ab",
        jpeg(GREY, of_adobe(STOPS)) + b"\xff\xd8" + 10_000 * b"\xff\xe0\0\2",
        jpeg(GREY)
        + jpeg(MAP, *(200 * [segment(0xE1, b"http://ns.adobe.com/hdr-gain-map/1.0/" + 5900 * b"GainMapMax>")])),
        jpeg(GREY) + jpeg(MAP, segment(0xE0, b""), bytes(200_000), of_adobe(STOPS)),
        jpeg(GREY) + jpeg(MAP, segment(0xE2, ISO + bytes(30))),
        jpeg(GREY) + jpeg(MAP, segment(0xE2, ISO)),
        jpeg(GREY) + jpeg(MAP, *(of_one_denominator(0, stops, 2, 0, 0) for stops in (2, 4, 6))),
    ],
)
def test_what_no_camera_writes_is_strange(content) -> None:
    with pytest.raises(StrangeGainMapError):
        in_jpeg(content)


@pytest.mark.parametrize("number", [b"", b"nan", b"1e400", b"-1e99", b"1/2", b"&#49;", b"9" * 300])
def test_numbers_that_are_none_draw_something_all_the_same(number) -> None:
    note = xmp('xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:GainMapMax="@" hdrgm:Gamma="@"')
    content = jpeg(GREY) + jpeg(MAP, segment(0xE1, note[4:].replace(b"@", number)))
    (found,) = in_jpeg(content)
    shown = found.gains[0].applied(GREY, np.repeat(MAP[..., None], 3, axis=2))
    assert shown.shape == GREY.shape


def test_what_is_shown_is_the_light_of_the_picture_times_the_gain() -> None:
    (found,) = in_jpeg(jpeg(GREY) + jpeg(MAP, of_adobe((0.0, 2.0))))
    levels = np.zeros((32, 32, 3), np.uint8)
    levels[:, 16:] = 255
    shown = found.gains[0].applied(GREY, levels).astype(float)
    light = (128 / 255) ** 2.2
    ratio = ((light + 1 / 64) * 4 - 1 / 64) / light
    assert shown[0, -1, 0] == 255
    assert shown[0, 0, 0] == pytest.approx(255 * ratio ** (-1 / 2.2), abs=1)
