"""The mark in real pipelines' noise, and back out of what they made."""

# mypy: allow-untyped-calls
from __future__ import annotations

import importlib.util
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

import diffusers
import torch

from benchmarks.clouds import clouds
from touchmark.generation.diffusers_pipeline import DiffusersGenerator
from touchmark.generation.embedded import grain
from touchmark.generation.generator import GenerationError
from touchmark.generation.latent_mark.inversion import NotInvertibleError, exchanged, reversed_scheduler
from touchmark.generation.latent_mark.marking import invert, marked, read
from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.manifest.claim import ModelIdentity
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey

if TYPE_CHECKING:
    from .conftest import Desk

KEY = WatermarkKey(b"the key of these tests")
OTHER = WatermarkKey(b"somebody else's key")
MARK = LatentMark(Payload(0x9E37_79B9_7F4A_7C15), KEY)
KINDS = ("wan", "ltx2", "cogvideox", "touchmark")

Frames = list[np.ndarray[Any, np.dtype[np.uint8]]]


@pytest.fixture(scope="module")
def tiny() -> Callable[[str], Any]:
    """``tiny(kind)`` is a tiny pipeline of a real class."""
    path = Path(__file__).with_name("tiny_pipelines.py")
    spec = importlib.util.spec_from_file_location("tiny_pipelines", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    @cache
    def build(kind: str) -> Any:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            pipeline = module.BUILDERS[kind]()
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    return build


def arguments(**changes: Any) -> dict[str, Any]:
    settings = {"prompt": "a red circle", "width": 32, "height": 32, "num_frames": 9, "num_inference_steps": 2}
    return settings | {"generator": torch.Generator().manual_seed(7), "output_type": "pt"} | changes


def noise_of(pipeline: Any, mark: LatentMark | None) -> Any:
    """What a call starts from, as the pipeline prepares it."""
    if mark is None:
        return _prepared(pipeline, arguments())
    with marked(pipeline, arguments(), mark) as changed:
        return _prepared(pipeline, changed)


def _prepared(pipeline: Any, given: dict[str, Any]) -> Any:
    options = {name: given[name] for name in ("height", "width", "num_frames", "generator")}
    if not hasattr(pipeline, "codec"):
        options |= {"num_channels_latents": pipeline.transformer.config.in_channels, "dtype": torch.float32}
    return pipeline.prepare_latents(batch_size=1, device=torch.device("cpu"), **options)


def _video(pipeline: Any, given: dict[str, Any]) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the decoder of LTX-2 draws from the global noise
        return pipeline(**given).frames[0]


# --- marking ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_noise_keeps_its_magnitudes_and_takes_the_signs(tiny: Callable[[str], Any], kind: str) -> None:
    pipeline = tiny(kind)
    own, changed = noise_of(pipeline, None), noise_of(pipeline, MARK)
    assert torch.equal(changed.abs(), own.abs())
    if kind == "touchmark":  # of whose noise the grain's alone shows
        assert torch.equal(changed[:, :16], own[:, :16])
        changed = changed[:, 16:]
    if kind == "ltx2":  # packed: slices, then places, then channels
        by_slice = changed.reshape(-1, *changed.shape[2:]).unflatten(0, (3, -1))
    else:
        by_slice = changed[0] if kind == "cogvideox" else changed[0].transpose(0, 1)
    expected = MARK.signs(len(by_slice), by_slice[0].numel())
    np.testing.assert_array_equal(np.sign(by_slice.flatten(1).numpy()), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mark_changes_the_video_and_leaves_the_pipeline(tiny: Callable[[str], Any], kind: str) -> None:
    pipeline = tiny(kind)
    if kind == "touchmark":  # untrained, it says nothing: let it say something
        torch.nn.init.normal_(pipeline.transformer.exit.weight, generator=torch.Generator().manual_seed(0))
    plain = _video(pipeline, arguments())
    with marked(pipeline, arguments(), MARK) as changed:
        with_mark = _video(pipeline, changed)
    assert with_mark.shape == plain.shape
    assert not torch.equal(with_mark, plain)
    assert torch.equal(_video(pipeline, arguments()), plain)
    assert "prepare_latents" not in vars(pipeline)


@pytest.mark.parametrize("kind", KINDS)
def test_every_pipeline_can_be_walked_back(tiny: Callable[[str], Any], kind: str) -> None:
    pipeline = tiny(kind)
    scheduler, configured = pipeline.scheduler, dict(pipeline.config)
    frames = [np.random.default_rng(n).integers(0, 255, (32, 32, 3), np.uint8) for n in range(11)]
    noise = invert(pipeline, frames, steps=2)
    assert np.isfinite(noise).all()
    # Eleven frames are one and two fours for a causal codec, and two fours for ours.
    assert len(noise) == (2 if kind == "touchmark" else 3)
    shown = grain.CHANNELS / 20 if kind == "touchmark" else 1
    assert noise.size == noise_of(pipeline, None).numel() // 3 * len(noise) * shown
    assert pipeline.scheduler is scheduler
    assert dict(pipeline.config) == configured
    assert "prepare_latents" not in vars(pipeline)


def test_a_failure_leaves_the_pipeline_as_it_was(tiny: Callable[[str], Any]) -> None:
    pipeline = tiny("cogvideox")
    scheduler = pipeline.scheduler
    with pytest.raises(NotInvertibleError, match="walked back"):
        invert(pipeline, [np.zeros((33, 35, 3), np.uint8)] * 9, steps=2)
    assert pipeline.scheduler is scheduler
    assert "prepare_latents" not in vars(pipeline)


# --- the way back -------------------------------------------------------------------------------------------------

EULER = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
DDIM = {"clip_sample": False, "beta_schedule": "scaled_linear"}


@pytest.mark.parametrize(
    ("scheduler", "precision"),
    [
        (EULER, 1e-4),
        (diffusers.FlowMatchEulerDiscreteScheduler(invert_sigmas=True), 1e-4),
        (diffusers.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True), 0.2),
        (diffusers.DPMSolverMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True), 0.2),
        *((diffusers.DDIMScheduler(prediction_type=kind, **DDIM), 1e-3) for kind in ("epsilon", "v_prediction")),
        *((diffusers.CogVideoXDDIMScheduler(prediction_type=kind), 1e-3) for kind in ("epsilon", "v_prediction")),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "config", {}).get("prediction_type", "flow"),
)
def test_steps_lead_back_to_where_they_began(scheduler: Any, precision: float) -> None:
    mixing = torch.linalg.qr(torch.randn(32, 32, generator=torch.Generator().manual_seed(1)))[0] * 0.3

    def model(sample: Any, _time: Any) -> Any:
        return torch.tanh(sample @ mixing)

    def walk(guide: Any, start: Any) -> Any:
        guide.set_timesteps(12)
        sample = start
        for time in guide.timesteps:
            sample = guide.step(model(sample, time), time, sample, return_dict=False)[0]
        return sample

    began = torch.randn(4, 32, generator=torch.Generator().manual_seed(0))
    ended = walk(type(scheduler).from_config(scheduler.config), began)
    assert (ended - began).norm() > 0.1 * began.norm()
    returned = walk(reversed_scheduler(scheduler, repeats=40), ended)
    assert (returned - began).norm() / began.norm() < precision


