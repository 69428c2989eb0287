"""The mark in sound, through networks of AudioSeal's signature."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.clips import moving_clip, tone, write_clip
from tests.provenance.watermark.neural import stand_ins
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.video import Sound
from touchmark.provenance.watermark.neural.gathering import bits_of
from touchmark.provenance.watermark.neural.network import Role, WeightsError, open_network
from touchmark.provenance.watermark.neural.picture import MessageError, NoWriterError
from touchmark.provenance.watermark.neural.sound import MARKED_SHARE, AudioSealMark

MESSAGE = "1011001110001011"


def tones(seconds: float, channels: int = 2, rate: int = 48_000) -> Sound:
    return Sound(rate, channels, tone(Fraction(seconds), channels, rate))


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("seconds", [2.5, 5, 12])
def test_what_is_written_is_read(rate: int, seconds: float, audioseal: AudioSealMark) -> None:
    gathering = audioseal.gather(audioseal.write(tones(seconds, 2, rate), MESSAGE))
    assert gathering.score > MARKED_SHARE
    assert gathering.odds is not None
    assert bits_of(gathering.odds) == MESSAGE
    assert gathering.samples == -(-seconds // 5)


def test_unmarked_sound_has_a_low_score_and_bits_of_no_weight(audioseal: AudioSealMark) -> None:
    gathering = audioseal.gather(tones(6))
    assert gathering.score < MARKED_SHARE
    assert gathering.odds is not None
    assert np.abs(gathering.odds).max() < 0.1


def test_sound_keeps_its_form_and_is_drawn_as_needed(audioseal: AudioSealMark) -> None:
    drawn = 0

    def blocks() -> Iterator[np.ndarray]:
        nonlocal drawn
        for block in tone(Fraction(11), 2):
            drawn += 1
            yield block

    original = np.concatenate(list(tone(Fraction(11), 2)), axis=1)
    marked = audioseal.write(Sound(48_000, 2, blocks()), MESSAGE)
    assert drawn == 0
    first = next(marked.blocks)
    assert drawn == 50, "five seconds in tenths"
    whole = np.concatenate([first, *marked.blocks], axis=1)
    assert (marked.rate, marked.channels, whole.shape, whole.dtype) == (48_000, 2, original.shape, np.float32)
    change = whole - original
    assert 0 < np.abs(change).max() < 0.1
    assert np.allclose(change[0], change[1], atol=1e-6)


def test_it_is_read_from_a_file(audioseal: AudioSealMark, tmp_path: Path) -> None:
    clip = moving_clip(128, 128, count=72, channels=2)
    assert isinstance(clip.sound, Sound)
    object.__setattr__(clip, "sound", audioseal.write(clip.sound, MESSAGE))
    with open_video(write_clip(tmp_path / "a.mp4", clip)) as video:
        gathering = audioseal.gather(video.sound())
    assert gathering.odds is not None
    assert bits_of(gathering.odds) == MESSAGE


@pytest.mark.parametrize(
    "sound",
    [
        None,
        Sound(48_000, 2, iter([])),
        Sound(48_000, 2, iter([np.zeros((2, 0), np.float32)])),
        Sound(48_000, 1, iter([np.zeros((1, 10), np.float32)])),
        Sound(1, 1, iter([np.zeros((1, 10), np.float32)])),
        Sound(10**9, 1, iter([np.zeros((1, 10), np.float32)])),
    ],
)
def test_where_there_is_nothing_to_hear_nothing_is_read(sound: Sound | None, audioseal: AudioSealMark) -> None:
    assert audioseal.gather(sound).odds is None


def test_sound_that_is_no_number_is_read_without_a_word(audioseal: AudioSealMark) -> None:
    noise = [np.full((2, 24_000), value, np.float32) for value in (np.nan, np.inf, -np.inf)]
    gathering = audioseal.gather(Sound(48_000, 2, iter(noise)))
    assert gathering.odds is not None
    assert np.all(np.isfinite(gathering.odds))


def test_the_end_of_a_sound_may_be_of_any_length(audioseal: AudioSealMark) -> None:
    blocks = [np.zeros((1, 5 * 48_000), np.float32), np.zeros((1, 3), np.float32)]
    marked = list(audioseal.write(Sound(48_000, 1, iter(blocks)), MESSAGE).blocks)
    assert [block.shape for block in marked] == [(1, 240_000), (1, 3)]


def test_a_message_that_does_not_fit_is_refused(audioseal: AudioSealMark) -> None:
    with pytest.raises(MessageError, match="16 times 0 or 1"):
        audioseal.write(tones(1), "01")


def test_without_a_writer_nothing_is_written(weights) -> None:
    mark = AudioSealMark(open_network(weights["audioseal-reader.jit"].read_bytes(), Role.READER, subject="x"))
    assert not mark.writes
    with pytest.raises(NoWriterError):
        mark.write(tones(1), MESSAGE)


def test_a_traced_export_serves_as_well(weights) -> None:
    x, message = torch.zeros(1, 1, stand_ins.WINDOW), torch.zeros(1, 16)
    exports = (
        stand_ins.traced(stand_ins.AudioSealReader(), x),
        stand_ins.traced(stand_ins.TracedAudioSealWriter(), x, message),
    )
    mark = AudioSealMark(*(open_network(e, role, subject="x") for e, role in zip(exports, Role, strict=True)))
    gathering = mark.gather(mark.write(tones(7), MESSAGE))
    assert gathering.odds is not None
    assert bits_of(gathering.odds) == MESSAGE


class NoMark(torch.nn.Module):
    """A network with the wrong output."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def test_weights_of_another_signature_are_refused(weights) -> None:
    with pytest.raises(WeightsError, match=r"gives \(1, 2, samples\)"):
        AudioSealMark(open_network(stand_ins.torchscript(NoMark()), Role.READER, subject="x"))
    reader = open_network(weights["audioseal-reader.jit"].read_bytes(), Role.READER, subject="x")
    with pytest.raises(WeightsError):
        AudioSealMark(reader, open_network(weights["audioseal-reader.jit"].read_bytes(), Role.WRITER, subject="x"))
