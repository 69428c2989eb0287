"""What disclosure profiles ask for is written, found again, and missed where it is taken away, line by line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from rich.console import Console

from tests.clips import moving_clip, scene, write_clip
from tests.generation.release.conftest import DrawnGenerator
from tests.generation.release.takings import (
    Change,
    drop_all_actions_included,
    drop_disclosure,
    drop_system,
    drop_times,
    of_no_organisation,
    open_something,
    written_otherwise,
)
from tests.provenance.signing.stand_ins import TimeAuthority, serving
from touchmark.cli.main import run
from touchmark.detectors.disclosure.comply import Compliance, Result, hold
from touchmark.detectors.disclosure.facts import Fact
from touchmark.detectors.disclosure.page import render
from touchmark.detectors.disclosure.profile import Profile, ProfileConflictError
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verifier
from touchmark.generation.declaration import Declaration
from touchmark.generation.disclosure import Disclosure, DisclosureUnmetError, NotCompliantError
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.disclosure.aigc import AIGC_KEY, AigcRecord
from touchmark.provenance.disclosure.burn import labelled
from touchmark.provenance.disclosure.label import Kind, LabelError, VisibleLabel, wording
from touchmark.provenance.disclosure.xmp import XmpNote, read_xmp, xmp_box
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import (
    Claim,
    DigitalSourceType,
    ModelIdentity,
    SoftBinding,
    SoftwareAgent,
)
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.update import RedactionReason, publish, redact
from touchmark.provenance.manifest.write import sign_file, sign_stream
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes
from touchmark.provenance.media.captions import Caption
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, write_still
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.seal import Sealer
from touchmark.provenance.signing import Signer
from touchmark.provenance.signing.time_stamps import TimeStamping
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.watermark.still import mark_still

MANIFEST_ONLY = ("eu-ai-act", "us-ca-sb942", "c2pa", "iptc")
WITH_LABEL = ("cn-gb45438", "eu-ai-act-label", "in-it-rules-2026")
EVERY = (*MANIFEST_ONLY, *WITH_LABEL)
REQUEST = GenerationRequest(prompt="a red circle moves left")
PAYLOAD = Payload(0x0123456789ABCDEF)
LABEL = VisibleLabel((wording("zh", Kind.GENERATED), wording("en", Kind.GENERATED)))
RECORD = AigcRecord("1", "Example Studio", str(PAYLOAD))
NOTE = XmpNote(DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value, "Wan", "2.2")


def film() -> RawVideo:
    return moving_clip(320, 240, count=28, rate=Fraction(8), style="flat")


@dataclass(frozen=True)
class House:
    """An operator with a time-stamp authority, and what it takes to make files that lack one thing."""

    home: Home
    sealer: Sealer
    verifier: Verifier
    folder: Path

    def hold(self, path: Path, names: tuple[str, ...]) -> Compliance:
        return hold(self.verifier.verify(path), [Profile.load(n) for n in names], self.verifier.sources.anchors)

    def failing(self, path: Path, names: tuple[str, ...]) -> set[str]:
        return {failure.line.id for failure in self.hold(path, names).failures}

    def encoded(self, name: str, video: RawVideo, *, marked: bool = True) -> Path:
        """A video that is marked and encoded, with all metadata, and not signed; the same for the same name."""
        path = self.folder / f"{name}.mp4"
        if not path.exists():
            key = self.sealer.key
            frames = self.sealer.watermark.embed(video.frames, PAYLOAD, key) if marked else video.frames
            settings = EncodeSettings(
                preset="ultrafast",
                metadata={AIGC_KEY: RECORD.to_json()},
                captions=(Caption("AI generated", "eng"),),
                boxes=xmp_box(NOTE.packet()),
            )
            encode(replace(video, frames=frames), path, settings)
        return path

    @property
    def claim(self) -> Claim:
        return Claim(
            title="a film",
            media_type="video/mp4",
            source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            software_agent=SoftwareAgent("Wan", "2.2"),
            created=datetime.now(UTC),
            model=ModelIdentity("Wan", "Wan 2.2"),
            soft_bindings=(SoftBinding(self.sealer.watermark.algorithm, PAYLOAD.to_bytes(), 0.0, 3.5),),
        )

    def signed(self, unsigned: Path, path: Path, claim: Claim | None = None, signer: Signer | None = None) -> Path:
        sign_file(unsigned, path, claim or self.claim, signer or self.sealer.signer, self.sealer.anchors)
        return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    authority = TimeAuthority.make(tmp_path_factory.mktemp("tsa"))
    home = Home(folder / "home").ensure()
    make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))
    ring = KeyRing.load(home.keys)
    with serving(authority.answer) as port:
        signer = ring.signer(time_stamping=TimeStamping((f"http://127.0.0.1:{port}/tsr",)))
        sealer = replace(Sealer.of(ring), signer=signer)
        verifier = Verifier.default(home)
        sources = replace(verifier.sources, time_anchors=authority.root)
        yield House(home, sealer, replace(verifier, sources=sources), folder)


@pytest.fixture(scope="module")
def stamped_studio(house: House) -> Studio:
    studio = Studio.open(house.home)
    sources = replace(studio.verifier.sources, time_anchors=house.verifier.sources.time_anchors)
    return replace(studio, sealer=house.sealer, verifier=replace(studio.verifier, sources=sources))


# -- what is made passes


@pytest.mark.parametrize(
    "profiles",
    [
        ("eu-ai-act",),
        ("us-ca-sb942", "c2pa", "iptc"),
        ("cn-gb45438",),
        ("eu-ai-act-label", "in-it-rules-2026"),
        EVERY,
    ],
    ids="+".join,
)
def test_what_is_made_for_profiles_passes_their_every_line(
    house: House, stamped_studio: Studio, tmp_path: Path, profiles: tuple[str, ...]
) -> None:
    release = stamped_studio.generate(
        REQUEST,
        tmp_path / "out.mp4",
        generator=DrawnGenerator(frames=12),
        disclosure=Disclosure.of(profiles),
    )
    assert release.profiles == profiles
    compliance = house.hold(release.path, profiles)
    assert compliance.passes, compliance.failures
    assert all(line.result is Result.PASS for one in compliance.profiles for line in one.lines)
    others = set(EVERY) - set(profiles)
    if profiles == ("eu-ai-act",):  # what was not asked for is not there
        assert not any(house.hold(release.path, (name,)).passes for name in others & {"cn-gb45438", "iptc"})


def test_a_single_picture_is_given_the_same(house: House, stamped_studio: Studio, tmp_path: Path) -> None:
    source, output = tmp_path / "raw.jpg", tmp_path / "out.jpg"
    write_still(Still(next(scene(320, 256, 1)), Orientation(), StillKind.JPEG, lossless=False), source)
    profiles = ("cn-gb45438", "iptc", "us-ca-sb942", "eu-ai-act")
    stamped_studio.seal(source, output, Declaration("Wan", version="2.2"), disclosure=Disclosure.of(profiles))
    compliance = house.hold(output, profiles)
    assert compliance.passes, compliance.failures
    note = read_xmp(output)
    assert note and note.aigc and AigcRecord.parse(note.aigc)


def test_what_a_model_made_of_a_cameras_picture_is_disclosed_to_who_has_no_registry(
    house: House, stamped_studio: Studio, tmp_path: Path
) -> None:
    plain, taken, output = tmp_path / "plain.jpg", tmp_path / "taken.jpg", tmp_path / "out.jpg"
    write_still(Still(next(scene(320, 256, 1)), Orientation(), StillKind.JPEG, lossless=False), plain)
    camera = replace(house.claim, media_type="image/jpeg", source_type=DigitalSourceType.DIGITAL_CAPTURE)
    house.signed(plain, taken, replace(camera, model=None, soft_bindings=()))
    profiles = ("iptc", "us-ca-sb942", "c2pa")
    stamped_studio.seal(taken, output, Declaration("Wan", version="2.2"), disclosure=Disclosure.of(profiles))
    assert house.hold(output, profiles).passes
    verdict = Verifier(Sources(anchors=house.sealer.anchors)).verify(output).verdict
    assert verdict.outcome is Outcome.GENERATED and verdict.origin is not None
    assert verdict.origin.generator == "Wan 2.2"


BARE = ("c2pa", "eu-ai-act", "us-ca-sb942")
"""Profiles that ask for nothing that has its place in pictures alone."""


def test_a_sound_is_made_for_profiles_that_ask_for_no_picture(
    house: House, stamped_studio: Studio, tmp_path: Path
) -> None:
    source, output = tmp_path / "raw.wav", tmp_path / "out.wav"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        samples = (8000 * np.random.default_rng(1).standard_normal((1, 12 * 16000))).clip(-32768, 32767)
        frame = av.AudioFrame.from_ndarray(samples.astype(np.int16), format="s16", layout="mono")
        frame.rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    stamped_studio.seal(source, output, Declaration("Suno", version="5"), disclosure=Disclosure.of(BARE))
    compliance = house.hold(output, BARE)
    assert compliance.passes, compliance.failures
    assert {line.result for one in compliance.profiles for line in one.lines} == {Result.PASS}
    for name in set(EVERY) - set(BARE):
        with pytest.raises(DisclosureUnmetError, match="pictures only"):
            stamped_studio.seal(
                source, tmp_path / "no.wav", Declaration("Suno", version="5"), disclosure=Disclosure.of((name,))
            )
    assert not (tmp_path / "no.wav").exists()


def test_a_file_that_is_signed_as_it_is_passes_what_asks_for_nothing_in_its_pixels(
    house: House, stamped_studio: Studio, tmp_path: Path
) -> None:
    source, output = tmp_path / "farm.png", tmp_path / "out.png"
    still = Still(next(scene(320, 256, 1)), Orientation(), StillKind.PNG, lossless=True)
    write_still(mark_still(still, Payload(77), house.sealer.key), source)
    stamped_studio.seal(source, output, Declaration("Wan", version="2.2"), as_is=True, disclosure=Disclosure.of(BARE))
    assert house.hold(output, BARE).passes
    with pytest.raises(DisclosureUnmetError, match="XMP"):
        stamped_studio.seal(
            source,
            tmp_path / "no.png",
            Declaration("Wan", version="2.2"),
            as_is=True,
            disclosure=Disclosure.of(("iptc",)),
        )


def test_what_is_published_or_redacted_later_passes_but_for_what_was_taken_out(house: House, tmp_path: Path) -> None:
    """An update says nothing of the content; what the manifest beneath it says still holds."""
    plain, signed, updated, redacted = (tmp_path / f"{name}.png" for name in ("plain", "signed", "updated", "redacted"))
    still = Still(next(scene(320, 256, 1)), Orientation(), StillKind.PNG, lossless=True)
    write_still(mark_still(still, PAYLOAD, house.sealer.key), plain)
    bindings = (replace(house.claim.soft_bindings[0], end=0.0),)
    house.signed(plain, signed, replace(house.claim, media_type="image/png", soft_bindings=bindings))
    signer, anchors = house.sealer.signer, house.sealer.anchors
    publish(signed, updated, signer, anchors)
    redact(signed, redacted, ["c2pa.ai-disclosure"], RedactionReason.TRADE_SECRET, signer, anchors)
    assert house.failing(updated, BARE) == house.failing(signed, BARE) == set()
    assert house.failing(redacted, BARE) == {"c2pa.ai_disclosure"}
    for path in (updated, redacted):
        origin = house.verifier.verify(path).verdict.origin
        assert origin is not None
        assert (origin.generator, origin.created) == ("Wan 2.2", read_manifest(signed, anchors).actions[0].when)


# -- what lacks one thing fails one line of each profile that asks for it


Taken = Callable[[House, Path], Path]


def _whole(house: House) -> Path:
    return house.encoded("whole", labelled(film(), LABEL))


def _other_bytes(old: bytes, new: bytes) -> Taken:
    """The whole file with some bytes before signing replaced by as many others."""
    assert len(old) == len(new)

    def make(house: House, path: Path) -> Path:
        data = _whole(house).read_bytes()
        assert data.count(old) == 1
        unsigned = path.with_suffix(".unsigned.mp4")
        unsigned.write_bytes(data.replace(old, new))
        return house.signed(unsigned, path)

    return make


def _other_record(record: AigcRecord) -> Taken:
    old, new = RECORD.to_json().encode(), record.to_json().encode()
    return _other_bytes(old, new.ljust(len(old)))


def _other_note(note: XmpNote) -> Taken:
    old, new = NOTE.packet(), note.packet()
    return _other_bytes(old, new.ljust(len(old)))


def _without_xmp(house: House, path: Path) -> Path:
    unsigned = path.with_suffix(".unsigned.mp4")
    unsigned.write_bytes(_whole(house).read_bytes().removesuffix(xmp_box(NOTE.packet())))
    return house.signed(unsigned, path)


def _other_claim(**change: Any) -> Taken:
    return lambda house, path: house.signed(_whole(house), path, replace(house.claim, **change))


def _without_time_stamp(house: House, path: Path) -> Path:
    return house.signed(_whole(house), path, signer=replace(house.sealer.signer, time_stamping=None))  # type: ignore[type-var]


def _other_definition(change: Change) -> Taken:
    """Signed by a program that writes its manifest in another way: not read back, nor refused."""

    def make(house: House, path: Path) -> Path:
        with written_otherwise(change), _whole(house).open("rb") as media, path.open("w+b") as output:
            sign_stream(media, output, house.claim, house.sealer.signer, house.sealer.anchors)
        return path

    return make


def _stripped(house: House, path: Path) -> Path:
    """The manifest's box becomes an empty one of the same size; everything else stays."""
    house.signed(_whole(house), path)
    box = next(box for box in scan_boxes(path) if box.uuid == C2PA_UUID)
    data = bytearray(path.read_bytes())
    data[box.offset + 4 : box.offset + box.size] = b"free" + bytes(box.size - 8)
    path.write_bytes(data)
    return path


