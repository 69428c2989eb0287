"""What the manifest says, the file's own and the one that the registry kept, in sentences for a reviewer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import signer_name
from touchmark.detectors.integrity import is_tampering, signs_of_tampering
from touchmark.detectors.statement import Source, Statement, Tone
from touchmark.detectors.text import safe_text
from touchmark.provenance.manifest.inputs import Use
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport, ValidationState
from touchmark.provenance.manifest.status import Concern


def of_manifest(evidence: Evidence) -> Iterator[Statement]:
    """What the file's own manifest says, and what of it is relied upon."""
    manifest = evidence.manifest
    tampering = signs_of_tampering(evidence)
    for sentence in tampering:
        yield Statement(Source.MANIFEST, Tone.AGAINST, sentence)
    if manifest.presence is ManifestPresence.REMOTE_ONLY:
        address = safe_text(manifest.remote_url, 120) or "an address"
        yield Statement(
            Source.MANIFEST,
            Tone.SILENT,
            f"No manifest in the file; it only names {address} as the place of one. That is not fetched.",
        )
    elif manifest.presence is ManifestPresence.UNSUPPORTED:
        text = (
            f"There is a C2PA manifest {manifest.unread_kind}, which is not read here "
            f"({safe_text(manifest.reason)}). Nothing that it says is relied upon."
        )
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    elif manifest.presence is ManifestPresence.ABSENT and not tampering:
        if evidence.labels.names_manifest:
            text = "No C2PA manifest in this file, though its XMP says that it has one: it was taken out, or lost."
            yield Statement(Source.MANIFEST, Tone.CAUTION, text)
        else:
            yield Statement(Source.MANIFEST, Tone.SILENT, "No C2PA manifest in this file.")
    elif manifest.presence is ManifestPresence.PRESENT:
        yield from _validity(evidence, tampered=bool(tampering))
        yield from _beside(evidence)
        yield from _left_out(manifest)
        yield from _taken_out(manifest)
        yield from _uses(manifest)
        yield from _beneath(manifest)


def _validity(evidence: Evidence, *, tampered: bool) -> Iterator[Statement]:
    manifest, signer = evidence.manifest, _signer(evidence.manifest)
    if manifest.state is ValidationState.TRUSTED:
        yield Statement(
            Source.MANIFEST, Tone.SUPPORTS, f"Its own signature is intact, by {signer}, whom this installation trusts."
        )
    elif manifest.state is ValidationState.VALID:
        yield Statement(
            Source.MANIFEST,
            Tone.CAUTION,
            f"An intact manifest by a signer that this installation does not trust: {signer} says "
            f"{_claim(evidence)}. Anyone can make a certificate with any name in it.",
        )
    elif not tampered:
        codes = safe_text(", ".join(sorted({failure.code for failure in manifest.failures})))
        if evidence.container.is_store_alone:
            text = f"A manifest by {signer} alone: give its content, and this beside it with --sidecar ({codes})."
        elif manifest.is_intact_but_for_identity:
            text = (
                f"The content is what {signer} signed, but whom the manifest names besides is not proven, or could not "
                f"be asked without a network ({codes}). "
            )
            believed = "It is believed in that a program made it, if it says so, and in nothing else."
            text += believed if manifest.is_sound_but_for_identity else "Nothing that it says is relied upon."
        elif manifest.is_malformed:
            text = (
                f"The content is what {signer} signed, but the manifest breaks the specification ({codes}). Nothing "
                "that it says is relied upon."
            )
        else:
            text = f"The content is what {signer} signed, but the signature proves nothing any more ({codes})."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)


def _beside(evidence: Evidence) -> Iterator[Statement]:
    if evidence.container.has_sidecar:
        text = "It was given beside the file (a sidecar), and is held against these very bytes all the same."
        yield Statement(Source.MANIFEST, Tone.SILENT, text)


def _left_out(manifest: ManifestReport) -> Iterator[Statement]:
    if manifest.left_out:
        text = (
            f"The signer left out of the signature: {safe_text('; '.join(manifest.left_out))}. Anything may be there."
        )
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)


_REASONS = {
    "c2pa.PII.present": "personal data",
    "c2pa.invalid.data": "invalid data",
    "c2pa.trade-secret.present": "a trade secret",
    "c2pa.government.confidential": "confidential to a government",
}
"""Why an assertion was taken out, in C2PA's words (C2PA 2.4, 18.15.4.7) and in ours."""
_MOST_TAKEN_OUT = 8


