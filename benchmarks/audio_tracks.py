"""Sounds to mark: drawn from fixed seeds, of kinds that hide a mark well or hardly at all, and those of a folder.

They stand for kinds, not for nature: the voice has formants, pauses and a wandering pitch, and says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from touchmark.provenance.media.video import Sound

Samples = NDArray[np.float32]

SECONDS = 10.0


@dataclass(frozen=True)
class Track:
    """A sound held in memory: samples of shape (channels, n)."""

    name: str
    samples: Samples
    rate: int

    def sound(self) -> Sound:
        """As one block."""
        return Sound(self.rate, self.samples.shape[0], iter([self.samples]))

    @classmethod
    def of(cls, name: str, sound: Sound) -> Track:
        """Draw all blocks."""
        return cls(name, np.concatenate(list(sound.blocks), axis=1), sound.rate)


def drawn_tracks(seconds: float = SECONDS) -> Iterator[Track]:
    """Sounds of many kinds, drawn anew each time from fixed seeds."""
    yield Track("voice, low", speech(seconds, 1, 115.0), 48000)
    yield Track("voice, high", speech(seconds, 2, 210.0, 44100), 44100)
    yield Track("voice at 16 kHz", speech(seconds, 3, 150.0, 16000), 16000)
    yield Track("band", band(seconds, 4), 48000)
    yield Track("piano in a room", in_a_room(piano(seconds, 5), 44100), 44100)
    yield Track("piano, single dry notes", piano(seconds, 5), 44100)
    yield Track("held chord", chord(seconds, 6), 48000)
    yield Track("pink noise", noise(seconds, 7), 48000)
    voice, music = speech(seconds, 8, 130.0), band(seconds, 9)
    yield Track("voice over band", (voice + 0.25 * music).astype(np.float32), 48000)


def speech(seconds: float, seed: int, pitch: float, rate: int = 48000) -> Samples:
    """Something like a voice: pulses and hiss through moving formants, with pauses; shape (1, n).

    Its long-term spectrum is that of speech.
    """
    random = np.random.default_rng(seed)
    n = int(seconds * rate)
    length = int(0.032 * rate) // 4 * 4
    hop = length // 4
    count = n // hop + 8
    formants = np.tile([500.0, 1500, 2500, 3400], (count, 1))
    voiced, hissed, hiss = np.zeros(count), np.zeros(count), np.full(count, 5000.0)
    at = 0
    while at < count:
        kind, lasts = random.random(), int(random.uniform(0.05, 0.2) * rate / hop)
        here = slice(at, at + lasts)
        if kind < 0.62:
            formants[here, :3] = _VOWELS[random.integers(len(_VOWELS))]
            voiced[here] = random.uniform(0.4, 1)
        elif kind < 0.82:
            hissed[here], hiss[here] = random.uniform(0.05, 0.3), random.uniform(2500, 6500)
        at += lasts + (int(random.uniform(0.2, 0.5) * rate / hop) if random.random() < 0.05 else 0)
    smooth = np.hanning(9) / np.hanning(9).sum()
    formants = np.stack([np.convolve(np.pad(f, 4, "edge"), smooth, "valid") for f in formants.T], axis=1)
    voiced, hissed = (np.convolve(v, np.ones(4) / 4, "same") for v in (voiced, hissed))
    times = np.arange(n) / rate
    wander = np.interp(
        times,
        np.arange(0, seconds + 1, 0.05),
        random.standard_normal(int(seconds * 20) + 20)[: len(np.arange(0, seconds + 1, 0.05))],
    )
    tone = pitch * (1 + 0.15 * np.sin(2.5 * times + seed) + 0.08 * np.sin(10.7 * times) + 0.01 * wander)
    sources = np.zeros((2, n + 2 * length))
    sources[0, :n] = np.diff(np.floor(np.cumsum(tone) / rate), prepend=0) * math.sqrt(rate / pitch)
    sources[1, :n] = 0.3 * random.standard_normal(n)
    window, frequency = np.sin(np.pi * (np.arange(length) + 0.5) / length), np.fft.rfftfreq(length, 1 / rate)
    out = np.zeros(n + 2 * length)
    for k in range(min(count, n // hop + 1)):
        pulses, breath = np.fft.rfft(sources[:, k * hop : k * hop + length] * window, axis=1)
        tract = 1 / (1 + (frequency / 600) ** 1.2)
        for centre, width in zip(formants[k], (70, 90, 130, 200), strict=True):
            tract = tract * centre**2 / np.sqrt((frequency**2 - centre**2) ** 2 + (width * frequency) ** 2 + 1e3)
        rush = hissed[k] * np.exp(-0.5 * ((frequency - hiss[k]) / 1200) ** 2)
        spoken = (pulses + 0.06 * breath) * tract * voiced[k] + breath * rush
        out[k * hop : k * hop + length] += np.fft.irfft(spoken, length) * window
    return _peaking(_like_a_voice(out[None, :n], rate), 0.6)


_VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (490, 1350, 1690),
)


_OF_SPEECH = {
    125: 57.7, 250: 60.3, 500: 62.1, 800: 56.8, 1000: 53.7, 1600: 52.0,
    2000: 48.7, 2500: 48.1, 3150: 46.8, 4000: 45.6, 5000: 44.5, 6300: 44.3,
}  # fmt: skip
"""Long-term level of speech in third-octave bands, dB (Byrne et al., J. Acoust. Soc. Am. 96, 1994)."""


def _like_a_voice(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The same with the long-term spectrum of speech."""
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(samples.shape[1], 1 / rate)
    centres = np.array(list(_OF_SPEECH), float)
    power = [np.sum(np.abs(spectrum[:, (frequency > c / 1.122) & (frequency < c * 1.122)]) ** 2) for c in centres]
    decibels = np.array(list(_OF_SPEECH.values())) - 10 * np.log10(power)
    decibels -= decibels[centres == 500]
    curve = np.interp(np.log(np.maximum(frequency, 50)), np.log(centres), np.clip(decibels, -20, 20))
    return np.fft.irfft(spectrum * 10 ** (curve / 20), samples.shape[1])


