"""What somebody without the key can do who has a hundred marked clips: remove the mark, or put it where it is not.

    python -m benchmarks.security --clips FOLDER [--gallery 100]

The attacker sees marked clips only, never one of them unmarked, has no detector to ask, and knows everything of the
method but the key: that the pattern repeats every 0.4 of the short side, at a place that differs from clip to clip. So
each clip is folded onto one tile and the tiles are laid upon each other before they are averaged. No encoder stands
between embedding and attack: what is measured is the most that an attacker gets.

*Removed* means that the payload is no longer read, at the PSNR to the marked clip that stands beside it. *Forged* means
that a stranger's unmarked clip verifies with the victim's payload; *told* says in how many of those cases the
fingerprint that the registry keeps of the victim shows that the picture under the mark is another.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.films import InMemory
from touchmark.provenance.fingerprint import Fingerprint, Likeness
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.lattice import SHORT_SIDE, TILE
from touchmark.provenance.watermark.protocol import Detection, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

RESULTS = Path(__file__).parent / "results" / "security.json"
KEY = WatermarkKey(b"the key of the benchmark")
OTHER_KEY = WatermarkKey(b"the key of the attacker")
VICTIMS: Final = 4
"""On how many clips each attack is judged."""

_HEIGHT, _WIDTH = 320, 448  # one sample is one unit of the pattern
_FRAMES = 4
_RATE = 12
_SOFT = 2.8
"""Standard deviation of the blur that is taken away to leave what may be a pattern."""
_LOUD = 6.0
"""A sample that stands out by more says nothing of a faint pattern."""

Clip = NDArray[np.uint8]
"""Pictures of shape (frames, height, width, 3), RGB."""
Real = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """One attack, with a gallery of one payload or of as many as clips: how often it did what it was meant to, and how
    often a forgery was told by the registry's fingerprint."""

    attack: str
    aim: str
    gallery: str
    trials: int
    successes: int
    psnr: float
    resemblance: float | None = None
    told: int | None = None


def clips(folder: Path, count: int) -> Iterator[Clip]:
    """Crops of the clips in a folder at many places and times, and one mirrored of every two: ``count`` in all."""
    random = np.random.default_rng(5)
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".mp4", ".webm")]
    decoded = {}
    for path in paths:
        with open_video(path) as video:
            decoded[path] = [frame.pixels for frame, _ in zip(video.frames(), range(96), strict=False)]
    for number in range(count):
        pictures = decoded[paths[number % len(paths)]]
        first = int(random.integers(0, len(pictures) - _FRAMES))
        height, width = pictures[0].shape[:2]
        side = random.uniform(0.6, 1.0) * min(height / _HEIGHT, width / _WIDTH)
        tall, wide = int(side * _HEIGHT), int(side * _WIDTH)
        top, left = int(random.integers(0, height - tall + 1)), int(random.integers(0, width - wide + 1))
        cut = [p[top : top + tall, left : left + wide] for p in pictures[first : first + _FRAMES]]
        clip = np.stack([cv2.resize(p, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA) for p in cut])
        yield np.ascontiguousarray(clip[:, :, ::-1] if number % 2 else clip).astype(np.uint8)


def marked(clip: Clip, payload: Payload, key: WatermarkKey = KEY) -> Clip:
    """As a release marks it."""
    return np.stack([frame.pixels for frame in LatticeWatermark().embed(_frames(clip), payload, key)])


def reading_of(clip: Clip) -> Detection:
    """What the holder of the key reads."""
    return LatticeWatermark().extract(_frames(clip), KEY)


def psnr(one: Clip, other: Clip) -> float:
    """Of RGB, in dB."""
    return float(10 * np.log10(255**2 / (np.mean((one.astype(np.float32) - other) ** 2) + 1e-9)))


def leftover(clip: Clip) -> Real:
    """Mean over time of what blurring takes away, loud places limited: shape (height, width, 3)."""
    rest = [p - cv2.GaussianBlur(p, (0, 0), _SOFT) for p in clip.astype(np.float32)]
    return np.asarray(np.clip(np.mean(rest, axis=0), -_LOUD, _LOUD), np.float32)


