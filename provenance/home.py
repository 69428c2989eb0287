"""Where an operator's keys, registry and ledger live. Holds paths only; each room makes and reads its own files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one operator.

    Attributes:
        root: the folder; private (0700) once made.
    """

    root: Path

    @classmethod
    def default(cls) -> Home:
        """``$TOUCHMARK_HOME`` if set, else ``~/.touchmark``."""
        configured = os.environ.get("TOUCHMARK_HOME")
        return cls(Path(configured).expanduser() if configured else Path.home() / ".touchmark")

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
    def database(self) -> Path:
        """SQLite file of registry, ledger and redeemed clearances."""
        return self.root / "touchmark.sqlite3"

    @property
    def figures(self) -> Path:
        """Folder of the operator's own public figures, opt-outs and imported lists."""
        return self.root / "figures"

    def ensure(self) -> Home:
        """Make the folder, readable by its owner alone, and return self."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self
