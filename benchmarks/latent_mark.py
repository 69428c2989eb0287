"""What the mark in the starting noise survives, beside the mark in the picture: written as data beside this program.

    python -m benchmarks.latent_mark [--models clouds,embedded] [--clips 5] [--attacks NAME,...]

Every clip carries both marks with one payload and is encoded as a release encodes (H.264, CRF 18). Each copy is read
by the model that made the clip and by the picture mark's reader. Two models stand for the two ends:
`benchmarks.clouds`, an exact model of textures in which all of the noise shows, and the embedded model, of whose noise
a faint grain shows. What a gigabyte model keeps of its noise is to be measured on that model.

Besides the attacks that ship with the package there are two by someone who has the model: its codec's round trip, and
for the clouds a regeneration from half-way to noise. What is run again takes the place of what stands in the results.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.clouds import clouds
from benchmarks.films import InMemory
from touchmark.generation.embedded.world import FRAME_RATE
from touchmark.generation.latent_mark.marking import invert, marked, read
from touchmark.generation.latent_mark.pattern import LatentMark, evidence, salt_of
from touchmark.generation.latent_mark.reading import find
from touchmark.generation.loading import choose_device, load_pipeline, locate
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.bench.attacks import ATTACKS
from touchmark.provenance.watermark.bench.trial import KEY, Ours, agreement
from touchmark.provenance.watermark.code import decode
from touchmark.provenance.watermark.protocol import MarkState, Payload

Pixels = NDArray[np.uint8]

RESULTS: Final = Path(__file__).parent / "results" / "latent_mark.json"
CHOSEN: Final = (
    *("remux", "h264_crf28", "h264_crf35", "h264_crf40", "h264_crf45", "h265_crf40", "av1_crf50", "half_size"),
    *("rotate_2", "flip_horizontal", "crop_50", "letterbox", "brightness_050", "contrast_050", "grey", "gamma_160"),
    *("blur_9", "blur_17", "median_9", "noise_005", "jpeg_40", "logo", "drop_20", "speed_150", "average_3", "reversed"),
    *("cut", "splice", "social_360p_crf32", "vertical_recrop", "screen_recording", "one_second_480p"),
)
"""Of the attacks that ship with the package, those that are run."""
PROMPTS: Final = (
    "a red circle moves left over a blue background",
    "a big green square bounces on a white background",
    "a small yellow triangle moves up over a purple background",
    "an orange circle moves in a circle on a black background",
    "a white square moves right over a green background",
)


@dataclass(frozen=True)
class Model:
    """A pipeline and how it is asked for a clip."""

    name: str
    pipeline: Any
    width: int
    height: int
    frames: int
    rate: Fraction

    def make(self, seed: int, mark: LatentMark | None) -> list[Pixels]:
        """A clip, marked in its noise or not."""
        arguments: dict[str, Any] = {
            "prompt": PROMPTS[seed % len(PROMPTS)],
            "width": self.width,
            "height": self.height,
            "num_frames": self.frames,
            "generator": torch.Generator().manual_seed(seed),
            "output_type": "np",
        }
        if self.name == "clouds":
            arguments |= {"num_inference_steps": 20, "guidance_scale": 1.0}
        with marked(self.pipeline, arguments, mark) if mark else nullcontext(arguments) as changed:
            video = self.pipeline(**changed).frames[0]
        return [np.asarray(np.rint(frame * 255), np.uint8) for frame in video]

    @property
    def walk(self) -> dict[str, Any]:
        """How it is walked back."""
        return {"size": (self.width, self.height), "steps": 20 if self.name == "clouds" else None}


@dataclass(frozen=True)
class Row:
    """One mark in one copy of one clip; ``signs`` is the share of the noise's signs that were found (.5 is chance)."""

    model: str
    clip: int
    attack: str
    mark: str
    decoded: bool
    bit_accuracy: float
    p_value: float | None
    signs: float | None = None
    seconds: float = 0.0


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", default="clouds,embedded", metavar="NAME,...")
    parser.add_argument("--clips", type=int, default=5, help="how many of each model")
    parser.add_argument("--attacks", default=",".join(CHOSEN), metavar="NAME,...")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rows = {_key(row): row for row in _stored(arguments.output)}
    for name in arguments.models.split(","):
        model = _load(name)
        for clip in range(arguments.clips):
            rows |= {_key(asdict(row)): asdict(row) for row in _trial(model, clip, arguments.attacks.split(","))}
            _write(arguments.output, list(rows.values()))
            print(f"{name} clip {clip} done", flush=True)
    print(_table(list(rows.values())))


def _load(name: str) -> Model:
    if name == "clouds":
        return Model(name, clouds(), 320, 256, 33, Fraction(16))
    pipeline = load_pipeline(locate(None)[0], choose_device("cpu"))
    return Model(name, pipeline, 256, 256, 32, Fraction(FRAME_RATE))


