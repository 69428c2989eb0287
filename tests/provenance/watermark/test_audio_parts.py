"""The parts of the sound mark: honest p-values, and what the pattern, the masking and the search promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

from benchmarks.audio_tracks import Track, chord, noise, speech
from touchmark.provenance.watermark import statistics
from touchmark.provenance.watermark.code import CODE_BITS
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.sound.evidence import Stretch, nearest, stretches
from touchmark.provenance.watermark.sound.framing import Framing, chunks
from touchmark.provenance.watermark.sound.loudness import band_power, levels, surprise
from touchmark.provenance.watermark.sound.masking import LEAST, MOST, permitted_change, usual_change, wanted_change
from touchmark.provenance.watermark.sound.pattern import BANDS, CENTRES, ROWS, Pattern, first_row
from touchmark.provenance.watermark.sound.synchronise import TESTS, Alignment, Cells, Finder, correlation


def stretch_of(track: Track) -> Stretch:
    return next(stretches([track.samples], track.samples.shape[0], Framing(track.rate)))


def keys(count: int) -> list[WatermarkKey]:
    return [WatermarkKey(b"number %010d" % number) for number in range(count)]


@pytest.mark.parametrize(
    "track",
    [
        Track("voice", speech(6, 1, 115.0, 16000), 16000),
        Track("chord", chord(6, 6, 16000), 16000),
        Track("noise", noise(6, 7, 16000), 16000),
    ],
    ids=lambda track: track.name,
)
def test_p_values_on_unmarked_sound_are_never_too_small(track: Track) -> None:
    """Of many keys, a share of at most p may score p or less, whatever the sound; and scores have their full spread."""
    stretch = stretch_of(track)
    cells = Cells.of(stretch, Alignment(0.0, 0.0)).folded()
    fits = np.array([correlation(cells, Pattern.of(key).signs) for key in keys(1500)])
    assert abs(fits.mean()) < 0.1
    assert fits.std() == pytest.approx(1, abs=0.06)
    p_values = np.array([statistics.tail(z) for z in fits])
    for level in (0.5, 0.1, 0.01, 0.001):
        assert np.mean(p_values <= level) <= level


@pytest.mark.parametrize("pitch", [1.0, 0.97])
def test_p_values_of_a_template_are_uniform_on_unmarked_sound(pitch: float) -> None:
    """Whatever the alignment, of many keys a share of p scores p or less: neither more nor fewer."""
    stretch = stretch_of(Track("voice", speech(6, 1, 115.0, 16000), 16000))
    alignment = Alignment(0.0, 3.5, tempo=1.01, pitch=pitch)
    tails = [Finder(Pattern.of(key).known).log_tail(stretch, alignment) for key in keys(1000)]
    assert kstest(np.exp(tails), "uniform").pvalue > 1e-3


def test_a_search_over_everything_is_paid_for() -> None:
    stretch = stretch_of(Track("noise", noise(4, 3, 16000), 16000))
    best = [Finder(Pattern.of(key).known).anyhow(stretch)[0].z for key in keys(8)]
    assert max(best) > 4, "otherwise nothing was searched"
    assert min(statistics.tail(z, TESTS) for z in best) > 0.01


@pytest.mark.parametrize("pitch", [0.945, 0.99, 1.0, 1.0375, 1.06])
def test_bands_in_parts_stand_in_for_those_of_any_pitch(pitch: float) -> None:
    stretch = stretch_of(Track("voice", speech(6, 1, 115.0, 16000), 16000))
    exact, near = stretch.evidence(pitch), stretch.finely[:, nearest(pitch)]
    inside = near.any(axis=0)
    assert inside.mean() > 0.95
    assert np.corrcoef(exact[:, inside].ravel(), near[:, inside].ravel())[0, 1] > (0.999 if pitch == 1 else 0.9)


def test_a_search_ends_on_the_grid_that_was_paid_for() -> None:
    stretch = stretch_of(Track("noise", noise(4, 3, 16000), 16000))
    grid = 0.00125
    tempos = round(math.sqrt(TESTS / (ROWS * 10)))
    for fit in Finder(Pattern.of(keys(1)[0]).known).anyhow(stretch):
        for value in (fit.tempo, fit.pitch):
            assert abs((value - 1) / grid - round((value - 1) / grid)) < 1e-6
            assert abs(value - 1) <= grid * (tempos // 2) + 1e-9
        assert abs(fit.row * 10 - round(fit.row * 10)) < 1e-6
        assert 0 <= fit.row < ROWS


def test_evidence_knows_nothing_of_silence() -> None:
    stretch = stretch_of(Track("silence", np.zeros((1, 64000), np.float32), 16000))
    assert not stretch.evidence(1.0).any()
    assert correlation(Cells.of(stretch, Alignment(0.0, 3.5)).folded(), np.ones((ROWS, BANDS), np.float32)) == 0.0


def test_louder_copies_are_the_same_evidence() -> None:
    samples = speech(4, 1, 115.0, 16000)
    loud, soft = (stretch_of(Track("voice", samples * gain, 16000)).evidence(1.0) for gain in (1.0, 0.05))
    assert np.mean(np.abs(loud - soft) < 1e-3) > 0.98, "but for what is nearly silent"


def test_every_code_bit_has_cells_high_and_low(key: WatermarkKey) -> None:
    pattern = Pattern.of(key)
    cells = np.bincount(pattern.bit[~pattern.template], minlength=CODE_BITS)
    assert cells.min() >= cells.max() - 1 >= 20
    below = np.bincount(pattern.bit[:, CENTRES < 2000][~pattern.template[:, CENTRES < 2000]], minlength=CODE_BITS)
    assert below.min() >= 4
    assert abs(pattern.signs.mean()) < 0.03
    assert 0.1 < pattern.template.mean() < 0.25


def test_keys_and_payloads_share_no_pattern_and_no_start() -> None:
    one, other = (Pattern.of(key) for key in keys(2))
    assert abs(np.mean(one.signs * other.signs)) < 0.03
    starts = {first_row(Payload(value), keys(1)[0]) for value in range(60)}
    assert len(starts) > 40


def test_bands_hold_the_power_of_the_sound() -> None:
    framing = Framing(48000)
    samples = noise(2, 7)
    samples = np.asarray(samples, np.float32)
    spectra = framing.spectra(next(chunks([samples], 1, framing)), framing.window)
    power = np.abs(spectra[0]) ** 2
    whole = 2 * power.sum(axis=1) / (framing.length * framing.length / 2)
    assert np.all(band_power(power, framing).sum(axis=1) < whole)
    tone = np.sin(2 * np.pi * 1000 * np.arange(96000) / 48000).astype(np.float32)[None]
    spectra = framing.spectra(next(chunks([tone], 1, framing)), framing.window)
    bands = band_power(np.abs(spectra[0]) ** 2, framing)
    assert bands[10].sum() == pytest.approx(0.5, rel=0.05)
    assert bands[10].argmax() == np.argmin(np.abs(CENTRES - 1000))
    raised = band_power(np.abs(spectra[0]) ** 2, framing, pitch=1.05)
    assert CENTRES[raised[10].argmax()] == pytest.approx(1000 / 1.05, abs=60)


def test_a_held_tone_is_changed_least_and_an_onset_hardly() -> None:
    random = np.random.default_rng(2)
    held = np.full((200, BANDS), 1e-4, np.float32)
    _, irregularity = surprise(levels(held))
    assert np.allclose(usual_change(irregularity), LEAST)
    restless = held * 10 ** random.normal(0, 1, held.shape).astype(np.float32)
    _, irregularity = surprise(levels(restless))
    assert usual_change(irregularity).mean() > 2 * LEAST
    held[:100] *= 1e-6
    allowed = permitted_change(held)
    assert allowed[100:102].max() < 0.1
    assert allowed[120:].min() > 1


def test_a_sound_that_leans_against_its_sign_is_pushed_harder() -> None:
    irregularity = np.full((3, BANDS), 2.0, np.float32)
    push = wanted_change(irregularity * np.array([[-1.0], [0.0], [1.0]], np.float32), irregularity)
    assert np.all(push[0] > push[1])
    assert np.all(push[1] > push[2])
    assert np.all(push[2] >= 0)
    assert np.all(push[0] <= MOST)


def test_many_cells_in_a_critical_band_are_changed_more() -> None:
    change = usual_change(np.full((1, BANDS), 2.0, np.float32))[0]
    assert change[CENTRES > 6000].min() > 1.5 * change[CENTRES < 500].max()
    assert np.all(np.diff(change) >= 0)


def test_a_chunked_sound_is_put_together_again() -> None:
    framing = Framing(11025)
    samples = noise(2.5, 1, 11025)
    step, lead = 64 * framing.hop, framing.length - framing.hop
    parts = list(chunks(np.array_split(samples, 7, axis=1), 1, framing))
    out = np.zeros((1, len(parts) * step + lead), np.float32)
    for number, part in enumerate(parts):
        spectra = framing.spectra(part, framing.window)
        out[:, number * step : number * step + step + lead] += framing.overlapped(spectra, framing.window) / 2
    assert np.allclose(out[:, lead : lead + samples.shape[1]], samples, atol=1e-5)