def test_repeating_a_step_finds_its_beginning_better() -> None:
    pipeline = clouds()
    with marked(pipeline, arguments(width=64, height=64, output_type="np", guidance_scale=1.0), MARK) as changed:
        frames = _pixels(pipeline(**changed).frames[0])
    agreement, deviation = [], []
    for repeats in (1, 4):
        walk = reversed_scheduler(pipeline.scheduler, repeats)
        with exchanged(pipeline, "scheduler", walk):
            assert pipeline.scheduler is walk
        noise = invert(pipeline, frames, steps=2, repeats=repeats)
        agreement.append(float(np.mean(np.sign(noise) == MARK.signs(*noise.shape))))
        deviation.append(float(np.std(noise)))
    # It began with deviation 1. Signs are rounded by each processor in its own way, and on some they tie.
    assert 2 * deviation[0] < deviation[1] < 1
    assert agreement[1] >= agreement[0]


# --- the whole way ------------------------------------------------------------------------------------------------


def _pixels(video: Any) -> Frames:
    return [np.asarray(np.rint(frame * 255), np.uint8) for frame in video]


@pytest.fixture(scope="module")
def cloudy() -> DiffusersGenerator:
    """A model all of whose noise shows, behind the generator's seam."""
    return DiffusersGenerator("clouds", ModelIdentity("clouds", "sha256:" + "0" * 64), Fraction(16), clouds())


def request(**changes: Any) -> GenerationRequest:
    settings: dict[str, Any] = {"width": 128, "height": 96, "num_frames": 21, "steps": 8, "guidance": 1, "seed": 3}
    return GenerationRequest(prompt="clouds", model="clouds", **(settings | {"latent_mark": True} | changes))


def render(generator: DiffusersGenerator, desk: Desk, asked: GenerationRequest, mark: LatentMark | None) -> RawVideo:
    clearance = desk.clear(asked)
    digest = clearance.policy_digest
    return generator.generate(asked, clearance, desk.authority, policy_digest=digest, latent_mark=mark)


@pytest.fixture
def copy(cloudy: DiffusersGenerator, desk: Desk, tmp_path: Path) -> Frames:
    """A marked clip after H.264 at CRF 30."""
    path = tmp_path / "clip.mp4"
    encode(render(cloudy, desk, request(), MARK), path, EncodeSettings(crf=30))
    with open_video(path) as video:
        return [frame.pixels for frame in video.frames()]