def _trial(model: Model, clip: int, attacks: Iterable[str]) -> Iterator[Row]:
    digest = hashlib.sha256(f"{model.name} {clip}".encode()).digest()
    mark = LatentMark(Payload.from_bytes(digest[:8]), KEY)
    yield _latent(model, clip, "nothing marked", model.make(clip, None), mark)
    made = model.make(clip, mark)
    yield _latent(model, clip, "as rendered, no picture mark", made, mark)
    picture = Ours(payload=mark.payload)
    with tempfile.TemporaryDirectory() as folder:
        released = Path(folder) / "released.mp4"
        frames = (Frame(pixels, index / model.rate) for index, pixels in enumerate(made))
        encode(RawVideo(picture.embed(frames), model.width, model.height, model.rate), released)
        for name, copy in _copies(model, released, attacks):
            yield _latent(model, clip, name, [frame.pixels for frame in copy], mark)
            began = time.process_time()
            answer = picture.read(InMemory(copy))
            cost = round(time.process_time() - began, 2)
            accuracy = round(answer.bit_accuracy, 4)
            yield Row(model.name, clip, name, "picture", answer.decoded, accuracy, answer.p_value, None, cost)


def _copies(model: Model, released: Path, attacks: Iterable[str]) -> Iterator[tuple[str, list[Frame]]]:
    for name in attacks:
        attack = ATTACKS[name]
        copy = released.with_name(f"copy{attack.suffix}")
        attack(released, copy)
        yield name, _frames(copy)
    frames = _frames(released)
    yield "the model's codec, there and back", _regenerated(model, frames, 0.0)
    if model.name == "clouds":
        yield "regenerated from 0.5 noise", _regenerated(model, frames, 0.5)


def _frames(path: Path) -> list[Frame]:
    with open_video(path) as video:
        return list(video.frames())


def _regenerated(model: Model, frames: list[Frame], strength: float) -> list[Frame]:
    """Encode, add noise, let the model take it away again, decode."""
    pipeline = model.pipeline
    clip = torch.from_numpy(np.stack([frame.pixels for frame in frames])).permute(3, 0, 1, 2)[None] / 127.5 - 1
    with torch.no_grad():
        if model.name == "embedded":
            made = pipeline.decode(pipeline.encode(clip))
        else:
            codec = pipeline.vae
            scale = torch.tensor(codec.config.latents_std).view(1, -1, 1, 1, 1)
            latents = codec.encode(clip).latent_dist.mode() / scale
            noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0))
            latents = (1 - strength) * latents + strength * noise
            levels = torch.linspace(strength, 0, 11)
            for level, after in pairwise(levels):
                if strength:
                    latents = latents + (after - level) * pipeline.transformer(latents, level[None] * 1000)[0]
            made = codec.decode(latents * scale)[0]
    pictures = made[0].permute(1, 2, 3, 0).add(1).mul(127.5).round().clamp(0, 255).byte().numpy()
    return [Frame(pixels, frame.time, is_key=True) for pixels, frame in zip(pictures, frames, strict=True)]


def _latent(model: Model, clip: int, attack: str, frames: list[Pixels], mark: LatentMark) -> Row:
    began = time.process_time()
    noise = invert(model.pipeline, frames, **model.walk)
    detection = find(noise, KEY, 0.25, attempts=4)
    if detection.state is not MarkState.VERIFIED and len(frames) != model.frames:
        # Other beginnings are looked for only where pictures are missing: each costs another walk.
        detection = read(model.pipeline, frames, [KEY], **model.walk)[0]
    cost = round(time.process_time() - began, 2)
    decoded = detection.payload == mark.payload
    salt = salt_of(mark.payload, KEY)
    level = noise / np.maximum(noise.std(axis=1, keepdims=True), 1e-9)
    said = sum(evidence(level[index], KEY, [salt], index)[0] for index in range(len(noise)))
    guess = decode(np.asarray(said, np.float32), KEY).guess
    return Row(
        model.name,
        clip,
        attack,
        "latent",
        decoded,
        1.0 if decoded else round(agreement(guess, mark.payload), 4),
        detection.p_value,
        round(float(np.mean(np.sign(noise) == mark.signs(*noise.shape))), 4),
        cost,
    )


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["model"], row["clip"], row["attack"], row["mark"]


def _stored(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text())["rows"]) if path.exists() else []


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": f"{platform.machine()}, one core, shared", "rows": rows}, indent=1) + "\n")


def _table(rows: list[dict[str, Any]]) -> str:
    lines = []
    for model in dict.fromkeys(row["model"] for row in rows):
        lines.append(f"\n{model:36} {'latent mark':>24} {'picture mark':>22}   signs found")
        for attack in dict.fromkeys(row["attack"] for row in rows if row["model"] == model):
            cells, signs = [], 0.5
            for mark in ("latent", "picture"):
                of = [row for row in rows if (row["model"], row["attack"], row["mark"]) == (model, attack, mark)]
                if not of:
                    cells.append("-")
                    continue
                bits = sum(row["bit_accuracy"] for row in of) / len(of)
                cells.append(f"{sum(row['decoded'] for row in of)} of {len(of)}, bits {bits:.3f}")
                if mark == "latent":
                    signs = sum(row["signs"] for row in of) / len(of)
            lines.append(f"  {attack:34} {cells[0]:>24} {cells[1]:>22}   {signs:.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
