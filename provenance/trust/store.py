"""The trust lists of one operator: a private folder, one file for each list, replaced whole or not at all.

    store = TrustStore(home.trust)
    store.add("c2pa", source, Purpose.CLAIM_SIGNING, now)
    store.update("c2pa", now)
    store.anchors(Purpose.CLAIM_SIGNING)        # PEM, for one context; offline

Nothing refreshes itself: verifying opens no connection, so somebody (or cron) says ``touchmark trust update``.
"""

from __future__ import annotations

import hashlib
import re
import stat
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from touchmark.provenance.durability import flush, replacing
from touchmark.provenance.trust.lists import (
    Purpose,
    Superseded,
    TrustDigestError,
    TrustError,
    TrustList,
    TrustNameError,
    believed,
    parse_list,
    require_newer,
)
from touchmark.provenance.trust.source import Retrieved, retrieve

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SUFFIX: Final = ".trust.json"
_MAX_BYTES: Final = 16 << 20
_MAX_SUPERSEDED: Final = 1000


class _SupersededModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    retrieved: AwareDatetime


class _ListModel(BaseModel):
    """A list as it lies on disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int
    name: str
    purpose: Purpose
    source: str
    added: AwareDatetime
    retrieved: AwareDatetime
    sha256: str
    published: AwareDatetime | None
    anchors: str
    anchors_sha256: str
    superseded: list[_SupersededModel]

    @classmethod
    def of(cls, trust_list: TrustList) -> Self:
        return cls(
            schema_version=1,
            name=trust_list.name,
            purpose=trust_list.purpose,
            source=trust_list.source,
            added=trust_list.added,
            retrieved=trust_list.retrieved,
            sha256=trust_list.sha256,
            published=trust_list.published,
            anchors=trust_list.anchors.decode("ascii"),
            anchors_sha256=hashlib.sha256(trust_list.anchors).hexdigest(),
            superseded=[_SupersededModel(sha256=s.sha256, retrieved=s.retrieved) for s in trust_list.superseded],
        )

    def to_list(self) -> TrustList:
        return TrustList(
            name=self.name,
            purpose=self.purpose,
            source=self.source,
            added=self.added,
            retrieved=self.retrieved,
            sha256=self.sha256,
            published=self.published,
            anchors=self.anchors.encode("ascii"),
            superseded=tuple(Superseded(s.sha256, s.retrieved) for s in self.superseded),
        )


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did.

    Attributes:
        before: the list as it was.
        after: the list as it is.
    """

    before: TrustList
    after: TrustList

    @property
    def added(self) -> tuple[str, ...]:
        """Names of authorities that are new."""
        return _difference(self.after, self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        """Names of authorities that are gone."""
        return _difference(self.before, self.after)


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The lists in one folder.

    Attributes:
        folder: need not exist; made readable by its owner alone.
    """

    folder: Path

    def lists(self) -> tuple[TrustList, ...]:
        """All of them, by name.

        Raises:
            TrustError: a file is damaged, or others could change it. Nobody is believed then.
        """
        if not self.folder.is_dir():
            return ()
        _require_private(self.folder)
        return tuple(self._load(path) for path in sorted(self.folder.glob(f"*{_SUFFIX}")))

    def get(self, name: str) -> TrustList:
        """The list called ``name``.

        Raises:
            TrustNameError: there is none.
            TrustError: it cannot be used.
        """
        path = self._path(name)
        if not path.exists():
            raise TrustNameError("there is no such trust list", subject=name, remedy="See: touchmark trust list")
        _require_private(self.folder)
        return self._load(path)

    def anchors(self, purpose: Purpose) -> bytes:
        """PEM of all authorities that are believed for ``purpose``, and of no others."""
        return believed(self.lists(), purpose)

    def add(self, name: str, source: str, purpose: Purpose, now: datetime, *, sha256: str | None = None) -> TrustList:
        """Keep the list at ``source`` under ``name``.

        Args:
            name: lower-case letters, digits and hyphens.
            source: https address or path; a path is kept absolute.
            purpose: what its authorities shall be believed for.
            now: with zone.
            sha256: what the list must have, hexadecimal, if it was told by other means.

        Raises:
            TrustNameError: there is such a list already, or it cannot be a name.
            TrustSourceError, TrustDigestError, TrustListError: see there; nothing is kept.
        """
        path = self._path(name)
        if path.exists():
            raise TrustNameError(
                "there is a trust list of this name", subject=name, remedy=f"Run: touchmark trust update {name}"
            )
        source = source if "://" in source else str(Path(source).absolute())
        found = _retrieved(source, sha256)
        made = TrustList(
            name, purpose, source, now, now, found.sha256, found.published, parse_list(found.content, purpose, source)
        )
        self._write(path, made)
        return made

    def update(self, name: str, now: datetime, *, source: str | None = None, sha256: str | None = None) -> Update:
        """Have a list from its source again, or from another that it shall come from in future.

        Raises:
            TrustNameError: there is none of this name.
            TrustSourceError, TrustDigestError, TrustListError, TrustRollbackError: see there; the old list is kept.
        """
        old = self.get(name)
        source = old.source if source is None else source if "://" in source else str(Path(source).absolute())
        found = _retrieved(source, sha256)
        anchors = parse_list(found.content, old.purpose, source)
        require_newer(old, found.sha256, found.published)
        changed = found.sha256 != old.sha256
        superseded = (*old.superseded, Superseded(old.sha256, old.retrieved)) if changed else old.superseded
        new = replace(
            old,
            source=source,
            retrieved=now,
            sha256=found.sha256,
            published=found.published or old.published,
            anchors=anchors,
            superseded=superseded[-_MAX_SUPERSEDED:],
        )
        self._write(self._path(name), new)
        return Update(old, new)

    def remove(self, name: str) -> TrustList:
        """Believe the authorities of a list no more, and forget its history.

        Raises:
            TrustNameError: there is none of this name.
        """
        gone = self.get(name)
        self._path(name).unlink()
        flush(self.folder)
        return gone

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise TrustNameError(
                "a name has lower-case letters, digits and hyphens, at most 64",
                subject=ascii(name[:80]),
                remedy="Choose another name.",
            )
        return self.folder / f"{name}{_SUFFIX}"

    def _load(self, path: Path) -> TrustList:
        _require_private(path)
        try:
            with path.open("rb") as file:
                model = _ListModel.model_validate_json(file.read(_MAX_BYTES))
        except (OSError, ValidationError) as error:
            raise _damaged(path, "it cannot be read") from error
        digest = hashlib.sha256(model.anchors.encode("utf-8", "replace")).hexdigest()
        if model.schema_version != 1 or f"{model.name}{_SUFFIX}" != path.name or digest != model.anchors_sha256:
            raise _damaged(path, "it was changed, or is of another version")
        return model.to_list()

    def _write(self, path: Path, trust_list: TrustList) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with replacing(path) as file:
                file.write(_ListModel.of(trust_list).model_dump_json(indent=2).encode())
        except OSError as error:
            raise TrustError(
                f"the trust list cannot be kept ({error.strerror})", subject=str(path), remedy="Check the disk."
            ) from error


def _retrieved(source: str, sha256: str | None) -> Retrieved:
    found = retrieve(source)
    if sha256 is not None and sha256.lower() != found.sha256:
        raise TrustDigestError(
            f"the list has another digest (got {found.sha256}, expected {sha256.lower()[:64]})",
            subject=source,
            remedy="Do not use it until it is known which of the two is right.",
        )
    return found


def _difference(one: TrustList, other: TrustList) -> tuple[str, ...]:
    known = set(other.certificates)
    return tuple(c.subject.rfc4514_string() for c in one.certificates if c not in known)


def _require_private(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o022:
        raise TrustError(
            "other users of this machine can change whom you believe",
            subject=str(path),
            remedy=f"Run: chmod go-w {path}",
        )


def _damaged(path: Path, problem: str) -> TrustError:
    return TrustError(
        f"the trust list is damaged: {problem}",
        subject=str(path),
        remedy="Delete the file and add the list again from its source.",
    )
