"""What the picture mark survives, what it costs, and how it compares: one table, written as data beside this program.

    python -m benchmarks.watermark --clips FOLDER [--peers FOLDER] [--frames 48]

Every clip is marked, encoded as a release encodes (H.264, CRF 18), attacked file to file by :mod:`benchmarks.attacks`
or frame by frame, and read back through the real decoder. Besides the clips of a folder there are drawings, flat discs
on flat grounds, which hide least. The peer, imwatermark's dwtDctSvd with the same 64 bits, runs on the same files where
it can be imported (``--peers`` names a folder to look in); its frames are read by majority.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.bench.attacks import ATTACKS
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader
from touchmark.provenance.watermark.residual import gather, weighted
from touchmark.provenance.watermark.synchronise import Geometry
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]

KEY = WatermarkKey(b"the key of the benchmark")
PAYLOAD = Payload(0x9E37_79B9_7F4A_7C15)
RESULTS = Path(__file__).parent / "results" / "watermark.json"
GROUNDS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "grey": (128, 128, 128),
}


@dataclass(frozen=True)
class Clip:
    """Pictures of one size at one rate, held in memory."""

    name: str
    frames: list[Frame]
    rate: Fraction

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.frames[0].pixels.shape[:2]
        return width, height

    def raw(self, frames: Sequence[Frame]) -> RawVideo:
        """Other frames at this clip's size and rate."""
        return RawVideo(iter(frames), *self.size, self.rate)


@dataclass(frozen=True)
class Row:
    """One mark, one clip, one attack; bits are compared at the nominal geometry where nothing was decoded."""

    mark: str
    clip: str
    attack: str
    decoded: bool
    bit_accuracy: float
    p_value: float | None
    extract_ms_per_frame: float


@dataclass(frozen=True)
class Quality:
    """What marking one clip did to it, in decibels, and took, in milliseconds of one processor core."""

    mark: str
    clip: str
    width: int
    height: int
    psnr_luma: float
    psnr_rgb: float
    ssim_luma: float
    embed_ms_per_frame: float


class Mark(Protocol):
    """A mark under test."""

    name: str

    def embed(self, clip: Clip) -> list[Frame]: ...

    def read(self, frames: Sequence[Frame]) -> tuple[bool, float, float | None]:
        """Decoded, bit accuracy, p-value."""
        ...


class Ours:
    """The mark of this package."""

    name = "touchmark"

    def embed(self, clip: Clip) -> list[Frame]:
        return list(LatticeWatermark().embed(clip.frames, PAYLOAD, KEY))

    def read(self, frames: Sequence[Frame]) -> tuple[bool, float, float | None]:
        detection = LatticeWatermark().extract(frames, KEY)
        if detection.payload is not None:
            return detection.payload == PAYLOAD, _agreement(detection.payload), detection.p_value
        guess = Reader(Lattice.of(KEY), KEY).read(weighted(gather(frames)), Geometry()).guess
        return False, _agreement(guess), detection.p_value