def flatness(clip: Clip) -> Real:
    """Weight of each place of a clip for one who trusts flat areas: shape (height, width, 1)."""
    grey = clip.mean(axis=(0, 3)).astype(np.float32)
    spread = np.sqrt(np.maximum(cv2.blur(grey**2, (15, 15)) - cv2.blur(grey, (15, 15)) ** 2, 0))
    return np.asarray(1 / (1 + spread**2), np.float32)[..., None]


def folded(rest: Real, weight: Real) -> Real:
    """A clip laid onto one tile: shape (TILE, TILE, 3)."""
    rows, columns = np.arange(rest.shape[0]) % TILE, np.arange(rest.shape[1]) % TILE
    total, weights = np.zeros((TILE, TILE, 3), np.float32), np.zeros((TILE, TILE, 1), np.float32)
    np.add.at(total, (rows[:, None], columns[None, :]), rest * weight)
    np.add.at(weights, (rows[:, None], columns[None, :]), np.broadcast_to(weight, (*rest.shape[:2], 1)))
    return np.asarray(total / np.maximum(weights, 1e-9), np.float32)


def in_place(tile: Real, reference: Real) -> Real:
    """The tile shifted round to where it agrees best with another."""
    spectra = np.fft.rfft2(tile, axes=(0, 1)).conj() * np.fft.rfft2(reference, axes=(0, 1))
    agreement = np.fft.irfft2(spectra.sum(axis=2), (TILE, TILE))
    down, right = np.unravel_index(int(np.argmax(agreement)), agreement.shape)
    return np.roll(tile, (int(down), int(right)), axis=(0, 1))


def averaged(gallery: Sequence[Clip], weigh: Callable[[Clip], Real], *, align: bool) -> Real:
    """An estimate of the pattern on one tile."""
    tiles = [folded(leftover(clip), weigh(clip)) for clip in gallery]
    tiles = [tile / (float(np.std(tile)) + 1e-6) for tile in tiles]
    estimate = np.mean(tiles, axis=0) if not align else tiles[0]
    for _ in range(4 if align else 0):
        estimate = np.mean([in_place(tile, estimate) for tile in tiles], axis=0)
    return np.asarray(estimate / (np.std(estimate) + 1e-9), np.float32)