def _untrusted(house: House, path: Path) -> Path:
    folder = path.parent / "stranger"
    make_development_keys(folder, organisation="A stranger", now=datetime.now(UTC))
    ring = KeyRing.load(folder)
    signer = ring.signer(time_stamping=house.sealer.signer.time_stamping)
    sign_file(_whole(house), path, house.claim, signer, ring.trust_anchors)
    return path


def _of_no_organisation(house: House, path: Path) -> Path:
    return house.signed(_whole(house), path, signer=of_no_organisation(house.home.keys, house.sealer.signer))


def _unmarked(house: House, path: Path) -> Path:
    # A short one: that there is no mark is known only when every place has been searched.
    return house.signed(house.encoded("unmarked", moving_clip(192, 144, count=1, style="flat"), marked=False), path)


def _unlabelled(house: House, path: Path) -> Path:
    return house.signed(house.encoded("unlabelled", film()), path)


def _other_label(name: str, **change: Any) -> Taken:
    def make(house: House, path: Path) -> Path:
        return house.signed(house.encoded(name, labelled(film(), replace(LABEL, **change))), path)

    return make


def _late(house: House, path: Path) -> Path:
    video = film()
    frames = [*islice(video.frames, 4), *islice(labelled(film(), LABEL).frames, 4, None)]
    return house.signed(house.encoded("late", replace(video, frames=iter(frames))), path)


