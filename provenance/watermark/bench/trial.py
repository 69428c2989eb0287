"""One mark on one clip: mark it, encode it as a release does, attack it, read it back; one row for each attack.

    result = run_trial(Ours(), Clip("holiday", Path("holiday.mp4")), ATTACKS.values())
    result.fidelity.psnr_luma, [row.attack for row in result.rows if not row.decoded]

Everything streams from file to file in a folder of its own, which is removed afterwards: nothing that was marked here
is ever published. Times are of one core, without decoding and encoding.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.counting import counted, expected_pictures
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.video import Frame, Pictures, RawVideo
from touchmark.provenance.watermark.alignment import Aligner
from touchmark.provenance.watermark.bench.attacks import Attack, AttackUnavailableError
from touchmark.provenance.watermark.bench.fidelity import Fidelity, FidelityMeter, has_vmaf, vmaf
from touchmark.provenance.watermark.bench.transcode import write
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Sight
from touchmark.provenance.watermark.residual import gather, weighted
from touchmark.provenance.watermark.video import LatticeWatermark, naming

Pixels = NDArray[np.uint8]
Progress = Callable[[str, int, int], None]
"""Called with (step, done, of all); the steps are ``marking``, in pictures, and ``attacking``, in attacks."""

KEY: Final = WatermarkKey(b"the key of the benchmark")
"""Everybody knows it: what it marks is measured and thrown away."""
PAYLOAD: Final = Payload(0x6A09_E667_510E_527F)
"""Half of the bits are ones, in either half: a reader that answers all zeros has half of them right, as chance has."""

_COMPARED: Final = 4
"""Fidelity is measured on every picture of this many."""
_FOR_VMAF: Final = 96
"""Pictures on which VMAF is measured, at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mark read from a copy.

    Attributes:
        decoded: whether the payload is wholly right, and the mark says so itself.
        bit_accuracy: share of payload bits that are right in its best guess.
        p_value: what the mark says of chance, None where it says nothing.
    """

    decoded: bool
    bit_accuracy: float
    p_value: float | None = None


class Candidate(Protocol):
    """A mark under test, with its key and payload."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def embed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Mark frames as they stream; same count, size and times."""
        ...

    def read(self, video: Pictures) -> Answer:
        """Read a copy, in as many passes as it takes."""
        ...


@dataclass(frozen=True, slots=True)
class Ours:
    """The mark of this package."""

    key: WatermarkKey = KEY
    payload: Payload = PAYLOAD
    watermark: LatticeWatermark = field(default_factory=LatticeWatermark)

    @property
    def name(self) -> str:
        """What tables call it."""
        return "touchmark"

    def embed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Mark frames as they stream."""
        return self.watermark.embed(frames, self.payload, self.key)

    def read(self, video: Pictures) -> Answer:
        """As ``verify`` reads; where nothing is verified, the guess at the geometry of the original is counted."""
        (detection,) = self.watermark.search(video, [self.key])
        if detection.payload is not None:
            accuracy = agreement(detection.payload, self.payload)
            return Answer(detection.payload == self.payload, accuracy, detection.p_value)
        stretches = gather(video.frames())
        if not stretches:
            return Answer(False, 0.5, detection.p_value)
        lattice, evidence = Lattice.of(self.key), weighted(stretches)
        place = Aligner(lattice).shifted(evidence, Geometry()).geometry
        guess = Reader(lattice, self.key).read([Sight(evidence, place)]).guess
        return Answer(False, agreement(guess, self.payload), detection.p_value)


def agreement(read: Payload, sent: Payload) -> float:
    """Share of equal bits."""
    return 1 - (read.value ^ sent.value).bit_count() / PAYLOAD_BITS


@dataclass(frozen=True, slots=True)
class Clip:
    """A video to try marks on.

    Attributes:
        name: what tables call it.
        path: the file.
        frames: how many of its first pictures are used; all, if None.
        limits: the most that reading it may cost.
    """

    name: str
    path: Path
    frames: int | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Row:
    """How one attack went.

    Attributes:
        attack: its name.
        decoded, bit_accuracy, p_value: see :class:`Answer`.
        extract_ms_per_frame: milliseconds of one core for each picture of the copy, besides decoding it.
    """

    attack: str
    decoded: bool
    bit_accuracy: float
    p_value: float | None
    extract_ms_per_frame: float


@dataclass(frozen=True, slots=True)
class Result:
    """How one mark stood on one clip.

    Attributes:
        mark, clip: their names.
        width, height, frames: of what was marked.
        fidelity: what marking did to it.
        embed_ms_per_frame: milliseconds of one core for each picture.
        rows: one for each attack that was made.
        unavailable: names of attacks whose encoder is missing here, or that leave no picture of so short a clip.
        before, after: the same picture of the clip, unmarked and marked; RGB.
    """

    mark: str
    clip: str
    width: int
    height: int
    frames: int
    fidelity: Fidelity
    embed_ms_per_frame: float
    rows: tuple[Row, ...]
    unavailable: tuple[str, ...]
    before: Pixels = field(repr=False)
    after: Pixels = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Everything but the pictures, as JSON writes it."""
        fields = {name: getattr(self, name) for name in ("mark", "clip", "width", "height", "frames")}
        return {
            **fields,
            **asdict(self.fidelity),
            "embed_ms_per_frame": self.embed_ms_per_frame,
            "attacks": [asdict(row) for row in self.rows],
            "unavailable": list(self.unavailable),
        }


