"""What happens to sound on its way through the world, as small named functions from track to track.

    ATTACKS["Opus 48"](track)

Coders are real ones; tempo and rates are changed by FFmpeg's filters.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from benchmarks.audio_tracks import Track, decoded


def coded(track: Track, codec: str, bit_rate: int, container: str) -> Track:
    """Through a real encoder and back; at 48,000 samples a second where the codec wants that."""
    file = io.BytesIO()
    rate = 48000 if codec == "libopus" else track.rate
    with av.open(file, "w", format=container) as made:
        stream = cast(AudioStream, made.add_stream(codec, rate=rate, layout=_layout(track)))
        stream.bit_rate = bit_rate
        for start in range(0, track.samples.shape[1], 48000):
            block = np.ascontiguousarray(np.clip(track.samples[:, start : start + 48000], -1, 1))
            frame = AudioFrame.from_ndarray(block, format="fltp", layout=_layout(track))
            frame.sample_rate, frame.pts = track.rate, start
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, mode="r") as given:
        return Track(track.name, decoded(given), given.streams.audio[0].rate)


def filtered(track: Track, *filters: tuple[str, str]) -> Track:
    """Through FFmpeg's filters, given as names and arguments."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=track.rate, format="fltp", layout=_layout(track), time_base=_per_second(track.rate)
    )
    chain = [source, *(graph.add(name, arguments) for name, arguments in filters), graph.add("abuffersink")]
    for one, other in pairwise(chain):
        one.link_to(other)
    graph.configure()
    parts, rate = [], track.rate

    def drain() -> None:
        nonlocal rate
        while True:
            try:
                frame = cast(AudioFrame, graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            rate = frame.sample_rate
            parts.append(frame.to_ndarray())

    for start in range(0, track.samples.shape[1], 4096):
        block = np.ascontiguousarray(track.samples[:, start : start + 4096])
        frame = AudioFrame.from_ndarray(block, format="fltp", layout=_layout(track))
        frame.sample_rate, frame.pts, frame.time_base = track.rate, start, _per_second(track.rate)
        graph.push(frame)
        drain()
    graph.push(None)
    drain()
    return Track(track.name, np.concatenate(parts, axis=1).astype(np.float32), rate)


def resampled(track: Track, rate: int) -> Track:
    """At another sampling rate."""
    return filtered(track, ("aresample", str(rate)), ("aformat", "sample_fmts=fltp"))


def faster(track: Track, speed: float) -> Track:
    """Played faster or slower, so that the pitch follows."""
    return filtered(track, ("asetrate", str(round(track.rate * speed))), ("aresample", str(track.rate)))


def shorter(track: Track, tempo: float) -> Track:
    """Played in less time at the same pitch."""
    return filtered(track, ("atempo", str(tempo)), ("aformat", "sample_fmts=fltp"))


def higher(track: Track, pitch: float) -> Track:
    """At another pitch in the same time."""
    return shorter(faster(track, pitch), 1 / pitch)


def noisy(track: Track, decibels: float) -> Track:
    """White noise, so many decibels below the sound as a whole."""
    power = float(np.mean(track.samples**2)) * 10 ** (-decibels / 10)
    added = np.random.default_rng(11).standard_normal(track.samples.shape) * math.sqrt(power)
    return Track(track.name, np.clip(track.samples + added, -1, 1).astype(np.float32), track.rate)


def cut(track: Track, start: float, seconds: float) -> Track:
    """An excerpt."""
    first = int(start * track.rate)
    return Track(track.name, track.samples[:, first : first + int(seconds * track.rate)], track.rate)


def mixed_down(track: Track) -> Track:
    """All channels as one."""
    return Track(track.name, track.samples.mean(axis=0, keepdims=True), track.rate)


def spliced(track: Track) -> Track:
    """Its second half before its first."""
    middle = track.samples.shape[1] * 2 // 5
    return Track(track.name, np.concatenate([track.samples[:, middle:], track.samples[:, :middle]], axis=1), track.rate)


ATTACKS: dict[str, Callable[[Track], Track]] = {
    "none": lambda t: t,
    "AAC 128": lambda t: coded(t, "aac", 128_000, "adts"),
    "AAC 64": lambda t: coded(t, "aac", 64_000, "adts"),
    "MP3 128": lambda t: coded(t, "libmp3lame", 128_000, "mp3"),
    "Opus 48": lambda t: coded(t, "libopus", 48_000, "ogg"),
    "resampled to 16 kHz": lambda t: resampled(t, 16000),
    "resampled to 8 kHz": lambda t: resampled(t, 8000),
    "white noise at 20 dB": lambda t: noisy(t, 20),
    "speed +5%": lambda t: faster(t, 1.05),
    "speed -5%": lambda t: faster(t, 0.95),
    "speed +3.1%": lambda t: faster(t, 1.031),
    "tempo +5%": lambda t: shorter(t, 1.05),
    "tempo -5%": lambda t: shorter(t, 0.95),
    "pitch +5%": lambda t: higher(t, 1.05),
    "pitch -5%": lambda t: higher(t, 0.95),
    "spliced": spliced,
    "mixed down, a quarter as loud": lambda t: Track(t.name, mixed_down(t).samples * np.float32(0.25), t.rate),
    "excerpt of 7 s": lambda t: cut(t, 1.234, 7.0),
    "excerpt of 5 s": lambda t: cut(t, 3.21, 5.0),
    "excerpt of 8 s, Opus 48, noise at 20 dB": lambda t: noisy(coded(cut(t, 1.6, 8.0), "libopus", 48_000, "ogg"), 20),
    "speed +2%, AAC 64": lambda t: coded(faster(t, 1.02), "aac", 64_000, "adts"),
}


def _layout(track: Track) -> str:
    return {1: "mono", 2: "stereo", 6: "5.1"}[track.samples.shape[0]]


def _per_second(rate: int) -> Fraction:
    return Fraction(1, rate)