LACKING: dict[str, tuple[Taken, tuple[str, ...], set[str]]] = {
    "XMP": (_without_xmp, MANIFEST_ONLY, {"iptc.source_type"}),
    "XMP that agrees": (
        _other_note(replace(NOTE, source_type=DigitalSourceType.COMPOSITE_SYNTHETIC.value)),
        MANIFEST_ONLY,
        {"iptc.source_type"},
    ),
    "system in XMP": (_other_note(replace(NOTE, system="")), MANIFEST_ONLY, {"iptc.system"}),
    "time stamp": (_without_time_stamp, MANIFEST_ONLY, {"eu.time_stamp"}),
    "AI disclosure": (_other_definition(drop_disclosure), MANIFEST_ONLY, {"c2pa.ai_disclosure"}),
    "allActionsIncluded": (_other_definition(drop_all_actions_included), MANIFEST_ONLY, {"c2pa.rubric"}),
    "version": (_other_claim(software_agent=SoftwareAgent("Wan", "unknown")), MANIFEST_ONLY, {"ca.system_version"}),
    "trusted signer": (_untrusted, MANIFEST_ONLY, {"c2pa.trusted"}),
    "manifest": (_stripped, MANIFEST_ONLY, {"eu.signed_metadata", "ca.standard", "c2pa.trusted"}),
    "watermark": (_unmarked, MANIFEST_ONLY, {"eu.watermark", "ca.durable", "c2pa.soft_binding"}),
    "soft binding": (_other_claim(soft_bindings=()), EVERY, {"c2pa.soft_binding"}),
    "provider": (_of_no_organisation, EVERY, {"ca.provider", "in.identifier"}),
    "system": (_other_definition(drop_system), EVERY, {"ca.system"}),
    "time": (_other_definition(drop_times), EVERY, {"ca.time"}),
    "source type": (
        _other_definition(partial(open_something, source_type=False)),
        EVERY,
        {"eu.signed_metadata", "c2pa.source_type"},
    ),
    "input": (_other_definition(partial(open_something, source_type=True)), EVERY, {"eu.inputs_kept"}),
    "AIGC": (_other_bytes(b"mdtaAIGC", b"mdtaNONE"), WITH_LABEL, {"cn.label_field"}),
    "AIGC producer": (_other_record(replace(RECORD, producer="")), WITH_LABEL, {"cn.producer"}),
    "AIGC number": (_other_record(replace(RECORD, produce_id="")), WITH_LABEL, {"cn.produce_id"}),
    "AIGC that agrees": (_other_record(replace(RECORD, produce_id="f" * 16)), WITH_LABEL, {"cn.label_field"}),
    "label": (_unlabelled, WITH_LABEL, {"cn.explicit", "eu50.label", "in.label"}),
    "label at the start": (_late, WITH_LABEL, {"cn.explicit_start", "eu50.from_the_start", "in.label_prominent"}),
    "label long enough": (
        _other_label("short", seconds=Fraction(1)),
        WITH_LABEL,
        {"cn.explicit_seconds", "eu50.throughout", "in.label_prominent"},
    ),
    "label large enough": (
        _other_label("small", share=0.04),
        WITH_LABEL,
        {"cn.explicit_size", "eu50.legible", "in.label_prominent"},
    ),
    "timed text": (
        _other_bytes(b"AI generated", b"all my own.."),
        WITH_LABEL,
        {"eu50.accessible"},
    ),
    "Chinese": (_other_label("english", wordings=LABEL.wordings[1:]), WITH_LABEL, {"cn.explicit"}),
    "English": (_other_label("chinese", wordings=LABEL.wordings[:1]), WITH_LABEL, {"eu50.label", "in.label"}),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_a_file_that_lacks_one_thing_fails_exactly_that_line(house: House, tmp_path: Path, lacking: str) -> None:
    make, profiles, expected = LACKING[lacking]
    path = make(house, tmp_path / "lacking.mp4")
    assert house.failing(path, profiles) == expected


def test_the_same_file_with_everything_fails_nothing(house: House, tmp_path: Path) -> None:
    compliance = house.hold(house.signed(_whole(house), tmp_path / "whole.mp4"), EVERY)
    assert compliance.passes, compliance.failures


def test_a_camera_claim_over_the_mark_is_believed_in_nothing(house: House, tmp_path: Path) -> None:
    camera = replace(house.claim, source_type=DigitalSourceType.DIGITAL_CAPTURE, soft_bindings=(), model=None)
    facts = house.hold(house.signed(_whole(house), tmp_path / "camera.mp4", camera), ("c2pa",)).facts
    for fact in (Fact.MANIFEST_SOURCE_TYPE, Fact.MANIFEST_BROKEN_RULES, Fact.AIGC_LABEL, Fact.XMP_SOURCE_TYPE):
        assert facts.get(fact) is None and "contradictory" in facts.why(fact)


def test_a_tampered_file_says_nothing_that_is_believed(house: House, tmp_path: Path) -> None:
    path = house.signed(_whole(house), tmp_path / "tampered.mp4")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"trainedAlgorithmicMedia</Ipt", b"compositeCapture       </Ipt"))
    facts = house.hold(path, ("iptc",)).facts
    assert facts.get(Fact.OUTCOME) == "tampered"
    for fact in (Fact.XMP_SOURCE_TYPE, Fact.AIGC_LABEL, Fact.MANIFEST_TIME_STAMPED):
        assert facts.get(fact) is None
    assert "tampered" in facts.why(Fact.AIGC_LABEL)


