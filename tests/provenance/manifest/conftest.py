"""A real film of a second, keys, and the claim that most tests sign."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import (
    Claim,
    DigitalSourceType,
    HumanOversight,
    ModelIdentity,
    ModelKind,
    PromptRecord,
    SoftBinding,
    SoftwareAgent,
)

PROMPT = "a red circle moves left"


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return make_development_keys(tmp_path_factory.mktemp("home") / "keys", organisation="Studio", now=datetime.now(UTC))


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """Somebody else's keys, which say the same name."""
    return make_development_keys(tmp_path_factory.mktemp("else") / "keys", organisation="Studio", now=datetime.now(UTC))


def draw(path: Path, shade: int) -> Path:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for index in range(8):
            pixels = np.full((64, 64, 3), shade, np.uint8)
            pixels[8:24, 4 * index : 4 * index + 16] = 240
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("film") / "film.mp4", shade=40)


@pytest.fixture(scope="session")
def other_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("film") / "other.mp4", shade=90)


@pytest.fixture
def make_claim() -> Callable[..., Claim]:
    """The usual claim, with whatever a test wants otherwise."""

    def make(**otherwise: Any) -> Claim:
        usual: dict[str, Any] = {
            "title": "film.mp4",
            "media_type": "video/mp4",
            "source_type": DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            "software_agent": SoftwareAgent("dream machine", "2.1"),
            "created": datetime(2026, 11, 22, 7, 0, 0, tzinfo=UTC),
            "model": ModelIdentity("dreams", "sha256:" + "ab" * 32, ModelKind.PYTORCH),
            "prompt": PromptRecord(hashlib.sha256(PROMPT.encode()).hexdigest()),
            "soft_bindings": (
                SoftBinding("io.touchmark.video.lattice.1", b"\x01\x02\x03\x04\xfe\xdc\xba\x98", 0.0, 1.0),
            ),
            "human_oversight": HumanOversight.PROMPT_GUIDED,
        }
        return Claim(**{**usual, **otherwise})

    return make


@pytest.fixture
def claim(make_claim: Callable[..., Claim]) -> Claim:
    return make_claim()


@pytest.fixture
def flip() -> Callable[..., Path]:
    """Change one byte of a file, in place."""

    def changed(path: Path, offset: int) -> Path:
        content = bytearray(path.read_bytes())
        content[offset] ^= 1
        path.write_bytes(content)
        return path

    return changed
