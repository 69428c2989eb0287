"""Read what any file claims about itself, without believing it and without a network.

    report = read_manifest(Path("clip.mp4"), ring.trust_anchors)
    if report.is_sound: ...

    # a manifest that the registry recovered, held against a stripped and re-encoded copy
    report = read_manifest(path, anchors, manifest=registration.manifest)
    report.signature_valid, report.hard_binding_matches       # True, False

A malformed file gives a report, never an exception; one that would take the library minutes is refused. Limits on the
size of the file are the caller's.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import c2pa

from touchmark.provenance.manifest.apart import ReadApart, read_apart
from touchmark.provenance.manifest.assertion_count import check_assertions
from touchmark.provenance.manifest.binding import data_hash, in_words
from touchmark.provenance.manifest.bound_updates import bound_updates
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.cose import Chain
from touchmark.provenance.manifest.elsewhere import elsewhere
from touchmark.provenance.manifest.hollow import hollow_references
from touchmark.provenance.manifest.issuers import fit_issuers
from touchmark.provenance.manifest.kept import Kept, KeptStore, kept_stores, refused
from touchmark.provenance.manifest.offsets import movable
from touchmark.provenance.manifest.old_stamps import unproven_times
from touchmark.provenance.manifest.parse import MAX_JSON, UnreadableStoreError, parse_store, state_of
from touchmark.provenance.manifest.parts import FEWEST_BYTES, check_parts
from touchmark.provenance.manifest.pieces import Pieces
from touchmark.provenance.manifest.purpose import signer_chains, signing_certificate, signs_claims
from touchmark.provenance.manifest.redactions import strange_redactions
from touchmark.provenance.manifest.rehash import content_matches
from touchmark.provenance.manifest.report import IN_ARCHIVE, ManifestPresence, ManifestReport, ValidationState
from touchmark.provenance.manifest.revoked import revoked_signers
from touchmark.provenance.manifest.status import StatusCode
from touchmark.provenance.manifest.traces import has_store_place, has_store_remains, names_archived_store
from touchmark.provenance.manifest.unbound import unbound
from touchmark.provenance.manifest.unseen import unseen_in_stores
from touchmark.provenance.manifest.untrusted import MAX_TEXT
from touchmark.provenance.media.errors import LimitExceededError, UnreadableFileError
from touchmark.provenance.media.kinds import MP4, PDF, STORE, SVG, ZIP, Kind, kind_of_file
from touchmark.provenance.media.source import held

__all__ = [
    "ManifestPresence",
    "ManifestReport",
    "ValidationState",
    "read_crjson",
    "read_manifest",
    "read_segment",
    "read_stream",
]

_STORE_WAS_FOUND = (
    c2pa.C2paError.Assertion,
    c2pa.C2paError.AssertionNotFound,
    c2pa.C2paError.Decoding,
    c2pa.C2paError.Json,
    c2pa.C2paError.Manifest,
    c2pa.C2paError.Signature,
    c2pa.C2paError.Verify,
)
"""What the library raises once it has found a store; anything else may be about the file around it."""
_UNTRUSTED, _REVOKED = "signingCredential.untrusted", "signingCredential.ocsp.revoked"
_TOO_LARGE = "output exceeds maximum size"
"""What it says of a compressed manifest that holds more than its settings allow."""
_CHANGED, _ELSEWHERE = "assertion.dataHash.mismatch", "exclusion does not match the manifest location"
"""What it says of a hash that leaves out more than the store, without looking whether it matches."""
_BEFORE_THE_STANDARD = "prerelease content"
"""What it says of a manifest that it does not read, as against one that it cannot."""
_REMOTE = re.compile(r"https?://\S+")


def read_manifest(path: Path, anchors: bytes, *, manifest: bytes | None = None) -> ManifestReport:
    """Report on the manifest of a file.

    Args:
        path: any file.
        anchors: PEM roots of trusted signers; empty trusts nobody.
        manifest: a manifest store to hold against the file in place of its own.

    Raises:
        UnreadableFileError: the file cannot be opened, or is no regular file.
        LimitExceededError: it has more parts than the library reads in a moment.
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    with _opened(path) as file:
        return read_stream(file, anchors, manifest=manifest, subject=str(path))