def test_what_xmp_says_against_the_manifest_does_nothing_where_it_is_told(house: House, tmp_path: Path) -> None:
    """A control sequence of C1 is a character that XML allows, and many a terminal obeys it."""
    path = _other_note(replace(NOTE, source_type="\x9b2J\u202egpj", system="\x9b31m"))(house, tmp_path / "evil.mp4")
    compliance = house.hold(path, ("iptc", "eu-ai-act"))
    shown = io.StringIO()
    Console(file=shown, width=100).print(render(compliance))
    told = "".join(line.problem for one in compliance.profiles for line in one.lines)
    assert "XMP says <U+009B>2J" in told
    assert not any(c in shown.getvalue() + told for c in "\x9b\u202e")


# -- what cannot be had is refused before anything is made


def test_a_time_stamp_needs_an_authority(stamped_studio: Studio, folder: Path) -> None:
    signer = replace(stamped_studio.sealer.signer, time_stamping=None)  # type: ignore[type-var]
    studio = replace(stamped_studio, sealer=replace(stamped_studio.sealer, signer=signer))
    disclosure = Disclosure.of(["eu-ai-act"])
    with pytest.raises(DisclosureUnmetError, match="no time-stamp authority"):
        studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(fail_at=0), disclosure=disclosure)
    assert not list(folder.iterdir())


