"""Films with sound, in one piece and in fragments, fail exactly the lines of what is taken away; other forms too.

What ``test_disclosure`` shows of silent films. And what has no pictures at all is held line by line like any file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import cycle
from pathlib import Path

import av
import cbor2
import numpy as np
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from PIL import Image

from tests.clips import moving_clip, scene
from tests.detectors.jumbf import at, box, changed
from tests.forms import sound_file
from tests.generation.release.takings import (
    Change,
    drop_actions,
    drop_all_actions_included,
    drop_bindings,
    drop_disclosure,
    drop_system,
    drop_times,
    drop_version,
    of_no_organisation,
    written_otherwise,
)
from tests.generation.release.test_disclosure import BARE, EVERY, LABEL, NOTE, PAYLOAD, RECORD, House, house
from tests.provenance.keys.certificates import Authority, p256, private_pem, usage
from touchmark.detectors.disclosure.facts import Fact
from touchmark.provenance.disclosure.aigc import AIGC_KEY
from touchmark.provenance.disclosure.burn import labelled
from touchmark.provenance.disclosure.xmp import xmp_box
from touchmark.provenance.manifest.claim import Claim, SoftBinding
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.write import sign_stream
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes
from touchmark.provenance.media.captions import Caption
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.kinds import kind_of, kind_of_file
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind
from touchmark.provenance.media.video import Sound
from touchmark.provenance.signing import PemSigner, Signer
from touchmark.provenance.watermark.still import mark_still

__all__ = ["house"]

SECONDS = 5
RATE = 48_000
XMP = xmp_box(NOTE.packet())
SETTINGS = EncodeSettings(
    preset="ultrafast",
    metadata={AIGC_KEY: RECORD.to_json()},
    captions=(Caption("AI generated", "eng"),),
    boxes=XMP,
)
INVALID = {"c2pa.trusted", "eu.signed_metadata", "ca.standard", "in.provenance"}


@pytest.fixture(scope="module")
def whole(house: House) -> Path:
    """A film with all that every profile asks for, marked in picture and sound, not signed. Read only."""
    path, key = house.folder / "sounding.mp4", house.sealer.key
    video = labelled(moving_clip(320, 240, count=4 * SECONDS, rate=Fraction(4), style="flat"), LABEL)
    samples = (0.2 * np.random.default_rng(1).standard_normal((1, SECONDS * RATE))).astype(np.float32)
    sound = house.sealer.sound_mark.embed(Sound(RATE, 1, iter(np.array_split(samples, 20, axis=1))), PAYLOAD, key)
    frames = house.sealer.watermark.embed(video.frames, PAYLOAD, key)
    encode(replace(video, frames=frames, sound=sound), path, SETTINGS)
    return path


@pytest.fixture(scope="module")
def fragmented(whole: Path) -> Path:
    """The same packets, in fragments."""
    path = whole.with_name("fragments.mp4")
    flags = "frag_keyframe+empty_moov+default_base_moof+use_metadata_tags"
    with av.open(str(whole)) as source, av.open(str(path), "w", format="mp4", options={"movflags": flags}) as target:
        target.metadata.update(source.metadata)
        streams = {}
        for stream in source.streams:
            streams[stream.index] = target.add_stream_from_template(stream)
            streams[stream.index].metadata.update(stream.metadata)
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    path.write_bytes(path.read_bytes() + XMP)
    return path


FORMS = ("in one piece", "in fragments")


@pytest.fixture(params=FORMS)
def film(whole: Path, fragmented: Path, request: pytest.FixtureRequest) -> Path:
    return whole if request.param == "in one piece" else fragmented


def bound(house: House) -> Claim:
    algorithms = (house.sealer.watermark.algorithm, house.sealer.sound_mark.algorithm)
    bindings = tuple(SoftBinding(one, PAYLOAD.to_bytes(), 0.0, float(SECONDS)) for one in algorithms)
    return replace(house.claim, soft_bindings=bindings)


def written(
    house: House,
    media: Path,
    path: Path,
    claim: Claim | None = None,
    *,
    definition: Change = lambda document: None,
    signer: Signer | None = None,
) -> Path:
    with written_otherwise(definition), media.open("rb") as source, path.open("w+b") as output:
        sign_stream(source, output, claim or bound(house), signer or house.sealer.signer, house.sealer.anchors)
    return path


@dataclass(frozen=True)
class Lacking:
    """What is taken away: from the bytes before they are signed, the claim, its definition, or the signer."""

    fails: set[str]
    media: Callable[[bytes], bytes] = lambda data: data
    claim: Callable[[Claim], Claim] = lambda claim: claim
    definition: Change = lambda document: None
    signer: Callable[[House], Signer] = lambda house: house.sealer.signer


def _other_bytes(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new)


LACKING = {
    "nothing": Lacking(set()),
    "binding of the picture": Lacking(
        {"c2pa.soft_binding"}, claim=lambda claim: replace(claim, soft_bindings=claim.soft_bindings[1:])
    ),
    "binding of the sound": Lacking(
        {"c2pa.soft_binding"}, claim=lambda claim: replace(claim, soft_bindings=claim.soft_bindings[:1])
    ),
    "both bindings": Lacking({"c2pa.soft_binding"}, claim=lambda claim: replace(claim, soft_bindings=())),
    "bindings that an action speaks of": Lacking(
        INVALID - {"c2pa.trusted"} | {"c2pa.soft_binding"}, definition=drop_bindings
    ),
    "actions": Lacking(INVALID, definition=drop_actions),
    "AI disclosure": Lacking({"c2pa.ai_disclosure"}, definition=drop_disclosure),
    "allActionsIncluded": Lacking({"c2pa.rubric"}, definition=drop_all_actions_included),
    "system": Lacking({"ca.system"}, definition=drop_system),
    "version": Lacking({"ca.system_version"}, definition=drop_version),
    "time": Lacking({"ca.time"}, definition=drop_times),
    "time stamp": Lacking(
        {"eu.time_stamp"},
        signer=lambda house: replace(house.sealer.signer, time_stamping=None),  # type: ignore[type-var]
    ),
    "provider": Lacking(
        {"ca.provider", "in.identifier"},
        signer=lambda house: of_no_organisation(house.home.keys, house.sealer.signer),
    ),
    "AIGC": Lacking({"cn.label_field"}, media=_other_bytes(b"mdtaAIGC", b"mdtaNONE")),
    "XMP": Lacking({"iptc.source_type"}, media=lambda data: data.removesuffix(XMP)),
    "timed text": Lacking({"eu50.accessible"}, media=_other_bytes(b"AI generated", b"all my own..")),
}


IN_BOTH = ("nothing", "binding of the sound", "both bindings", "AIGC", "XMP", "timed text")
CASES = [(lacking, form) for lacking in IN_BOTH for form in FORMS]
CASES += [case for case in zip(LACKING, cycle(FORMS), strict=False) if case[0] not in IN_BOTH]


@pytest.mark.parametrize(("lacking", "film"), CASES, indirect=["film"])
def test_a_film_with_sound_fails_exactly_the_line_of_what_it_lacks(
    house: House, film: Path, tmp_path: Path, lacking: str
) -> None:
    taken, media = LACKING[lacking], tmp_path / "media.mp4"
    media.write_bytes(taken.media(film.read_bytes()))
    path = tmp_path / "film.mp4"
    written(house, media, path, taken.claim(bound(house)), definition=taken.definition, signer=taken.signer(house))
    assert house.failing(path, EVERY) == taken.fails


def test_a_film_that_is_not_signed_fails_the_line_that_asks_for_that(house: House, film: Path) -> None:
    assert house.failing(film, EVERY) == INVALID


def test_a_stamp_that_is_taken_out_of_a_signed_film_fails_its_own_line(
    house: House, film: Path, tmp_path: Path
) -> None:
    """It lies beside the signature, which does not cover it."""

    def unstamped(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        header = {name: value for name, value in header.items() if name != "sigTst2"}
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, header, *rest])))]

    path = written(house, film, tmp_path / "film.mp4")
    with path.open("rb") as file:
        store = next(iter(stores(file, kind_of_file(file))))
    path.write_bytes(path.read_bytes().replace(store, changed(store, at(("c2pa.signature",), unstamped))))
    assert house.failing(path, EVERY) == {"eu.time_stamp"}


def test_an_authority_that_is_left_out_of_the_chain_fails_the_line_that_asks_for_trust(
    house: House, whole: Path, tmp_path: Path
) -> None:
    root, between, key = Authority("root"), Authority("between"), p256()
    lasting = partial(Authority.issue, begins=datetime.now(UTC) - timedelta(days=1))
    lasting = partial(lasting, ends=datetime.now(UTC) + timedelta(days=30))
    issues = partial(lasting, root, ca=True, key_usage=usage("key_cert_sign", "crl_sign"), ekus=None, ski=True)
    anchor = issues(key=root.key, subject=root.subject, aki=False)
    link = issues(key=between.key, subject=between.subject)
    named = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Studio")])
    leaf = lasting(between, key=key, subject=named)
    stamping = house.sealer.signer.time_stamping
    believing = replace(house.verifier, sources=replace(house.verifier.sources, anchors=anchor))
    asked = replace(house, sealer=replace(house.sealer, anchors=anchor), verifier=believing)
    for chain, fails in ((leaf + link, set[str]()), (leaf, {"c2pa.trusted"})):
        signer = PemSigner.from_pem(chain, private_pem(key), time_stamping=stamping)
        path = written(asked, whole, tmp_path / "film.mp4", signer=signer)
        assert asked.failing(path, EVERY) == fails


def test_a_film_that_is_encoded_anew_keeps_what_is_in_its_pictures_and_loses_what_was_signed(
    house: House, whole: Path, tmp_path: Path
) -> None:
    """With all its metadata; and with the manifest of the first put back, which is that of other bytes."""
    signed, again, transplanted = (tmp_path / f"{name}.mp4" for name in ("signed", "again", "transplanted"))
    written(house, whole, signed)
    with open_video(signed) as reader:
        encode(reader.raw(), again, SETTINGS)
    assert house.failing(again, EVERY) == INVALID
    manifest = next(box for box in scan_boxes(signed) if box.uuid == C2PA_UUID)
    stolen = signed.read_bytes()[manifest.offset : manifest.offset + manifest.size]
    transplanted.write_bytes(again.read_bytes() + stolen)
    assert house.failing(transplanted, EVERY) == INVALID | {"iptc.source_type", "cn.label_field"}, "no word counts"
    for path in (again, transplanted):
        assert house.failing(path, ("eu-ai-act-label",)) == set(), "what is seen is seen"


@pytest.mark.parametrize("suffix", [".tiff", ".avif", ".webp"])
def test_pictures_that_are_signed_as_they_are_pass_and_fail_line_by_line(
    house: House, tmp_path: Path, suffix: str
) -> None:
    source, path = tmp_path / f"marked{suffix}", tmp_path / f"signed{suffix}"
    still = Still(next(scene(320, 256, 1)), Orientation(), StillKind.PNG, lossless=True)
    pixels = mark_still(still, PAYLOAD, house.sealer.key).upright
    Image.fromarray(np.ascontiguousarray(pixels)).save(source, quality=95)
    kind = kind_of(source)
    assert kind is not None
    bindings = (replace(house.claim.soft_bindings[0], end=0.0),)
    claim = replace(house.claim, media_type=kind.media_type, soft_bindings=bindings, as_is=True)
    assert house.failing(written(house, source, path, claim), BARE) == set()
    silent = replace(claim, soft_bindings=())
    assert house.failing(written(house, source, path, silent), BARE) == {"c2pa.soft_binding"}
    assert house.failing(written(house, source, path, claim, definition=drop_times), BARE) == {"ca.time"}


@pytest.mark.parametrize("name", ["a.wav", "a.m4a", "p.gif"])
def test_what_has_no_pictures_to_search_fails_the_lines_of_labels_and_is_read_all_the_same(
    house: House, tmp_path: Path, name: str
) -> None:
    source, path = tmp_path / name, tmp_path / f"signed-{name}"
    if name == "p.gif":
        Image.new("RGB", (64, 48), "red").save(source)
    else:
        sound_file(source, *{"a.wav": ("pcm_s16le", "s16"), "a.m4a": ("aac", "fltp")}[name])
    kind = kind_of(source)
    assert kind is not None
    written(house, source, path, replace(house.claim, media_type=kind.media_type, soft_bindings=()))
    compliance = house.hold(path, ("c2pa", "cn-gb45438", "in-it-rules-2026", "eu-ai-act-label"))
    failing = {failure.line.id for failure in compliance.failures}
    assert failing >= {"cn.explicit", "cn.label_field", "in.label", "eu50.label", "in.permanent"}
    assert not failing & {"c2pa.trusted", "c2pa.rubric", "in.provenance"}
    why = compliance.facts.why(Fact.LABEL_LANGUAGES)
    assert why == ("a GIF image is not decoded here" if name == "p.gif" else "a sound has no pictures")
