"""Sound files, read and written in the form in which they came; and kinds of file told by their bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.forms import FORMS, picture_file, sound_file
from touchmark.provenance.media.errors import EncodeError, MediaError
from touchmark.provenance.media.kinds import Family, kind_of, kind_of_head
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.sound import open_sound, write_sound
from touchmark.provenance.media.video import Sound

CODECS = {
    "a.wav": ("pcm_s16le", "s16"),
    "a.flac": ("flac", "s16"),
    "a.mp3": ("libmp3lame", "fltp"),
    "a.m4a": ("aac", "fltp"),
}


def samples_of(path: Path) -> np.ndarray:
    with open_sound(path) as reader:
        return np.concatenate(list(reader.whole().blocks), axis=1)


@pytest.mark.parametrize("name", CODECS)
def test_a_sound_is_written_in_the_form_in_which_it_came(tmp_path: Path, name: str) -> None:
    source, copy = sound_file(tmp_path / name, *CODECS[name]), tmp_path / f"copy-{name}"
    with open_sound(source) as reader:
        write_sound(reader.whole(), copy, reader.info)
        info = reader.info
    with open_sound(copy) as reader:
        assert (reader.info.rate, reader.info.channels) == (info.rate, info.channels) == (22050, 1)
        assert (reader.info.codec, reader.info.container, reader.info.bits) == (info.codec, info.container, info.bits)
    before, after = samples_of(source), samples_of(copy)
    if info.bits:
        assert np.array_equal(before, after), "exact where the form is"
    else:
        assert np.std(after) == pytest.approx(np.std(before), rel=0.1)
        assert after.shape[1] == pytest.approx(before.shape[1], abs=4096)  # coders pad the ends


def test_samples_beyond_full_scale_are_cut_and_not_wrapped(tmp_path: Path) -> None:
    with open_sound(sound_file(tmp_path / "a.wav", "pcm_s16le", "s16")) as reader:
        loud = Sound(22050, 1, iter([np.linspace(-3, 3, 4096, dtype=np.float32)[None]]))
        write_sound(loud, tmp_path / "loud.wav", reader.info)
    found = samples_of(tmp_path / "loud.wav")[0]
    assert np.all(np.diff(found) >= 0)
    assert (found.min(), found.max()) == (-1.0, pytest.approx(1.0, abs=1e-4))


def test_what_is_no_sound_says_what_it_is(tmp_path: Path) -> None:
    picture = picture_file(tmp_path / "p.png")
    (tmp_path / "cut.wav").write_bytes(b"RIFF\x10\0\0\0WAVE")
    (tmp_path / "noise.mp3").write_bytes(b"ID3" + bytes(2000))
    for path in (picture, tmp_path / "cut.wav", tmp_path / "noise.mp3", tmp_path / "missing.flac"):
        with pytest.raises(MediaError), open_sound(path) as reader:
            list(reader.whole().blocks)


def test_a_sound_counts_against_the_limits(tmp_path: Path) -> None:
    source = sound_file(tmp_path / "a.flac", "flac", "s16", seconds=2)
    with pytest.raises(MediaError), open_sound(source, Limits(max_duration=1.0)) as reader:
        list(reader.whole().blocks)


def test_a_form_that_is_not_written_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    with open_sound(sound_file(tmp_path / "a.wav", "pcm_s16le", "s16")) as reader, pytest.raises(EncodeError):
        write_sound(reader.whole(), tmp_path / "out.ogg", replace(reader.info, codec="vorbis"))


@pytest.mark.parametrize("name", FORMS)
def test_a_kind_is_told_by_bytes_whatever_the_name(tmp_path: Path, name: str) -> None:
    media_type, make = FORMS[name]
    path = make(tmp_path / name).rename(tmp_path / "holiday.txt")
    kind = kind_of(path)
    assert kind is not None
    assert kind.media_type == media_type
    assert kind.family.value == {"video": "video", "audio": "sound", "image": "picture"}[media_type.split("/")[0]]


def test_a_tag_before_a_flac_does_not_make_it_an_mp3(tmp_path: Path) -> None:
    """As C2PA libraries write it: the manifest in an ID3 tag, the FLAC behind."""
    flac = sound_file(tmp_path / "a.flac", "flac", "s16")
    tagged = tmp_path / "tagged.flac"
    tagged.write_bytes(b"ID3\4\0\0\0\0\x40\0" + bytes(64 << 7) + flac.read_bytes())
    kind = kind_of(tagged)
    assert kind is not None
    assert kind.media_type == "audio/flac"
    assert np.array_equal(samples_of(tagged), samples_of(flac))


def test_what_is_of_no_kind_is_none(tmp_path: Path) -> None:
    for content in (b"", b"\0" * 64, b"words", b"<html><svg></html>", b"\xff\xff\xff\xff"):
        assert kind_of_head(content) is None
    assert kind_of(tmp_path) is None
    assert kind_of(tmp_path / "missing") is None
    svg = kind_of_head(b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert svg is not None
    assert svg.family is Family.PICTURE


def test_no_more_samples_are_given_than_are_asked_for(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", *CODECS["a.wav"])
    with open_sound(path) as reader:
        whole, fewer, as_many = reader.whole(), reader.whole(16000), reader.whole(96000)
        assert (fewer.rate, as_many.rate) == (16000, whole.rate)
        given, wanted = (np.concatenate(list(sound.blocks), axis=1) for sound in (fewer, whole))
    assert given.shape[0] == wanted.shape[0]
    assert given.shape[1] / 16000 == pytest.approx(wanted.shape[1] / whole.rate, abs=0.01)
