"""Films in segments, each in a file of its own: what a library forgets from one segment to the next is told here."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import av
import c2pa
import cbor2
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.detectors.cameras import sign_raw
from tests.detectors.fragments import Binding, bound_by_fragments, boxes, branch_box, essence, fragmented_film, pieces
from tests.detectors.jumbf import box
from tests.provenance.keys.certificates import Authority, p256, private_pem
from touchmark.detectors.disclosure.comply import Result, hold
from touchmark.detectors.disclosure.facts import Fact
from touchmark.detectors.disclosure.profile import Profile
from touchmark.detectors.document import schema
from touchmark.detectors.serialise import line, report_of
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media import film
from touchmark.provenance.media.errors import LimitExceededError, MediaError, NotAVideoError, TruncatedError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("streams", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
HIDDEN = b"a payload, " * 20
Verify = Callable[[Sequence[bytes]], Verification]


def _signed(folder: Path, seed: int = 4) -> bytes:
    """A camera's claim, with a hash over all of the film."""
    (folder / f"plain{seed}.mp4").write_bytes(fragmented_film(folder / f"made{seed}.mp4", seed))
    agent, now = SoftwareAgent("a camera", "1"), datetime.now(UTC)
    claim = Claim("x", "video/mp4", DigitalSourceType.DIGITAL_CAPTURE, agent, now)
    sign_file(folder / f"plain{seed}.mp4", folder / f"signed{seed}.mp4", claim, SIGNER, CHAIN.authority)
    return (folder / f"signed{seed}.mp4").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return _signed(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def stream(whole: bytes) -> list[bytes]:
    """The beginning and five segments, signed as DASH has them: a leaf takes in where boxes stand in their segment."""
    return pieces(bound_by_fragments(whole, SIGNER, Binding(apart=True)))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Another film by the same signer, for its tree to be called by the same name or by another."""
    return _signed(tmp_path_factory.mktemp("other"), seed=5)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[bytes]], list[Path]]:
    folder = tmp_path_factory.mktemp("segments")

    def write(parts: Sequence[bytes]) -> list[Path]:
        paths = [folder / f"{number}.m4s" for number in range(len(parts))]
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(part)
        return paths

    return write


@pytest.fixture(scope="module")
def verify(written) -> Verify:
    verifier = Verifier(Sources(anchors=CHAIN.authority))

    def verified(parts: Sequence[bytes]) -> Verification:
        beginning, *segments = written(parts)
        return verifier.verify(beginning, segments=segments)

    return verified


def kinds(verification: Verification) -> set[str]:
    assert verification.evidence.stream is not None
    return {str(fault.kind) for fault in verification.evidence.stream.faults}


@pytest.mark.parametrize("binding", [Binding(apart=True), Binding(version=1)], ids=["v3", "v1"])
def test_a_whole_stream_is_believed(whole, verify, binding) -> None:
    verification = verify(pieces(bound_by_fragments(whole, SIGNER, binding)))
    assert verification.verdict.outcome is Outcome.CAPTURED
    found = verification.evidence.stream
    assert found is not None
    assert (found.given, found.of_all, found.first, found.faults) == (5, 5, 1, ())
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.evidence.container.info.width == 64, "and its pictures are looked at"


@pytest.mark.parametrize("number", range(1, 6))
def test_nothing_is_put_between_a_segment_and_its_media(whole, verify, number) -> None:
    """Of one segment among many: what is found of any counts for the film."""
    parts = pieces(bound_by_fragments(whole, SIGNER, Binding(version=1)))
    media = parts[number].rindex(b"mdat") - 4
    parts[number] = parts[number][:media] + box(b"free", bytes(24)) + parts[number][media:]
    verification = verify(parts)
    assert verification.evidence.manifest.state is ValidationState.TRUSTED, "the attack as such must succeed"
    assert verification.verdict.outcome is Outcome.UNKNOWN


def test_whoever_may_stamp_the_time_may_not_say_what_a_camera_took_in_segments(tmp_path) -> None:
    """A library trusts him, and a film in one file was asked whether it should."""
    authority, key = Authority(), p256()
    chain = authority.issue(key=key, ekus=[ExtendedKeyUsageOID.TIME_STAMPING]) + authority.pem
    signer, output = PemSigner.from_pem(chain, private_pem(key)), io.BytesIO()
    made = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE}
    actions = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [made]}}
    definition = {"claim_version": 2, "claim_generator_info": [{"name": "c", "version": "1"}], "assertions": [actions]}
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    sign_raw(builder, signer, "video/mp4", io.BytesIO(fragmented_film(tmp_path / "made.mp4")), output)
    paths = []
    for number, piece in enumerate(pieces(bound_by_fragments(output.getvalue(), signer, Binding(apart=True)))):
        paths.append(tmp_path / f"{number}.m4s")
        paths[-1].write_bytes(piece)
    verification = Verifier(Sources(anchors=authority.pem)).verify(paths[0], segments=paths[1:])
    assert verification.evidence.manifest.hard_binding_matches and not verification.evidence.manifest.signer_trusted
    assert verification.verdict.outcome is Outcome.UNKNOWN


def test_a_stream_is_held_against_profiles_like_the_film_in_one_file(whole, stream, verify, written, tmp_path) -> None:
    profiles = [Profile.load("c2pa"), Profile.load("eu-ai-act"), Profile.load("eu-ai-act-label")]
    path = tmp_path / "film.mp4"
    path.write_bytes(whole)
    film = hold(Verifier(Sources(anchors=CHAIN.authority)).verify(path), profiles, CHAIN.authority)
    verification = verify(stream)
    held = hold(verification, profiles, CHAIN.authority, segments=written(stream)[1:])
    results = [[(line.line.id, line.result) for one in c.profiles for line in one.lines] for c in (held, film)]
    assert results[0] == results[1]
    assert held.facts.get(Fact.MANIFEST_BROKEN_RULES) == film.facts.get(Fact.MANIFEST_BROKEN_RULES)
    changed = [*stream[:2], stream[2][:-1] + bytes([stream[2][-1] ^ 1]), *stream[3:]]
    broken = hold(verify(changed), profiles, CHAIN.authority, segments=written(changed)[1:])
    believed = {line.line.id for line in broken.profiles[0].lines if line.result is Result.PASS}
    assert not {"c2pa.trusted", "c2pa.rubric"} & believed


def test_the_report_tells_of_segments_under_the_schema(stream, verify) -> None:
    beginning, first, second, *_ = stream
    document = json.loads(line(report_of(verify([beginning, second, first]))))
    Draft202012Validator(schema()).validate(document)
    told = document["evidence"]["stream"]
    assert (told["given"], told["of_all"], told["first"]) == (2, 5, 1)
    assert [(fault["kind"], fault["signed"]) for fault in told["faults"]] == [("segment_out_of_order", True)]


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ((0, 2, 1, 3, 4), "segment_out_of_order"),
        ((4, 0, 1, 2, 3), "segment_out_of_order"),
        ((0, 1, 2, 2, 3, 4), "segment_repeated"),
        ((0, 1, 2, 3, 4, 0), "segment_repeated"),
        ((0, 1, 3, 4), "segment_missing"),
    ],
)
def test_segments_are_all_there_once_and_in_order(stream, verify, order, kind) -> None:
    """Each of them is intact, so that a library that looks at one after another is content."""
    beginning, *segments = stream
    verification = verify([beginning, *(segments[number] for number in order)])
    assert verification.verdict.outcome is Outcome.TAMPERED
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert kinds(verification) == {kind}
    (sign,) = verification.verdict.tampering
    assert "number" in sign


@pytest.mark.parametrize("part", [slice(0, 3), slice(2, 5), slice(1, 2)])
def test_a_part_is_called_a_part(stream, verify, part) -> None:
    """Who comes late to a stream has no beginning, and nobody has the end of one that still runs."""
    beginning, *segments = stream
    verification = verify([beginning, *segments[part]])
    assert verification.verdict.outcome is Outcome.CAPTURED
    texts = [statement.text for statement in verification.verdict.statements if statement.tone == "caution"]
    count = len(segments[part])
    assert any(f"{count} segment" in text and f"from number {part.start + 1} on" in text for text in texts)


@pytest.mark.parametrize("bad", range(5))
def test_a_changed_segment_is_found_wherever_it_is(stream, verify, bad) -> None:
    """A library forgets it as soon as the next one is intact."""
    beginning, *segments = stream
    segments[bad] = segments[bad][:-1] + bytes([segments[bad][-1] ^ 1])
    verification = verify([beginning, *segments])
    assert verification.verdict.outcome is Outcome.TAMPERED
    assert kinds(verification) == {"segment_changed"}
    assert f"“{bad + 1}.m4s”" in verification.verdict.tampering[0]


def test_all_segments_changed(stream, verify) -> None:
    beginning, *segments = stream
    verification = verify([beginning, *(segment[:-1] + bytes([segment[-1] ^ 1]) for segment in segments)])
    assert verification.verdict.outcome is Outcome.TAMPERED


def test_a_changed_beginning_is_found(stream, verify) -> None:
    beginning, *segments = stream
    at = beginning.index(b"mvhd") + 90
    changed = beginning[:at] + bytes([beginning[at] ^ 1]) + beginning[at + 1 :]
    assert verify([changed, *segments]).verdict.outcome is Outcome.TAMPERED


@pytest.mark.parametrize(("tree", "kind"), [(2, "segment_of_another_film"), (1, "segment_changed")])
def test_a_segment_of_another_film_is_found(stream, other, verify, tree, kind) -> None:
    """Of the same signer, at the same place, with a tree of another name or of the same."""
    beginning, *segments = stream
    segments[2] = pieces(bound_by_fragments(other, SIGNER, Binding(apart=True, tree=tree)))[3]
    verification = verify([beginning, *segments])
    assert verification.verdict.outcome is Outcome.TAMPERED
    assert kind in kinds(verification)


def _branch_of(segment: bytes) -> tuple[dict[str, object], bytes]:
    size = int.from_bytes(segment[:4], "big")
    return cbor2.loads(segment[24 + 11 : size]), segment[size:]


def test_a_segment_without_its_branch_is_not_believed(stream, verify) -> None:
    beginning, *segments = stream
    segments[1] = _branch_of(segments[1])[1]
    verification = verify([beginning, *segments])
    assert verification.verdict.outcome is Outcome.TAMPERED
    assert "segment_unbound" in kinds(verification)


@pytest.mark.parametrize("first", [True, False])
def test_a_segment_with_two_branches_is_not_believed(stream, verify, first) -> None:
    """Which of them a library goes by is its secret: the other may name any place in the film."""
    beginning, *segments = stream
    branch, media = _branch_of(segments[1])
    own, lie = branch_box(branch), branch_box({**branch, "location": 4})
    segments[1] = (lie + own if first else own + lie) + media
    verification = verify([beginning, *segments])
    assert verification.verdict.outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY)
    assert "segment_unbound" in kinds(verification)


def test_a_segment_cannot_name_another_place(stream, verify) -> None:
    beginning, *segments = stream
    branch, media = _branch_of(segments[1])
    segments[1] = branch_box({**branch, "location": 2}) + media
    assert verify([beginning, *segments]).verdict.outcome is Outcome.TAMPERED


@pytest.mark.parametrize(
    "change",
    [
        lambda branch, media: branch_box(branch, HIDDEN) + media,
        lambda branch, media: branch_box({**branch, "hidden": HIDDEN}) + media,
        lambda branch, media: branch_box({**branch, "hashes": [*branch["hashes"], HIDDEN]}) + media,
        lambda branch, media: branch_box(branch) + media + box(b"free", HIDDEN),
        lambda branch, media: branch_box(branch) + media + box(b"ftyp", HIDDEN),
    ],
    ids=["behind the branch", "in the branch", "among hashes", "in free space", "in a second type"],
)
def test_nothing_hides_in_a_segment(stream, verify, change) -> None:
    beginning, *segments = stream
    segments[-1] = change(*_branch_of(segments[-1]))
    verification = verify([beginning, *segments])
    assert verification.verdict.outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY)


def test_padding_in_a_segment_is_padding(stream, verify) -> None:
    """Zeros in free space hide nothing."""
    beginning, *segments = stream
    segments[-1] = segments[-1] + box(b"free", bytes(99))
    assert verify([beginning, *segments]).verdict.outcome is Outcome.CAPTURED


def test_a_film_that_was_signed_whole_and_cut_up(whole, verify) -> None:
    """Put together it is what was signed, and in another order it is not."""
    at = [offset for offset in range(len(whole)) if whole[offset + 4 : offset + 8] == b"moof"]
    parts = [whole[start:end] for start, end in zip([0, *at], [*at, len(whole)], strict=True)]
    assert verify(parts).verdict.outcome is Outcome.CAPTURED
    assert verify([*parts[:-2], parts[-1], parts[-2]]).verdict.outcome is Outcome.TAMPERED


def _plain(folder: Path) -> list[bytes]:
    content = fragmented_film(folder / "plain.mp4")
    at = [offset for offset in range(len(content)) if content[offset + 4 : offset + 8] == b"moof"]
    return [content[start:end] for start, end in zip([0, *at], [*at, len(content)], strict=True)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((0, 1, 2, 3, 4), set()),
        ((1, 2, 3), set()),
        ((0, 1, 3, 4), {"segment_missing"}),
        ((0, 2, 1, 3, 4), {"segment_missing", "segment_out_of_order"}),
        ((0, 1, 1, 2), {"segment_repeated"}),
    ],
)
def test_of_an_unsigned_film_order_is_told_and_proves_nothing(tmp_path, verify, order, expected) -> None:
    beginning, *segments = _plain(tmp_path)
    verification = verify([beginning, *(segments[number] for number in order)])
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert kinds(verification) == expected
    assert not verification.verdict.tampering
    hints = [statement.text for statement in verification.verdict.statements if "no signature covers" in statement.text]
    assert len(hints) == len(expected)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda beginning, segments: [beginning, *segments[:1], beginning], NotAVideoError),
        (lambda beginning, segments: [segments[0], *segments], NotAVideoError),
        (lambda beginning, segments: [beginning + segments[0], *segments[1:]], NotAVideoError),
        (lambda beginning, segments: [beginning, segments[0] + beginning, *segments[1:]], NotAVideoError),
        (lambda beginning, segments: [beginning, segments[0][:-9], *segments[1:]], TruncatedError),
        (lambda beginning, segments: [beginning, segments[0] + b"more", *segments[1:]], TruncatedError),
        (lambda beginning, segments: [beginning, b"", *segments], NotAVideoError),
        (lambda beginning, segments: [beginning, b"#EXTM3U\n", *segments], NotAVideoError),
    ],
    ids=["two beginnings", "none", "media in it", "an index in a segment", "cut short", "more", "empty", "a playlist"],
)
def test_what_are_no_such_pieces_is_refused(stream, verify, change, error) -> None:
    beginning, *segments = stream
    with pytest.raises(error) as raised:
        verify(change(beginning, segments))
    assert raised.value.subject.endswith(".m4s")
    assert raised.value.remedy


def test_segments_are_bounded_in_number_and_size(stream, written, monkeypatch) -> None:
    beginning, *segments = written(stream)
    total = sum(map(len, stream))
    assert Verifier(limits=Limits(max_bytes=total)).verify(beginning, segments=segments)
    with pytest.raises(LimitExceededError) as raised:
        Verifier(limits=Limits(max_bytes=total - 1)).verify(beginning, segments=segments)
    assert raised.value.subject == str(beginning)
    monkeypatch.setattr(film, "MOST_SEGMENTS", 4)
    with pytest.raises(LimitExceededError, match="5 segments"):
        Verifier().verify(beginning, segments=segments)


def test_the_time_that_a_manifest_may_take_is_bounded(stream, written) -> None:
    """It is read anew for each of thousands of segments."""
    beginning, *segments = written(stream)
    with pytest.raises(LimitExceededError, match="took longer"):
        Verifier(limits=Limits(max_decode_seconds=0.0)).verify(beginning, segments=segments)


def test_a_head_that_declares_too_much_is_refused(stream, verify) -> None:
    """A few bytes that promise a hundred million samples."""
    beginning, *segments = stream
    run = box(b"trun", struct.pack(">II", 0, 100_000_000))
    fragment = box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", box(b"tfhd", struct.pack(">II", 0, 1)) + run))
    with pytest.raises(LimitExceededError):
        verify([beginning, fragment, *segments])


def test_no_copy_of_the_film_stays_behind(stream, verify, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    verify(stream)
    with pytest.raises(MediaError):
        verify([*stream, b"no segment"])
    assert not list(tmp_path.iterdir())


@st.composite
def changes(draw: st.DrawFn) -> Callable[[list[bytes]], list[bytes]]:
    """Bytes of a piece flipped, zeroed, taken out, put in; boxes taken out, doubled, moved into another piece."""
    how, number, into = draw(st.integers(0, 6)), draw(st.integers(0, 5)), draw(st.integers(0, 5))
    at, to, length = draw(st.floats(0, 0.9999)), draw(st.floats(0, 0.9999)), draw(st.integers(1, 400))
    near = draw(st.booleans())

    def change(parts: list[bytes]) -> list[bytes]:
        parts = list(parts)
        part = parts[number]
        first = int(at * (min(len(part), 400) if near else len(part)))  # most of a segment is media, and all alike
        found = [part[b.offset : b.offset + b.size] for b in boxes(part)]
        some = found[int(at * len(found))]
        match how:
            case 0:
                parts[number] = part[:first] + bytes([part[first] ^ 1 << length % 8]) + part[first + 1 :]
            case 1:
                parts[number] = part[:first] + bytes(len(part[first : first + length])) + part[first + length :]
            case 2:
                parts[number] = part[:first] + part[first + length :]
            case 3:
                parts[number] = part[:first] + part[first : first + length] * 2 + part[first + length :]
            case 4:
                found.remove(some)
                parts[number] = b"".join(found)
            case 5:
                found.insert(int(to * len(found)), some)
                parts[number] = b"".join(found)
            case _:
                others = [parts[into][b.offset : b.offset + b.size] for b in boxes(parts[into])]
                others.insert(int(to * len(others)), some)
                parts[into] = b"".join(others)
        return parts

    return change


@settings(max_examples=50, deadline=None, derandomize=True)
@given(change=changes())
def test_a_changed_stream_is_not_believed(stream, verify, change) -> None:
    changed = change(stream)
    try:
        verification = verify(changed)
    except MediaError:
        return
    if verification.verdict.outcome is Outcome.CAPTURED:
        assert [essence(part) for part in changed] == [essence(part) for part in stream]


def test_the_mark_is_read_from_segments_together(studio, sealed, registration, tmp_path) -> None:
    """A sealed film, without its manifest, as somebody else delivers it."""
    whole, fragmented = tmp_path / "whole.mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(str(sealed)) as source, av.open(str(whole), "w", options=fragmented) as copy:
        track = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = track
                copy.mux(packet)
    content = whole.read_bytes()
    first, *others = [b.offset for b in boxes(content) if b.type == "moof"]
    (tmp_path / "init.mp4").write_bytes(content[:first])
    ends = [*others, min(b.offset for b in boxes(content) if b.type == "mfra")]
    segments = [tmp_path / f"{number}.m4s" for number in range(len(ends))]
    for path, start, end in zip(segments, [first, *others], ends, strict=True):
        path.write_bytes(content[start:end])
    verification = Verifier.default(studio.home).verify(tmp_path / "init.mp4", segments=segments)
    assert verification.verdict.outcome is Outcome.GENERATED
    assert verification.evidence.registration == registration
    assert verification.path == tmp_path / "init.mp4"
