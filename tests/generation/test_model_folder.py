"""A model folder is refused, by name and before it is loaded, if loading it could run somebody's code."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from touchmark.generation.model_folder import (
    CustomCodeError,
    InvalidModelError,
    ModelFolder,
    ModelNotFoundError,
    PickledWeightsError,
)


@pytest.fixture
def wan(tiny_wan_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_wan_folder, tmp_path / "wan"))


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_sound_folder_is_taken(wan: Path) -> None:
    folder = ModelFolder.open(wan)
    assert folder.class_name == "WanPipeline"
    assert folder.components["transformer"] == ("diffusers", "WanTransformer3DModel")
    assert "transformer_2" not in folder.components  # [null, null]: a part left out


def test_components_beside_a_diffusers_pipeline_are_taken(tiny_ltx2_folder: Path) -> None:
    assert ModelFolder.open(tiny_ltx2_folder).components["vocoder"] == ("ltx2", "LTX2Vocoder")


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="nowhere"):
        ModelFolder.open(tmp_path / "nowhere")


def test_a_folder_that_is_no_pipeline(wan: Path) -> None:
    with pytest.raises(InvalidModelError, match="model_index"):
        ModelFolder.open(wan / "transformer")
    with pytest.raises(InvalidModelError, match="model_index"):
        ModelFolder.open(wan / "model_index.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * (5 << 20)])
def test_a_broken_index(wan: Path, content: bytes) -> None:
    (wan / "model_index.json").write_bytes(content)
    with pytest.raises(InvalidModelError, match="model_index"):
        ModelFolder.open(wan)


@pytest.mark.parametrize("name", [None, 3, "", "../evil", "Wan Pipeline", {}])
def test_an_index_without_a_class(wan: Path, name: object) -> None:
    edit(wan / "model_index.json", lambda index: index.update(_class_name=name))
    with pytest.raises(InvalidModelError, match="_class_name"):
        ModelFolder.open(wan)


@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_missing_component_is_named(wan: Path, how: str) -> None:
    shutil.rmtree(wan / "vae")
    if how == "empty":
        (wan / "vae").mkdir()
    with pytest.raises(InvalidModelError, match="vae is missing"):
        ModelFolder.open(wan)


@pytest.mark.parametrize("name", ["diffusion_pytorch_model.bin", "model.PT", "nested/weights.ckpt", "vocab.pkl"])
def test_pickled_weights_are_named(wan: Path, name: str) -> None:
    file = wan / "transformer" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(pickle.dumps({}))
    with pytest.raises(PickledWeightsError, match=file.name):
        ModelFolder.open(wan)


def test_a_tokenizer_without_words(wan: Path) -> None:
    (wan / "tokenizer" / "tokenizer.json").unlink()
    with pytest.raises(InvalidModelError, match="vocabulary of tokenizer"):
        ModelFolder.open(wan)


def test_a_pipeline_inside_a_pipeline(wan: Path) -> None:
    shutil.copy(wan / "model_index.json", wan / "vae")  # its own index would go unchecked
    with pytest.raises(InvalidModelError, match="vae is a whole pipeline"):
        ModelFolder.open(wan)


def test_a_pickle_beside_the_components_is_no_concern(wan: Path) -> None:
    (wan / "original.pth").write_bytes(pickle.dumps({}))  # never read: many hub folders carry the first release
    ModelFolder.open(wan)


def test_a_pipeline_file_in_the_index(wan: Path) -> None:
    (wan / "pipeline.py").write_text("raise SystemExit\n")
    edit(wan / "model_index.json", lambda index: index.update(_class_name=["pipeline", "EvilPipeline"]))
    with pytest.raises(CustomCodeError, match="pipeline"):
        ModelFolder.open(wan)


def test_a_component_file_in_the_index(wan: Path) -> None:
    (wan / "vae" / "evil.py").write_text("raise SystemExit\n")
    edit(wan / "model_index.json", lambda index: index.update(vae=["evil", "EvilVAE"]))
    with pytest.raises(CustomCodeError, match=r"evil\.py"):
        ModelFolder.open(wan)


def test_a_component_file_may_not_pose_as_a_library(wan: Path) -> None:
    (wan / "vae" / "diffusers.py").write_text("raise SystemExit\n")
    with pytest.raises(CustomCodeError, match=r"diffusers\.py"):
        ModelFolder.open(wan)


@pytest.mark.parametrize(
    "library", ["os", "subprocess", "evil", "..", "diffusers.utils", "touchmark.generation.embedded", "touchmark.cli"]
)
def test_a_component_of_another_package(wan: Path, library: str) -> None:
    edit(wan / "model_index.json", lambda index: index.update(vae=[library, "system"]))
    with pytest.raises(CustomCodeError, match="vae comes from the package"):
        ModelFolder.open(wan)


def test_a_component_outside_the_folder(wan: Path) -> None:
    edit(wan / "model_index.json", lambda index: index.update({"../vae": index["vae"]}))
    with pytest.raises(InvalidModelError, match="badly named"):
        ModelFolder.open(wan)


@pytest.mark.parametrize("config", ["text_encoder/config.json", "tokenizer/tokenizer_config.json"])
def test_a_configuration_that_names_code(wan: Path, config: str) -> None:
    edit(wan / config, lambda document: document.update(auto_map={"AutoModel": "evil.Model"}))
    with pytest.raises(CustomCodeError, match="auto_map"):
        ModelFolder.open(wan)


def test_fingerprint_is_of_all_that_is_loaded_and_of_nothing_else(wan: Path, tmp_path: Path) -> None:
    before = ModelFolder.open(wan).fingerprint()
    assert before.startswith("sha256:")
    assert len(before) == 7 + 64

    (wan / "README.md").write_text("words")
    (wan / "vae" / ".cache").write_text("words")
    copy = Path(shutil.copytree(wan, tmp_path / "copy"))
    assert ModelFolder.open(wan).fingerprint() == ModelFolder.open(copy).fingerprint() == before

    for file in sorted(
        path for path in copy.rglob("*") if path.is_file() and not path.name.startswith(("README", "."))
    ):
        data = file.read_bytes()
        file.write_bytes(data + b" ")
        assert ModelFolder.open(copy).fingerprint() != before, file
        file.write_bytes(data)
    (copy / "vae" / "config.json").rename(copy / "vae" / "config2.json")
    assert ModelFolder.open(copy).fingerprint() != before


def test_fingerprint_does_not_confuse_names_with_content(tmp_path: Path) -> None:
    prints = set()
    for index, files in enumerate(
        [{"a": "b", "c": ""}, {"a": "", "b": "c"}, {"ab": "c", "c": ""}, {"a": "bc", "c": ""}]
    ):
        root = tmp_path / str(index)
        (root / "vae").mkdir(parents=True)
        (root / "model_index.json").write_text('{"_class_name": "WanPipeline", "vae": ["diffusers", "X"]}')
        for name, text in files.items():
            (root / "vae" / name).write_text(text)
        prints.add(ModelFolder.open(root).fingerprint())
    assert len(prints) == 4


def test_links_are_followed_once(wan: Path, tmp_path: Path) -> None:
    before = ModelFolder.open(wan).fingerprint()
    shared = tmp_path / "shared"
    (wan / "text_encoder").rename(shared)
    (wan / "text_encoder").symlink_to(shared)
    assert ModelFolder.open(wan).fingerprint() == before
    (wan / "vae" / "loop").symlink_to(wan / "vae")
    assert ModelFolder.open(wan).fingerprint()  # it ends
