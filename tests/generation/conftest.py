"""Tiny real pipelines, and clearances from a real authority."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before anything imports huggingface_hub: no test asks the network

from touchmark.generation.generator import Generator, Progress
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.database import open_database
from touchmark.provenance.media.video import RawVideo
from touchmark.safety.clearance import Clearance, ClearanceAuthority
from touchmark.safety.decision import Action, Decision

POLICY_DIGEST = "5" * 64


def _builders() -> Any:
    # Test folders are no packages, so a neighbour is loaded by its path.
    spec = importlib.util.spec_from_file_location("tiny_pipelines", Path(__file__).with_name("tiny_pipelines.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def save_tiny() -> Callable[[str, Path], Path]:
    """``save_tiny(kind, folder)`` builds a tiny pipeline and saves it."""
    save: Callable[[str, Path], Path] = _builders().save
    return save


@pytest.fixture(scope="session")
def tiny_wan_folder(tmp_path_factory: pytest.TempPathFactory, save_tiny: Callable[[str, Path], Path]) -> Path:
    """A silent Wan text-to-video pipeline. Read only: copy it to break it."""
    return save_tiny("wan", tmp_path_factory.mktemp("models") / "tiny-wan")


@pytest.fixture(scope="session")
def tiny_ltx2_folder(tmp_path_factory: pytest.TempPathFactory, save_tiny: Callable[[str, Path], Path]) -> Path:
    """An LTX-2 text-to-video pipeline with stereo sound at 16 kHz. Read only."""
    return save_tiny("ltx2", tmp_path_factory.mktemp("models") / "tiny-ltx2")


@pytest.fixture(scope="session")
def tiny_cogvideox_folder(tmp_path_factory: pytest.TempPathFactory, save_tiny: Callable[[str, Path], Path]) -> Path:
    """A silent CogVideoX text-to-video pipeline. Read only."""
    return save_tiny("cogvideox", tmp_path_factory.mktemp("models") / "tiny-cogvideox")


@dataclass(frozen=True, slots=True)
class Desk:
    """Hands out clearances without asking questions, through the real authority."""

    authority: ClearanceAuthority

    def clear(self, request: GenerationRequest, lifetime: timedelta = timedelta(minutes=5)) -> Clearance:
        decision = Decision(Action.ALLOW, (), "test", POLICY_DIGEST, request.digest)
        return self.authority.issue(decision, datetime.now(UTC), lifetime)

    def render(self, generator: Generator, request: GenerationRequest, progress: Progress | None = None) -> RawVideo:
        return generator.generate(request, self.clear(request), self.authority, progress, policy_digest=POLICY_DIGEST)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(ClearanceAuthority(b"k" * 32, open_database(tmp_path / "desk.db")))
