"""Films in fragments that a tree of hashes binds, as other makers may: no change of them is believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detectors.fragments import Binding, bound_by_fragments, boxes, branch_box, essence, fragmented_film, pieces
from tests.detectors.jumbf import box
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.boxes import C2PA_UUID
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("fragments", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
ACCEPTED = (Outcome.CAPTURED, Outcome.GENERATED)
HIDDEN = b"a payload, " * 20
Branch = dict[str, object]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A camera's claim, with a hash over all of the film."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "plain.mp4").write_bytes(fragmented_film(folder / "made.mp4"))
    agent, now = SoftwareAgent("a camera", "1"), datetime.now(UTC)
    claim = Claim("x", "video/mp4", DigitalSourceType.DIGITAL_CAPTURE, agent, now)
    sign_file(folder / "plain.mp4", folder / "signed.mp4", claim, SIGNER, CHAIN.authority)
    return (folder / "signed.mp4").read_bytes()


@pytest.fixture(scope="module")
def films(signed: bytes) -> tuple[bytes, bytes]:
    """Bound by trees whose leaves do not take in where they stand, and by trees whose leaves do."""
    return bound_by_fragments(signed, SIGNER, Binding(version=1)), bound_by_fragments(signed, SIGNER)


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Verification]:
    verifier, path = Verifier(Sources(anchors=CHAIN.authority)), tmp_path_factory.mktemp("verified") / "film.mp4"

    def verified(content: bytes) -> Verification:
        path.write_bytes(content)
        return verifier.verify(path)

    return verified


@pytest.mark.parametrize("version", [0, 1])
def test_what_is_whole_is_believed(films, verify, version) -> None:
    verification = verify(films[version])
    assert verification.verdict.outcome is Outcome.CAPTURED
    (tree,) = verification.evidence.manifest.trees
    assert (tree.leaves, tree.row, tree.digest, tree.of_fragments) == (5, 2, 32, True)


@pytest.mark.parametrize(
    "order", [(0, 2, 1, 3, 4), (0, 1, 2, 2, 4), (4, 0, 1, 2, 3)], ids=["turned", "repeated", "last first"]
)
def test_fragments_stay_in_their_order(films, verify, order) -> None:
    """Even where no leaf takes in where it stands."""
    beginning, *fragments = pieces(films[0])
    verification = verify(beginning + b"".join(fragments[number] for number in order))
    assert verification.verdict.outcome not in ACCEPTED
    assert verification.evidence.container.unhashed > 0, "by our own reckoning too: other versions let it pass"


def test_nothing_is_put_between_a_fragment_and_its_media(films, verify) -> None:
    """It counts from its own beginning: zeros there move what is shown of its media, where no leaf takes places in."""
    for at in [found.offset for found in boxes(films[0]) if found.type == "mdat"]:
        verification = verify(films[0][:at] + box(b"free", bytes(24)) + films[0][at:])
        assert verification.evidence.manifest.state is ValidationState.TRUSTED, "the attack as such must succeed"
        assert verification.verdict.outcome is Outcome.UNKNOWN


def branch_of(piece: bytes) -> tuple[Branch, int]:
    size = int.from_bytes(piece[:4], "big")
    return cbor2.loads(piece[24 + 11 : size]), size


def with_more_names(branch: Branch) -> bytes:
    return branch_box({**branch, "hidden": HIDDEN})


def with_more_hashes(branch: Branch) -> bytes:
    return branch_box({**branch, "hashes": [*branch["hashes"], HIDDEN]})  # type: ignore[misc]


def with_more_behind(branch: Branch) -> bytes:
    return branch_box(branch, HIDDEN)


def under_another_name(branch: Branch) -> bytes:
    return branch_box({**branch, "uniqueId": int.from_bytes(HIDDEN[:8], "big")})


def with_flags(branch: Branch) -> bytes:
    return branch_box(branch).replace(bytes(4) + b"merkle", HIDDEN[:4] + b"merkle")


@pytest.mark.parametrize(
    "change", [with_more_names, with_more_hashes, with_more_behind, under_another_name, with_flags]
)
def test_a_branch_hides_nothing(films, verify, change) -> None:
    """All of it that a library does not look at (the last branch is used: nothing behind it but its fragment moves)."""
    *before, last = pieces(films[0])
    branch, size = branch_of(last)
    verification = verify(b"".join(before) + change(branch) + last[size:])
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verification.verdict.contradictions} == {"unhashed_bytes"}


def test_zeros_behind_a_branch_are_padding(films, verify) -> None:
    """A signer makes all branches as long as the longest (C2PA 2.4, A.5.2)."""
    *before, last = pieces(films[0])
    branch, size = branch_of(last)
    assert verify(b"".join(before) + branch_box(branch, bytes(99)) + last[size:]).verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize(
    ("binding", "named"),
    [
        (Binding(left_out=(*Binding().left_out, "mdat")), "the box “/mdat”"),
        (Binding(has_beginning=False), "what lies in no box “/mdat”"),
    ],
    ids=["without media", "without beginning"],
)
def test_what_a_signer_leaves_out_of_the_leaves_is_named(signed, verify, binding, named) -> None:
    verification = verify(bound_by_fragments(signed, SIGNER, binding))
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert named in verification.evidence.manifest.left_out
    assert verification.verdict.outcome not in ACCEPTED


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Bytes flipped, zeroed, taken out, repeated, put in elsewhere; boxes taken out, repeated and moved."""
    how = draw(st.integers(0, 7))
    at, to = draw(st.floats(0, 0.9999)), draw(st.floats(0, 1))
    length, bit = draw(st.integers(1, 900)), draw(st.integers(0, 7))
    place = draw(st.sampled_from(("anywhere", "branch")))

    def change(content: bytes) -> bytes:
        found = boxes(content)
        first = int(at * len(content))
        if place == "branch":  # most of a film is media, and most of what can be done to that is alike
            of_trees = [b for b in found if b.uuid == C2PA_UUID][1:]
            box = of_trees[int(at * len(of_trees))]
            first = box.offset + int(at * 1000 % 1 * box.size)
        second = int(to * len(content))
        piece = content[first : first + length]
        some = found[int(at * len(found))]
        whole, target = content[some.offset : some.offset + some.size], found[int(to * (len(found) - 1))].offset
        rest = content[: some.offset] + content[some.offset + some.size :]
        match how:
            case 0:
                return content[:first] + bytes([content[first] ^ 1 << bit]) + content[first + 1 :]
            case 1:
                return content[:first] + bytes(len(piece)) + content[first + length :]
            case 2:
                return content[:first] + content[first + length :]
            case 3:
                return content[:second] + piece + content[second:]
            case 4:
                return content[: max(first, 1)]
            case 5:
                return rest
            case 6:
                return content[:target] + whole + content[target:]
            case _:
                return rest[:target] + whole + rest[target:]

    return change


@settings(max_examples=100, deadline=None, derandomize=True)
@given(change=changes(), version=st.sampled_from((0, 1)))
def test_a_changed_film_is_not_believed(films, verify, change, version) -> None:
    whole, changed = films[version], change(films[version])
    try:
        verification = verify(changed)
    except MediaError:
        return
    if verification.verdict.outcome in ACCEPTED:
        assert verification.evidence.manifest.raw_json == verify(whole).evidence.manifest.raw_json
        assert essence(changed) == essence(whole)