class Peer:
    """imwatermark's dwtDctSvd: no key, no check bits, so "decoded" means that all bits were right."""

    name = "imwatermark dwtDctSvd"

    def __init__(self) -> None:
        from imwatermark import WatermarkDecoder, WatermarkEncoder  # type: ignore[import-not-found]

        self._encoder = WatermarkEncoder()
        self._encoder.set_watermark("bytes", PAYLOAD.to_bytes())
        self._decoder = WatermarkDecoder("bytes", 64)

    def embed(self, clip: Clip) -> list[Frame]:
        return [Frame(self._encoder.encode(f.pixels[..., ::-1], "dwtDctSvd")[..., ::-1], f.time) for f in clip.frames]

    def read(self, frames: Sequence[Frame]) -> tuple[bool, float, float | None]:
        if frames[0].pixels.shape[0] * frames[0].pixels.shape[1] < 256 * 256:
            return False, 0.5, None  # it refuses smaller pictures: as good as a coin
        votes = np.zeros(64)
        for frame in frames[::8]:
            data = self._decoder.decode(np.ascontiguousarray(frame.pixels[..., ::-1]), "dwtDctSvd")
            votes += np.unpackbits(np.frombuffer(data, np.uint8)) * 2.0 - 1
        accuracy = _agreement(Payload.from_bytes(np.packbits(votes > 0).tobytes()))
        return accuracy == 1.0, accuracy, None


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, help="a folder of videos to use besides the drawings")
    parser.add_argument("--peers", type=Path, help="a folder in which imwatermark is installed")
    parser.add_argument("--frames", type=int, default=48, help="how many frames of each clip")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    marks: list[Mark] = [Ours()]
    if arguments.peers:
        sys.path.append(str(arguments.peers))
        marks.append(Peer())
    qualities: list[Quality] = []
    rows: list[Row] = []
    for clip in _clips(arguments.clips, arguments.frames):
        for mark in marks:
            quality, of_clip = _run(mark, clip)
            qualities.append(quality)
            rows += of_clip
            missed = [f"{r.attack} {r.bit_accuracy:.2f}" for r in of_clip if not r.decoded]
            print(f"{mark.name:22} {clip.name:16} missed: {', '.join(missed) or 'none'}", flush=True)
    print(_table([mark.name for mark in marks], qualities, rows))
    report = {
        "machine": f"{platform.machine()}, one core, shared",
        "frames_per_clip": arguments.frames,
        "quality": [asdict(quality) for quality in qualities],
        "attacks": [asdict(row) for row in rows],
    }
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=1) + "\n")


def _run(mark: Mark, clip: Clip) -> tuple[Quality, list[Row]]:
    began = time.process_time()
    marked = mark.embed(clip)
    cost = (time.process_time() - began) * 1000 / len(marked)
    quality = Quality(mark.name, clip.name, *clip.size, *_fidelity(clip.frames, marked), round(cost, 1))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        released = Path(folder) / "released.mp4"
        encode(clip.raw(marked), released)
        for name, attacked in _attacked(clip, released):
            began = time.process_time()
            decoded, accuracy, p_value = mark.read(attacked)
            cost = (time.process_time() - began) * 1000 / len(attacked)
            rows.append(Row(mark.name, clip.name, name, decoded, round(accuracy, 4), p_value, round(cost, 1)))
    return quality, rows


def _attacked(clip: Clip, released: Path) -> Iterator[tuple[str, list[Frame]]]:
    for attack in ATTACKS.values():
        copy = released.with_name(f"copy{attack.suffix}")
        attack(released, copy)
        yield attack.name, _read(copy)[0]
    frames = _read(released)[0]
    for name, change in _GEOMETRY.items():
        yield name, [Frame(np.ascontiguousarray(change(f.pixels)), f.time) for f in frames]
    cut = len(frames) // 2
    unmarked = [Frame(f.pixels[::-1].copy(), f.time) for f in clip.frames[:cut]]
    yield "spliced: first half unmarked", unmarked + frames[cut:]


