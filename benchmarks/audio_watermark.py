"""What the sound mark survives, how audible it is, how often it errs: one table, written as data beside this program.

    python -m benchmarks.audio_watermark [--clips FOLDER] [--metrics FOLDER] [--audiowmark PROGRAM] [--keys 100000]

Drawn sounds (voices, a band, a piano, a held chord, noises) of ten seconds, and the sound of the files in a folder, are
marked, encoded as a release encodes (AAC, 80 kb/s a channel), attacked through real encoders and filters, and read
back.

Nobody listened. Audibility is judged by proxies: the noise-to-mask ratio as the basic version of ITU-R BS.1387 defines
it (own implementation of its FFT ear model; below -10 dB is commonly taken for transparent, 0 dB is where noise
reaches the threshold), beside that of AAC at 128 kb/s on the same sound, and the segmental signal-to-noise ratio; and,
where they can be imported (``--metrics`` names a folder to look in), by two well-kept models of hearing: wideband PESQ
(ITU-T P.862.2, ``pesq`` on PyPI, for speech) and Zimtohrli (``zimtohrli`` on PyPI, for small differences in any sound;
opinion score from 1 to 5).
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly
from scipy.stats import kstest

from benchmarks.audio_attacks import ATTACKS, coded, mixed_down
from benchmarks.audio_peers import Audiowmark
from benchmarks.audio_tracks import SECONDS, Samples, Track, drawn_tracks, folder_tracks
from touchmark.provenance.watermark import statistics as bounds
from touchmark.provenance.watermark.audio import LoudnessMark
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.sound.evidence import stretches
from touchmark.provenance.watermark.sound.framing import Framing
from touchmark.provenance.watermark.sound.pattern import FRAMES_PER_CELL, ROWS, Pattern
from touchmark.provenance.watermark.sound.synchronise import Alignment, Finder

KEY = WatermarkKey(b"the key of the benchmark")
PAYLOAD = Payload(0x9E37_79B9_7F4A_7C15)
RESULTS = Path(__file__).parent / "results" / "audio_watermark.json"


@dataclass(frozen=True)
class Row:
    """One track under one attack; ``seconds`` is extraction's processor time."""

    track: str
    attack: str
    decoded: bool
    state: str
    p_value: float
    seconds: float


@dataclass(frozen=True)
class PeerRow:
    """One track under one attack, marked by somebody else's mark."""

    mark: str
    track: str
    attack: str
    decoded: bool


@dataclass(frozen=True)
class Quality:
    """What marking did to a track: decibels; the last one is processor seconds a second of sound."""

    track: str
    rate: int
    channels: int
    nmr: float
    nmr_of_aac_128: float
    segmental_snr: float
    embed_cost: float
    pesq: float | None = None
    zimtohrli: float | None = None


def noise_to_mask(track: Track, changed: Samples) -> float:
    """Total noise-to-mask ratio in dB, after ITU-R BS.1387-1, basic version, of all channels mixed into one."""
    before, after = track.samples.mean(axis=0), changed.mean(axis=0)
    count = min(before.size, after.size) // 1024 * 1024
    window = np.hanning(2048) * math.sqrt(8 / 3)
    frequency = np.fft.rfftfreq(2048, 1 / track.rate)
    khz = np.maximum(frequency, 20) / 1000
    ear = 10 ** ((-2.184 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 1e-3 * khz**3.6) / 20)
    # Full scale is taken for 92 dB of sound pressure.
    scale = 10 ** (92 / 20) / 1024 * ear
    spectra = [
        np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(s[:count], 2048)[::1024] * window)) * scale
        for s in (before, after)
    ]
    width = 0.25
    edges = np.arange(_bark(80.0), _bark(min(18000.0, 0.45 * track.rate)), width)
    centres = 650 * np.sinh((edges[:-1] + width / 2) / 7)
    band = np.digitize(_bark(frequency), edges) - 1
    group = np.zeros((frequency.size, centres.size))
    inside = (band >= 0) & (band < centres.size)
    group[np.flatnonzero(inside), band[inside]] = 1
    signal = np.maximum(spectra[0] ** 2 @ group, 1e-12)
    error = (spectra[0] - spectra[1]) ** 2 @ group
    pitch = signal + 10 ** (0.1456 * (centres / 1000) ** -0.8)
    # Louder sound spreads further upwards: level-dependent slopes, powers added with exponent 0.4.
    apart = width * (np.arange(centres.size)[None, :] - np.arange(centres.size)[:, None])
    level = 10 * np.log10(pitch)
    spread, alone = np.zeros_like(pitch), np.zeros(centres.size)
    for masker in range(centres.size):
        upwards = np.minimum(-24 - 230 / centres[masker] + 0.2 * level[:, masker, None], -1)
        lines = 10 ** (np.where(apart[masker] > 0, upwards * apart[masker], 27 * apart[masker]) / 10)
        share = lines / lines.sum(axis=1, keepdims=True)
        spread += (share * pitch[:, masker, None]) ** 0.4
        fixed = 10 ** (np.where(apart[masker] > 0, -24 - 230 / centres[masker], 27) * apart[masker] / 10)
        alone += (fixed / fixed.sum()) ** 0.4
    excitation = spread**2.5 / alone**2.5
    decay = np.exp(-1024 / track.rate / (0.008 + 100 / centres * 0.022))
    held = np.zeros(centres.size)
    for frame in excitation:
        held = decay * held + (1 - decay) * frame
        frame[:] = np.maximum(frame, held)
    bark = np.arange(centres.size) * width
    mask = excitation / 10 ** (np.where(bark <= 12, 3, 0.25 * bark) / 10)
    heard = spectra[0].max(axis=1) > 10  # frames of silence would only flatter
    return 10 * math.log10(float(np.mean((error / mask)[heard])) + 1e-12)


