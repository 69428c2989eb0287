"""A studio with keys of its own, and a generator that draws instead of dreaming: real frames, no weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.generation.generator import Progress
from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.claim import ModelIdentity
from touchmark.provenance.media.video import Frame, RawVideo, Sound
from touchmark.safety.clearance import Clearance, ClearanceAuthority


@dataclass(frozen=True, slots=True)
class DrawnGenerator:
    """A disc that moves over a wall, drawn frame by frame as the encoder asks for it.

    Attributes:
        fail_at: raise when this frame is asked for.
        sound: of the first channel, 44,100 samples a second; none, if None.
    """

    frames: int = 24
    size: int = 256
    fail_at: int | None = None
    sound: NDArray[np.float32] | None = None

    @property
    def identity(self) -> ModelIdentity:
        return ModelIdentity("drawing", "sha256:" + "0" * 64)

    def generate(
        self,
        request: GenerationRequest,
        clearance: Clearance,
        authority: ClearanceAuthority,
        progress: Progress | None = None,
        *,
        policy_digest: str,
        latent_mark: LatentMark | None = None,
    ) -> RawVideo:
        authority.redeem(clearance, request.digest, policy_digest, datetime.now(UTC))
        return self.video()

    def video(self) -> RawVideo:
        """What it draws, without asking anybody."""
        sound = None if self.sound is None else Sound(44_100, 1, iter(np.array_split(self.sound[None], 20, axis=1)))
        return RawVideo(self._draw(), self.size, self.size, Fraction(12), sound)

    def notes(self, request: GenerationRequest) -> tuple[str, ...]:
        return ()

    def _draw(self) -> Iterator[Frame]:
        wall = np.random.default_rng(0).normal(120, 6, (self.size, self.size, 3)).clip(0, 255).astype(np.uint8)
        for index in range(self.frames):
            if index == self.fail_at:
                raise RuntimeError("the device was lost")
            picture = wall.copy()
            cv2.circle(picture, (40 + 6 * index, self.size // 2), 30, (200, 40, 40), -1, cv2.LINE_AA)
            yield Frame(picture, Fraction(index, 12))


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with development keys; copied, never used itself."""
    home = Home(tmp_path_factory.mktemp("operator")).ensure()
    make_development_keys(home.keys, organisation="Test studio", now=datetime.now(UTC))
    return home


@pytest.fixture
def studio(operator: Home, tmp_path: Path) -> Studio:
    """A studio with the operator's keys and an empty registry and ledger."""
    home = Home(tmp_path / "home").ensure()
    home.keys.symlink_to(operator.keys)
    return Studio.open(home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the outputs of a test go; nothing else is in it."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    return folder