def test_a_holder_of_the_model_reads_it_from_a_compressed_copy(cloudy: DiffusersGenerator, copy: Frames) -> None:
    ours, theirs = cloudy.read_latent_mark(copy, [KEY, OTHER])
    assert (ours.state, ours.payload, ours.key_id) == (MarkState.VERIFIED, MARK.payload, KEY.key_id)
    assert ours.p_value < 1e-12
    assert len(ours.timeline) == 6
    assert all(segment.p_value < 1e-6 for segment in ours.timeline[1:])  # the first slice is but one frame
    assert theirs.state is MarkState.NOTHING_FOUND


def test_a_scaled_copy_is_read_at_its_first_size(cloudy: DiffusersGenerator, copy: Frames) -> None:
    import cv2

    half = [np.asarray(cv2.resize(frame, (64, 48), interpolation=cv2.INTER_AREA), np.uint8) for frame in copy]
    assert cloudy.read_latent_mark(half, [KEY], size=(128, 96))[0].payload == MARK.payload


def test_a_copy_may_lack_its_beginning(cloudy: DiffusersGenerator, copy: Frames) -> None:
    (detection,) = cloudy.read_latent_mark(copy[6:], [KEY])
    assert detection.payload == MARK.payload


def test_a_stretch_from_elsewhere_shows_in_the_timeline(cloudy: DiffusersGenerator, desk: Desk, copy: Frames) -> None:
    foreign = render(cloudy, desk, request(seed=4, latent_mark=False), None)
    copy[9:17] = [frame.pixels for frame in foreign.frames][9:17]
    (detection,) = cloudy.read_latent_mark(copy, [KEY])
    assert detection.payload == MARK.payload
    assert [segment.p_value > 1e-3 for segment in detection.timeline] == [False, False, False, True, True, False]


def test_nothing_is_found_in_an_unmarked_clip(cloudy: DiffusersGenerator, desk: Desk) -> None:
    frames = [frame.pixels for frame in render(cloudy, desk, request(latent_mark=False), None).frames]
    assert cloudy.read_latent_mark(frames, [KEY])[0].state is MarkState.NOTHING_FOUND


def test_too_few_frames_are_nothing() -> None:
    assert read(clouds(), [], [KEY])[0].state is MarkState.NOTHING_FOUND


def test_the_embedded_model_reads_it_from_a_compressed_copy(desk: Desk, tmp_path: Path) -> None:
    shipped = DiffusersGenerator.load(None, device="cpu")
    asked = GenerationRequest(prompt="a white square on black", num_frames=16, steps=6, seed=5, latent_mark=True)
    encode(render(shipped, desk, asked, MARK), tmp_path / "clip.mp4", EncodeSettings(crf=26))
    with open_video(tmp_path / "clip.mp4") as video:
        frames = [frame.pixels for frame in video.frames()]
    (detection,) = shipped.read_latent_mark(frames, [KEY])
    assert (detection.state, detection.payload) == (MarkState.VERIFIED, MARK.payload)
    assert detection.p_value < 1e-12


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scheduler",
    [
        diffusers.FlowMatchEulerDiscreteScheduler(stochastic_sampling=True),
        diffusers.DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, algorithm_type="sde-dpmsolver++"
        ),
        diffusers.UniPCMultistepScheduler(),
        diffusers.CogVideoXDPMScheduler(),
        diffusers.DDIMScheduler(),
        diffusers.CogVideoXDDIMScheduler(prediction_type="sample"),
        diffusers.DDPMScheduler(),
    ],
    ids=lambda scheduler: type(scheduler).__name__,
)
def test_what_cannot_be_walked_back_is_refused_before_it_is_rendered(desk: Desk, scheduler: Any) -> None:
    pipeline = clouds()
    pipeline.scheduler = scheduler
    generator = DiffusersGenerator("clouds", ModelIdentity("clouds", "sha256:0"), Fraction(16), pipeline)
    with pytest.raises(NotInvertibleError) as caught:
        render(generator, desk, request(), MARK)
    assert caught.value.exit_status == 64
    assert caught.value.remedy
    with pytest.raises(NotInvertibleError):
        generator.read_latent_mark([np.zeros((96, 128, 3), np.uint8)] * 5, [KEY])


@pytest.mark.parametrize(("asked", "given"), [(True, None), (False, MARK)])
def test_request_and_mark_must_go_together(
    cloudy: DiffusersGenerator, desk: Desk, asked: bool, given: LatentMark | None
) -> None:
    with pytest.raises(GenerationError, match="latent mark"):
        render(cloudy, desk, request(latent_mark=asked), given)
