"""Provenance, watermarking and deepfake safety wrapped around video generation.

    import touchmark

    decision = touchmark.screen("a red circle moves left to right over a blue background")
    release = touchmark.generate("a red circle moves left to right over a blue background", "circle.mp4")
    verification = touchmark.verify("circle.mp4")
    sealed = touchmark.seal("made-elsewhere.mp4", "sealed.mp4", made_with="Wan 2.2")

Each name is imported when it is first used, so that verifying never loads torch. Everything else is reached through
the rooms: ``touchmark.provenance``, ``touchmark.safety``, ``touchmark.detectors``, ``touchmark.generation``.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from touchmark.detectors.verify import verify
    from touchmark.generation.release import generate, seal
    from touchmark.safety.gate import screen

# From 1.32 on, onnxruntime reports its runs to its makers and keeps an identifier of the machine, wherever it is imported
# (diffusers does that too), unless this stands there before. What we verify and make is nobody else's affair.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
__all__ = ["__version__", "generate", "screen", "seal", "verify"]

_HOMES = {
    "generate": "touchmark.generation.release",
    "seal": "touchmark.generation.release",
    "screen": "touchmark.safety.gate",
    "verify": "touchmark.detectors.verify",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'touchmark' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
