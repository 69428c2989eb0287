"""Verify a file that someone gave you.

    from touchmark.detectors.verify import Verifier

    verifier = Verifier.default(Home.default())
    verification = verifier.verify(Path("clip.mp4"))
    verification.verdict.outcome        # Outcome.GENERATED
    verification.verdict.headline
    verifier.verify(Path("init.mp4"), segments=[Path("seg1.m4s"), Path("seg2.m4s")])    # DASH, HLS, CMAF

The same code runs on what touchmark publishes and on what a platform receives. It needs no torch, opens no connection
and writes nothing, but for a private copy of a film in segments. Use a process a core, and start it with
``OPENBLAS_NUM_THREADS=1``, as the command line does: matrices here are small, and on a busy machine NumPy's threads,
which wait for one another, took ten times as long.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.gathering import gather
from touchmark.detectors.look import MarkSearch, Progress
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Verdict, judge
from touchmark.provenance.home import Home
from touchmark.provenance.keys.ring import KeyRing, KeysMissingError
from touchmark.provenance.lookup import Lookup, SqliteLookup
from touchmark.provenance.manifest.canary import run_canary
from touchmark.provenance.manifest.context import TrustAnchorsError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.trust.lists import Purpose, TrustList, believed, staleness

if TYPE_CHECKING:
    from touchmark.provenance.watermark.neural.installed import InstalledMark


_MISNAMED: Final = (
    "TOUCHMARK_HOME names {home}, which is not there: no key, no trust list and no registry of yours was used."
)


@dataclass(frozen=True, slots=True)
class Verification:
    """One file, examined.

    Attributes:
        path: the file.
        verdict: what it turned out to be.
        evidence: what that rests on.
        seconds: how long it took.
        notes: what a reader should know of what stands behind the verdict: trust lists that are stale, a home that is
            not where the environment says.
    """

    path: Path
    verdict: Verdict
    evidence: Evidence
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verifier:
    """Examines files with one operator's keys, anchors and registry.

    Attributes:
        sources: where evidence may come from, besides the file.
        limits: the most that one file may cost.
        trust: the operator's trust lists, whose age is told; their anchors are in ``sources``.
        notes: what every verification tells besides.
    """

    sources: Sources = field(default_factory=Sources)
    limits: Limits = field(default_factory=Limits)
    trust: tuple[TrustList, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def default(cls, home: Home, *, anchors: bytes = b"", limits: Limits | None = None) -> Verifier:
        """With what one home folder holds: keys, trust lists, registry, other makers' marks. Any may be missing.

        Args:
            home: the operator's folder; need not exist.
            anchors: PEM of further roots to believe.
            limits: other limits than the default ones.

        Raises:
            KeyRingError: keys are there and cannot be used.
            RegistryError: a database is there and cannot be opened.
            TrustAnchorsError: ``anchors`` holds no certificate.
            TrustError: a trust list is damaged, or others could change it.
            MarkChangedError: a mark of another maker is installed and its entry cannot be read.
        """
        try:
            ring = KeyRing.load(home.keys)
        except KeysMissingError:
            ring = None
        if anchors:
            require_certificates(anchors)
        trust = _trust_lists(home)
        roots = (ring.trust_anchors if ring else b"", believed(trust, Purpose.CLAIM_SIGNING), anchors)
        sources = Sources(
            anchors=b"\n".join(pem for pem in roots if pem),
            time_anchors=believed(trust, Purpose.TIME_STAMPING),
            keys=ring.watermark_keys if ring else (),
            certificates=ring.certificates if ring else (),
            registry=_registry(home),
            other_marks=_other_marks(home),
        )
        notes = (_MISNAMED.format(home=home.root),) if home.is_misnamed else ()
        return cls(sources, limits or Limits(), trust, notes)

    def verify(
        self,
        path: Path,
        progress: Progress | None = None,
        *,
        search: MarkSearch = MarkSearch.GLANCE,
        segments: Sequence[Path] = (),
        sidecar: Path | None = None,
    ) -> Verification:
        """Examine one file, or one film in segments.

        Args:
            path: of a video, a sound, a picture, or a document that can carry a manifest; or of the beginning (init
                segment) of a film in segments.
            progress: called with (pictures examined, pictures in all) while it is read.
            search: how far to look for marks.
            segments: of the film that begins in ``path``, in the order in which they are played.
            sidecar: of the manifest store (.c2pa) that is kept beside a file in one piece, which has none in it.

        Raises:
            SidecarError: there is a manifest in the file, or none in ``sidecar``.
            ValueError: both ``segments`` and ``sidecar`` are given.
            MediaError: the file cannot be read.
            CanaryError: the C2PA library does not behave as it must; nothing can be verified.
            RegistryError: there is a registry and it cannot be read.
            NeuralMarkError: a mark of another maker is installed and cannot be asked.
        """
        run_canary()
        began = time.monotonic()
        if segments and sidecar is not None:
            raise ValueError("a film in segments has its manifest in its beginning")
        if segments:
            from touchmark.detectors.film import gather_film  # what most files do not need is loaded for those that do

            evidence = gather_film(path, segments, self.sources, self.limits, progress, search)
        else:
            evidence = gather(path, self.sources, self.limits, progress, search, sidecar)
        notes = (*self.notes, *staleness(self.trust, datetime.now(UTC)))
        return Verification(path, judge(evidence), evidence, time.monotonic() - began, notes)


def verify(path: Path | str, *, home: Home | None = None) -> Verification:
    """Find out where a file comes from.

    Args:
        path: of a video, a sound, a picture or a document.
        home: the operator's folder, whose keys and registry are used; the default one if not given. Need not exist.

    Raises:
        TouchmarkError: the file cannot be read, or the keys or the registry that are there cannot be used.
    """
    return Verifier.default(home or Home.default()).verify(Path(path))


def _registry(home: Home) -> Lookup | None:
    return SqliteLookup(home.database) if home.database.is_file() else None


def _trust_lists(home: Home) -> tuple[TrustList, ...]:
    if not home.trust.is_dir():  # what checks them takes a tenth of a second to load
        return ()
    from touchmark.provenance.trust.store import TrustStore

    return TrustStore(home.trust).lists()


def _other_marks(home: Home) -> tuple[InstalledMark, ...]:
    if not home.marks.is_dir():  # what runs networks takes longer to load than most files to verify
        return ()
    from touchmark.provenance.watermark.neural.installed import installed_marks

    return installed_marks(home.marks)


def require_certificates(anchors: bytes, subject: str = "trust anchors") -> None:
    """That roots to believe are certificates.

    Args:
        anchors: PEM.
        subject: where they come from.

    Raises:
        TrustAnchorsError: they are none.
    """
    try:
        x509.load_pem_x509_certificates(anchors)
    except ValueError as error:
        raise TrustAnchorsError(
            "the roots to believe are not PEM certificates",
            subject=subject,
            remedy="Give a file of root certificates in PEM (-----BEGIN CERTIFICATE-----).",
        ) from error
