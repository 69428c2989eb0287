"""What chosen disclosure profiles add to a release: a visible label, metadata, and the check that all of it is there.

    disclosure = Disclosure.of(["eu-ai-act", "cn-gb45438"])
    studio.generate(request, output, disclosure=disclosure)

``generation.release`` calls the methods in their order; what a law asks for stands in the profiles, how it is drawn and
written in ``provenance.disclosure``. What a profile asks for and cannot be had (a time stamp without an authority, a
version that nobody knows) is refused before anything is made, and a file that does not comply is never published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Final

from cryptography.x509.oid import NameOID

from touchmark.detectors.disclosure.comply import Compliance, hold
from touchmark.detectors.disclosure.profile import LabelWanted, Profile, Wanted, compose
from touchmark.detectors.verify import Verification, Verifier
from touchmark.generation.sources import Form
from touchmark.provenance.disclosure.aigc import AIGC_KEY, AigcRecord, Label
from touchmark.provenance.disclosure.burn import labelled, labelled_still
from touchmark.provenance.disclosure.label import ISO_639_2, Kind, Position, VisibleLabel, wording
from touchmark.provenance.disclosure.xmp import XmpNote, xmp_box, xmp_part, xmp_time
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.claim import AddedText, Claim, DigitalSourceType
from touchmark.provenance.media.captions import Caption
from touchmark.provenance.media.still import Still
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.seal import Sealer
from touchmark.provenance.signing import Signer, leaf_certificate
from touchmark.provenance.watermark.protocol import Payload

_LARGER: Final = 1.1
"""The label is written larger than asked for, so that a measurement of it never falls below."""
_LONGER: Final = Fraction(1, 2)
"""Seconds that it shows longer than asked for."""


class DisclosureUnmetError(TouchmarkError):
    """A chosen disclosure profile asks for what this operator, or this declaration, cannot give; nothing was made."""

    code: ClassVar[str] = "disclosure.unmet"


class NotCompliantError(TouchmarkError):
    """The staged file does not pass a chosen disclosure profile; nothing was published."""

    code: ClassVar[str] = "disclosure.not_compliant"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Profiles that were chosen, and what they come to together.

    Attributes:
        profiles: that the file shall pass.
        wanted: what it is given for that.
    """

    profiles: tuple[Profile, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)

    @classmethod
    def of(
        cls,
        profiles: Sequence[str | Path],
        *,
        languages: Sequence[str] = (),
        position: Position | None = None,
        track: bool = False,
    ) -> Disclosure:
        """Of profiles by name or path, with a choice for the visible label.

        Raises:
            UnknownProfileError, PolicyError: a profile cannot be read.
            ProfileConflictError: they cannot be had together.
        """
        loaded = tuple(Profile.load(one) for one in dict.fromkeys(profiles))
        return cls(loaded, compose(loaded, languages=languages, position=position, track=track))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the profiles."""
        return tuple(profile.name for profile in self.profiles)

    def require_possible(self, sealer: Sealer, version: str) -> None:
        """Before anything is made: can the operator give what is asked for?

        Args:
            sealer: of the operator.
            version: of the generating system.

        Raises:
            DisclosureUnmetError: no.
        """
        subject = ", ".join(self.names)
        if self.wanted.time_stamp and sealer.signer.time_stamping is None:
            raise DisclosureUnmetError(
                "a time stamp is asked for, and the signer has no time-stamp authority",
                subject=subject,
                remedy="Name an RFC 3161 authority with --tsa URL.",
            )
        if self.wanted.system_version and version.strip().lower() in ("", "unknown"):
            raise DisclosureUnmetError(
                "the version of the generating system is asked for, and it is unknown",
                subject=subject,
                remedy="Give it with --made-with-version.",
            )
        if self.wanted.aigc and not _organisation(sealer.signer):
            raise DisclosureUnmetError(
                "the producer's name is asked for, and the signing certificate names no organisation",
                subject=subject,
                remedy="Sign with a certificate that names your organisation.",
            )

    def require_form(self, form: Form, *, as_is: bool) -> None:
        """Can what is asked for be put into this form of file?

        Raises:
            DisclosureUnmetError: no.
        """
        wanted = {
            "a visible label": self.wanted.label is not None,
            "an AIGC record": self.wanted.aigc,
            "an XMP packet": self.wanted.xmp,
        }
        unwritten = [what for what, asked in wanted.items() if asked]
        if unwritten and (as_is or not form.has_pictures):
            raise DisclosureUnmetError(
                f"{' and '.join(unwritten)} can be written into pictures only, while they are encoded",
                subject=", ".join(self.names),
                remedy="Choose profiles that ask for less, or seal a video or a picture without --as-is.",
            )

    def told(self, claim: Claim) -> Claim:
        """The claim, telling of the visible label if one is asked for."""
        if self.wanted.label is None:
            return claim
        label = _label(self.wanted.label, claim.source_type)
        added = AddedText(
            " ".join(one.text for one in label.wordings),
            tuple(one.language for one in label.wordings),
            label.position.value,
            None if label.seconds is None else float(label.seconds),
        )
        return replace(claim, added_text=added)

    def shown(self, video: RawVideo, claim: Claim) -> RawVideo:
        """The video with its visible label, if one is asked for.

        Raises:
            LabelError: the pictures are too small for it.
        """
        wanted = self.wanted.label
        return labelled(video, _label(wanted, claim.source_type)) if wanted and wanted.drawn else video

    def on_still(self, still: Still, sealer: Sealer, claim: Claim, payload: Payload) -> Still:
        """A picture with the visible label on it and the metadata asked for in it.

        Raises:
            LabelError: the picture is too small for the label.
        """
        if self.wanted.label and self.wanted.label.drawn:
            still = labelled_still(still, _label(self.wanted.label, claim.source_type))
        if not (self.wanted.aigc or self.wanted.xmp):
            return still
        note = _note(claim) if self.wanted.xmp else XmpNote()
        if self.wanted.aigc:
            note = replace(note, aigc=_record(sealer, payload).to_json())
        return replace(still, carried=(*still.carried, xmp_part(note.packet(), still.kind)))

    def noted(self, sealer: Sealer, claim: Claim, payload: Payload) -> Sealer:
        """A sealer that also writes the metadata asked for."""
        encoding = sealer.encoding
        if self.wanted.aigc:
            metadata = {**encoding.metadata, AIGC_KEY: _record(sealer, payload).to_json()}
            encoding = replace(encoding, metadata=metadata)
        if self.wanted.label and self.wanted.label.track:
            label = _label(self.wanted.label, claim.source_type)
            captions = tuple(Caption(one.text, ISO_639_2[one.language], end=label.seconds) for one in label.wordings)
            encoding = replace(encoding, captions=captions)
        if self.wanted.xmp:
            encoding = replace(encoding, boxes=encoding.boxes + xmp_box(_note(claim).packet()))
        return replace(sealer, encoding=encoding)

    def require_compliance(self, verification: Verification, verifier: Verifier) -> None:
        """The staged file must pass every line of every profile.

        Raises:
            NotCompliantError: it does not.
        """
        if not self.profiles:
            return
        compliance = hold(verification, self.profiles, verifier.sources.anchors, limits=verifier.limits)
        if not compliance.passes:
            raise NotCompliantError(
                f"the staged file fails {_failures(compliance)}",
                subject=", ".join(self.names),
                remedy="Nothing was published. See what the lines ask for with `touchmark comply --list`.",
            )


def _label(wanted: LabelWanted, source_type: DigitalSourceType) -> VisibleLabel:
    wholly = source_type is DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
    kind = Kind.GENERATED if wholly else Kind.MODIFIED
    return VisibleLabel(
        tuple(wording(language, kind) for language in wanted.languages),
        wanted.position,
        wanted.share * _LARGER,
        None if wanted.seconds is None else Fraction(wanted.seconds) + _LONGER,
    )


def _record(sealer: Sealer, payload: Payload) -> AigcRecord:
    return AigcRecord(Label.IS, _organisation(sealer.signer), str(payload))


def _note(claim: Claim) -> XmpNote:
    agent, model = claim.software_agent, claim.model
    return XmpNote(
        source_type=claim.source_type.value,
        system=model.name if model else agent.name,
        version=agent.version if model is None or model.name == agent.name else model.identifier,
        created=xmp_time(claim.created),
    )


def _organisation(signer: Signer) -> str:
    subject = leaf_certificate(signer.certificate_chain, "signing certificate").subject
    names = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else ""


def _failures(compliance: Compliance) -> str:
    return "; ".join(f"{failure.line.id}: {failure.problem}" for failure in compliance.failures)[:1000]