def read_stream(
    file: BinaryIO,
    anchors: bytes,
    *,
    manifest: bytes | None = None,
    beside: bool = False,
    kept: Kept | None = None,
    subject: str = "",
) -> ManifestReport:
    """As :func:`read_manifest`, of an open, seekable file; ``subject`` is what an error calls it.

    Who has taken its stores apart before gives them as ``kept``. ``beside``: ``manifest`` is the file's own, which is
    kept beside it (a sidecar), and no more believed than one in it.
    """
    kept = kept_stores(file, subject) if kept is None else kept
    try:
        reader = _reader(file, anchors, manifest, kept, subject)
        if reader is None:
            return _without(file, kept, "")
        with reader:
            stores = kept.stores if manifest is None else (KeptStore.of(manifest, subject),)
            report = _held_to_stores(parse_store(reader.json(), stores), stores, anchors)
        if manifest is None and any(map(_is_elsewhere, report.failures)):
            report = _held(file, report, kept.stores)
        if report.binds_parts:
            report = replace(report, left_out=report.left_out + unbound(file))
        if manifest is None or beside:
            report = _with_movable(report, file, kept.kind, subject)
        return report
    except UnreadableStoreError as error:
        return ManifestReport(ManifestPresence.UNREADABLE, reason=str(error))
    except c2pa.C2paError as error:
        return _explain(file, kept, error, subject, recovered=manifest is not None)


def read_segment(beginning: BinaryIO, segment: BinaryIO, anchors: bytes, *, subject: str = "") -> ManifestReport:
    """Report on the manifest in the beginning of a film, held against one of its segments and no other.

    The library keeps no memory of segments: that one holds says nothing of those before, nor where in the film it is.

    Args:
        beginning: the init segment, an open, seekable file.
        segment: another, of the same film.
        anchors: PEM roots of trusted signers; empty trusts nobody.
        subject: what an error calls them.

    Raises:
        LimitExceededError: one of them has more parts than the library reads in a moment.
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    check_parts(segment, subject)
    kept = kept_stores(beginning, subject)
    try:
        reader = _reader(beginning, anchors, None, kept, subject)
        if reader is None:
            return _without(beginning, kept, "")
        with reader:
            beginning.seek(0)
            segment.seek(0)
            reader.with_fragment(MP4.media_type, beginning, segment)
            report = _held_to_stores(parse_store(reader.json(), kept.stores), kept.stores, anchors)
        report = _with_movable(report, beginning, kept.kind, subject)
        return _with_movable(report, segment, kind_of_file(segment), subject)
    except UnreadableStoreError as error:
        return ManifestReport(ManifestPresence.UNREADABLE, reason=str(error))
    except c2pa.C2paError as error:
        return _explain(beginning, kept, error, subject, recovered=False)


def read_crjson(path: Path, anchors: bytes, segment: Path | None = None) -> dict[str, Any] | str:
    """A file's manifests as Content Credentials JSON, the active one first; or why there are none to read.

    Everything in it may be an attacker's text. For rubrics; :func:`read_manifest` is for judging. Of a film in segments
    it is held against one ``segment``: against none, a library takes it for changed.

    Raises:
        UnreadableFileError: the file cannot be opened, or is no regular file.
        LimitExceededError: it has more parts than the library reads in a moment.
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    try:
        with _opened(path) as file:
            reader = _reader(file, anchors, None, kept_stores(file, str(path)), str(path))
            if reader is None:
                return "none is there"
            with reader:
                if segment is not None:
                    _with_segment(reader, file, segment)
                raw = reader.crjson()
        found = json.loads(raw) if len(raw) <= MAX_JSON else None
        return found if isinstance(found, dict) else "it is too large, or malformed"
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return str(error)[:MAX_TEXT]


def _is_elsewhere(failure: StatusCode) -> bool:
    return failure.code == _CHANGED and _ELSEWHERE in failure.explanation


