"""The seam every model stands behind: a request and a permission go in, frames come out.

    generator = DiffusersGenerator.load("/models/wan")
    raw = generator.generate(request, clearance, authority, policy_digest=policy.digest)

A generator renders and does nothing else: it does not judge the request, and what it returns is not yet sealed.
``touchmark.generation.release`` is the only caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.claim import ModelIdentity
from touchmark.provenance.media.video import RawVideo
from touchmark.safety.clearance import Clearance, ClearanceAuthority

Progress = Callable[[int, int], None]
"""Called after each denoising step with (steps done, steps in all)."""


class GenerationError(TouchmarkError):
    """The model was asked and gave no video."""

    code: ClassVar[str] = "generation.failed"


class OutOfMemoryError(GenerationError):
    """The device has too little memory for the model or for what was asked of it."""

    code: ClassVar[str] = "generation.out_of_memory"


class UnsupportedOptionError(GenerationError):
    """The request sets something this model has no setting for."""

    code: ClassVar[str] = "generation.unsupported_option"
    exit_status: ClassVar[int] = 64


class Generator(Protocol):
    """A model that renders cleared requests."""

    @property
    def identity(self) -> ModelIdentity:
        """Which model this is, as the manifest names it."""
        ...

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
        """Render ``request``, starting from noise that carries ``latent_mark``, which is given if it asks for one.

        The first act of every implementation is to redeem ``clearance`` with ``authority`` for this very request
        under the policy now in force, before the model is touched. A clearance is spent by this whether or not
        rendering then succeeds.

        Returns:
            Frames uint8 RGB, converted one by one as they are drawn, timed by the frame rate of the request or else
            of the model; sound where the model makes it.

        Raises:
            ClearanceError: the clearance is for another request or policy, expired, used or forged.
            GenerationError: the model could not make it; says what to change.
        """
        ...

    def notes(self, request: GenerationRequest) -> tuple[str, ...]:
        """What the person who asked should know about how this model takes the request; a sentence each, often none."""
        ...