def test_a_version_must_be_known(stamped_studio: Studio, folder: Path, tmp_path: Path) -> None:
    source, disclosure = write_clip(tmp_path / "raw.mp4", moving_clip(count=1)), Disclosure.of(["us-ca-sb942"])
    with pytest.raises(DisclosureUnmetError, match="it is unknown"):
        stamped_studio.seal(source, folder / "out.mp4", Declaration("Wan"), disclosure=disclosure)


def test_a_picture_too_small_for_a_label_publishes_nothing(stamped_studio: Studio, folder: Path) -> None:
    generator = DrawnGenerator(frames=2, size=128)
    with pytest.raises(LabelError):
        stamped_studio.generate(
            REQUEST, folder / "out.mp4", generator=generator, disclosure=Disclosure.of(["in-it-rules-2026"])
        )
    assert not list(folder.iterdir())


def test_what_does_not_comply_is_not_published(
    stamped_studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disclosure, "noted", lambda self, sealer, claim, payload: sealer)
    generator, disclosure = DrawnGenerator(frames=6), Disclosure.of(["iptc"])
    with pytest.raises(NotCompliantError, match=r"iptc\.source_type"):
        stamped_studio.generate(REQUEST, folder / "out.mp4", generator=generator, disclosure=disclosure)
    assert not list(folder.iterdir())


