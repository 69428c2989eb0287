"""Sign a claim into a file, and believe it only after reading it back.

    signed = sign_file(encoded, published, claim, ring.signer(), ring.trust_anchors)
    signed.label, signed.manifest_bytes, signed.file_sha256

The signed file is written beside its destination, read again by the same code that a platform runs, flushed to the
disk and only then renamed. Whatever fails, no file appears under the destination's name.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import c2pa

from touchmark.provenance.durability import flush
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.profile import CertificateRefusedError, check_certificate
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.draft import Draft
from touchmark.provenance.manifest.ingredients import MAX_DEPTH
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestReport
from touchmark.provenance.manifest.untrusted import MAX_ITEMS
from touchmark.provenance.signing import Signer, SigningAlgorithm, SigningError, TimeStamping
from touchmark.provenance.signing.time_stamps import TimeAuthorityAnswerError, TimeStampError

if TYPE_CHECKING:
    from touchmark.provenance.signing.relay import Relay

_BLOCK = 256 << 10
"""Bytes that are read or written at once: the C2PA library copies a film in pieces of eight kilobytes."""
_ALGORITHMS = {
    SigningAlgorithm.ES256: c2pa.C2paSigningAlg.ES256,
    SigningAlgorithm.ES384: c2pa.C2paSigningAlg.ES384,
    SigningAlgorithm.ES512: c2pa.C2paSigningAlg.ES512,
    SigningAlgorithm.PS256: c2pa.C2paSigningAlg.PS256,
    SigningAlgorithm.PS384: c2pa.C2paSigningAlg.PS384,
    SigningAlgorithm.PS512: c2pa.C2paSigningAlg.PS512,
    SigningAlgorithm.ED25519: c2pa.C2paSigningAlg.ED25519,
}


class SignerFailedError(SigningError):
    """The signer raised; what it raised is the cause."""

    code = "signing.signer_failed"


class ManifestRefusedError(SigningError):
    """The C2PA library would not sign this."""

    code = "manifest.refused"


class ReadBackError(SigningError):
    """What was signed does not verify, so it was thrown away."""

    code = "manifest.read_back"


class DestinationError(SigningError):
    """The signed file cannot be written where it was asked for."""

    code = "manifest.destination"


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """What was signed.

    Attributes:
        label: ``urn:c2pa:...`` of the new active manifest.
        manifest_bytes: the whole manifest store (JUMBF), as embedded.
        file_sha256: hexadecimal digest of the signed file.
    """

    label: str
    manifest_bytes: bytes
    file_sha256: str


def sign_file(source: Path, destination: Path, claim: Claim, signer: Signer, anchors: bytes) -> SignedManifest:
    """Sign ``claim`` over ``source`` into ``destination``, which is replaced in one step if it exists.

    Args:
        source: the finished media; moving its boxes later would break the signature.
        destination: another path.
        claim: what to say.
        signer: who says it.
        anchors: PEM roots under which the result must be trusted.

    Raises:
        DestinationError: it is the source, or cannot be written.
        CertificateRefusedError: the signer's certificate breaks the C2PA profile.
        SigningError: the signer's own error; SignerFailedError where it raised anything else.
        TimeStampError: no time stamp was to be had, and the signer requires one.
        ManifestRefusedError: the media or the claim is not one that C2PA can sign.
        ReadBackError: the result is not trusted, or not sound.
    """
    return sign_draft(source, destination, Draft.of(claim), signer, anchors, lambda report: _unsound(report, claim))


def sign_draft(
    source: Path,
    destination: Path,
    draft: Draft,
    signer: Signer,
    anchors: bytes,
    problem_of: Callable[[ManifestReport], str],
) -> SignedManifest:
    """As :func:`sign_file`, of a manifest that was put together elsewhere.

    ``problem_of`` says what is wrong with the file that was read back, or nothing; soundness is asked of it besides.
    """
    _require_other(source, destination)
    part = destination.with_name(f".{destination.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        with (
            source.open("rb", buffering=_BLOCK) as media,
            part.open("x+b", buffering=_BLOCK) as output,
            ThreadPoolExecutor(2) as aside,
        ):
            manifest_bytes = _sign_stream(media, output, draft, signer, anchors)
            output.flush()
            # Neither takes longer than reading the file back.
            durable, digest = aside.submit(os.fsync, output.fileno()), aside.submit(_digest, part)
            report = read_manifest(part, anchors)
            problem = _weakness(report) or problem_of(report)
            if problem:
                raise ReadBackError(
                    problem,
                    subject=str(destination),
                    remedy="Nothing was published. Check the certificate, the anchors and the input.",
                )
            durable.result()
            sha256 = digest.result()
        part.replace(destination)
        flush(destination.parent)
    except OSError as error:
        raise DestinationError(
            f"the signed file cannot be made ({error.strerror})",
            subject=str(destination if error.filename in (None, str(part)) else error.filename),
            remedy="Check that the input and the folder exist, and that there is room.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()
    return SignedManifest(report.label, manifest_bytes, sha256)


def sign_stream(
    source: BinaryIO,
    destination: BinaryIO,
    claim: Claim,
    signer: Signer,
    anchors: bytes,
    parent: BinaryIO | None = None,
) -> bytes:
    """Sign between open files, ``destination`` open for reading and writing; returns the manifest store.

    The result is not read back: use :func:`sign_file` for anything that leaves this process. ``parent`` stands in for
    the file at ``claim.parent``.

    Raises: as :func:`sign_file`, but for DestinationError and ReadBackError.
    """
    return _sign_stream(source, destination, Draft.of(claim, parent), signer, anchors)


def _sign_stream(source: BinaryIO, destination: BinaryIO, draft: Draft, signer: Signer, anchors: bytes) -> bytes:
    faults = check_certificate(signer.certificate_chain, datetime.now(UTC))
    if faults:
        raise CertificateRefusedError(faults, subject="signing certificate")
    stamping = signer.time_stamping
    try:
        return _sign(source, destination, draft, signer, stamping, anchors)
    except TimeStampError:
        if stamping is None or stamping.required:
            raise
    # The policy does without a stamp where none is to be had; what the failed attempt wrote is void.
    for stream in (source, destination):
        stream.seek(0)
    destination.truncate()
    return _sign(source, destination, draft, signer, None, anchors)


def _sign(
    source: BinaryIO,
    destination: BinaryIO,
    draft: Draft,
    signer: Signer,
    stamping: TimeStamping | None,
    anchors: bytes,
) -> bytes:
    raised: list[BaseException] = []

    def sign(data: bytes) -> bytes:
        # The library swallows what a callback raises; it is kept aside and raised again below.
        try:
            return signer.sign(data)
        except BaseException as error:
            raised.append(error)
            return b""

    context = manifest_context(anchors)
    chain, algorithm = signer.certificate_chain.decode("ascii"), _ALGORITHMS[signer.algorithm]
    with _relayed(stamping) as relay:
        try:
            builder = c2pa.Builder(json.dumps(draft.definition), context=context)
            if draft.is_update:
                builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
            for name, content in draft.resources.items():
                builder.add_resource(name, io.BytesIO(content))
            for ingredient in draft.ingredients:
                with ingredient.opened() as file:
                    builder.add_ingredient(dict(ingredient.entry), ingredient.media_type, file)
            with c2pa.Signer.from_callback(sign, algorithm, chain, relay.url if relay else None) as native:
                store = bytes(builder.sign(native, draft.media_type, source, destination))
        except c2pa.C2paError as error:
            if raised and (isinstance(raised[0], TouchmarkError) or not isinstance(raised[0], Exception)):
                raise raised[0] from None  # it has a name; or somebody pressed Ctrl-C while the signer was asked
            if relay and relay.failure:
                raise relay.failure from None
            if relay and relay.stamped and "time stamp" in str(error):
                raise TimeAuthorityAnswerError(
                    f"the time stamp does not hold ({str(error)[:200]})",
                    subject=", ".join(stamping.authorities) if stamping else "",
                    remedy="Do not use this authority until it is known why.",
                ) from error
            raise _refusal(error, draft, raised) from (raised[0] if raised else error)
    if relay and not relay.stamped:
        raise TimeStampError(
            "the C2PA library signed without asking for the time",
            subject="time stamp",
            remedy="Install the c2pa-python version that touchmark asks for.",
        )
    return store


def _relayed(stamping: TimeStamping | None) -> AbstractContextManager[Relay | None]:
    if stamping is None:
        return nullcontext()
    # Imported here: reading files has no need of a network, nor of its modules.
    from touchmark.provenance.signing.relay import relayed

    return relayed(stamping, lambda: datetime.now(UTC))


def _refusal(error: c2pa.C2paError, draft: Draft, raised: list[BaseException]) -> SigningError:
    if raised:
        return SignerFailedError(
            f"the signer failed ({type(raised[0]).__name__}: {raised[0]})"[:500],
            subject="signer",
            remedy="See the cause; nothing was written.",
        )
    return ManifestRefusedError(
        f"the C2PA library refused to sign ({str(error)[:300]})",
        subject=draft.title[:80],
        remedy="Check that the input is an undamaged file of the media type that the claim names.",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_other(source: Path, destination: Path) -> None:
    same = destination.exists() and source.exists() and destination.samefile(source)
    if same or destination.resolve() == source.resolve():
        raise DestinationError(
            "a file is not signed over itself",
            subject=str(destination),
            remedy="Give another path for the signed file.",
        )


def _weakness(report: ManifestReport) -> str:
    if report.laundered_faults:
        codes = ", ".join(sorted({fault.code for fault in report.laundered_faults}))
        return f"the input carries a manifest that does not hold ({codes}); signing over it would hide that"
    if report.truncated:
        return f"what it was made from is more than is read again ({MAX_ITEMS} ingredients, {MAX_DEPTH} deep)"
    if not report.is_sound:
        codes = ", ".join(sorted({failure.code for failure in report.failures})) or report.reason or "no reason given"
        return f"the signed file reads back {report.state or report.presence}, not trusted ({codes})"
    return ""


def _unsound(report: ManifestReport, claim: Claim) -> str:
    promised = {(binding.algorithm, binding.payload) for binding in claim.soft_bindings}
    if not promised <= {(binding.algorithm, binding.payload) for binding in report.soft_bindings}:
        return "a soft binding does not read back"
    if claim.parent is None and report.source_type is not claim.source_type:
        return "the digital source type does not read back"
    return ""