def added(clip: Clip, pattern: Real, amount: float) -> Clip:
    """A pattern of one tile over a whole clip."""
    repeats = (-(-clip.shape[1] // TILE), -(-clip.shape[2] // TILE), 1)
    whole = np.tile(pattern, repeats)[: clip.shape[1], : clip.shape[2]]
    return np.asarray(np.clip(np.rint(clip + amount * whole), 0, 255), np.uint8)


def subtracted(clip: Clip, pattern: Real, amount: float) -> Clip:
    """The pattern, laid where this clip's own leftover agrees with it best, taken away."""
    placed = in_place(pattern, folded(leftover(clip), flatness(clip)))
    return added(clip, placed, -amount)


def copied(victim: Clip, stranger: Clip, amount: float) -> Clip:
    """What a denoiser takes from the victim, added to a stranger's clip."""
    quiet = [cv2.fastNlMeansDenoisingColored(picture, None, 3, 3, 5, 15) for picture in victim]
    rest = np.mean(victim.astype(np.float32) - np.stack(quiet), axis=0)
    return np.asarray(np.clip(np.rint(stranger + amount * rest), 0, 255), np.uint8)


def collage(victim: Clip, stranger: Clip) -> Clip:
    """The left half of the victim beside the right half of a stranger's."""
    middle = victim.shape[2] // 2
    return np.concatenate([victim[:, :, :middle], stranger[:, :, middle:]], axis=2)


def _blurred(clip: Clip) -> Clip:
    return np.stack([cv2.GaussianBlur(picture, (0, 0), 4.0) for picture in clip])


def _even(clip: Clip) -> Real:
    return np.ones((*clip.shape[1:3], 1), np.float32)


ESTIMATES: Final[dict[str, tuple[Callable[[Clip], Real], bool]]] = {
    "average": (_even, False),
    "average of aligned tiles": (_even, True),
    "aligned tiles, flat areas only": (flatness, True),
}
AMOUNTS: Final = (3.0,)
"""Root mean square of what is added or taken away, in 8-bit steps of R'G'B'."""


def by_estimate(
    gallery: Sequence[Clip], name: str, kind: str, victims: Sequence[tuple[Clip, Payload]], strangers: Sequence[Clip]
) -> Iterator[Row]:
    """Estimate the pattern, take it from other marked clips, and add it to unmarked ones."""
    weigh, align = ESTIMATES[name]
    pattern = averaged(gallery, weigh, align=align)
    like = _resemblance(pattern, victims[0][0])
    for amount in AMOUNTS:
        pairs = [(subtracted(clip, pattern, amount), clip, payload) for clip, payload in victims]
        yield _row(f"{name}, subtracted", "remove", kind, pairs, lambda found, payload: found != payload, like)
        pairs = [(added(s, pattern, amount), s, v[1]) for s, v in zip(strangers, victims, strict=True)]
        originals = [clip for clip, _ in victims]
        yield _row(f"{name}, added", "forge", kind, pairs, lambda found, _: found is not None, like, originals)


def by_chance(victims: Sequence[tuple[Clip, Payload]]) -> Row:
    """A pattern that was learned from nothing, for comparison with what subtracting a learned one does."""
    noise = np.random.default_rng(2).normal(size=(TILE, TILE, 3)).astype(np.float32)
    rough = noise - cv2.GaussianBlur(noise, (0, 0), _SOFT)
    pattern = np.asarray(rough / rough.std(), np.float32)
    pairs = [(subtracted(clip, pattern, amount), clip, payload) for clip, payload in victims for amount in AMOUNTS]
    return _row("a pattern of noise, subtracted", "remove", "", pairs, lambda found, payload: found != payload)


def direct(victims: Sequence[tuple[Clip, Payload]], strangers: Sequence[Clip]) -> Iterator[Row]:
    """What takes no gallery."""
    originals = [clip for clip, _ in victims]
    for amount in (1.0, 2.0):
        pairs = [(copied(v, s, amount), s, p) for (v, p), s in zip(victims, strangers, strict=True)]
        yield _row(f"residual copied, {amount:.0f} times", "forge", "", pairs, lambda f, p: f == p, None, originals)
    pairs = [(collage(v, s), s, p) for (v, p), s in zip(victims, strangers, strict=True)]
    yield _row("collage: half the picture", "forge", "", pairs, lambda f, p: f == p, None, originals)
    pairs = [(marked(v, Payload(~p.value & (1 << 64) - 1), OTHER_KEY), v, p) for v, p in victims]
    yield _row("marked again with another key", "remove", "", pairs, lambda f, p: f != p)
    pairs = [(_blurred(v), v, p) for v, p in victims]
    yield _row("blurred by 4 samples", "remove", "", pairs, lambda f, p: f != p)
    yield by_chance(victims)


def collusion(clip: Clip, count: int) -> Iterator[Row]:
    """Copies of one clip with different payloads, put together."""
    copies = [marked(clip, payload) for payload in _payloads(count)]
    known = set(_payloads(count))
    for name, combine in (("mean", np.mean), ("median", np.median)):
        together = np.rint(combine(np.stack(copies), axis=0)).astype(np.uint8)
        pairs = [(together, copies[0], Payload(0))]
        yield _row(f"collusion: {name} of {count} copies", "remove", "a payload each", pairs, _not_among(known))


def _not_among(known: set[Payload]) -> Callable[[Payload | None, Payload], bool]:
    return lambda found, _: found not in known


def regeneration(victims: Sequence[tuple[Clip, Payload]]) -> Row:
    """Through the autoencoder of the embedded model and back. It was trained on drawings, and blurs photographs."""
    import torch

    from touchmark.generation.embedded.codec import ClipCodec
    from touchmark.generation.embedded.pipeline import WEIGHTS

    codec = ClipCodec.from_pretrained(WEIGHTS, subfolder="codec", local_files_only=True).eval()
    pairs = []
    for clip, payload in victims:
        with torch.inference_mode():
            tensor = torch.from_numpy(clip).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
            back = codec.decode(codec.encode(tensor))[0].permute(1, 2, 3, 0)
        pairs.append((((back + 1) * 127.5).clamp(0, 255).round().to(torch.uint8).numpy(), clip, payload))
    return _row("autoencoder of the embedded model", "remove", "", pairs, lambda f, p: f != p)


def _row(
    attack: str,
    aim: str,
    gallery: str,
    pairs: Sequence[tuple[Clip, Clip, Payload]],
    success: Callable[[Payload | None, Payload], bool],
    resemblance: float | None = None,
    originals: Sequence[Clip] | None = None,
) -> Row:
    readings = [reading_of(attacked) for attacked, _, _ in pairs]
    done = [success(reading.payload, payload) for reading, (_, _, payload) in zip(readings, pairs, strict=True)]
    decibels = statistics.mean(psnr(attacked, before) for attacked, before, _ in pairs)
    told = None
    if originals is not None:
        told = sum(
            forged and _is_told(original, attacked, reading)
            for forged, original, (attacked, _, _), reading in zip(done, originals, pairs, readings, strict=True)
        )
    return Row(attack, aim, gallery, len(pairs), sum(done), round(decibels, 1), resemblance, told)


def _is_told(original: Clip, forged: Clip, reading: Detection) -> bool:
    """Whether the registry of who sealed the original would notice."""
    fingerprint = Fingerprint.of(_frames(original), _FRAMES / _RATE)
    assert reading.transform is not None
    return fingerprint.likeness(InMemory(tuple(_frames(forged))), reading.transform) is Likeness.OTHER


def _resemblance(pattern: Real, victim: Clip) -> float:
    """Correlation of an estimate with the leftover of a marked clip that was not in the gallery, at the best shift."""
    tile = folded(leftover(victim), flatness(victim))
    return round(float(np.corrcoef(in_place(pattern, tile).ravel(), tile.ravel())[0, 1]), 3)


def _payloads(count: int) -> list[Payload]:
    random = np.random.default_rng(1)
    return [Payload(int.from_bytes(random.bytes(8), "big")) for _ in range(count)]


def _frames(clip: Clip) -> Iterator[Frame]:
    return (Frame(picture, Fraction(number, _RATE), is_key=True) for number, picture in enumerate(clip))


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, required=True, help="a folder of videos")
    parser.add_argument("--gallery", type=int, default=100, help="how many marked clips the attacker has")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    assert SHORT_SIDE == _HEIGHT
    cv2.setNumThreads(1)
    drawn = list(clips(arguments.clips, arguments.gallery + 2 * VICTIMS))
    sources, held = drawn[: arguments.gallery], drawn[arguments.gallery :]
    one, many = Payload(0x6A09_E667_510E_527F), _payloads(arguments.gallery)
    strangers = held[VICTIMS:]
    victims = [(marked(clip, one), one) for clip in held[:VICTIMS]]
    rows: list[Row] = []

    def note(made: Iterator[Row]) -> None:
        for row in made:
            rows.append(row)
            print(row, flush=True)
            counts = {"gallery": arguments.gallery, "victims": VICTIMS, "frames": _FRAMES}
            report = {**counts, "rows": [asdict(row) for row in rows]}
            arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")

    note(direct(victims, strangers))
    galleries = {
        "one payload": [marked(clip, one) for clip in sources],
        "a payload each": [marked(clip, payload) for clip, payload in zip(sources, many, strict=True)],
    }
    for name in reversed(ESTIMATES):
        for kind, gallery in galleries.items():
            note(by_estimate(gallery, name, kind, victims, strangers))
    note(collusion(held[0], 16))
    note(iter([regeneration(victims)]))


if __name__ == "__main__":
    main()