def _taken_out(manifest: ManifestReport) -> Iterator[Statement]:
    """What somebody took out of the history: the rest does not say any more what it once said."""
    for redaction in manifest.redactions[:_MOST_TAKEN_OUT]:
        who = safe_text(signer_name(redaction) or "nobody named", 80)
        why = _REASONS.get(redaction.reason) or safe_text(redaction.reason, 80) or "no reason given"
        text = f"“{who}” took {safe_text(redaction.assertion, 80)} out of an earlier manifest ({why})."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    if len(manifest.redactions) > _MOST_TAKEN_OUT:
        more = len(manifest.redactions) - _MOST_TAKEN_OUT
        yield Statement(Source.MANIFEST, Tone.CAUTION, f"So were {more:,} more.")


_PURPOSES = {
    "ai_inference": "inference",
    "ai_generative_training": "training of generative models",
    "ai_training": "training of other models",
    "data_mining": "data mining",
}


def _uses(manifest: ManifestReport) -> Iterator[Statement]:
    """What it says of use for training and mining: the signer's wish, and a permission by nobody who is not trusted."""
    if not manifest.uses:
        return
    said = []
    for use in Use:
        of_it = [told for told in manifest.uses if told.use is use]
        for constraint in dict.fromkeys(told.constraint for told in of_it):
            what = ", ".join(_PURPOSES[told.purpose] for told in of_it if told.constraint == constraint)
            under = f" (“{safe_text(constraint, 120)}”)" if constraint else ""
            said.append(f"{what}: {_USES[use]}{under}")
    if said:
        unbelieved = "" if manifest.is_sound else " Take a permission from nobody whose word is not relied upon."
        text = f"{_signer(manifest)} says of its use: {'; '.join(said)}.{unbelieved}"
        yield Statement(Source.MANIFEST, Tone.CAUTION if unbelieved else Tone.SILENT, text)
    unknown = [told.purpose for told in manifest.uses if told.use is None]
    if unknown:
        of_what = ", ".join(safe_text(_PURPOSES.get(one, one), 60) or "no purpose" for one in unknown[:_MOST_TAKEN_OUT])
        text = f"It says of its use what cannot be read ({of_what}): that permits nothing."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)


_USES = {Use.ALLOWED: "allowed", Use.NOT_ALLOWED: "not allowed", Use.CONSTRAINED: "allowed under a condition only"}


def _beneath(manifest: ManifestReport) -> Iterator[Statement]:
    faults = manifest.ingredient_faults
    broken = sorted({fault.code for fault in faults if is_tampering(fault)})
    malformed = sorted({fault.code for fault in faults if fault.concern is Concern.FORM})
    lesser = sorted({fault.code for fault in faults if not is_tampering(fault)} - {*malformed})
    if broken:
        text = f"What it was made from was broken when it was signed ({safe_text(', '.join(broken))})."
        yield Statement(Source.MANIFEST, Tone.AGAINST, text)
    if malformed:
        text = (
            "What it was made from has a manifest that breaks the specification as it was signed "
            f"({safe_text(', '.join(malformed))}); nothing that it says is relied upon."
        )
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    if lesser:
        text = f"What it was made from is not all vouched for ({safe_text(', '.join(lesser))})."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    if manifest.truncated:
        yield Statement(
            Source.MANIFEST, Tone.CAUTION, "Its history is larger than what is examined; it is not relied upon."
        )


def of_recovered(evidence: Evidence) -> Iterator[Statement]:
    """What the manifest says that the registry kept, where its signature holds."""
    recovered = evidence.recovered
    if recovered is None or not recovered.signature_valid:
        return
    signer = _signer(recovered)
    if recovered.is_sound_but_for_content:
        text = f"The registry kept the original manifest, signed by {signer}, whom this installation trusts."
        yield Statement(Source.RECOVERED, Tone.SUPPORTS, text)
    elif recovered.signer_trusted:
        failures = {*recovered.failures, *recovered.laundered_faults}
        codes = sorted({one.code for one in failures if one.concern is not Concern.CONTENT})
        why = f" ({safe_text(', '.join(codes))})" if codes else ""
        text = f"The registry kept the original manifest, signed by {signer}; it is not relied upon{why}."
        yield Statement(Source.RECOVERED, Tone.CAUTION, text)
    else:
        text = f"The registry kept the original manifest; its signature holds, but {signer} is not trusted here."
        yield Statement(Source.RECOVERED, Tone.CAUTION, text)
    if recovered.hard_binding_matches is not True:
        yield Statement(
            Source.RECOVERED,
            Tone.SILENT,
            "This copy is not the file that was signed (re-encoded, cut or edited): the manifest vouches for where the "
            "picture came from, not for every pixel.",
        )


def _claim(evidence: Evidence) -> str:
    kind = evidence.manifest.source_type
    if kind is None:
        return "nothing of how it was made"
    if kind.is_generative:
        return "that it was made by AI"
    return f"that {evidence.recorder} recorded it" if kind.is_capture else f"{kind.name.lower().replace('_', ' ')}"


def _signer(manifest: ManifestReport) -> str:
    return f"“{safe_text(signer_name(manifest) or 'nobody named', 80)}”"
