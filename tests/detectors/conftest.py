"""A studio that seals real videos, and what an attacker needs to forge them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.clips import moving_clip, write_clip
from touchmark.detectors.verdict import Verdict
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.database import open_database
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.likeness import fingerprint_of
from touchmark.provenance.manifest.claim import (
    Claim,
    DigitalSourceType,
    ModelIdentity,
    PromptRecord,
    SoftBinding,
    SoftwareAgent,
)
from touchmark.provenance.manifest.write import sign_stream
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.seal import Sealer
from touchmark.provenance.signing import PemSigner
from touchmark.provenance.watermark.bench.attacks import remux

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Stranger:
    """Somebody with a signing certificate of their own.

    Attributes:
        name: in the certificate.
        signer, anchor: their key, and the root that vouches for them.
    """

    name: str
    signer: PemSigner
    anchor: bytes

    @classmethod
    def named(cls, name: str) -> Stranger:
        """With a certificate of a root of their own, which is no development authority."""
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        root = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Root")])
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
        authority = _certificate(root, root, keys[0], keys[0], authority=True)
        leaf = _certificate(subject, root, keys[1], keys[0], authority=False)
        secret = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(name, PemSigner.from_pem(leaf, secret), authority)

    def sign(
        self,
        source: Path,
        destination: Path,
        *,
        parent: Path | None = None,
        source_type: DigitalSourceType = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        binding: tuple[str, bytes] | None = None,
        title: str = "a clip",
        agent: str = "their tool",
        model: str | None = None,
    ) -> Path:
        """Sign whatever they please."""
        claim = Claim(
            title=title,
            media_type="video/mp4",
            source_type=source_type,
            software_agent=SoftwareAgent(agent, "1.0"),
            created=NOW,
            model=None if model is None else ModelIdentity(model, model),
            soft_bindings=() if binding is None else (SoftBinding(binding[0], binding[1], 0.0, 1.0),),
            parent=parent,
        )
        output = io.BytesIO()
        with source.open("rb") as media:
            sign_stream(
                media,
                output,
                claim,
                self.signer,
                self.anchor,
                parent=None if parent is None else io.BytesIO(parent.read_bytes()),
            )
        destination.write_bytes(output.getvalue())
        return destination


@dataclass(frozen=True)
class Studio:
    """An operator who seals videos."""

    home: Home
    ring: KeyRing
    registry: Registry
    folder: Path
    made: dict[str, tuple[Path, Registration]] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        return Sealer.of(self.ring).watermark.algorithm

    def seal(self, name: str, seed: int, video: RawVideo | None = None) -> tuple[Path, Registration]:
        """A sealed and registered video, the same for the same name; of the clip of that seed, if none is given."""
        if name in self.made:
            return self.made[name]
        sealer, payload, path = Sealer.of(self.ring), self.registry.reserve(), self.folder / name
        claim = Claim(
            title="a disc over a landscape" if video is None else name,
            media_type="video/mp4",
            source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            software_agent=SoftwareAgent("touchmark", "0.1.0"),
            created=NOW,
            model=ModelIdentity("lattice world", "sha256:0123"),
            prompt=PromptRecord("5" * 64),
        )
        signed = sealer.seal(video or clip(seed), claim, payload, path)
        fingerprint = fingerprint_of(path)
        registration = Registration(
            payload=payload,
            manifest_label=signed.label,
            manifest=signed.manifest_bytes,
            file_sha256=signed.file_sha256,
            watermark_algorithm=sealer.watermark.algorithm,
            key_id=sealer.key.key_id,
            title=claim.title,
            source_type=claim.source_type.value,
            policy_digest="",
            created=NOW,
            fingerprint=fingerprint.to_bytes() if fingerprint else b"",
        )
        self.registry.register(registration)
        self.made[name] = path, registration
        return path, registration

    def verify(self, path: Path, *believed: Stranger) -> Verification:
        """What this operator's detector says, believing these strangers too."""
        return Verifier.default(self.home, anchors=b"".join(one.anchor for one in believed)).verify(path)

    def judge(self, path: Path, *believed: Stranger) -> Verdict:
        return self.verify(path, *believed).verdict


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> bytes:
    flags = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **flags),
            critical=True,
        )
    )
    if not authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def clip(seed: int) -> RawVideo:
    return moving_clip(320, 320, count=24, rate=Fraction(24), style="flat", seed=seed)


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("studio")
    home = Home(folder / "home").ensure()
    ring = make_development_keys(home.keys, organisation="Example Studio", now=NOW)
    return Studio(home, ring, Registry(open_database(home.database)), folder)


@pytest.fixture(scope="session")
def sealed(studio: Studio) -> Path:
    """A published video. Read only."""
    return studio.seal("sealed.mp4", seed=1)[0]


@pytest.fixture(scope="session")
def registration(studio: Studio, sealed: Path) -> Registration:
    """What the registry holds of it."""
    return studio.seal("sealed.mp4", seed=1)[1]


@pytest.fixture(scope="session")
def other(studio: Studio) -> Path:
    """Another published video of the same studio. Read only."""
    return studio.seal("other.mp4", seed=2)[0]


@pytest.fixture(scope="session")
def stripped(sealed: Path) -> Path:
    """The published video, copied into a new container: the manifest is gone."""
    path = sealed.with_name("stripped.mp4")
    remux(sealed, path)
    return path


@pytest.fixture(scope="session")
def plain(studio: Studio) -> Path:
    """A video that nobody signed or marked."""
    return write_clip(studio.folder / "plain.mp4", clip(3))


@pytest.fixture(scope="session")
def camera() -> Stranger:
    """A maker of cameras, trusted where a test says so."""
    return Stranger.named("Honest Cameras")


@pytest.fixture(scope="session")
def with_manifest_of() -> Callable[[Path, Path, Path], Path]:
    """``with_manifest_of(giver, pixels, path)``: the pixels of one file under the manifest of another."""

    def make(giver: Path, pixels: Path, path: Path) -> Path:
        box = next(box for box in scan_boxes(giver) if box.uuid == C2PA_UUID)
        store = giver.read_bytes()[box.offset : box.offset + box.size]
        remux(pixels, path)
        path.write_bytes(path.read_bytes() + store)
        return path

    return make