def piano(seconds: float, seed: int, rate: int = 44100) -> Samples:
    """Single decaying notes with slightly inharmonic overtones; shape (1, n)."""
    random = np.random.default_rng(seed)
    out = np.zeros(int(seconds * rate))
    at = 0.0
    while at < seconds - 0.1:
        note = _note(220 * 2 ** (random.choice([0, 2, 3, 5, 7, 8, 10, 12, 15, 19]) / 12), 3.0, rate, random)
        start = int(at * rate)
        out[start : start + len(note)] += (note * random.uniform(0.3, 1))[: len(out) - start]
        at += random.choice([0.25, 0.5, 0.75, 1.0])
    return _peaking(out[None], 0.6)


def in_a_room(samples: Samples, rate: int) -> Samples:
    """With the reverberation of a room, 1.2 s long, 12 dB below the sound itself."""
    t = np.arange(int(1.2 * rate)) / rate
    tail = np.random.default_rng(0).standard_normal(t.size) * 10 ** (-2.5 * t)
    tail *= 0.25 / np.sqrt(np.sum(tail**2))
    size = samples.shape[1] + t.size
    echo = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[:, : samples.shape[1]]
    return _peaking(samples + echo, 0.6)


def band(seconds: float, seed: int, rate: int = 48000) -> Samples:
    """Drums, hats, chords and a melody at 120 beats a minute, loudly mixed; shape (2, n)."""
    random = np.random.default_rng(seed)
    n = int(seconds * rate)
    out = np.zeros((2, n + rate * 3))

    def play(at: float, sound: NDArray[np.float64], left: float, right: float) -> None:
        start = int(at * rate)
        out[:, start : start + len(sound)] += np.outer((left, right), sound)

    t = np.arange(int(0.3 * rate)) / rate
    for beat in range(int(seconds * 2)):
        if beat % 2:
            play(beat / 2, random.standard_normal(len(t)) * np.exp(-25 * t), 0.4, 0.4)
        else:
            play(beat / 2, np.sin(2 * np.pi * (50 * t - 2 * np.exp(-30 * t))) * np.exp(-12 * t), 0.8, 0.8)
        for half in (0, 0.25):
            hat = np.diff(random.standard_normal(len(t) + 1)) * np.exp(-60 * t)
            play(beat / 2 + half, hat, 0.12, 0.07)
    t = np.arange(2 * rate) / rate
    for bar in range(math.ceil(seconds / 2)):
        for step in (0, 3, 7, 12):
            pitch = 196 * 2 ** (((0, -4, 3, -2)[bar % 4] + step) / 12)
            for overtone in range(1, min(20, int(9000 / pitch))):
                wave = np.sin(2 * np.pi * pitch * overtone * t + random.uniform(0, 6)) * np.minimum(1, t / 0.02)
                play(2 * bar, wave * 0.06 / overtone, 1.0, random.uniform(0.7, 1))
    for quarter in range(int(seconds * 4)):
        play(quarter / 4, _note(392 * 2 ** (random.choice([0, 2, 4, 7, 9, 12]) / 12), 0.4, rate, random), 0.15, 0.2)
    return _peaking(out[:, :n], 0.9)