def run_trial(candidate: Candidate, clip: Clip, attacks: Iterable[Attack], progress: Progress | None = None) -> Result:
    """Mark ``clip`` and try every attack on it.

    Raises:
        MediaError: the clip cannot be read.
        TouchmarkError: of the mark (a picture that is too small) or of the encoder.
    """
    chosen = list(attacks)
    rows: list[Row] = []
    unavailable: list[str] = []
    with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as folder:
        released = Path(folder) / "released.mp4"
        marking = _Marking(candidate)
        with open_video(clip.path, clip.limits) as video:
            info = video.info
            expected = expected_pictures(info)
            of_all = expected if clip.frames is None else min(expected, clip.frames)
            tell = partial(progress, "marking") if progress else None
            frames = counted(marking.watch(islice(video.frames(), clip.frames)), tell, of_all)
            raw = RawVideo(frames, info.width, info.height, info.frame_rate, colour=info.colour)
            with naming(clip.name):
                encode(raw, released, EncodeSettings())
        fidelity = replace(marking.fidelity(), vmaf=_vmaf(candidate, clip, Path(folder)))
        for done, attack in enumerate(chosen):
            if progress:
                progress("attacking", done, len(chosen))
            try:
                rows.append(_attacked(candidate, released, attack))
            except AttackUnavailableError:
                unavailable.append(attack.name)
        if progress:
            progress("attacking", len(chosen), len(chosen))
    return Result(
        mark=candidate.name,
        clip=clip.name,
        width=info.width,
        height=info.height,
        frames=marking.count,
        fidelity=fidelity,
        embed_ms_per_frame=round(1000 * marking.seconds / marking.count, 2),
        rows=tuple(rows),
        unavailable=tuple(unavailable),
        before=marking.before,
        after=marking.after,
    )


class _Stopwatch:
    """CPU time of this thread spent in one iterator, less what was spent in the iterator that it draws from."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def outer(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        return self._timed(frames, 1.0)

    def inner(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        return self._timed(frames, -1.0)

    def _timed(self, frames: Iterator[Frame], sign: float) -> Iterator[Frame]:
        while True:
            began = time.thread_time()
            frame = next(frames, None)
            self.seconds += sign * (time.thread_time() - began)
            if frame is None:
                return
            yield frame


@dataclass(frozen=True, slots=True)
class _Watched:
    """Pictures of a copy, whose decoding does not count as reading the mark."""

    video: Pictures
    watch: _Stopwatch

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        return self.watch.inner(self.video.frames(key_frames_only))


class _Marking:
    """Marks a clip, and compares and times that while the pictures stream past."""

    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._watch = _Stopwatch()
        self._meter = FidelityMeter()
        self._given: list[Frame] = []
        self.count = 0

    @property
    def seconds(self) -> float:
        return self._watch.seconds

    def watch(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        marked = self._candidate.embed(self._remembered(self._watch.inner(frames)))
        for after in self._watch.outer(marked):
            before = self._given.pop(0)
            if self.count % _COMPARED == 0:
                self._meter.compare(before.pixels, after.pixels)
            if self.count.bit_count() <= 1:  # picture 0, 1, 2, 4, 8: the last one kept is well inside the clip
                self.before, self.after = before.pixels, after.pixels
            self.count += 1
            yield after

    def fidelity(self) -> Fidelity:
        return self._meter.result()

    def _remembered(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self._given.append(frame)
            yield frame


def _vmaf(candidate: Candidate, clip: Clip, folder: Path) -> float | None:
    """Of the first marked pictures before any lossy encoder; ffmpeg wants files, and lossless ones are large."""
    if not has_vmaf():
        return None
    reference, marked = folder / "reference.mp4", folder / "marked.mp4"
    count = min(clip.frames or _FOR_VMAF, _FOR_VMAF)
    with open_video(clip.path, clip.limits) as video:
        rate = video.info.frame_rate
        write(islice(video.frames(), count), rate, reference, crf=0)
        write(candidate.embed(islice(video.frames(), count)), rate, marked, crf=0)
    return vmaf(reference, marked)


def _attacked(candidate: Candidate, released: Path, attack: Attack) -> Row:
    copy = released.with_name(f"copy{attack.suffix}")
    attack(released, copy)
    if not copy.exists():
        raise AttackUnavailableError("no picture of so short a clip is left", subject=attack.name)
    with open_video(copy) as video:
        watched = _Watched(video, _Stopwatch())
        began = time.thread_time()
        answer = candidate.read(watched)
        seconds = time.thread_time() - began + watched.watch.seconds
        pictures = expected_pictures(video.info)
    copy.unlink()
    return Row(
        attack=attack.name,
        decoded=answer.decoded,
        bit_accuracy=round(answer.bit_accuracy, 4),
        p_value=answer.p_value,
        extract_ms_per_frame=round(1000 * seconds / max(pictures, 1), 2),
    )
