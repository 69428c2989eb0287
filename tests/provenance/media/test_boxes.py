from __future__ import annotations

import struct
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips import moving_clip, write_clip
from touchmark.provenance.media import boxes
from touchmark.provenance.media.errors import LimitExceededError


def box(kind: bytes, payload: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(payload) + 8 if size is None else size, kind) + payload


def written(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(parts))
    return path


def test_a_real_file_is_tiled_by_its_boxes(clip: Path) -> None:
    found = boxes.scan_boxes(clip)
    assert [b.type for b in found] == ["ftyp", "free", "mdat", "moov"]
    assert found[0].offset == 0
    assert all(a.offset + a.size == b.offset for a, b in pairwise(found))
    assert found[-1].offset + found[-1].size == clip.stat().st_size
    assert all(b.whole for b in found)


def test_64_bit_size_and_size_to_the_end(tmp_path: Path) -> None:
    large = struct.pack(">I4sQ", 1, b"free", 20) + b"\0\1\2\0"
    path = written(tmp_path / "a.mp4", box(b"ftyp", b"isom"), large, box(b"skip", b"abc\0", size=0))
    _, free, skip = boxes.scan_boxes(path)
    assert (free.size, free.header_size, free.whole) == (20, 16, True)
    assert (skip.size, skip.whole) == (12, True)
    assert boxes.unhashed_bytes(path) == 2 + 3


@pytest.mark.parametrize(
    ("tail", "count", "whole"),
    [
        (box(b"mdat", b"12", size=7), 1, True),  # smaller than its own header: the walk ends before it
        (struct.pack(">I4sQ", 1, b"mdat", 15), 1, True),  # a 64-bit size smaller than its header
        (box(b"mdat", b"12", size=4000), 2, False),
        (struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1), 2, False),
        (struct.pack(">I4s", 1, b"mdat"), 1, True),  # a 64-bit size that is not there
        (box(b"uuid", b"short", size=0), 1, True),
        (b"\0\0\0", 1, True),
    ],
)
def test_hostile_sizes_end_the_walk(tmp_path: Path, tail: bytes, count: int, whole: bool) -> None:
    found = boxes.scan_boxes(written(tmp_path / "a.mp4", box(b"ftyp", b"isom"), tail))
    assert len(found) == count
    assert found[-1].whole is whole


def test_endless_boxes_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", box(b"ftyp", b"isom"), box(b"free") * 100_001)
    with pytest.raises(LimitExceededError, match="boxes"):
        boxes.scan_boxes(path)


def test_c2pa_box_is_seen_even_when_broken(tmp_path: Path, clip: Path) -> None:
    store = box(b"uuid", boxes.C2PA_UUID + b"broken")
    assert not boxes.has_c2pa_box(clip)
    assert boxes.has_c2pa_box(written(tmp_path / "a.mp4", clip.read_bytes(), store))
    assert not boxes.has_c2pa_box(written(tmp_path / "b.mp4", clip.read_bytes(), box(b"uuid", bytes(16))))


def test_the_name_that_a_program_leaves_in_padding_is_no_content(tmp_path: Path, clip: Path) -> None:
    name = b"IsoMedia File Produced with GPAC 2.2.1-rev0-gb34e3851-release-2.2\0"
    for padding, count in (
        (name, 0),
        (name + bytes(40), 0),
        (name + b"more", 4),
        (name.replace(b"2.2.1", b"2 2 1"), None),
        (name.replace(b"2.2.1", b"2" * 60), None),
        (b"more" + name, None),
        (name[:-1], 0),
        (name[:-1] + b" and more", None),
    ):
        for kind in (b"free", b"skip"):
            path = written(tmp_path / "a.mp4", clip.read_bytes(), box(kind, padding))
            assert boxes.unhashed_bytes(path) == (len(padding) - padding.count(0) if count is None else count)


def test_unhashed_bytes_counts_what_padding_never_holds(tmp_path: Path, clip: Path) -> None:
    assert boxes.unhashed_bytes(clip) == 0
    path = written(
        tmp_path / "a.mp4", clip.read_bytes(), box(b"free", b"\0secret\0"), box(b"skip", b"x"), box(b"zzzz", b"not me")
    )
    assert boxes.unhashed_bytes(path) == 7
    assert boxes.unhashed_bytes(path, most=4) == 3 + 4 + 1, "what is not looked at is not taken for padding"
    joined = box(b"free", bytes(40) + b"\0\0\0\x30skip" + bytes(40))
    assert boxes.unhashed_bytes(written(tmp_path / "b.mp4", clip.read_bytes(), joined)) == 0
    many = box(b"free", b"\0\0\0\x30skip" * 6)
    assert boxes.unhashed_bytes(written(tmp_path / "b.mp4", clip.read_bytes(), many)) == 2 * 5


def test_a_file_type_holds_brands_and_nothing_else(tmp_path: Path, clip: Path) -> None:
    """The C2PA hash leaves out every ``ftyp`` box (C2PA 2.4, A.5.3): room for a payload."""
    rest = clip.read_bytes()[int.from_bytes(clip.read_bytes()[:4], "big") :]
    hidden = {
        "version": (box(b"ftyp", b"isom\0\0\2\0isommp41\0\0\0\0"), b"", 0),
        "no brands": (box(b"ftyp", b"isom\0\0\2\0isom\x7f\xff\xff\0"), b"", 3),
        "too many brands": (box(b"ftyp", b"isom\0\0\2\0" + b"isom" * 70), b"", 7 * 4),
        "words": (box(b"ftyp", b"<htm\0\0\2\0isoml>hi"), b"", 4 + 4),
        "a second one": (box(b"ftyp", b"isom\0\0\2\0isom"), box(b"ftyp", b"isom\0\0\0\0hide"), 8 + 5),
    }
    for name, (first, more, count) in hidden.items():
        assert boxes.unhashed_bytes(written(tmp_path / "a.mp4", first, rest, more)) == count, name