def _held(file: BinaryIO, report: ManifestReport, kept: Sequence[KeptStore]) -> ManifestReport:
    """The report; where nothing was changed but what its signer left out of the hash, with that instead."""
    signed = data_hash(kept, report.label)
    if signed is None or not content_matches(file, signed):
        return report
    failures = tuple(failure for failure in report.failures if not _is_elsewhere(failure))
    left_out = report.left_out + tuple(in_words(*stretch) for stretch in signed.left_out)
    state = state_of(failures, signer_trusted=report.signer_trusted)
    return replace(report, state=state, failures=failures, hard_binding_matches=True, left_out=left_out)


def _held_to_stores(report: ManifestReport, kept: Sequence[KeptStore], anchors: bytes) -> ManifestReport:
    """The report, with what a library does not look for in the stores that it was read from."""
    report = _with({**hollow_references(kept), **strange_redactions(kept), **bound_updates(kept)}, report)
    report = _dated(unproven_times(kept, anchors, datetime.now(UTC)), report)
    report = _unless_revoked(revoked_signers(kept, anchors), report)
    chains = signer_chains(kept, report.label)
    report = replace(report, certificate=signing_certificate(chains))
    if not report.signer_trusted:
        return report
    unseen = unseen_in_stores(kept, report.label)
    if unseen:
        return replace(report, left_out=report.left_out + unseen)
    return _if_for_claims(report, chains, kept, anchors)


def _with_movable(report: ManifestReport, file: BinaryIO, kind: Kind | None, subject: str) -> ManifestReport:
    """The report; of a file that is what was signed, with what in it can be moved about all the same, and what it shows
    that does not lie in it."""
    if report.hard_binding_matches is not True:
        return report
    further = movable(file, report.free_places, subject) + elsewhere(file, kind, subject)
    return replace(report, left_out=report.left_out + further)


def _with(faults: Mapping[str, StatusCode], report: ManifestReport) -> ManifestReport:
    """The report with further faults, by the label of the manifest that has each."""
    if not faults:
        return report
    ingredients = tuple(
        replace(one, faults=(*one.faults, faults[one.label])) if one.label in faults else one
        for one in report.ingredients
    )
    if report.label not in faults:
        return replace(report, ingredients=ingredients)
    failures = tuple(dict.fromkeys((*report.failures, faults[report.label])))
    return replace(report, state=ValidationState.INVALID, failures=failures, ingredients=ingredients)


def _dated(unproven: Mapping[str, StatusCode | None], report: ManifestReport) -> ManifestReport:
    """The report, where the time at which these manifests were signed is not proven: whoever signed them is trusted no
    more, if the certificate is out of its time. Of whom nobody trusts, it makes no difference."""
    if report.label in unproven:
        report = replace(report, time_stamped=False)
    strangers = {one.label for one in report.ingredients if any(fault.code == _UNTRUSTED for fault in one.faults)}
    if not report.signer_trusted:
        strangers.add(report.label)
    return _with({label: fault for label, fault in unproven.items() if fault and label not in strangers}, report)


def _unless_revoked(since: Mapping[str, datetime], report: ManifestReport) -> ManifestReport:
    """The report; with the fault of those whose certificate was revoked, but where it is proven that they signed
    before."""
    before = report.signed_at if report.time_stamped else None
    faults = {
        label: StatusCode(_REVOKED, f"revoked on {when:%Y-%m-%d}, its authority says beside the signature")
        for label, when in since.items()
        if label != report.label or before is None or before >= when
    }
    known = {one.label for one in report.ingredients if any(fault.code == _REVOKED for fault in one.faults)}
    known |= {report.label for failure in report.failures if failure.code == _REVOKED}
    return _with({label: fault for label, fault in faults.items() if label not in known}, report)


