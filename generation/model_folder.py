"""What a folder must be before anything in it is loaded: a diffusers pipeline of plain data.

    folder = ModelFolder.open(Path("/models/wan"))
    folder.class_name            # "WanPipeline"
    folder.fingerprint()         # "sha256:..." of everything that is loaded from it

A model folder is somebody else's file tree. Weights stored as pickles, Python files named by the index and classes of
other packages would all run code of its author's choosing while loading, so such folders are refused before diffusers
sees them. Nothing here imports torch, and nothing here loads weights.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from touchmark.generation.generator import GenerationError

INDEX = "model_index.json"
OWN_PIPELINES: Mapping[str, str] = {"TouchmarkPipeline": "touchmark.generation.embedded.pipeline"}
"""Pipeline classes that are ours rather than diffusers': class name -> module."""

_TRUSTED_LIBRARIES = ("diffusers", "transformers")
_OWN_PREFIX = "touchmark.generation.embedded."
_PICKLES = frozenset({".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"})
_CONFIGS = ("config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json")
_VOCABULARIES = frozenset({"tokenizer.json", "vocab.json", "vocab.txt"})
_MAX_JSON = 4 << 20
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class ModelError(GenerationError):
    """The model could not be loaded."""

    code: ClassVar[str] = "generation.model"


class ModelNotFoundError(ModelError):
    """There is no such folder, and no such model on the hub within reach."""

    code: ClassVar[str] = "generation.model_not_found"


class InvalidModelError(ModelError):
    """The folder is not a whole diffusers text-to-video pipeline."""

    code: ClassVar[str] = "generation.model_invalid"


class PickledWeightsError(ModelError):
    """Weights are stored as Python pickles, which run code when they are read."""

    code: ClassVar[str] = "generation.model_pickled"


class CustomCodeError(ModelError):
    """The folder wants code run that is neither diffusers', transformers' nor ours."""

    code: ClassVar[str] = "generation.model_custom_code"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A checked pipeline folder.

    Attributes:
        path: the folder.
        class_name: the pipeline class that its index names.
        components: (library, class) of each component that is there, by its name, which is also its folder's.
    """

    path: Path
    class_name: str
    components: Mapping[str, tuple[str, str]]

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Check a folder.

        Raises:
            ModelNotFoundError: no such folder.
            InvalidModelError: no index, a broken one, or a component that it names is missing.
            CustomCodeError: the index or a component asks for code of its own.
            PickledWeightsError: a component holds pickled weights.
        """
        if not path.exists():
            raise ModelNotFoundError("there is no such folder", subject=str(path), remedy="Check the path.")
        index_path = path / INDEX
        if not index_path.is_file():
            raise InvalidModelError(
                f"there is no {INDEX} in it, so it is not a diffusers pipeline",
                subject=str(path),
                remedy="Name the folder that a pipeline's save_pretrained wrote, not one of its parts.",
            )
        index = _read_json(index_path)
        class_name = index.get("_class_name")
        if isinstance(class_name, list):
            raise CustomCodeError(
                f"the pipeline is a Python file of its own ({_shown(class_name[0] if class_name else '')})",
                subject=str(index_path),
                remedy="Only pipelines that diffusers itself defines are run.",
            )
        if not isinstance(class_name, str) or not _IDENTIFIER.match(class_name):
            raise InvalidModelError(
                f"_class_name names no pipeline class (got {_shown(class_name)})",
                subject=str(index_path),
                remedy="Save the pipeline again with save_pretrained.",
            )
        components = dict(_components(index, index_path))
        folder = cls(path, class_name, components)
        for name, (library, component_class) in components.items():
            folder._check_origin(name, library)
            folder._check_files(name, library, component_class)
        return folder

    def fingerprint(self) -> str:
        """``sha256:`` and the digest of all that is loaded: name, size and content of the index and of every component
        file, in order of their names. Hidden files and what lies beside the components do not count.

        Raises:
            ModelError: a file cannot be read.
        """
        digest = hashlib.sha256()
        try:
            for file in sorted(self._files(), key=lambda file: file.relative_to(self.path).as_posix()):
                name = file.relative_to(self.path).as_posix().encode("utf-8", "surrogateescape")
                digest.update(b"%d:%s:%d:" % (len(name), name, file.stat().st_size))
                with file.open("rb") as stream:
                    while block := stream.read(1 << 20):
                        digest.update(block)
        except OSError as error:
            raise ModelError(
                f"a file of the model cannot be read ({error.strerror})",
                subject=str(error.filename or self.path),
                remedy="Make it readable, or copy the folder again.",
            ) from error
        return f"sha256:{digest.hexdigest()}"

    def _files(self) -> Iterator[Path]:
        yield self.path / INDEX
        for name in self.components:
            yield from _walk(self.path / name)

    def _check_origin(self, name: str, library: str) -> None:
        """Whose code a component is."""
        folder = self.path / name
        # diffusers runs <component>/<library>.py where there is such a file: look for it first.
        for script in (folder / f"{library}.py", self.path / f"{library}.py"):
            if script.is_file():
                raise CustomCodeError(
                    f"the component {name} is a Python file of its own ({script.name})",
                    subject=str(self.path),
                    remedy="Only components that diffusers and transformers themselves define are run.",
                )
        if not _is_trusted(library):
            raise CustomCodeError(
                f"the component {name} comes from the package {_shown(library)}",
                subject=str(self.path),
                remedy="Only components of diffusers, transformers and touchmark itself are run.",
            )
        for config in (folder / config for config in _CONFIGS):
            if config.is_file() and "auto_map" in _read_json(config):
                raise CustomCodeError(
                    f"the component {name} asks for a Python file of its own (auto_map)",
                    subject=str(config),
                    remedy="Only components that diffusers and transformers themselves define are run.",
                )

    def _check_files(self, name: str, library: str, class_name: str) -> None:
        """What a component's folder holds."""
        folder = self.path / name
        files = sorted(_walk(folder)) if folder.is_dir() else []
        if not files:
            raise InvalidModelError(
                f"the component {name} is missing: {INDEX} names it, and no folder of that name holds files",
                subject=str(self.path),
                remedy="Copy or download the whole pipeline again.",
            )
        for file in files:
            if file.suffix.lower() in _PICKLES:
                raise PickledWeightsError(
                    "these weights are a Python pickle, which can run any code when it is read",
                    subject=str(file),
                    remedy="Save the pipeline again with safe_serialization=True, so that it holds only safetensors.",
                )
            if file.name == INDEX:
                raise InvalidModelError(
                    f"the component {name} is a whole pipeline", subject=str(file), remedy="Name that folder instead."
                )
        # transformers makes an empty tokenizer without a word where the vocabulary is missing; ByT5 has none, bytes do.
        is_tokenizer = class_name.endswith(("Tokenizer", "TokenizerFast")) and not class_name.startswith("ByT5")
        has_vocabulary = any(file.name in _VOCABULARIES or file.suffix == ".model" for file in files)
        if library == "transformers" and is_tokenizer and not has_vocabulary:
            raise InvalidModelError(
                f"the vocabulary of {name} is missing",
                subject=str(folder),
                remedy="Copy or download the whole pipeline again.",
            )


