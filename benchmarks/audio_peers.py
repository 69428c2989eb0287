"""audiowmark, an open mark for sound, beside ours: run as the program that it is, found by its path.

It carries 128 bits in blocks of some fifty seconds, which is what most of its robustness comes from; a sound of ten
seconds holds a part of one. ``--short 16`` makes blocks of some ten seconds that carry 16 bits, so that mode is tried
too. "Decoded" means that the very bits that were written are among the patterns that it prints.
"""

from __future__ import annotations

import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.audio_tracks import Track

_MESSAGE = {128: "9e3779b97f4a7c15f39cc0605cedc834", 16: "9e37"}
_PATIENCE = 120


@dataclass(frozen=True)
class Audiowmark:
    """One mode of the program: 128 bits, or 16 in its short mode."""

    program: Path
    bits: int

    @property
    def name(self) -> str:
        """What tables call it."""
        return "audiowmark" if self.bits == 128 else f"audiowmark --short {self.bits}"

    def embed(self, track: Track) -> Track:
        """Mark a sound."""
        with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as folder:
            plain, marked = Path(folder) / "plain.wav", Path(folder) / "marked.wav"
            _write(plain, track)
            self._run("add", plain, marked, _MESSAGE[self.bits])
            return Track(track.name, _read(marked), track.rate)

    def reads(self, track: Track) -> bool:
        """Whether it reads in a sound what it wrote."""
        with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as folder:
            copy = Path(folder) / "copy.wav"
            _write(copy, track)
            printed = self._run("get", copy)
        return any(
            line.split()[2] == _MESSAGE[self.bits]
            for line in printed.splitlines()
            if line.startswith("pattern") and len(line.split()) > 2
        )

    def _run(self, command: str, *arguments: str | Path) -> str:
        short = () if self.bits == 128 else ("--short", str(self.bits))
        words = [str(self.program), command, *short, *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, check=command == "add", timeout=_PATIENCE)
        return done.stdout


def _write(path: Path, track: Track) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(track.samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(track.rate)
        file.writeframes((np.clip(track.samples.T, -1, 1) * 32767).astype("<i2").tobytes())


def _read(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        values = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        return np.ascontiguousarray(values.reshape(-1, file.getnchannels()).T)