def _if_for_claims(
    report: ManifestReport, chains: Sequence[Chain], kept: Sequence[KeptStore], anchors: bytes
) -> ManifestReport:
    """The report; without trust in its signer, whose certificates ``chains`` are, and in those of what went in, where
    the certificate is for another purpose, or where one of those above it is."""
    fault = StatusCode(_UNTRUSTED, "its certificate, or that of an authority above it, is not one for signing claims")

    def sign(chains: Sequence[Chain]) -> bool:
        return signs_claims(signing_certificate(chains)) and fit_issuers(chains, anchors)

    signed = {one.label for one in report.ingredients if one.signer is not None}
    others = {label: fault for label in signed if not sign(signer_chains(kept, label))}
    report = _with(others, report)
    if sign(chains):
        return report
    state = ValidationState.VALID if report.state is ValidationState.TRUSTED else report.state
    return replace(report, state=state, signer_trusted=False, failures=(*report.failures, fault))


def _with_segment(reader: c2pa.Reader | ReadApart, beginning: BinaryIO, path: Path) -> None:
    with _opened(path) as segment:
        check_parts(segment, str(path))
        beginning.seek(0)
        segment.seek(0)
        reader.with_fragment(MP4.media_type, beginning, segment)


def _reader(
    file: BinaryIO, anchors: bytes, manifest: bytes | None, kept: Kept, subject: str
) -> c2pa.Reader | ReadApart | None:
    """The library's, for what it can read in a moment; None where no manifest is.

    Raises:
        LimitExceededError: it would take longer.
    """
    check_assertions(kept.stores, subject)
    if kept.kind is PDF:
        return read_apart(file, anchors, manifest, subject)
    size, form = file.seek(0, os.SEEK_END), _format_of(kept.kind)
    file.seek(0)
    asked = Pieces(file, size, kept.parts) if size > FEWEST_BYTES else file
    try:
        return c2pa.Reader.try_create(form, asked, manifest, manifest_context(anchors))
    except c2pa.C2paError as error:
        if isinstance(asked, Pieces) and asked.exhausted:
            raise refused("a C2PA library takes too long for it", subject) from error
        raise


def _explain(file: BinaryIO, kept: Kept, error: c2pa.C2paError, subject: str, *, recovered: bool) -> ManifestReport:
    reason = str(error)[:MAX_TEXT]
    if _TOO_LARGE in reason:  # honest perhaps: no sign of tampering
        raise LimitExceededError(
            "its compressed manifest holds more than 1 MiB", subject=subject, remedy="Have it signed uncompressed."
        ) from error
    if recovered:
        return ManifestReport(ManifestPresence.UNREADABLE, reason=reason)
    if reason.startswith("Remote:"):
        address = _REMOTE.search(reason)
        return ManifestReport(ManifestPresence.REMOTE_ONLY, reason=reason, remote_url=address[0] if address else "")
    if _BEFORE_THE_STANDARD in reason:
        return ManifestReport(ManifestPresence.UNSUPPORTED, reason=reason)
    if isinstance(error, _STORE_WAS_FOUND):
        return ManifestReport(ManifestPresence.UNREADABLE, reason=reason)
    if not isinstance(error, c2pa.C2paError.NotSupported) and has_store_remains(file):
        return ManifestReport(ManifestPresence.UNREADABLE, reason=reason)
    return _without(file, kept, reason)


def _format_of(kind: Kind | None) -> str | None:
    """None lets the library look at the bytes itself, since names lie; of text it needs to be told what it is."""
    return kind.media_type if kind in (SVG, STORE) and kind else None


def _without(file: BinaryIO, kept: Kept, reason: str) -> ManifestReport:
    """No manifest was read. A damaged store can look like none to the library, but its place is still there."""
    if kept.kind is ZIP and names_archived_store(file):
        return ManifestReport(ManifestPresence.UNSUPPORTED, reason=IN_ARCHIVE)
    if has_store_place(file, kept.kind):
        reason = reason or "a place for a manifest is there and holds none that can be read"
        return ManifestReport(ManifestPresence.UNREADABLE, reason=reason)
    return ManifestReport(ManifestPresence.ABSENT, reason=reason)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        # Not blocking: a named pipe must not hold us up before we see what it is.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _no_file(path, f"the file cannot be opened ({reason})") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _no_file(path, "this is no regular file")
    with FileIO(descriptor) as file:
        yield held(file, status.st_size)


def _no_file(path: Path, problem: str) -> UnreadableFileError:
    return UnreadableFileError(problem, subject=str(path), remedy="Give the path of a file that you may read.")
