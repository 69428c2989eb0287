"""The one way through: from a request to a published, verified video, or to nothing at all.

    studio = Studio.open(Home.default())
    release = studio.generate(GenerationRequest(prompt="a red circle moves left"), Path("out.mp4"))
    release.path, release.verification.verdict

Every step of the way stands here in its order: gate, render, output checks, seal, registry, verification with the
detector that platforms run, ledger, atomic publication. There is no argument that skips one. Whatever fails, the
output file does not exist afterwards, and the registry forgets the payload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from touchmark import __version__
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.generation.disclosure import Disclosure
from touchmark.generation.generator import Generator
from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.request import GenerationRequest
from touchmark.generation.sources import Form
from touchmark.generation.staging import OutputError, Staging, output_exists
from touchmark.provenance.database import open_database
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.fingerprint import fingerprint_of
from touchmark.provenance.home import Home
from touchmark.provenance.keys.expiry import expiring
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.keys.selection import SignerChoice, select_signer
from touchmark.provenance.ledger import Ledger
from touchmark.provenance.manifest.canary import run_canary
from touchmark.provenance.manifest.claim import (
    Claim,
    DigitalSourceType,
    HumanOversight,
    ModelIdentity,
    PromptRecord,
    SoftBinding,
    SoftwareAgent,
)
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.manifest.write import SignedManifest
from touchmark.provenance.media.counting import counted, expected_pictures
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.still import Still
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.seal import Sealer
from touchmark.provenance.signing.secret import Ask
from touchmark.provenance.trust.lists import Purpose
from touchmark.provenance.trust.store import TrustStore
from touchmark.provenance.watermark.protocol import MarkState, Payload
from touchmark.safety.decision import Decision
from touchmark.safety.gate import Gate
from touchmark.safety.output.bank import banks_folder, load_banks
from touchmark.safety.output.checks import OutputCheck, checked
from touchmark.safety.output.findings import OutputHeldError
from touchmark.safety.output.picture import default_checks
from touchmark.safety.output.screening import output_checks

MEDIA_TYPE = "video/mp4"
SUFFIX = ".mp4"

NOT_STAMPED = (
    "No time-stamp authority answered: the file verifies until the signing certificate expires, and not after."
)
STAMP_NOT_BELIEVED = "No trust list of yours vouches for the time-stamp authority (see: touchmark trust add c2pa-tsa)."

Progress = Callable[[str, int, int], None]
"""Called with (step, done, of all) while a release is under way; ``of all`` is 0 where it is not known."""


class SelfVerificationError(TouchmarkError):
    """The bundled detector did not find in the staged file what was put there; nothing was published."""

    code: ClassVar[str] = "release.self_verification"


class AlreadyMarkedError(TouchmarkError):
    """The video to be sealed carries our watermark: it was sealed before, and sealing it anew would hide that."""

    code: ClassVar[str] = "release.already_marked"
    exit_status: ClassVar[int] = 1


class NotMarkedError(TouchmarkError):
    """The file to be signed as it is carries no mark of ours; nothing leaves with a manifest alone."""

    code: ClassVar[str] = "release.not_marked"
    exit_status: ClassVar[int] = 1


class SuspectInputError(TouchmarkError):
    """The video to be sealed shows signs of tampering, which a new seal would cover up."""

    code: ClassVar[str] = "release.suspect_input"
    exit_status: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Release:
    """A published video.

    Attributes:
        path: the file.
        payload: what its watermark carries.
        manifest_label: ``urn:c2pa:...`` of its manifest.
        verification: what the bundled detector said of it before it was published.
        decision: the gate's decision; None for a video that was sealed, not generated.
        notes: what the person who asked should know.
        profiles: names of the disclosure profiles that it was made for, and passes.
    """

    path: Path
    payload: Payload
    manifest_label: str
    verification: Verification
    decision: Decision | None = None
    notes: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an operator declares of a video that another generator made.

    Attributes:
        made_with: name of the generator.
        source_type: how the picture came to be; a generative source type.
        version: the generator's version, where known.
        prompt: what was asked of it, where known; recorded by its digest.
    """

    made_with: str
    source_type: DigitalSourceType = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
    version: str = "unknown"
    prompt: str | None = None

    def __post_init__(self) -> None:
        if not self.source_type.is_generative:
            raise ValueError(f"touchmark seals generated video; {self.source_type.name} does not say so")


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything a release needs of an operator: gate, keys, registry, ledger, detector.

    Attributes:
        gate: judges prompts and issues clearances.
        sealer: marks and signs.
        registry: remembers what was sealed.
        ledger: records decisions and releases.
        verifier: the bundled detector, with this operator's keys and registry.
        checks: looked at sampled frames while they stream.
        clock: tells the time, with zone.
    """

    gate: Gate
    sealer: Sealer
    registry: Registry
    ledger: Ledger
    verifier: Verifier
    checks: tuple[OutputCheck, ...] = field(default_factory=default_checks)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def open(cls, home: Home, *, signer: SignerChoice | None = None, ask: Ask | None = None) -> Studio:
        """With the keys, policy, registry and ledger of one home folder.

        Args:
            home: the folder.
            signer: who signs, where not the one that the folder says.
            ask: how a person is asked for the password of a key.

        Raises:
            TouchmarkError: no keys, a signer that cannot be opened, a broken classifier, a database or a hash bank that
                cannot be opened, a detector of the policy that cannot be used, a failed canary.
        """
        run_canary()
        ring = KeyRing.load(home.keys)
        engine = open_database(home.ensure().database)
        gate = Gate.default(home)
        return cls(
            gate=gate,
            sealer=Sealer(
                signer=select_signer(home, ring, signer, ask),
                anchors=ring.trust_anchors + TrustStore(home.trust).anchors(Purpose.CLAIM_SIGNING),
                key=ring.watermark_key,
            ),
            registry=Registry(engine),
            ledger=Ledger(engine),
            verifier=Verifier.default(home),
            checks=output_checks(gate.policy, load_banks(banks_folder(home))),
        )

    def generate(
        self,
        request: GenerationRequest,
        output: Path,
        *,
        generator: Generator | None = None,
        disclosure: Disclosure = Disclosure(),  # noqa: B008 (frozen)
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Release:
        """Make the video that ``request`` asks for and publish it at ``output``.

        Args:
            request: what to make.
            output: an ``.mp4``; exists afterwards only if every step held.
            generator: the model; loaded from ``request.model`` when the gate has allowed the request, if not given.
            disclosure: the disclosure profiles that the file shall pass.
            overwrite: whether a file at ``output`` may be replaced.
            progress: told about each step.

        Raises:
            RefusalError, ReviewRequiredError: the gate did not allow it; the decision is in the ledger.
            TouchmarkError: any step failed; no file is left.
        """
        _check_output(output, overwrite)
        disclosure.require_possible(self.sealer, __version__)
        screening = self.gate.screen(request.digest, request.texts(), self.clock())
        self.ledger.append("decision", _decision_record(screening.decision), self.clock())
        clearance = screening.require()
        generator = generator or _load_generator(request.model)
        payload = self.registry.reserve()
        raw = generator.generate(
            request,
            clearance,
            self.gate.authority,
            _step(progress, "rendering") if progress else None,
            policy_digest=self.gate.policy.digest(),
            latent_mark=LatentMark(payload, self.sealer.key) if request.latent_mark else None,
        )
        claim = Claim(
            title=output.name,
            media_type=MEDIA_TYPE,
            source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            software_agent=SoftwareAgent("touchmark", __version__),
            created=self.clock(),
            model=generator.identity,
            prompt=_prompt_record(request.prompt, embed=self.gate.policy.embed_prompt),
            human_oversight=HumanOversight.PROMPT_GUIDED,
        )
        release = self._release(raw, claim, payload, output, screening.decision, disclosure, overwrite, progress)
        return replace(release, notes=(*release.notes, *generator.notes(request)))

    def seal(
        self,
        source: Path,
        output: Path,
        declaration: Declaration,
        *,
        disclosure: Disclosure = Disclosure(),  # noqa: B008 (frozen)
        as_is: bool = False,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Release:
        """Mark and sign a video, a sound or a picture that another generator made, as its operator declares it.

        A manifest that ``source`` carries is kept as the parent ingredient. ``disclosure`` holds the disclosure
        profiles that the file shall pass. With ``as_is`` nothing is encoded anew: the file must carry a mark of this
        operator already, of a payload that is not registered (a farm marked it while rendering, and holds no signing
        key), and is signed and registered.

        Raises:
            MediaError: ``source`` cannot be read, or is of no kind that can be sealed.
            AlreadyMarkedError, SuspectInputError: a new seal would hide what is there.
            NotMarkedError: with ``as_is``, it carries no readable mark.
            TouchmarkError: any step failed; no file is left.
        """
        form = Form.of(source, output, as_is=as_is)
        _check_place(output, overwrite)
        disclosure.require_possible(self.sealer, declaration.version)
        disclosure.require_form(form, as_is=as_is)
        found = self.verifier.verify(source)
        bindings = self._read_bindings(source, found) if as_is else ()
        self._require_unmarked(source, found, as_is=as_is)
        manifest = found.evidence.manifest
        claim = Claim(
            title=output.name,
            media_type=form.written.media_type,
            source_type=declaration.source_type,
            software_agent=SoftwareAgent(declaration.made_with, declaration.version),
            created=self.clock(),
            model=ModelIdentity(declaration.made_with, f"{declaration.made_with} {declaration.version}"),
            prompt=_prompt_record(declaration.prompt, embed=self.gate.policy.embed_prompt),
            soft_bindings=bindings,
            as_is=as_is,
            parent=source if manifest.presence is ManifestPresence.PRESENT else None,
        )
        if as_is:
            payload = Payload.from_bytes(bindings[0].payload)

            def make(file: Path) -> SignedManifest:
                return self.sealer.sign_marked(source, claim, payload, file)

        elif form.is_video:
            with open_video(source) as reader:
                payload = self.registry.reserve()
                return self._release(reader.raw(), claim, payload, output, None, disclosure, overwrite, progress)
        else:
            payload = self.registry.reserve()

            def make(file: Path) -> SignedManifest:
                def noted(still: Still) -> Still:
                    return disclosure.on_still(still, self.sealer, claim, payload)

                return form.make(source, self.sealer, disclosure.told(claim), payload, file, self.checks, noted)

        return self._publish(make, claim, payload, output, None, disclosure, overwrite, progress)

    def _read_bindings(self, source: Path, found: Verification) -> tuple[SoftBinding, ...]:
        """The mark that a finished file carries, as what its manifest will be bound to."""
        evidence, mark = found.evidence, found.evidence.mark
        if mark is None or mark.payload is None or mark.key_id != self.sealer.key.key_id:
            raise NotMarkedError(
                "it carries no readable watermark of this operator, so it cannot be signed as it is",
                subject=str(source),
                remedy="Seal it without --as-is: it is then marked while it is encoded.",
            )
        if evidence.registration is not None:
            raise AlreadyMarkedError(
                "its watermark is registered: it is a copy of a sealed file",
                subject=str(source),
                remedy="Publish the sealed original; `touchmark verify` names it.",
            )
        length = float(evidence.container.info.duration or max((s.end for s in mark.timeline), default=0.0))
        algorithms = {evidence.algorithm: mark, evidence.sound.algorithm: evidence.mark_in_sound}
        return tuple(
            SoftBinding(algorithm, mark.payload.to_bytes(), 0.0, length)
            for algorithm, heard in algorithms.items()
            if heard is not None and heard.payload == mark.payload
        )

    @staticmethod
    def _require_unmarked(source: Path, found: Verification, *, as_is: bool) -> None:
        evidence = found.evidence
        for what, detections in (("file", evidence.detections), ("file's sound", evidence.sound.detections)):
            if not as_is and any(detection.state is not MarkState.NOTHING_FOUND for detection in detections):
                raise AlreadyMarkedError(
                    f"this {what} carries our watermark already",
                    subject=str(source),
                    remedy="Publish the sealed original; `touchmark verify` names it.",
                )
        if found.verdict.outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY):
            raise SuspectInputError(
                found.verdict.headline,
                subject=str(source),
                remedy="Get the file again from its source; a new seal must not cover this up.",
            )

    def _release(
        self,
        raw: RawVideo,
        claim: Claim,
        payload: Payload,
        output: Path,
        decision: Decision | None,
        disclosure: Disclosure,
        overwrite: bool,
        progress: Progress | None,
    ) -> Release:
        """The second half of the way, the same for generated and for sealed video."""
        tell = _step(progress, "sealing") if progress else None
        watched = replace(raw, frames=counted(self._checked(raw.frames, decision), tell, expected_pictures(raw)))
        watched, claim = disclosure.shown(watched, claim), disclosure.told(claim)
        sealer = disclosure.noted(self.sealer, claim, payload)

        def make(file: Path) -> SignedManifest:
            return sealer.seal(watched, claim, payload, file)

        return self._publish(make, claim, payload, output, decision, disclosure, overwrite, progress)

    def _publish(
        self,
        make: Callable[[Path], SignedManifest],
        claim: Claim,
        payload: Payload,
        output: Path,
        decision: Decision | None,
        disclosure: Disclosure,
        overwrite: bool,
        progress: Progress | None,
    ) -> Release:
        """Seal into a private place, register, verify as a platform does, record, publish."""
        of_sound = claim.media_type.startswith("audio/")
        with Staging(output) as staging:
            signed = make(staging.file)
            fingerprint = fingerprint_of(staging.file)
            registration = Registration(
                payload=payload,
                manifest_label=signed.label,
                manifest=signed.manifest_bytes,
                file_sha256=signed.file_sha256,
                watermark_algorithm=(self.sealer.sound_mark if of_sound else self.sealer.watermark).algorithm,
                key_id=self.sealer.key.key_id,
                title=claim.title,
                source_type=claim.source_type.value,
                policy_digest=decision.policy_digest if decision else "",
                created=claim.created,
                fingerprint=fingerprint.to_bytes() if fingerprint else b"",
            )
            with self._registered(registration):
                verification = self.verifier.verify(staging.file, _step(progress, "verifying") if progress else None)
                _require_agreement(verification, registration)
                disclosure.require_compliance(verification, self.verifier)
                self.ledger.append("release", _release_record(registration, decision), self.clock())
                staging.publish(overwrite=overwrite)
        verification = replace(verification, path=output)
        notes = self._signing_notes(verification)
        return Release(output, payload, signed.label, verification, decision, notes, disclosure.names)

    def _signing_notes(self, verification: Verification) -> tuple[str, ...]:
        """What the operator should know of the signature while the file is still young."""
        signer, manifest = self.sealer.signer, verification.evidence.manifest
        notes = expiring(signer.certificate_chain, self.clock())
        if signer.time_stamping is None or manifest.time_stamped:
            return notes
        return (*notes, NOT_STAMPED if manifest.signed_at is None else STAMP_NOT_BELIEVED)

    def _checked(self, frames: Iterator[Frame], decision: Decision | None) -> Iterator[Frame]:
        """The same frames, looked at on their way; that a video was held, and why, is in the ledger."""
        try:
            yield from checked(frames, self.checks)
        except OutputHeldError as held:
            record = held.finding.as_dict() | {"request": decision.request_digest if decision else None}
            self.ledger.append("held", record, self.clock())
            raise

    @contextmanager
    def _registered(self, registration: Registration) -> Iterator[None]:
        """Registered for as long as nothing fails; a failure after that is recorded and forgets the payload."""
        self.registry.register(registration)
        try:
            yield
        except BaseException as error:
            self.registry.withdraw(registration.payload)
            record = {"payload": str(registration.payload), "error": getattr(error, "code", type(error).__name__)}
            self.ledger.append("withdrawal", record, self.clock())
            raise


def generate(prompt: str, output: Path | str, *, home: Home | None = None, **request: Any) -> Release:
    """Make a video from a prompt: screened, marked, signed, verified, published.

    Args:
        prompt: what to show.
        output: an ``.mp4`` that does not exist yet.
        home: the operator's folder; the default one if not given.
        **request: further fields of :class:`GenerationRequest`: ``model``, ``width``, ``height``, ``seed``, ...

    Raises:
        TouchmarkError: it was refused, or any step failed; no file is left.
    """
    return Studio.open(home or Home.default()).generate(GenerationRequest(prompt=prompt, **request), Path(output))


def seal(source: Path | str, output: Path | str, *, made_with: str, home: Home | None = None) -> Release:
    """Mark and sign a video that another generator made.

    Args:
        source: the video.
        output: an ``.mp4`` that does not exist yet.
        made_with: name of the generator, as its operator declares it.
        home: the operator's folder; the default one if not given.

    Raises:
        TouchmarkError: the video cannot be read, is sealed already, or any step failed; no file is left.
    """
    return Studio.open(home or Home.default()).seal(Path(source), Path(output), Declaration(made_with))


def _check_output(output: Path, overwrite: bool) -> None:
    """What can be known to fail before a GPU second is spent."""
    if output.suffix.lower() != SUFFIX:
        raise OutputError(
            f"touchmark writes {SUFFIX} files", subject=str(output), remedy=f"Let the name end in {SUFFIX}."
        )
    _check_place(output, overwrite)


def _check_place(output: Path, overwrite: bool) -> None:
    if not output.parent.is_dir():
        raise OutputError("there is no such folder", subject=str(output.parent), remedy="Make the folder first.")
    if output.is_dir() or (output.exists() and not overwrite):
        raise output_exists(output)


def _load_generator(model: str | None) -> Generator:
    from touchmark.generation.diffusers_pipeline import DiffusersGenerator  # torch comes in here

    return DiffusersGenerator.load(model)


def _prompt_record(prompt: str | None, *, embed: bool) -> PromptRecord | None:
    if prompt is None:
        return None
    return PromptRecord(digest=hashlib.sha256(prompt.encode()).hexdigest(), text=prompt if embed else None)


def _require_agreement(verification: Verification, registration: Registration) -> None:
    """The detector must find manifest, watermark and registry entry in the staged file, and they must agree."""
    evidence = verification.evidence
    found = {
        "a trusted manifest": evidence.manifest.state is ValidationState.TRUSTED,
        "the manifest that was just signed": evidence.manifest.label == registration.manifest_label,
        "the watermark payload": registration.payload in [detection.payload for detection in evidence.detections],
        # Silence carries nothing, and short or faint sound may not be read: none is asked for, another is forbidden.
        "sound that names no other payload": evidence.strange_sound is None,
        "the registry entry": evidence.registration == registration,
        "a verdict of generated": verification.verdict.outcome is Outcome.GENERATED,
    }
    missing = [what for what, there in found.items() if not there]
    if missing:
        raise SelfVerificationError(
            f"the bundled detector did not find {', '.join(missing)} in the staged file",
            subject=registration.title,
            remedy="Nothing was published. Use a larger or longer picture; if it happens again, report it.",
        )


def _decision_record(decision: Decision) -> dict[str, Any]:
    """What the ledger keeps of a decision: reasons and digests, never the words of the prompt."""
    return {
        "action": decision.action.value,
        "request": decision.request_digest,
        "policy": decision.policy_name,
        "policy_digest": decision.policy_digest,
        "reasons": sorted({finding.reason_code for finding in decision.findings}),
    }


def _release_record(registration: Registration, decision: Decision | None) -> dict[str, Any]:
    return {
        "payload": str(registration.payload),
        "manifest": registration.manifest_label,
        "file_sha256": registration.file_sha256,
        "source_type": registration.source_type,
        "request": decision.request_digest if decision else None,
        "policy_digest": registration.policy_digest,
    }


def _step(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, of_all: progress(name, done, of_all)