def chord(seconds: float, seed: int, rate: int = 48000) -> Samples:
    """Four slightly beating tones with overtones, held throughout: what forgives least; shape (2, n)."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    out = np.zeros((2, t.size))
    for pitch in (196.0, 246.9, 293.7, 392.0):
        for overtone in range(1, 16):
            for side in (0, 1):
                detuned = pitch * overtone * (1 + 0.0008 * side)
                out[side] += np.sin(2 * np.pi * detuned * t + random.uniform(0, 6)) / overtone**1.3
    return _peaking(out, 0.5)


def noise(seconds: float, seed: int, rate: int = 48000) -> Samples:
    """Pink noise that swells slowly; shape (1, n)."""
    random = np.random.default_rng(seed)
    n = int(seconds * rate)
    shape = 1 / np.sqrt(np.maximum(np.fft.rfftfreq(n, 1 / rate), 40))
    pink = np.fft.irfft(np.fft.rfft(random.standard_normal(n)) * shape, n)
    return _peaking((pink * (1 + 0.5 * np.sin(0.8 * np.arange(n) / rate)))[None], 0.5)


def _note(pitch: float, seconds: float, rate: int, random: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(int(seconds * rate)) / rate
    note = np.zeros(t.size)
    for overtone in range(1, min(16, int(0.45 * rate / pitch))):
        wave = np.sin(2 * np.pi * pitch * overtone * math.sqrt(1 + 2e-4 * overtone**2) * t + random.uniform(0, 6))
        note += wave * overtone**-1.2 * np.exp(-t * (1.5 + 0.5 * overtone))
    return note * np.minimum(1, t / 0.004)


def _peaking(samples: NDArray[np.float64], peak: float) -> Samples:
    return np.asarray(samples / np.abs(samples).max() * peak, np.float32)


def folder_tracks(folder: Path) -> Iterator[Track]:
    """The first ten seconds of sound of each file that has some; silent tracks are left out."""
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".mp4", ".webm", ".mov", ".mkv", ".wav", ".flac", ".mp3", ".ogg"):
            continue
        with av.open(str(path)) as container:
            if not container.streams.audio:
                continue
            rate = container.streams.audio[0].rate
            samples = decoded(container)[:, : int(SECONDS * rate)]
        if samples.size and np.abs(samples).max() > 1e-3:
            yield Track(path.name, samples, rate)


def decoded(container: InputContainer) -> Samples:
    """All samples of the first sound track, as 32-bit floats of shape (channels, n)."""
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    parts = [part.to_ndarray() for frame in container.decode(stream) for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1).astype(np.float32)
