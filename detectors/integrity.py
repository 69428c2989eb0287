"""Signs that a file was changed after it was signed. Pure.

A certificate that has expired, is not fit to sign, or that nobody here vouches for, is no such sign: it makes a
manifest worth less, not the file suspect. Nor is a person whom a manifest names and whose name is not proven, a store
that came without content, a manifest that breaks the specification as it was signed, or one from before the standard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.text import safe_text
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.manifest.status import INVALID_CERTIFICATE, Concern, StatusCode

_FOREIGN_CONTAINERS = frozenset({"matroska", "mkv", "pdf", "zip"})
"""Containers that C2PA has no place in, or that hold other whole files: a store in one may be another file's."""


def signs_of_tampering(evidence: Evidence) -> tuple[str, ...]:
    """What shows that bytes were changed, one sentence each; empty where nothing does."""
    manifest, container = evidence.manifest, evidence.container
    if manifest.presence is ManifestPresence.UNREADABLE:
        return (f"There is a C2PA manifest store in this file, and it cannot be read ({safe_text(manifest.reason)}).",)
    if manifest.presence is ManifestPresence.UNSUPPORTED:
        return ()
    if manifest.presence is not ManifestPresence.PRESENT:
        if container.store_remains and container.info.container not in _FOREIGN_CONTAINERS:
            return ("The remains of a C2PA manifest store lie in this file where no reader finds them.",)
        return ()
    in_stream = evidence.stream.signs_of_tampering if evidence.stream is not None else ()
    if manifest.state is not ValidationState.INVALID:
        return in_stream
    failures = manifest.failures
    if container.is_store_alone:
        failures = tuple(failure for failure in failures if failure.concern is not Concern.CONTENT)
    as_signed = manifest.is_as_signed or (manifest.signature_valid and container.is_store_alone)
    faults = [one for one in failures if is_tampering(one) or (_may_hide_it(one) and not as_signed)]
    sentences = _SENTENCES | _OF_SIDECAR if container.has_sidecar else _SENTENCES
    broken = (*in_stream, *_told(faults, sentences))
    return broken or (() if manifest.failures else ("The manifest does not validate, and the reason is not given.",))


def is_tampering(fault: StatusCode) -> bool:
    """Whether a fault means that bytes are not what was signed, rather than that the signer is not believed."""
    return fault.concern in (Concern.CONTENT, Concern.CLAIM, Concern.SIGNATURE)


def _may_hide_it(fault: StatusCode) -> bool:
    """Whether a library may stop at a fault before it looks at what else there is."""
    return fault.concern is Concern.FORM or fault.code == INVALID_CERTIFICATE


def _told(faults: Sequence[StatusCode], sentences: Mapping[Concern, str]) -> Iterator[str]:
    for concern, sentence in sentences.items():
        codes = sorted({fault.code for fault in faults if fault.concern is concern})
        if codes:
            yield f"{sentence} ({safe_text(', '.join(codes))})."


_SENTENCES = {
    Concern.CONTENT: "The content is not what was signed: bytes were changed after signing",
    Concern.CLAIM: "The manifest is not what was signed",
    Concern.FORM: "The manifest breaks the specification, and nothing shows that it was signed so",
    Concern.SIGNATURE: "The signature on the manifest does not hold",
    Concern.CREDENTIAL: "The certificate is not fit to sign, and nothing shows that what it signed is unchanged",
}
_OF_SIDECAR = {
    Concern.CONTENT: "The content is not what the manifest beside it was made for: bytes were changed after "
    "signing, or it is that of another file"
}
