"""Real diffusers pipelines, tiny, through the one loading and the one rendering call."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from touchmark.generation.diffusers_pipeline import DiffusersGenerator
from touchmark.generation.generator import GenerationError, Generator, OutOfMemoryError, UnsupportedOptionError
from touchmark.generation.loading import DeviceError
from touchmark.generation.model_folder import (
    CustomCodeError,
    InvalidModelError,
    ModelNotFoundError,
    PickledWeightsError,
)
from touchmark.generation.rendering import BadOutputError
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Sound
from touchmark.safety.clearance import (
    ClearanceError,
    ClearanceExpiredError,
    ClearanceForgedError,
    ClearanceMismatchError,
    ClearanceUsedError,
)

if TYPE_CHECKING:
    from .conftest import Desk

pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def wan(tiny_wan_folder: Path) -> DiffusersGenerator:
    return DiffusersGenerator.load(str(tiny_wan_folder), device="cpu")


@pytest.fixture(scope="module")
def ltx2(tiny_ltx2_folder: Path) -> DiffusersGenerator:
    return DiffusersGenerator.load(str(tiny_ltx2_folder), device="cpu")


def small(generator: DiffusersGenerator, **changes: Any) -> GenerationRequest:
    settings: dict[str, Any] = {
        "prompt": "a red circle",
        "width": 32,
        "height": 32,
        "num_frames": 9,
        "steps": 2,
        "seed": 7,
    }
    return GenerationRequest(model=generator.model, **(settings | changes))


def pixels(raw: Any) -> np.ndarray[Any, Any]:
    return np.stack([frame.pixels for frame in raw.frames])


# --- what comes out -----------------------------------------------------------------------------------------------


def test_wan_renders_silent_video_at_its_own_rate(wan: DiffusersGenerator, desk: Desk) -> None:
    raw = desk.render(wan, small(wan, width=160, height=128))
    frames = list(raw.frames)
    assert (raw.width, raw.height, raw.sound) == (160, 128, None)
    assert raw.frame_rate == 16
    assert len(frames) == 9
    assert [frame.time for frame in frames] == [Fraction(index, 16) for index in range(9)]
    assert all(frame.pixels.shape == (128, 160, 3) and frame.pixels.dtype == np.uint8 for frame in frames)
    assert np.std(frames[0].pixels) > 5


def test_ltx2_renders_video_with_sound(ltx2: DiffusersGenerator, desk: Desk) -> None:
    raw = desk.render(ltx2, small(ltx2, width=128, height=128, num_frames=17))
    frames = list(raw.frames)
    assert len(frames) == 17
    assert raw.frame_rate == 24
    assert isinstance(raw.sound, Sound)
    assert (raw.sound.rate, raw.sound.channels) == (16000, 2)
    sound = np.concatenate(list(raw.sound.blocks), axis=1)
    assert sound.dtype == np.float32
    # As long as the pictures, within the two latent sound frames of 40 ms that the codec rounds to.
    assert abs(sound.shape[1] / 16000 - 17 / 24) < 0.081
    assert np.std(sound) > 0


def test_another_family_goes_through_the_same_call(tiny_cogvideox_folder: Path, desk: Desk) -> None:
    cogvideox = DiffusersGenerator.load(str(tiny_cogvideox_folder), device="cpu")
    raw = desk.render(cogvideox, small(cogvideox))
    assert raw.frame_rate == 8
    assert pixels(raw).shape == (9, 32, 32, 3)


def test_our_own_class_goes_through_the_same_call(
    tmp_path: Path, save_tiny: Callable[[str, Path], Path], desk: Desk
) -> None:
    ours = DiffusersGenerator.load(str(save_tiny("touchmark", tmp_path / "ours")), device="cpu")
    raw = desk.render(ours, small(ours))
    assert raw.frame_rate == 12
    assert pixels(raw).shape == (9, 32, 32, 3)


def test_a_generator_is_a_generator(wan: DiffusersGenerator) -> None:
    generator: Generator = wan
    assert generator.identity.name == "tiny-wan"
    assert generator.identity.identifier.startswith("sha256:")
    assert generator.notes(small(wan)) == ()


def test_the_same_request_gives_the_same_video(ltx2: DiffusersGenerator, desk: Desk) -> None:
    import torch

    request = small(ltx2)
    first = desk.render(ltx2, request)
    torch.rand(1)  # this decoder draws from the global noise, which anyone may have moved on
    again = desk.render(ltx2, request)
    other = desk.render(ltx2, dataclasses.replace(request, seed=8))
    np.testing.assert_array_equal(video := pixels(first), pixels(again))
    assert (video != pixels(other)).any()
    assert isinstance(first.sound, Sound)
    assert isinstance(again.sound, Sound)
    for a, b in zip(first.sound.blocks, again.sound.blocks, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_global_noise_is_left_as_it_was(wan: DiffusersGenerator, desk: Desk) -> None:
    import torch

    state = torch.get_rng_state()
    desk.render(wan, small(wan))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "two green squares"},
        {"negative_prompt": "blue"},
        {"steps": 3},
        {"guidance": 1.5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_reaches_the_model(wan: DiffusersGenerator, desk: Desk, change: dict[str, Any]) -> None:
    plain, changed = (pixels(desk.render(wan, small(wan, **settings))) for settings in ({}, change))
    assert (plain != changed).any()


def test_frame_rate_reaches_the_model_that_knows_it(ltx2: DiffusersGenerator, desk: Desk) -> None:
    raw = desk.render(ltx2, small(ltx2, frame_rate=Fraction(12)))
    assert raw.frame_rate == 12
    assert isinstance(raw.sound, Sound)
    assert abs(sum(block.shape[1] for block in raw.sound.blocks) / 16000 - 9 / 12) < 0.081


def test_frame_rate_sets_the_times_of_a_model_that_does_not(wan: DiffusersGenerator, desk: Desk) -> None:
    raw = desk.render(wan, small(wan, frame_rate=Fraction(24000, 1001)))
    assert [frame.time for frame in raw.frames][-1] == 8 * Fraction(1001, 24000)


def test_progress_counts_to_the_end(wan: DiffusersGenerator, desk: Desk) -> None:
    steps: list[tuple[int, int]] = []
    desk.render(wan, small(wan, steps=3), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_progress_may_stop_the_work(wan: DiffusersGenerator, desk: Desk) -> None:
    class StoppedError(TouchmarkError):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        desk.render(wan, small(wan), progress=stop)
    assert len(pixels(desk.render(wan, small(wan)))) == 9  # the lock is free again


def test_threads_share_a_model_and_its_noise_stays_apart(wan: DiffusersGenerator, desk: Desk) -> None:
    requests = [small(wan, seed=seed) for seed in (1, 2, 1, 2)]
    with ThreadPoolExecutor(4) as pool:
        a, b, again_a, again_b = pool.map(lambda request: pixels(desk.render(wan, request)), requests)
    np.testing.assert_array_equal(a, again_a)
    np.testing.assert_array_equal(b, again_b)
    assert (a != b).any()


def test_nothing_is_written_to_the_terminal(
    tiny_ltx2_folder: Path, desk: Desk, copy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    generator = DiffusersGenerator.load(str(tiny_ltx2_folder), device="cpu")
    desk.render(generator, small(generator))
    drop_weights(copy)
    with pytest.raises(InvalidModelError):
        DiffusersGenerator.load(str(copy), device="cpu")
    assert capfd.readouterr() == ("", "")


def test_other_users_of_the_libraries_keep_their_logging(wan: DiffusersGenerator, desk: Desk) -> None:
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    def settings() -> list[Any]:
        roots = [logging.getLogger(name) for name in ("diffusers", "transformers")]
        bars = [library.is_progress_bar_enabled() for library in (diffusers_logging, transformers_logging)]
        return [bars, *((root.level, list(root.handlers)) for root in roots)]

    before = settings()
    assert before[0] == [True, True]
    desk.render(wan, small(wan))
    assert settings() == before


# --- nothing is rendered without a clearance ----------------------------------------------------------------------


@pytest.fixture
def watched(wan: DiffusersGenerator) -> tuple[DiffusersGenerator, list[str]]:
    """The Wan generator around a pipeline that records whether anything at all is asked of it."""
    asked: list[str] = []

    class Tripwire:
        def __getattribute__(self, name: str) -> Any:
            asked.append(name)
            return getattr(wan._pipeline, name)

    return dataclasses.replace(wan, _pipeline=Tripwire()), asked


def test_no_clearance_no_render(watched: tuple[DiffusersGenerator, list[str]], desk: Desk) -> None:
    generator, asked = watched
    request = small(generator)
    policy = desk.clear(request).policy_digest
    other = dataclasses.replace(request, seed=request.seed + 1)
    attempts = [
        (ClearanceForgedError, None, policy),
        (ClearanceForgedError, dataclasses.replace(desk.clear(request), mac="0" * 64), policy),
        (ClearanceForgedError, dataclasses.replace(desk.clear(other), request_digest=request.digest), policy),
        (ClearanceMismatchError, desk.clear(other), policy),
        (ClearanceMismatchError, desk.clear(request), "6" * 64),
        (ClearanceExpiredError, desk.clear(request, timedelta(seconds=-1)), policy),
    ]
    for error, clearance, policy_digest in attempts:
        with pytest.raises(error):
            generator.generate(request, clearance, desk.authority, policy_digest=policy_digest)  # type: ignore[arg-type]
    assert asked == []


def test_a_clearance_is_spent_by_rendering(wan: DiffusersGenerator, desk: Desk) -> None:
    request = small(wan)
    clearance = desk.clear(request)
    arguments: tuple[Any, ...] = (request, clearance, desk.authority)
    wan.generate(*arguments, policy_digest=clearance.policy_digest)
    with pytest.raises(ClearanceUsedError):
        wan.generate(*arguments, policy_digest=clearance.policy_digest)


def test_a_clearance_is_spent_even_when_rendering_fails(wan: DiffusersGenerator, desk: Desk) -> None:
    request = small(wan, width=34)  # no multiple of 16
    clearance = desk.clear(request)
    arguments: tuple[Any, ...] = (request, clearance, desk.authority)
    for error in (GenerationError, ClearanceError):
        with pytest.raises(error):
            wan.generate(*arguments, policy_digest=clearance.policy_digest)


def test_a_request_for_another_model_is_not_rendered(watched: tuple[DiffusersGenerator, list[str]], desk: Desk) -> None:
    generator, asked = watched
    request = dataclasses.replace(small(generator), model=None)
    with pytest.raises(GenerationError, match="another model"):
        desk.render(generator, request)
    assert asked == []


# --- what goes wrong inside ---------------------------------------------------------------------------------------


def test_a_size_that_the_model_refuses(wan: DiffusersGenerator, desk: Desk) -> None:
    with pytest.raises(GenerationError, match="16") as caught:
        desk.render(wan, small(wan, width=34))
    assert caught.value.remedy


def test_a_setting_that_the_model_has_not(wan: DiffusersGenerator, desk: Desk) -> None:
    class NoGuidance(type(wan._pipeline)):  # type: ignore[misc]
        def __call__(self, prompt: str, num_frames: int = 9) -> None:
            raise AssertionError("must not run")

    unguided = NoGuidance(**wan._pipeline.components)
    with pytest.raises(UnsupportedOptionError, match="guidance"):
        desk.render(
            dataclasses.replace(wan, _pipeline=unguided), GenerationRequest(prompt="p", model=wan.model, guidance=3)
        )


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: you tried")])
def test_out_of_memory_says_to_ask_for_less(wan: DiffusersGenerator, desk: Desk, error: Exception) -> None:
    def exhaust(done: int, total: int) -> None:
        raise error

    with pytest.raises(OutOfMemoryError) as caught:
        desk.render(wan, small(wan), progress=exhaust)
    assert "fewer frames" in caught.value.remedy


def test_weights_that_give_no_numbers(tiny_wan_folder: Path, tmp_path: Path, desk: Desk) -> None:
    from safetensors.torch import load_file, save_file

    broken = Path(shutil.copytree(tiny_wan_folder, tmp_path / "wan"))
    weights = broken / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    save_file({name: tensor * float("nan") for name, tensor in tensors.items()}, weights, {"format": "pt"})
    generator = DiffusersGenerator.load(str(broken), device="cpu")
    with pytest.raises(BadOutputError, match="not numbers"):
        desk.render(generator, small(generator))


# --- what is not loaded -------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tiny_wan_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_wan_folder, tmp_path / "wan"))


def index(folder: Path, **changes: Any) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def drop_weights(folder: Path) -> None:
    (folder / "transformer" / "diffusion_pytorch_model.safetensors").unlink()


def drop_one_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "text_encoder" / "model.safetensors"
    tensors = load_file(path)
    del tensors["encoder.final_layer_norm.weight"]
    save_file(tensors, path, {"format": "pt"})


def cut_weights(folder: Path) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def pickle_weights(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file

    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "error", "named"),
    [
        (shutil.rmtree, ModelNotFoundError, "wan"),
        (lambda folder: shutil.rmtree(folder / "vae"), InvalidModelError, "vae"),
        (drop_weights, InvalidModelError, "could not be loaded"),
        (drop_one_weight, InvalidModelError, "weights of UMT5EncoderModel are missing"),
        (cut_weights, InvalidModelError, "could not be loaded"),
        (pickle_weights, PickledWeightsError, "diffusion_pytorch_model.bin"),
        (lambda folder: index(folder, _class_name=["evil", "Evil"]), CustomCodeError, "evil"),
        (lambda folder: index(folder, vae=["os", "system"]), CustomCodeError, "os"),
        (lambda folder: index(folder, _class_name="NoSuchPipeline"), InvalidModelError, "NoSuchPipeline"),
        (lambda folder: index(folder, _class_name="AutoencoderKLWan"), InvalidModelError, "AutoencoderKLWan"),
        (lambda folder: index(folder, _class_name="FluxPipeline"), InvalidModelError, "does not make video"),
        (lambda folder: index(folder, _class_name="WanImageToVideoPipeline"), InvalidModelError, "image"),
    ],
    ids=[
        "gone",
        "component gone",
        "weights gone",
        "one weight gone",
        "weights cut",
        "pickled",
        "custom pipeline",
        "custom component",
        "unknown class",
        "no pipeline",
        "still pictures",
        "needs a picture",
    ],
)
def test_each_fault_has_its_error(
    copy: Path, damage: Callable[[Path], object], error: type[TouchmarkError], named: str
) -> None:
    damage(copy)
    with pytest.raises(error, match=named) as caught:
        DiffusersGenerator.load(str(copy), device="cpu")
    assert caught.value.remedy
    assert "\n" not in caught.value.diagnostics()


def test_a_hub_id_without_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="nobody/nothing") as caught:
        DiffusersGenerator.load("nobody/nothing", device="cpu")
    assert "network" in caught.value.remedy


def test_a_path_is_never_looked_up_on_the_hub() -> None:
    for path in ("/no/such/folder", "./none", "../none/here", "a/b/c", "none"):
        with pytest.raises(ModelNotFoundError, match="no such folder"):
            DiffusersGenerator.load(path, device="cpu")


@pytest.mark.parametrize("device", ["cuda:999", "tpu", "cpu:0", "", "cuda:x"])
def test_a_device_that_is_not_there(tiny_wan_folder: Path, device: str) -> None:
    with pytest.raises(DeviceError) as caught:
        DiffusersGenerator.load(str(tiny_wan_folder), device=device)
    assert caught.value.exit_status == 64


def test_importing_costs_no_torch() -> None:
    program = (
        "import sys, touchmark.generation.diffusers_pipeline, touchmark.generation.rendering\n"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