def test_a_table_of_fragments_holds_places_of_fragments_and_nothing_else(tmp_path: Path, clip: Path) -> None:
    """The C2PA hash leaves out all of a ``mfra`` box (C2PA 2.4, A.5.3), and players read films out of anything."""
    film = clip.read_bytes() + box(b"moof", b"fragment")
    place, head = len(clip.read_bytes()), struct.pack(">5I", 0, 1, 0, 1, 500)  # of one entry: version, track, when
    end = box(b"mfro", struct.pack(">II", 0, 67))
    table = head + struct.pack(">I3s", place, b"\1\1\1")
    assert boxes.unhashed_bytes(written(tmp_path / "a.mp4", film, box(b"mfra", box(b"tfra", table) + end))) == 0
    wide = struct.pack(">4I2Q3s", 1 << 24, 1, 0, 1, 500, place, b"\1\1\1")
    assert boxes.unhashed_bytes(written(tmp_path / "a.mp4", film, box(b"mfra", box(b"tfra", wide)))) == 0
    for hidden in (
        box(b"tfra", head + struct.pack(">I3s", place + 8, b"\1\1\1")),  # a film of its own, elsewhere
        box(b"tfra", table + box(b"moof", b"another film")),
        box(b"tfra", b"short"),
        box(b"mfro", struct.pack(">II", 0, 67) + b"more"),
    ):
        path = written(tmp_path / "a.mp4", film, box(b"mfra", hidden + end))
        assert boxes.unhashed_bytes(path) == len(hidden) - hidden.count(0)


def test_what_may_be_said_once_in_a_place_that_nobody_signs_is_not_said_a_thousand_times(
    tmp_path: Path, clip: Path
) -> None:
    """A few bytes of each such box are anybody's to choose: of thousands a payload could be made."""
    film, place = clip.read_bytes() + box(b"moof", b"fragment"), len(clip.read_bytes())
    entry = b"aaaa" + struct.pack(">I3s", place, b"\1\1\1")
    long = struct.pack(">4I", 0, 1, 0, 500) + entry * 500
    name = b"IsoMedia File Produced with GPAC a.payload\0"
    end = box(b"mfro", bytes(8))
    for hidden in (
        box(b"mfra", box(b"mfro", b"payload!") * 1000),
        box(b"mfra", box(b"tfra", b"\0\0\0\0payl" + bytes(8)) * 1000),
        box(b"mfra", box(b"tfra", b"\0pay" + bytes(12)) + end),
        box(b"mfra", box(b"tfra", bytes(8) + b"payl" + bytes(4)) + end),
        box(b"mfra", box(b"tfra", long) + end),
        box(b"mfra", box(b"tfra", struct.pack(">4I", 0, 1, 0, 2) + entry + b"AAAA" + entry[4:]) + end),
        box(b"mfra", box(b"tfra", bytes(16)) + end) * 2,
        box(b"free", name) * 1000,
        box(b"free", b"paylfree" * 4) * 1000,
    ):
        assert boxes.unhashed_bytes(written(tmp_path / "a.mp4", film, hidden)) > 0
    for honest in (
        box(b"mfra", box(b"tfra", bytes(16)) * 2 + end),
        box(b"mfra", box(b"tfra", struct.pack(">4I", 0, 1, 0, 2) + entry * 2) + end),
        box(b"free", name) + box(b"free", bytes(99)) * 1000,
        box(b"free", bytes(99) + box(b"free", bytes(9)) * 2) * 2,
    ):
        assert boxes.unhashed_bytes(written(tmp_path / "a.mp4", film, honest)) == 0


def test_a_c2pa_box_holds_a_store_and_nothing_else(tmp_path: Path, clip: Path) -> None:
    for purpose in (b"manifest", b"notes", b"no end" * 20):
        content = purpose + b"\0" * (len(purpose) < 20) + bytes(8) + b"hidden"
        path = written(tmp_path / "a.mp4", clip.read_bytes(), box(b"uuid", boxes.C2PA_UUID + bytes(4) + content))
        assert boxes.unhashed_bytes(path) == len(content) - content.count(0)


def test_other_files_have_no_boxes(tmp_path: Path) -> None:
    webm = write_clip(tmp_path / "a.webm", moving_clip(64, 64, 2, style="flat"), "libvpx-vp9")
    for path in (webm, written(tmp_path / "a.txt", b"hello world, this is text"), written(tmp_path / "empty")):
        assert boxes.scan_boxes(path) == ()
        assert not boxes.has_c2pa_box(path)
        assert boxes.unhashed_bytes(path) == 0


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                lambda size, kind, payload: struct.pack(">I4s", size, kind) + payload,
                st.integers(0, 64) | st.integers(0, 2**32 - 1),
                st.sampled_from([b"ftyp", b"free", b"skip", b"uuid", b"moov", b"\xff\0\xfe\x01"]),
                st.binary(max_size=40),
            ),
        ),
        max_size=6,
    )
)
def test_any_bytes_give_boxes_in_order(parts: list[bytes]) -> None:
    data = b"".join(parts)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "a", data)
        found = boxes.scan_boxes(path)
        end = 0
        for item in found:
            assert item.offset == end
            assert item.size >= item.header_size >= 8
            assert item.whole == (item.offset + item.size <= len(data))
            end = item.offset + item.size
        assert all(item.whole for item in found[:-1])
        assert 0 <= boxes.unhashed_bytes(path) <= len(data)
        boxes.has_c2pa_box(path)