def _components(index: Mapping[str, Any], path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """(name, (library, class)) entries of an index. Others are settings; ``[null, null]`` is a part left out."""
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list) or len(value) != 2 or value[0] is None:
            continue
        library, class_name = value
        if not isinstance(library, str):
            continue  # a list that is a setting
        if not isinstance(class_name, str) or not _IDENTIFIER.match(class_name) or not _IDENTIFIER.match(name):
            raise InvalidModelError(
                f"the component {_shown(name)} is badly named (got {_shown(value)}, expected [library, class])",
                subject=str(path),
                remedy="Save the pipeline again with save_pretrained.",
            )
        yield name, (library, class_name)


def _is_trusted(library: str) -> bool:
    if library in _TRUSTED_LIBRARIES or (library.startswith(_OWN_PREFIX) and _has_module(library)):
        return True
    # diffusers names a class that lives beside a pipeline by that pipeline's folder: "ltx2" for LTX2Vocoder.
    spec = importlib.util.find_spec("diffusers")
    roots = (spec.submodule_search_locations or []) if spec else []
    return bool(_IDENTIFIER.match(library)) and any(
        (Path(root) / "pipelines" / library / "__init__.py").is_file() for root in roots
    )


def _has_module(name: str) -> bool:
    return re.fullmatch(r"[a-z_.]+", name) is not None and importlib.util.find_spec(name) is not None


def _walk(folder: Path) -> Iterator[Path]:
    """Files below a folder, through symbolic links (shared text encoders, the hub's cache), each folder once."""
    seen: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(root))
        folders[:] = [
            name for name in folders if not name.startswith(".") and os.path.realpath(Path(root) / name) not in seen
        ]
        yield from (Path(root) / name for name in files if not name.startswith("."))


def _read_json(path: Path) -> dict[str, Any]:
    remedy = "Copy or download the pipeline again."
    try:
        if path.stat().st_size > _MAX_JSON:
            raise InvalidModelError(f"it is larger than {_MAX_JSON >> 20} MiB", subject=str(path), remedy=remedy)
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidModelError(f"it cannot be read ({error.strerror})", subject=str(path), remedy=remedy) from error
    except (ValueError, RecursionError) as error:
        raise InvalidModelError("it is not valid JSON", subject=str(path), remedy=remedy) from error
    if not isinstance(document, dict):
        raise InvalidModelError("it holds no JSON object", subject=str(path), remedy=remedy)
    return document


def _shown(value: object) -> str:
    """A value from somebody else's file, short and on one line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
