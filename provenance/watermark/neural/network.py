"""Opens weights that an operator supplies, TorchScript or ONNX, as a plain function from arrays to arrays.

    network = open_network(Path("decoder_Q.onnx").read_bytes(), Role.READER, subject="decoder_Q.onnx")
    (bits,) = network(picture)

Weights are code. A TorchScript archive holds a program that torch interprets: it cannot import Python modules, but it
can read files, fill memory and run for ever; an ONNX graph can do the last two. Neither belongs to the hostile input
that this package defends against, so open only what you would run. A pickled checkpoint (``.pth``, ``.ckpt``) could
do anything at all, and is never opened.

torch and onnxruntime are imported when weights are opened, not before: whoever installs no such mark needs neither.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib import import_module
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError

Real = NDArray[np.float32]

_ZIP: Final = b"PK\x03\x04"
"""How a TorchScript archive begins; ONNX is protobuf and never does."""


class NeuralMarkError(TouchmarkError):
    """A neural mark cannot be used."""

    code = "mark.unusable"


class RuntimeMissingError(NeuralMarkError):
    """The library that runs these weights is not installed."""

    code = "mark.runtime_missing"


class WeightsError(NeuralMarkError):
    """The weights are not a network of the expected signature."""

    code = "mark.weights"


class Role(StrEnum):
    """What a network does."""

    READER = "reader"
    WRITER = "writer"


class Network(Protocol):
    """A network that runs on the CPU."""

    @property
    def side(self) -> int | None:
        """Height and width of the picture that it takes, where its weights fix that; None where any will do."""
        ...

    def __call__(self, *inputs: Real) -> tuple[Real, ...]:
        """Run once; inputs by position.

        Raises:
            WeightsError: it refuses such inputs, or fails on them.
        """
        ...


def open_network(weights: bytes, role: Role, *, subject: str) -> Network:
    """A network from the bytes of its file, so that what was checked is what runs.

    Raises:
        RuntimeMissingError: torch or onnxruntime is needed and not installed.
        WeightsError: the bytes are neither TorchScript nor ONNX.
    """
    if weights.startswith(_ZIP):
        return TorchScriptNetwork(weights, role, subject)
    return OnnxNetwork(weights, subject)


def offers_writer(weights: bytes, *, subject: str) -> bool:
    """Whether one archive is both reader and writer, as VideoSeal's are. Raises as :func:`open_network`."""
    if not weights.startswith(_ZIP):
        return False
    return TorchScriptNetwork(weights, Role.READER, subject).is_both


class TorchScriptNetwork:
    """Weights in TorchScript, run by torch."""

    def __init__(self, weights: bytes, role: Role, subject: str) -> None:
        self._subject = subject
        self._torch = _library("torch", "TorchScript", subject)
        try:
            module = self._torch.jit.load(io.BytesIO(weights), map_location="cpu").eval()
        except (RuntimeError, ValueError) as error:
            raise _not_a_network(subject) from error
        self.is_both = hasattr(module, "detect") and hasattr(module, "embed")
        """Whether the archive is reader and writer in one."""
        self._run = _entry_point(module, role)

    @property
    def side(self) -> int | None:
        """TorchScript does not say."""
        return None

    def __call__(self, *inputs: Real) -> tuple[Real, ...]:
        """See :class:`Network`."""
        torch = self._torch
        try:
            with torch.inference_mode():
                found = self._run(*(torch.from_numpy(np.ascontiguousarray(value)) for value in inputs))
                parts = found if isinstance(found, tuple | list) else (found,)
                return tuple(part.float().numpy() for part in parts)
        except (RuntimeError, TypeError, AttributeError, torch.jit.Error) as error:  # the last of what it raises itself
            raise _failed(self._subject, error) from error


def _entry_point(module: Any, role: Role) -> Callable[..., Any]:
    """What to call: the methods of VideoSeal's and AudioSeal's archives, else ``forward``."""
    if role is Role.READER:
        reader: Callable[..., Any] = getattr(module, "detect", module)
        return reader
    if hasattr(module, "get_watermark"):  # its second parameter is a sample rate
        return lambda sound, message: module.get_watermark(sound, message=message)
    writer: Callable[..., Any] = getattr(module, "embed", module)
    return writer


class OnnxNetwork:
    """Weights in ONNX, run by onnxruntime. A graph that keeps tensors in further files is refused."""

    def __init__(self, weights: bytes, subject: str) -> None:
        self._subject = subject
        runtime = _library("onnxruntime", "ONNX", subject)
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised, and said by us
        try:
            self._session = runtime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library has no common base class for its errors
            raise _not_a_network(subject) from error
        self._inputs = self._session.get_inputs()

    @property
    def side(self) -> int | None:
        """Last dimension of the first input, if it is a fixed square picture."""
        shape: Sequence[Any] = self._inputs[0].shape if self._inputs else ()
        square = len(shape) == 4 and isinstance(shape[-1], int) and shape[-1] == shape[-2]
        return int(shape[-1]) if square else None

    def __call__(self, *inputs: Real) -> tuple[Real, ...]:
        """See :class:`Network`."""
        if len(inputs) != len(self._inputs):
            raise WeightsError(
                f"the network takes {len(self._inputs)} inputs, not {len(inputs)}",
                subject=self._subject,
                remedy=_REMEDY,
            )
        feed = {declared.name: value for declared, value in zip(self._inputs, inputs, strict=True)}
        try:
            return tuple(np.asarray(value, np.float32) for value in self._session.run(None, feed))
        except Exception as error:  # as above
            raise _failed(self._subject, error) from error


_REMEDY = "Give the weights that belong to this kind of mark, exported as its documentation says."


def _library(name: str, what: str, subject: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise RuntimeMissingError(
            f"these weights are {what}, which needs {name}",
            subject=subject,
            remedy=f"Run: pip install {name}; or remove the mark with: touchmark marks remove",
        ) from error


def _not_a_network(subject: str) -> WeightsError:
    return WeightsError(
        "it is neither TorchScript nor one self-contained ONNX graph",
        subject=subject,
        remedy="A checkpoint (.pth, .ckpt) holds no network; export it with torch.jit.save or torch.onnx.export first.",
    )


def _failed(subject: str, error: Exception) -> WeightsError:
    last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
    return WeightsError(f"the network cannot be run ({last[0][:200]})", subject=subject, remedy=_REMEDY)
