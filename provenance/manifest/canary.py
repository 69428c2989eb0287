"""Does the C2PA library still do what we rely on? Asked once in each process, before anything is sealed or believed.

    run_canary()        # raises CanaryError, or returns in a few hundredths of a second

Settings of the library change names between minor releases and unknown ones are ignored in silence; two past releases
made forged files trusted. So a small film is signed with a throw-away key and must be trusted, and five forgeries of
it must not be.
"""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.development import CLAIM_SIGNING, DevelopmentChain, issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftBinding, SoftwareAgent
from touchmark.provenance.manifest.read import read_stream
from touchmark.provenance.manifest.report import ManifestReport, ValidationState
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.manifest.write import sign_stream
from touchmark.provenance.signing import PemSigner

_PAYLOAD = bytes(range(8))


class CanaryError(TouchmarkError):
    """The installed C2PA library does not behave as touchmark needs. Nothing may be sealed or verified with it."""

    code = "manifest.canary"


@cache
def run_canary() -> None:
    """Sign, verify and forge a film in memory.

    Raises:
        CanaryError: says which expectation failed.
    """
    now = datetime.now(UTC)
    # Certificates for signing claims and nothing else are those that a lost setting makes invalid.
    ours, theirs = (issue_development_chain("canary", now, (CLAIM_SIGNING,)) for _ in range(2))
    film = _film()
    signed = _sign(film, ours)
    report = read_stream(io.BytesIO(signed), ours.authority)
    _expect(report.is_sound, "an intact file is trusted", report)
    _expect(report.development, "a development authority is told from others", report)
    _expect([binding.payload for binding in report.soft_bindings] == [_PAYLOAD], "the soft binding reads back", report)

    tampered = signed[:-1] + bytes([signed[-1] ^ 1])
    report = read_stream(io.BytesIO(tampered), ours.authority)
    _expect(report.state is ValidationState.INVALID, "a changed byte makes a file invalid", report)
    _expect(report.hard_binding_matches is False, "a changed byte breaks the hard binding", report)

    for anchors, who in ((theirs.authority, "another authority's anchor"), (b"", "no anchor")):
        report = read_stream(io.BytesIO(signed), anchors)
        _expect(report.state is ValidationState.VALID, f"a signer is not trusted under {who}", report)

    laundered = _sign(tampered, ours, parent=tampered)
    report = read_stream(io.BytesIO(laundered), ours.authority)
    faults = {fault.concern for fault in report.laundered_faults}
    _expect(
        Concern.CONTENT in faults and not report.is_sound, "a tampered parent is seen through its signed child", report
    )

    report = read_stream(io.BytesIO(film[:-1] + b"\0"), ours.authority, manifest=_store(film, ours))
    _expect(
        report.is_of_other_content, "a manifest over other content has a valid signature and a broken binding", report
    )


def _sign(film: bytes, chain: DevelopmentChain, *, parent: bytes | None = None) -> bytes:
    output = io.BytesIO()
    _sign_into(output, film, chain, parent)
    return output.getvalue()


def _store(film: bytes, chain: DevelopmentChain) -> bytes:
    return _sign_into(io.BytesIO(), film, chain, None)


def _sign_into(output: io.BytesIO, film: bytes, chain: DevelopmentChain, parent: bytes | None) -> bytes:
    claim = Claim(
        title="canary",
        media_type="video/mp4",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        software_agent=SoftwareAgent("canary", "1"),
        created=datetime.now(UTC),
        soft_bindings=(SoftBinding("io.touchmark.canary", _PAYLOAD, 0.0, 1.0),),
        parent=None if parent is None else Path("parent.mp4"),
    )
    signer = PemSigner.from_pem(chain.signer, chain.signer_key)
    inherited = None if parent is None else io.BytesIO(parent)
    return sign_stream(io.BytesIO(film), output, claim, signer, chain.authority, parent=inherited)


def _film() -> bytes:
    """The smallest file with the boxes of a film: a type, an (empty) movie header, some media data."""
    return (
        _box(b"ftyp", b"isom\0\0\2\0isommp41")
        + _box(b"moov", _box(b"mvhd", bytes(100)))
        + _box(b"mdat", bytes(range(64)))
    )


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def _expect(holds: bool, expectation: str, report: ManifestReport) -> None:
    if not holds:
        found = ", ".join(failure.code for failure in report.failures) or report.reason or "no failures"
        raise CanaryError(
            f"expected that {expectation}, but it reads {report.state or report.presence} ({found})",
            subject="c2pa",
            remedy="Install the c2pa-python version that touchmark asks for (pip install --force-reinstall touchmark).",
        )
