"""What content was made from besides a prompt and a model, and what may be made from it. Pure; parts of a ``Claim``.

InputFile(Path("portrait.jpg"), InputRole.PICTURE)      # a manifest that it carries is kept, as validated
ConsentRecord("likeness of a person who was shown", digest)
TrainingMining(use=Use.NOT_ALLOWED)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.untrusted import MAX_TEXT
from touchmark.provenance.media.kinds import Family, kind_of

CONSENT_TYPE = "io.touchmark.types.consent"
"""C2PA names no asset type for consent; ours is of reverse-domain form, as it allows."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ClaimError(TouchmarkError):
    """A claim that no manifest can carry."""

    code = "manifest.claim"


class InputRole(StrEnum):
    """What a file was to the model. The value is shown to people."""

    PICTURE = "input image"
    CLIP = "input clip"
    SOUND = "input sound"


_ROLES = {Family.PICTURE: InputRole.PICTURE, Family.VIDEO: InputRole.CLIP, Family.SOUND: InputRole.SOUND}


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that a model was given beside the prompt: the ingredient ``inputTo``.

    Attributes:
        path: of the file. Its bytes are hashed; a manifest that it carries is kept whole, with what validation finds.
        role: what it was to the model.
        title: what to call it; the name of the file where empty.
    """

    path: Path
    role: InputRole
    title: str = ""

    @property
    def media_type(self) -> str:
        """By its first bytes."""
        kind = kind_of(self.path)
        return (kind.media_type if kind else "") or "application/octet-stream"

    @classmethod
    def of(cls, path: Path) -> InputFile:
        """With the role that its first bytes suggest.

        Raises:
            ClaimError: it cannot be read, or is neither picture nor video nor sound.
        """
        kind = kind_of(path)
        role = _ROLES.get(kind.family) if kind is not None else None
        if role is None:
            raise ClaimError("an input is a picture, a video or a sound that can be read", subject=str(path))
        return cls(path, role)

    def entry(self, label: str) -> dict[str, Any]:
        """The ingredient that its bytes are added under."""
        return {
            "label": label,
            "title": (self.title or self.path.name)[:MAX_TEXT],
            "relationship": "inputTo",
            "description": self.role.value,
        }


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A consent under which content was made, named by its digest; who gave it is not told.

    Attributes:
        scope: what was consented to, for a person to read. Names nobody.
        digest: SHA-256 of the record, 64 lower-case hexadecimal digits.
    """

    scope: str
    digest: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.digest):
            raise ClaimError("a consent is named by 64 lower-case hexadecimal digits", subject=self.digest[:80])
        if not self.scope or len(self.scope) > MAX_TEXT:
            raise ClaimError(f"the scope of a consent has 1 to {MAX_TEXT} characters", subject=self.scope[:80])

    @classmethod
    def of(cls, path: Path, scope: str) -> ConsentRecord:
        """For the record in a file, which stays where it is.

        Raises:
            ClaimError: it cannot be read, or the scope is empty or too long.
        """
        try:
            with path.open("rb") as file:
                return cls(scope, hashlib.file_digest(file, "sha256").hexdigest())
        except (OSError, ValueError) as error:
            raise ClaimError(f"the record of a consent cannot be read ({error})", subject=str(path)) from error

    def entry(self, label: str) -> dict[str, Any]:
        """The ingredient for it."""
        return {
            "label": label,
            "title": self.scope,
            "format": "application/octet-stream",
            "relationship": "inputTo",
            "data_types": [{"type": CONSENT_TYPE}],
            "description": f"sha256:{self.digest}",
        }


PURPOSES: Final = ("ai_inference", "ai_generative_training", "ai_training", "data_mining")
"""What content may be used for, as CAWG has it."""


class Use(StrEnum):
    """What CAWG lets a signer say of a use (https://cawg.io/training-and-data-mining/1.1/)."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "notAllowed"
    CONSTRAINED = "constrained"


@dataclass(frozen=True, slots=True)
class TrainingMining:
    """Whether the content may be used to train models and to mine data: the assertion ``cawg.training-mining``.

    Attributes:
        use: for inference, training of generative and of other models, and data mining alike.
        constraint: under what condition, where ``use`` is constrained.
    """

    use: Use
    constraint: str = ""

    def __post_init__(self) -> None:
        if bool(self.constraint) != (self.use is Use.CONSTRAINED) or len(self.constraint) > MAX_TEXT:
            raise ClaimError(f"a constraint of 1 to {MAX_TEXT} characters goes with constrained use, and only with it")

    def assertion(self) -> dict[str, Any]:
        """For the manifest definition."""
        entry = {"use": self.use.value, **({"constraint_info": self.constraint} if self.constraint else {})}
        data = {"entries": {f"cawg.{purpose}": entry for purpose in PURPOSES}}
        return {"label": "cawg.training-mining", "created": True, "data": data}