def test_conflicts_are_found_before_a_studio_is_opened() -> None:
    with pytest.raises(ProfileConflictError):
        Disclosure.of(["cn-gb45438"], languages=["en"])


# -- the command line


@pytest.fixture
def at_home(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(house.home.root))


@pytest.mark.usefixtures("at_home")
def test_comply_tells_line_by_line_and_leaves_accordingly(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = house.signed(_whole(house), tmp_path / "whole.mp4")
    assert run(["comply", str(path), "--profile", "iptc", "--profile", "us-ca-sb942"]) == 0
    shown = capsys.readouterr().out
    assert "iptc.source_type" in shown and "no legal advice" in shown and "9 of 9 lines pass" in shown
    assert run(["comply", str(path), "--profile", "eu-ai-act", "--json"]) == 1  # nobody told it to trust the authority
    document = json.loads(capsys.readouterr().out)
    lines = {line["id"]: line for line in document["profiles"][0]["lines"]}
    assert lines["eu.time_stamp"]["result"] == "fail" and lines["eu.watermark"]["result"] == "pass"
    assert all(line["source"] and line["remedy"] and line["confidence"] for line in lines.values())


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["{folder}/none.mp4", "--profile", "iptc"], 3),
        (["{folder}/text.mp4", "--profile", "iptc"], 3),
        (["{folder}/text.mp4", "--profile", "nowhere"], 64),
        (["{folder}/text.mp4"], 64),
        (["--profile", "iptc"], 64),
        (["--list"], 0),
        (["--list", "--json"], 0),
    ],
)
def test_comply_leaves_with_the_status_of_its_table(tmp_path: Path, arguments: list[str], status: int) -> None:
    (tmp_path / "text.mp4").write_text("no video\n")
    assert run(["comply", *(argument.format(folder=tmp_path) for argument in arguments)]) == status


@pytest.mark.usefixtures("at_home")
def test_seal_takes_profiles_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_clip(tmp_path / "raw.mp4", moving_clip(256, 256, count=1))
    monkeypatch.setenv("TOUCHMARK_PROFILES", "iptc us-ca-sb942")
    arguments = ["seal", str(source), "-o", str(tmp_path / "out.mp4"), "--made-with", "Wan", "--json"]
    assert run(arguments) == 70  # California wants a version
    assert not (tmp_path / "out.mp4").exists()
    capsys.readouterr()
    assert run([*arguments, "--made-with-version", "2.2"]) == 0
    assert json.loads(capsys.readouterr().out)["profiles"] == ["iptc", "us-ca-sb942"]
    assert run(["comply", str(tmp_path / "out.mp4"), "--profile", "iptc", "--profile", "us-ca-sb942"]) == 0
