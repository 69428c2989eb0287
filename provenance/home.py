"""Where an operator's keys, registry and ledger live. Holds paths only; each room makes and reads its own files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from touchmark.provenance.errors import TouchmarkError


class HomeError(TouchmarkError):
    """The operator's folder is none, cannot be made, or cannot be written."""

    code: ClassVar[str] = "home.unusable"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one operator.

    Attributes:
        root: the folder; private (0700) once made.
    """

    root: Path

    @classmethod
    def default(cls) -> Home:
        """``$TOUCHMARK_HOME`` if set, else ``~/.touchmark``. It need not exist.

        Raises:
            HomeError: a file is there; without keys and registry every verdict would be that nothing is known.
        """
        configured = os.environ.get("TOUCHMARK_HOME")
        root = Path(configured).expanduser() if configured else Path.home() / ".touchmark"
        if root.is_file():
            raise _unusable(root, "is a file, not a folder")
        return cls(root)

    @property
    def is_misnamed(self) -> bool:
        """Whether the environment names it and it is not there: sooner a slip of the hand than an empty home."""
        return bool(os.environ.get("TOUCHMARK_HOME")) and self == Home.default() and not self.root.exists()

    @property
    def keys(self) -> Path:
        """Folder of signing keys, trust anchors and the watermark secret."""
        return self.root / "keys"

    @property
    def marks(self) -> Path:
        """Marks of other makers that the operator has installed."""
        return self.root / "marks"

    @property
    def trust(self) -> Path:
        """Folder of trust lists."""
        return self.root / "trust"

    @property
    def signing(self) -> Path:
        """YAML file that says which signer and which time-stamp authorities are used; need not exist."""
        return self.root / "signing.yaml"

    @property
    def policy(self) -> Path:
        """YAML file of the safety policy that is in force in place of the one named ``default``; need not exist."""
        return self.root / "policy.yaml"

    @property
    def database(self) -> Path:
        """SQLite file of registry, ledger and redeemed clearances."""
        return self.root / "touchmark.sqlite3"

    @property
    def figures(self) -> Path:
        """Folder of the operator's own public figures, opt-outs and imported lists."""
        return self.root / "figures"

    def ensure(self) -> Home:
        """Make the folder, readable by its owner alone, and return self.

        Raises:
            HomeError: it cannot be made, or not be written.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self.root, f"cannot be made ({error.strerror})") from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise _unusable(self.root, "cannot be written")
        return self


def _unusable(root: Path, problem: str) -> HomeError:
    return HomeError(problem, subject=str(root), remedy="Set TOUCHMARK_HOME to a folder of yours that can be written.")