def _crop(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return pixels[height // 7 : height - height // 7, width // 7 : width - width // 7]


def _turn(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 2.0, 1.0)
    turned = cv2.warpAffine(pixels, turn, (width, height))
    return np.asarray(turned[height // 16 : -height // 16, width // 16 : -width // 16], np.uint8)


_GEOMETRY: dict[str, Callable[[Pixels], Pixels]] = {
    "crop to half the area": _crop,
    "mirrored": lambda pixels: pixels[:, ::-1],
    "turned 2 degrees, cropped": _turn,
}


def _clips(folder: Path | None, count: int) -> Iterator[Clip]:
    for name, ground in GROUNDS.items():
        yield Clip(f"drawing {name}", list(_drawing(ground, 32)), Fraction(12))
    for path in sorted(folder.iterdir()) if folder else ():
        if path.suffix in (".mp4", ".webm", ".mov", ".mkv"):
            frames, rate = _read(path, count)
            yield Clip(path.stem, frames, rate)


def _drawing(ground: tuple[int, int, int], count: int) -> Iterator[Frame]:
    disc = (40, 120, 230) if sum(ground) > 380 else (240, 210, 50)
    for index in range(count):
        picture = np.full((256, 256, 3), ground, np.uint8)
        cv2.circle(picture, (60 + 4 * index, 128), 36, disc, -1, cv2.LINE_AA)
        yield Frame(picture, Fraction(index, 12))


def _read(path: Path, count: int | None = None) -> tuple[list[Frame], Fraction]:
    with open_video(path) as reader:
        frames = []
        for frame in reader.frames():
            frames.append(frame)
            if len(frames) == count:
                break
        return frames, reader.info.frame_rate


def _agreement(payload: Payload) -> float:
    return 1 - (payload.value ^ PAYLOAD.value).bit_count() / 64


def _fidelity(before: Sequence[Frame], after: Sequence[Frame]) -> tuple[float, float, float]:
    """PSNR of luma, PSNR of RGB, mean SSIM of luma (Wang et al. 2004, Gaussian window of 1.5)."""
    luma_errors, errors, similarities = [], [], []
    for old, new in zip(before[::4], after[::4], strict=True):
        errors.append(np.mean((old.pixels.astype(np.float32) - new.pixels) ** 2))
        x, y = (f.pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) for f in (old, new))
        luma_errors.append(np.mean((x - y) ** 2))
        mean_x, mean_y = _blur(x), _blur(y)
        spread_x, spread_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
        shared = _blur(x * y) - mean_x * mean_y
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        ssim = (2 * mean_x * mean_y + c1) * (2 * shared + c2)
        ssim /= (mean_x**2 + mean_y**2 + c1) * (spread_x + spread_y + c2)
        similarities.append(ssim.mean())
    luma, rgb = (float(10 * np.log10(255**2 / np.mean(e))) for e in (luma_errors, errors))
    return round(luma, 2), round(rgb, 2), round(float(np.mean(similarities)), 4)


def _blur(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)


def _table(marks: Sequence[str], qualities: Sequence[Quality], rows: Sequence[Row]) -> str:
    lines = [""]
    for mark in marks:
        clips = [q for q in qualities if q.mark == mark]
        natural = [q for q in clips if not q.clip.startswith("drawing ")] or clips
        luma, rgb, ssim = ([getattr(q, name) for q in natural] for name in ("psnr_luma", "psnr_rgb", "ssim_luma"))
        lines.append(
            f"{mark}: {len(natural)} {'natural clips' if natural is not clips else 'drawings'}, "
            f"mean (least): PSNR luma {statistics.mean(luma):.1f} ({min(luma):.1f}) dB, "
            f"RGB {statistics.mean(rgb):.1f} ({min(rgb):.1f}) dB, SSIM {statistics.mean(ssim):.4f} ({min(ssim):.4f})"
        )
        lines += [
            f"  {q.clip:20} {q.width}x{q.height}: {q.psnr_luma:.1f} dB luma, {q.psnr_rgb:.1f} dB RGB, "
            f"embedding {q.embed_ms_per_frame:.1f} ms a frame"
            for q in clips
        ]
        for attack in dict.fromkeys(row.attack for row in rows):
            chosen = [row for row in rows if row.mark == mark and row.attack == attack]
            accuracy = statistics.mean(row.bit_accuracy for row in chosen)
            lines.append(
                f"  {attack:30} decoded {sum(row.decoded for row in chosen):2} of {len(chosen)}   "
                f"bits {accuracy:.3f}   {statistics.mean(r.extract_ms_per_frame for r in chosen):6.1f} ms a frame"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