def segmental_snr(track: Track, changed: Samples) -> float:
    """Mean over stretches of 32 ms of the signal-to-noise ratio, each limited to -10..35 dB, silence left out."""
    size = int(0.032 * track.rate)
    count = track.samples.shape[1] // size * size
    signal, error = (
        np.mean(s[:, :count].reshape(-1, count // size, size) ** 2, axis=(0, 2))
        for s in (track.samples, changed - track.samples)
    )
    heard = signal > 1e-7
    return float(np.mean(np.clip(10 * np.log10(signal[heard] / (error[heard] + 1e-15)), -10, 35)))


def heard(track: Track, changed: Samples) -> tuple[float | None, float | None]:
    """Opinion scores of PESQ and of Zimtohrli, each None where it is not installed, PESQ also where it hears no speech;
    of all channels mixed into one."""
    scores: list[float | None] = []
    for score in (_pesq, _zimtohrli):
        try:
            found = score(track, changed)
        except ImportError:
            found = None
        scores.append(None if found is None else round(found, 3))
    return scores[0], scores[1]


def _pesq(track: Track, changed: Samples) -> float | None:
    from pesq import NoUtterancesError, pesq

    try:
        return float(pesq(16000, *_at(16000, track, changed), "wb"))
    except NoUtterancesError:
        return None


def _zimtohrli(track: Track, changed: Samples) -> float:
    import zimtohrli

    distance = zimtohrli.Pyohrli().distance(*_at(48000, track, changed))
    return float(zimtohrli.mos_from_zimtohrli(distance))


def _at(rate: int, track: Track, changed: Samples) -> tuple[Samples, Samples]:
    divisor = math.gcd(rate, track.rate)
    before, after = (
        resample_poly(samples.mean(axis=0), rate // divisor, track.rate // divisor).astype(np.float32)
        for samples in (track.samples, changed)
    )
    return before, after


def _bark(frequency: float | NDArray[np.floating]) -> Any:
    return 7 * np.arcsinh(np.asarray(frequency) / 650)


def aligned(track: Track, copy: Track) -> Samples:
    """A coded copy, moved so that it lies sample by sample on the original."""
    size = track.samples.shape[1]
    long = 1 << (2 * size - 1).bit_length()
    ours, theirs = (np.fft.rfft(s.samples.mean(axis=0), long) for s in (track, copy))
    late = int(np.argmax(np.fft.irfft(theirs * ours.conj(), long)))
    late = late - long if late > long // 2 else late
    moved = copy.samples[:, max(0, late) :]
    moved = np.pad(moved, ((0, 0), (max(0, -late), size)))
    return np.ascontiguousarray(moved[:, :size])


def false_positives(tracks: Sequence[Track], keys: int) -> dict[str, Any]:
    """Ask many keys whether they are in unmarked sound: at one place, and at every one at unchanged tempo and pitch.

    P-values at one place are uniform, so Kolmogorov and Smirnov's test is asked whether they are. A whole extraction
    would try some seven thousand times as many alignments and pay for each in its p-value; that is measured too, for a
    thousandth of the keys.
    """
    sounds = [next(stretches([track.samples], track.samples.shape[0], Framing(track.rate))) for track in tracks]
    searched, single = np.ones(keys), np.ones(keys)
    for number in range(keys):
        key = WatermarkKey(b"key number %08d" % number)
        pattern = Pattern.of(key)
        finder, stretch = Finder(pattern.known), sounds[number % len(sounds)]
        searched[number] = bounds.paid_tail(finder.log_tail(stretch, finder.as_it_was(stretch)[0]), SLIDES)
        single[number] = math.exp(finder.log_tail(stretch, Alignment(0.0, 0.0)))
    whole = [
        LoudnessMark().extract(tracks[number % len(tracks)].sound(), [WatermarkKey(b"another key %08d" % number)])[0]
        for number in range(keys // 1000)
    ]
    levels = (0.5, 0.1, 0.01, 0.001, 0.0001)
    return {
        "keys": keys,
        "kolmogorov_smirnov_of_single_tests": float(kstest(single, "uniform").pvalue),
        "least_p_value_of_a_single_test": float(single.min()),
        "least_p_value_of_a_search": float(searched.min()),
        "found": int(np.sum(searched < bounds.PRESENCE_LEVEL)),
        "share_of_single_tests_at_or_below": {str(level): float(np.mean(single <= level)) for level in levels},
        "share_of_searches_at_or_below": {str(level): float(np.mean(searched <= level)) for level in levels},
        "whole_extractions": len(whole),
        "whole_extractions_that_found_something": sum(d.state is not MarkState.NOTHING_FOUND for d in whole),
    }


SLIDES = ROWS * 2 * FRAMES_PER_CELL
"""Places where a search at unchanged tempo and pitch can end."""


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, help="a folder of files whose sound to use besides the drawn ones")
    parser.add_argument("--metrics", type=Path, help="a folder in which pesq and zimtohrli are installed")
    parser.add_argument("--audiowmark", type=Path, metavar="PROGRAM", help="to measure beside ours")
    parser.add_argument("--keys", type=int, default=100_000, help="how many keys to ask for false positives")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if arguments.metrics:
        sys.path.append(str(arguments.metrics))
    tracks = [*drawn_tracks(), *(folder_tracks(arguments.clips) if arguments.clips else ())]
    qualities: list[Quality] = []
    rows: list[Row] = []
    peers = [Audiowmark(arguments.audiowmark, bits) for bits in (128, 16)] if arguments.audiowmark else []
    of_peers: list[PeerRow] = []
    for track in tracks:
        quality, of_track = _run(track)
        for peer in peers:
            of_peers += _run_peer(peer, track)
        qualities.append(quality)
        rows += of_track
        missed = ", ".join(row.attack for row in of_track if not row.decoded) or "none"
        print(f"{track.name:20} NMR {quality.nmr:6.1f} dB  missed: {missed}", flush=True)
    errors = false_positives(tracks, arguments.keys)
    print(_table(qualities, rows, of_peers), json.dumps(errors, indent=1), sep="\n")
    report = {
        "machine": f"{platform.machine()}, one core, shared",
        "seconds_per_track": SECONDS,
        "audibility": "proxies only, nobody listened; noise-to-mask ratio after ITU-R BS.1387, own implementation",
        "quality": [asdict(quality) for quality in qualities],
        "attacks": [asdict(row) for row in rows],
        "attacks_on_peers": [asdict(row) for row in of_peers],
        "false_positives": errors,
    }
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=1) + "\n")


def _run(track: Track) -> tuple[Quality, list[Row]]:
    mark = LoudnessMark()
    began = time.process_time()
    marked = Track.of(track.name, mark.embed(track.sound(), PAYLOAD, KEY))
    cost = (time.process_time() - began) / (track.samples.shape[1] / track.rate)
    nmr, snr = noise_to_mask(track, marked.samples), segmental_snr(track, marked.samples)
    opinions = heard(track, marked.samples)
    if track.samples.shape[0] > 2:  # what players and platforms do before any of the attacks
        track, marked = mixed_down(track), mixed_down(marked)
    reference = aligned(track, coded(track, "aac", 128_000, "adts"))
    quality = Quality(
        track.name,
        track.rate,
        track.samples.shape[0],
        round(nmr, 1),
        round(noise_to_mask(track, reference), 1),
        round(snr, 1),
        round(cost, 4),
        *opinions,
    )
    released = coded(marked, "aac", 80_000 * marked.samples.shape[0], "adts")
    rows = []
    for name, attack in ATTACKS.items():
        copy = attack(released)
        began = time.process_time()
        (found,) = mark.extract(copy.sound(), [KEY])
        spent = round(time.process_time() - began, 3)
        rows.append(Row(track.name, name, found.payload == PAYLOAD, found.state.value, found.p_value, spent))
    return quality, rows


def _run_peer(peer: Audiowmark, track: Track) -> list[PeerRow]:
    """The same encoder and attacks as ours."""
    track = mixed_down(track) if track.samples.shape[0] > 2 else track
    released = coded(peer.embed(track), "aac", 80_000 * track.samples.shape[0], "adts")
    return [PeerRow(peer.name, track.name, name, peer.reads(attack(released))) for name, attack in ATTACKS.items()]


def _table(qualities: Sequence[Quality], rows: Sequence[Row], of_peers: Sequence[PeerRow]) -> str:
    lines = ["", "noise-to-mask ratio of the mark, of AAC at 128 kb/s; segmental SNR of the mark"]
    lines += [f"  {q.track:22} {q.nmr:6.1f} {q.nmr_of_aac_128:6.1f} {q.segmental_snr:6.1f} dB" for q in qualities]
    for attack in dict.fromkeys(row.attack for row in rows):
        chosen = [row for row in rows if row.attack == attack]
        cost = statistics.mean(row.seconds for row in chosen)
        line = f"  {attack:42} read {sum(r.decoded for r in chosen):2} of {len(chosen)}   {cost:5.2f} s"
        for mark in dict.fromkeys(row.mark for row in of_peers):
            line += f"   {mark} {sum(r.decoded for r in of_peers if (r.mark, r.attack) == (mark, attack)):2}"
        lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    main()
