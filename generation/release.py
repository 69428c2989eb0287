"""The one way through: from a request to a published, verified video, or to nothing at all.

    studio = Studio.open(Home.default())
    release = studio.generate(GenerationRequest(prompt="a red circle moves left"), Path("out.mp4"))
    release.path, release.verification.verdict

Every step of the way stands here in its order: gate, render, output checks, seal, registry, verification with the
detector that platforms run, ledger, atomic publication. There is no argument that skips one. Whatever fails, the
output file does not exist afterwards, and the registry forgets the payload.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Unpack

from cryptography.hazmat.primitives.serialization import Encoding

from touchmark import __version__
from touchmark.detectors.verify import Verification, Verifier
from touchmark.generation.admission import read_bindings, require_unmarked, require_whole
from touchmark.generation.agreement import require_agreement
from touchmark.generation.declaration import Background, Declaration, prompt_record
from touchmark.generation.disclosure import Disclosure
from touchmark.generation.generator import Generator
from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.records import decision_record, release_record
from touchmark.generation.request import GenerationRequest, RequestError, RequestOptions
from touchmark.generation.sources import Form
from touchmark.generation.staging import OutputNameError, Staging, require_another, require_place
from touchmark.provenance.database import open_database
from touchmark.provenance.home import Home
from touchmark.provenance.keys.expiry import expiring
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.keys.selection import SignerChoice, select_signer
from touchmark.provenance.ledger import Ledger
from touchmark.provenance.likeness import fingerprint_of
from touchmark.provenance.manifest.canary import run_canary
from touchmark.provenance.manifest.claim import (
    Claim,
    DigitalSourceType,
    HumanOversight,
    ModelIdentity,
    SoftwareAgent,
)
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.manifest.write import SignedManifest
from touchmark.provenance.media.counting import counted, expected_pictures
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.still import Still
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.seal import Sealer
from touchmark.provenance.signing.files import leaf_certificate
from touchmark.provenance.signing.secret import Ask
from touchmark.provenance.trust.lists import Purpose
from touchmark.provenance.trust.store import TrustStore
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.watermark.video import SMALLEST_SIDE
from touchmark.safety.decision import Decision, Requester, Rule
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

TO_BE_LABELLED = (
    "The prompt names a public figure ({code}), which the policy allows with a label, and no label is drawn: tell "
    "viewers that this was made by AI, or choose a disclosure profile that draws a label."
)

Progress = Callable[[str, int, int], None]
"""Called with (step, done, of all) while a release is under way; ``of all`` is 0 where it is not known."""


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
class _Order:
    """What a release is to become, known before its file is made.

    Attributes: as of :class:`Release` and of :meth:`Studio.generate`.
    """

    claim: Claim
    payload: Payload
    output: Path
    disclosure: Disclosure
    overwrite: bool
    progress: Progress | None
    decision: Decision | None = None


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
            TouchmarkError: no keys, a signer that cannot be opened, a database or a hash bank that cannot be opened, a
                detector of the policy that cannot be used, a failed canary.
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
        background: Background = Background(),  # noqa: B008 (frozen)
        requester: Requester | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Release:
        """Make the video that ``request`` asks for and publish it at ``output``.

        Args:
            request: what to make.
            output: an ``.mp4``; exists afterwards only if every step held.
            generator: the model; loaded from ``request.model`` when the gate has allowed the request, if not given. Who
                makes many loads it once: ``DiffusersGenerator.load(request.model)``.
            disclosure: the disclosure profiles that the file shall pass.
            background: what else the operator states of it.
            requester: who asks, as the operator knows them; an adult without anybody's consent, if not given.
            overwrite: whether a file at ``output`` may be replaced.
            progress: told about each step.

        Raises:
            RefusalError, ReviewRequiredError, ReviewRefusedError: the gate, or a reviewer, did not allow it; the
                decision is in the ledger. What waits is made when it is asked again after a reviewer allowed it.
            SuspectInputError, ManifestElsewhereError: a new seal would hide what is wrong with an input.
            TouchmarkError: any step failed; no file is left.
        """
        _check_output(output, overwrite)
        _check_size(request)
        for given in background.inputs:
            require_another(output, given.path)
        disclosure.require_possible(self.sealer, __version__)
        require_whole(background.inputs, self.verifier)
        with _under_way(progress, "screening"):
            screening = self.gate.screen(request.digest, request.texts(), self.clock(), requester)
        self.ledger.append("decision", decision_record(screening, requester), self.clock())
        clearance = screening.require()
        with _under_way(progress, "loading"):
            generator = generator or _load_generator(request.model)
        payload = self.registry.reserve()
        raw = generator.generate(
            request,
            clearance,
            self.gate.authority,
            _step(progress, "rendering"),
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
            prompt=prompt_record(request.prompt, embed=self.gate.policy.embed_prompt),
            human_oversight=HumanOversight.PROMPT_GUIDED,
            inputs=background.inputs,
            consents=background.consents,
            training=background.training,
        )
        order = _Order(claim, payload, output, disclosure, overwrite, progress, screening.decision)
        release = self._release(raw, order)
        label = _to_be_labelled(screening.decision, disclosure)
        return replace(release, notes=(*release.notes, *label, *generator.notes(request)))

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
            AlreadyMarkedError, SuspectInputError, ManifestElsewhereError: a new seal would hide what is there, in
                ``source`` or in an input.
            NotMarkedError: with ``as_is``, it carries no readable mark.
            TouchmarkError: any step failed; no file is left.
        """
        form = Form.of(source, output, as_is=as_is)
        require_place(output, overwrite=overwrite)
        for made_of in (source, *(one.path for one in declaration.background.inputs)):
            require_another(output, made_of)
        disclosure.require_possible(self.sealer, declaration.version)
        disclosure.require_form(form, as_is=as_is)
        require_whole(declaration.background.inputs, self.verifier)
        found = self.verifier.verify(source)
        bindings = read_bindings(source, found, self.sealer.key.key_id) if as_is else ()
        require_unmarked(source, found, as_is=as_is)
        manifest = found.evidence.manifest
        claim = Claim(
            title=output.name,
            media_type=form.written.media_type,
            source_type=declaration.source_type,
            software_agent=SoftwareAgent(declaration.made_with, declaration.version),
            created=self.clock(),
            model=ModelIdentity(declaration.made_with, f"{declaration.made_with} {declaration.version}".strip()),
            prompt=prompt_record(declaration.prompt, embed=self.gate.policy.embed_prompt),
            soft_bindings=bindings,
            inputs=declaration.background.inputs,
            consents=declaration.background.consents,
            training=declaration.background.training,
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
                made = self._release(reader.raw(), _Order(claim, payload, output, disclosure, overwrite, progress))
                lost = ", ".join(reader.left_out)
                return replace(made, notes=(*made.notes, f"Of {source.name} it leaves out: {lost}.")) if lost else made
        else:
            payload = self.registry.reserve()

            def make(file: Path) -> SignedManifest:
                def noted(still: Still) -> Still:
                    return disclosure.on_still(still, self.sealer, claim, payload)

                return form.make(source, self.sealer, disclosure.told(claim), payload, file, self.checks, noted)

        return self._publish(make, _Order(claim, payload, output, disclosure, overwrite, progress))

    def _release(self, raw: RawVideo, order: _Order) -> Release:
        """The second half of the way, the same for generated and for sealed video."""
        disclosure, tell = order.disclosure, _step(order.progress, "sealing")
        watched = replace(raw, frames=counted(self._checked(raw.frames, order.decision), tell, expected_pictures(raw)))
        watched, claim = disclosure.shown(watched, order.claim), disclosure.told(order.claim)
        sealer = disclosure.noted(self.sealer, claim, order.payload)

        def make(file: Path) -> SignedManifest:
            return sealer.seal(watched, claim, order.payload, file)

        return self._publish(make, replace(order, claim=claim))

    def _publish(self, make: Callable[[Path], SignedManifest], order: _Order) -> Release:
        """Seal into a private place, register, verify as a platform does, record, publish."""
        claim, decision = order.claim, order.decision
        of_sound = claim.media_type.startswith("audio/")
        with Staging(order.output) as staging:
            signed = make(staging.file)
            fingerprint = fingerprint_of(staging.file)
            registration = Registration(
                payload=order.payload,
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
                verification = self.verifier.verify(staging.file, _step(order.progress, "verifying"))
                require_agreement(verification, registration)
                order.disclosure.require_compliance(verification, self.verifier)
                self.ledger.append("release", release_record(registration, decision), self.clock())
                staging.publish(overwrite=order.overwrite)
        verification = replace(verification, path=order.output)
        notes = self._signing_notes(verification)
        return Release(order.output, order.payload, signed.label, verification, decision, notes, order.disclosure.names)

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
        certificate = leaf_certificate(self.sealer.signer.certificate_chain, "signing certificate")
        self.registry.register(registration, certificate.public_bytes(Encoding.DER))
        try:
            yield
        except BaseException as error:
            self.registry.withdraw(registration.payload)
            record = {"payload": str(registration.payload), "error": getattr(error, "code", type(error).__name__)}
            self.ledger.append("withdrawal", record, self.clock())
            raise


def generate(
    prompt: str,
    output: Path | str,
    *,
    home: Home | None = None,
    requester: Requester | None = None,
    **request: Unpack[RequestOptions],
) -> Release:
    """Make a video from a prompt: screened, marked, signed, verified, published.

    A :class:`Studio` takes more (a signer, disclosure profiles, a loaded model), and is opened once for many videos.

    Args:
        prompt: what to show.
        output: an ``.mp4`` that does not exist yet.
        home: the operator's folder; the default one if not given.
        requester: who asks; an adult without anybody's consent, if not given.
        **request: further fields of :class:`GenerationRequest`.

    Raises:
        TouchmarkError: it was refused, or any step failed; no file is left.
    """
    asked = GenerationRequest(prompt=prompt, **request)
    return Studio.open(home or Home.default()).generate(asked, Path(output), requester=requester)


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
        raise OutputNameError(
            f"touchmark writes {SUFFIX} files", subject=str(output), remedy=f"Let the name end in {SUFFIX}."
        )
    require_place(output, overwrite=overwrite)


def _check_size(request: GenerationRequest) -> None:
    """The same for the size: a real model renders for minutes before its first picture could be found too small."""
    for name, pixels in (("width", request.width), ("height", request.height)):
        if pixels is not None and pixels < SMALLEST_SIDE:
            raise RequestError(name, pixels, f"at least {SMALLEST_SIDE} pixels, to carry the invisible mark")


def _to_be_labelled(decision: Decision, disclosure: Disclosure) -> tuple[str, ...]:
    """What the operator has to see to where the policy allows a figure with a label."""
    named = next((found for found in decision.findings if found.rule is Rule.FIGURE), None)
    if named is None or disclosure.wanted.label is not None:
        return ()
    return (TO_BE_LABELLED.format(code=named.reason_code),)


def _load_generator(model: str | None) -> Generator:
    from touchmark.generation.diffusers_pipeline import DiffusersGenerator  # torch comes in here

    return DiffusersGenerator.load(model)


@contextmanager
def _under_way(progress: Progress | None, name: str) -> Iterator[None]:
    """A step of seconds that cannot say how far it is."""
    if progress:
        progress(name, 0, 1)
    yield
    if progress:
        progress(name, 1, 1)


def _step(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return functools.partial(progress, name) if progress else None
