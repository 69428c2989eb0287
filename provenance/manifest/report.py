"""What was found when a file's manifest was read: plain values, bounded in size, judged by nobody yet.

Everything textual was written by whoever signed (or forged) the file. It is cut to a bounded length here and is *not*
escaped: who shows it, escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from touchmark.provenance.manifest.binding import HashTree
from touchmark.provenance.manifest.claim import DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.status import BINDING_MISSING, Concern, StatusCode
from touchmark.provenance.manifest.uses import ReportedUse


class ManifestPresence(StrEnum):
    """Whether there is a manifest to speak of."""

    PRESENT = "present"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    """A manifest store is there and cannot be read: damaged, or made to look like none."""
    UNSUPPORTED = "unsupported"
    """One is there from before the standard, or in an archive, of a kind that is not read. Nothing shows that it was
    changed, and nothing that it was not."""
    REMOTE_ONLY = "remote_only"
    """The file only names an address where its manifest would be. It is not fetched."""


class ValidationState(StrEnum):
    """C2PA validation state of the active manifest. Silent about ingredients: see ``ManifestReport.is_sound``."""

    TRUSTED = "trusted"
    """Well-formed, intact, matching the content, signed under one of our anchors."""
    VALID = "valid"
    """The same, signed by somebody that we have no anchor for."""
    INVALID = "invalid"


IN_ARCHIVE = "it lies in an archive"
"""Why a manifest is not read, where that is so."""
_UNVOUCHED = frozenset(("signingCredential.untrusted", "signingCredential.expired", "claimSignature.outsideValidity"))


@dataclass(frozen=True, slots=True)
class SignerIdentity:
    """Whom the signing certificate names. Worth something only where the signature is valid and the signer trusted.

    Attributes:
        common_name: CN of the subject.
        organisation: O of the subject (c2pa calls it the issuer).
        serial: serial number of the certificate, decimal.
    """

    common_name: str
    organisation: str
    serial: str


@dataclass(frozen=True, slots=True)
class ReportedAction:
    """One action that a manifest claims.

    Attributes:
        name: such as ``c2pa.created``.
        when: as claimed by the signer, with zone; None where missing or unreadable.
        digital_source_type: the URI as written, empty where there is none.
        software_agent: name and version.
        agent: the same, apart; empty where they are written in one, as before version 2 of actions.
    """

    name: str
    when: datetime | None
    digital_source_type: str
    software_agent: str
    agent: SoftwareAgent = SoftwareAgent("", "")  # noqa: RUF009 (frozen)


@dataclass(frozen=True, slots=True)
class ReportedSoftBinding:
    """A soft binding that a manifest claims.

    Attributes:
        algorithm: its name.
        payload: the value, decoded from base64 (empty where it is not base64).
        start, end: seconds, where it is bound to a stretch of time.
    """

    algorithm: str
    payload: bytes
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class AiDisclosure:
    """What ``c2pa.ai-disclosure`` of the active manifest says; fields as written, empty where missing."""

    model_type: str
    model_name: str
    model_identifier: str
    human_oversight: str


@dataclass(frozen=True, slots=True)
class ReportedIngredient:
    """Something that the file was made from, anywhere in the tree.

    Attributes:
        title: what it was called.
        relationship: ``parentOf``, ``componentOf`` or ``inputTo``.
        label: label of its own active manifest, empty where it has none.
        depth: 1 for ingredients of the active manifest, 2 for theirs, and so on.
        description: free text; ours holds the digest of prompt or weights.
        data_types: C2PA asset types, such as ``c2pa.types.generator.prompt``.
        source_type: what its own manifest claims it is.
        signer: who signed its own manifest.
        faults: what was wrong with it when it was taken in, or is wrong now. A file can be Trusted over a tampered
            parent.
        edit_source_types: what its own manifest claims of what was done to it afterwards.
        made_with: the program that its own manifest names as having made it.
        programs: all that its own manifest says made it, or the claim.
        made_at: when, as that claims, with zone.
        discloses_model: its own manifest has a ``c2pa.ai-disclosure``.
        other_source_types: source types that its own manifest names elsewhere than in actions, as in metadata.
        passes_on: that a sensor took it, its own manifest only passes on: see :class:`ManifestReport`.
        keeps_elsewhere: so does its own manifest: see there.
        soft_bindings: what its own manifest names as such.
    """

    title: str
    relationship: str
    label: str
    depth: int
    description: str = ""
    data_types: tuple[str, ...] = ()
    source_type: str = ""
    signer: SignerIdentity | None = None
    faults: tuple[StatusCode, ...] = ()
    edit_source_types: tuple[str, ...] = ()
    made_with: str = ""
    programs: tuple[str, ...] = ()
    made_at: datetime | None = None
    discloses_model: bool = False
    other_source_types: tuple[DigitalSourceType, ...] = ()
    passes_on: bool = False
    keeps_elsewhere: bool = False
    soft_bindings: tuple[ReportedSoftBinding, ...] = ()

    @property
    def is_nobodys_word(self) -> bool:
        """Whether its own manifest is signed by somebody whom we do not trust, or whose certificate had expired.

        Who signs over it, however trusted, states that it went in, not that it is true.
        """
        return any(fault.code in _UNVOUCHED for fault in self.faults)


@dataclass(frozen=True, slots=True)
class EarlierStatement:
    """What the manifest beneath an update or a redaction says of the content, which these leave as it is.

    Attributes: as those of :class:`ManifestReport`, of that manifest.
    """

    label: str
    actions: tuple[ReportedAction, ...]
    ai_disclosure: AiDisclosure | None
    soft_bindings: tuple[ReportedSoftBinding, ...]


@dataclass(frozen=True, slots=True)
class ReportedRedaction:
    """An assertion that a later manifest took out of an earlier one; its hash stayed, its words are gone.

    Attributes:
        assertion: its label, such as ``c2pa.embedded-data``. Signer's text.
        reason: as it is given (``c2pa.PII.present``); empty where none is. Signer's text.
        signer: of the manifest that says so; None where that names nobody.
    """

    assertion: str
    reason: str
    signer: SignerIdentity | None


@dataclass(frozen=True, slots=True)
class ManifestReport:
    """Everything that a file's manifest says, and what holds of it.

    Attributes:
        presence: whether there is one. Everything below is empty unless it is PRESENT.
        reason: why there is none to read, as the library put it; for a person.
        remote_url: where the file says its manifest is. Never fetched.
        state: validation state of the active manifest.
        label: ``urn:c2pa:...``.
        title: of the file, as claimed.
        claim_generator: program that made the claim, name and version.
        signer: whom the certificate names.
        certificate: that one, DER; empty where it was not looked for, or readers may take another for it. Two
            authorities may give the same names and numbers.
        algorithm: signature algorithm, lower case (``es256``).
        signed_at: time in the time stamp, with zone, if there is one; believe it only if ``time_stamped``.
        time_stamped: a trusted time stamp proves ``signed_at``.
        signature_valid: the claim is as it was when it was signed, whatever became of the content.
        signer_trusted: the certificate leads to one of our anchors.
        development: it leads to a development authority, and to no other of our anchors.
        hard_binding_matches: the content is what was signed; None where that could not be told.
        left_out: names of what the signer left out of the hard binding beyond what every signer leaves out; whatever is
            there, the content "matches". Signer's text.
        free_places: paths of boxes that say where media lie, of which the hard binding leaves out all or part.
        binds_parts: the hard binding is over the parts of the file, each by itself (``c2pa.hash.boxes``).
        trees: of hashes, in the hard binding; their branches lie in boxes of their own (Merkle).
        actions: of the active manifest, in order, each before those that it says are related to it; what a template
            says of how content came to be is theirs.
        source_type: how the content came to be: the active manifest's ``c2pa.created`` action, or else that of its
            nearest ancestor along ``parentOf``. None where unstated or outside the vocabulary (see ``actions`` for
            the URI).
        other_source_types: that the active manifest names elsewhere than in actions, as in IPTC or XMP metadata.
        passes_on: that a sensor took the content, the active manifest says among what it gathered from others: its
            signer does not vouch for that (C2PA 2.2, 18.14.2).
        keeps_elsewhere: the active manifest keeps assertions at addresses (``c2pa.cloud-data``), which are not fetched;
            what it says is not known then.
        ai_disclosure: of the active manifest.
        soft_bindings: of the active manifest.
        beneath: where the active manifest says of itself that it changes nothing of the content (an update, a
            redaction), what the manifest says that it was put upon; else None.
        ingredients: the whole tree, depth first.
        redactions: what any manifest of the tree took out of another.
        uses: what the active manifest, or the one beneath, says of its use for training models and mining data.
        failures: of the active manifest.
        truncated: the tree, or a manifest in it, was larger than we walk; the rest is not shown, and the report is not
            sound.
        raw_json: the library's own report.
    """

    presence: ManifestPresence
    reason: str = ""
    remote_url: str = ""
    state: ValidationState | None = None
    label: str = ""
    title: str = ""
    claim_generator: str = ""
    signer: SignerIdentity | None = None
    certificate: bytes = field(default=b"", repr=False)
    algorithm: str = ""
    signed_at: datetime | None = None
    time_stamped: bool = False
    signature_valid: bool = False
    signer_trusted: bool = False
    development: bool = False
    hard_binding_matches: bool | None = None
    left_out: tuple[str, ...] = ()
    free_places: tuple[str, ...] = ()
    binds_parts: bool = False
    trees: tuple[HashTree, ...] = ()
    actions: tuple[ReportedAction, ...] = ()
    source_type: DigitalSourceType | None = None
    other_source_types: tuple[DigitalSourceType, ...] = ()
    passes_on: bool = False
    keeps_elsewhere: bool = False
    ai_disclosure: AiDisclosure | None = None
    soft_bindings: tuple[ReportedSoftBinding, ...] = ()
    beneath: EarlierStatement | None = None
    ingredients: tuple[ReportedIngredient, ...] = ()
    redactions: tuple[ReportedRedaction, ...] = ()
    uses: tuple[ReportedUse, ...] = ()
    failures: tuple[StatusCode, ...] = ()
    truncated: bool = False
    raw_json: str = ""

    @property
    def ingredient_faults(self) -> tuple[StatusCode, ...]:
        """Every fault anywhere in the ingredient tree."""
        return tuple(fault for ingredient in self.ingredients for fault in ingredient.faults)

    @property
    def laundered_faults(self) -> tuple[StatusCode, ...]:
        """Ingredient faults beyond people who are not vouched for: somebody signed over something broken."""
        lesser = (Concern.TRUST, Concern.TIME, Concern.IDENTITY)
        return tuple(fault for fault in self.ingredient_faults if fault.concern not in lesser)

    @property
    def of_content(self) -> ManifestReport | EarlierStatement:
        """Whichever manifest says how the content was made, marked and disclosed: this one, or the one beneath it."""
        return self.beneath or self

    @property
    def says_captured(self) -> bool:
        """Whether it says that a camera or another sensor took the content."""
        return self.source_type is not None and self.source_type.is_capture

    @property
    def is_sound(self) -> bool:
        """Trusted, matching as a whole, without failure, and nothing broken beneath."""
        return (
            self.state is ValidationState.TRUSTED
            and self.hard_binding_matches is True
            and not self.left_out
            and not self.failures
            and not self.laundered_faults
            and not self.truncated
        )

    @property
    def is_sound_but_for_content(self) -> bool:
        """All that a manifest can be which is held against a copy: as sound as for the file that was signed."""
        return (
            self.signature_valid
            and self.signer_trusted
            and self._only(Concern.CONTENT)
            and not self.left_out
            and not self.laundered_faults
            and not self.truncated
        )

    @property
    def is_of_other_content(self) -> bool:
        """An intact, validly signed manifest over bytes that it was not made for: a recovered one, or a transplant."""
        return (
            self.signature_valid
            and self.hard_binding_matches is False
            and self._only(Concern.CONTENT, Concern.TRUST, Concern.IDENTITY)
        )

    @property
    def is_as_signed(self) -> bool:
        """The claim is what was signed, and so is the content, whoever signed it and whatever else fails."""
        return self.signature_valid and self.hard_binding_matches is True

    @property
    def is_intact_but_for_identity(self) -> bool:
        """What was signed, over these bytes; only the identity of somebody whom it names is not proven."""
        return (
            self.is_as_signed
            and any(failure.concern is Concern.IDENTITY for failure in self.failures)
            and self._only(Concern.TRUST, Concern.IDENTITY)
        )

    @property
    def is_sound_but_for_identity(self) -> bool:
        """As sound as can be, but that somebody whom it names beside its signer may be somebody else."""
        return self.is_sound or (
            self.is_intact_but_for_identity
            and self.signer_trusted
            and self._only(Concern.IDENTITY)
            and not self.left_out
            and not self.laundered_faults
            and not self.truncated
        )

    @property
    def unread_kind(self) -> str:
        """Which manifest it is that is UNSUPPORTED, for a sentence."""
        return "in an archive" if self.reason == IN_ARCHIVE else "of a kind from before the standard"

    @property
    def is_malformed(self) -> bool:
        """What was signed, over these bytes; but it breaks the specification."""
        return self.is_as_signed and any(failure.concern is Concern.FORM for failure in self.failures)

    @property
    def is_sound_but_for_form(self) -> bool:
        """As sound as can be, but that it breaks the specification."""
        return (
            self.is_malformed
            and self.signer_trusted
            and self._only(Concern.FORM)
            and not self.left_out
            and not self.laundered_faults
            and not self.truncated
        )

    @property
    def is_unbound(self) -> bool:
        """As sound as can be, but that an action says of a watermark that it is bound, and no soft binding is there.

        By the specification that makes it invalid. Had the action been left out too, it would not be.
        """
        return self.is_sound_but_for_form and all(failure.code == BINDING_MISSING for failure in self.failures)

    def _only(self, *concerns: Concern) -> bool:
        return all(failure.concern in concerns for failure in self.failures)
