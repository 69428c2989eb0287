"""What was published is signed anew by c2pa-python alone, with one thing taken out or changed: its own line fails.

As whoever tests us from outside does it. Unlike what ``test_disclosure`` builds, the registry knows these files, and
knows them under another manifest. The verdict stays that the evidence contradicts itself.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import c2pa
import cbor2
import pytest
from rich.console import Console

from tests.clips import scene
from tests.detectors.jumbf import at, box, changed
from tests.generation.release.test_disclosure import EVERY, House, house, stamped_studio
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.disclosure.comply import Compliance
from touchmark.detectors.disclosure.page import document, render
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verifier
from touchmark.generation.declaration import Declaration
from touchmark.generation.disclosure import Disclosure
from touchmark.generation.release import Studio
from touchmark.provenance.disclosure.aigc import AigcRecord
from touchmark.provenance.disclosure.xmp import read_xmp, xmp_part
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, write_still
from touchmark.provenance.media.view import view_still

__all__ = ["house", "stamped_studio"]

Definition = dict[str, Any]
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PLAIN = ("eu-ai-act", "us-ca-sb942", "c2pa", "iptc")


@dataclass(frozen=True)
class Published:
    """A picture that passes every profile, and the house with a verifier that asks its registry."""

    path: Path
    house: House

    def signed_anew(
        self,
        path: Path,
        change: Callable[[Definition], None] = lambda definition: None,
        *,
        keys: Path | None = None,
        stamped: bool = True,
        media: Path | None = None,
    ) -> Path:
        """By c2pa-python, which knows nothing of us, from what its reader says."""
        with self.path.open("rb") as file, c2pa.Reader("image/png", file) as reader:
            report = json.loads(reader.json())
        read = report["manifests"][report["active_manifest"]]
        definition = {name: read[name] for name in ("title", "claim_generator_info", "ingredients", "claim_version")}
        definition["assertions"] = [one for one in read["assertions"] if not one["label"].startswith("c2pa.hash")]
        change(definition)
        keys = keys or self.house.home.keys
        stamping = self.house.sealer.signer.time_stamping if stamped else None
        authority = stamping.authorities[0].encode() if stamping else None
        chain, key = ((keys / name).read_bytes() for name in ("signing.pem", "signing.key"))
        signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, authority))
        settings = c2pa.Settings.from_dict({"verify": {"verify_after_sign": False}})
        builder = c2pa.Builder(json.dumps(definition), context=c2pa.Context(settings))
        with (media or self.path).open("rb") as source, path.open("w+b") as output:
            builder.sign(signer, "image/png", source, output)
        return path

    def failing(self, path: Path, names: tuple[str, ...] = EVERY) -> set[str]:
        return {failure.line.id for failure in self.hold(path, names).failures}

    def hold(self, path: Path, names: tuple[str, ...] = EVERY) -> Compliance:
        compliance = self.house.hold(path, names)
        assert compliance.verification.verdict.outcome is Outcome.CONTRADICTORY, "whatever its lines say"
        return compliance


@pytest.fixture(scope="module")
def published(house: House, stamped_studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    source, path = folder / "raw.png", folder / "out.png"
    write_still(Still(next(scene(320, 256, 1)), Orientation(), StillKind.PNG, lossless=True), source)
    declared = Declaration("Wan", version="2.2", prompt="a red circle")
    stamped_studio.seal(source, path, declared, disclosure=Disclosure.of(EVERY))
    verifier = Verifier.default(house.home)
    sources = replace(verifier.sources, time_anchors=house.verifier.sources.time_anchors)
    return Published(path, replace(house, verifier=replace(verifier, sources=sources)))


def _actions(definition: Definition) -> list[Definition]:
    found: list[Definition] = definition["assertions"][0]["data"]["actions"]
    return found


def _without(label: str) -> Callable[[Definition], None]:
    def change(definition: Definition) -> None:
        definition["assertions"] = [one for one in definition["assertions"] if not one["label"].startswith(label)]

    return change


def _unmarked(definition: Definition) -> None:
    _without("c2pa.soft-binding")(definition)
    actions = _actions(definition)
    actions[:] = [one for one in actions if not one["action"].startswith("c2pa.watermarked")]


def _each(**change: Any) -> Callable[[Definition], None]:
    """Of the actions; None takes it out."""

    def apply(definition: Definition) -> None:
        for action in _actions(definition):
            for name, value in change.items():
                action.pop(name, None) if value is None else action.update({name: value})

    return apply


def _typed(kind: str) -> Callable[[Definition], None]:
    def apply(definition: Definition) -> None:
        for action in _actions(definition):
            if "digitalSourceType" in action:
                action["digitalSourceType"] = kind

    return apply


def _model(name: str) -> Callable[[Definition], None]:
    def apply(definition: Definition) -> None:
        disclosure = next(one for one in definition["assertions"] if one["label"] == "c2pa.ai-disclosure")
        disclosure["data"]["modelName"] = name

    return apply


def _other_mark(definition: Definition) -> None:
    binding = next(one for one in definition["assertions"] if one["label"] == "c2pa.soft-binding")
    binding["data"]["blocks"][0]["value"] = "AAAAAAAAAAA="


def _unlisted(definition: Definition) -> None:
    del definition["assertions"][0]["data"]["allActionsIncluded"]


ROOTS = {"eu.signed_metadata", "ca.standard", "in.provenance"}
"""Of profiles that have no other line for a manifest that readers call invalid."""
TAKEN: dict[str, tuple[Callable[[Definition], None], set[str]]] = {
    "nothing": (lambda definition: None, set()),
    "AI disclosure": (_without("c2pa.ai-disclosure"), {"c2pa.ai_disclosure"}),
    "soft binding": (_unmarked, {"c2pa.soft_binding"}),
    "soft binding that an action speaks of": (_without("c2pa.soft-binding"), {"c2pa.soft_binding", *ROOTS}),
    "actions": (_without("c2pa.actions"), {"c2pa.trusted", *ROOTS}),
    "source type": (_each(digitalSourceType=None), {"c2pa.trusted", *ROOTS}),
    "time": (_each(when=None), {"ca.time"}),
    "allActionsIncluded": (_unlisted, {"c2pa.rubric"}),
    "prompt and model": (lambda definition: definition.update(ingredients=[]), set()),  # which no profile asks for
    "visible label's action": (lambda definition: _actions(definition).pop(1) and None, set()),  # it is seen
}
CHANGED: dict[str, tuple[Callable[[Definition], None], set[str]]] = {
    "mark": (_other_mark, {"c2pa.soft_binding"}),
    "time to come": (_each(when="2099-01-01T00:00:00Z"), {"ca.time"}),
    "time": (_each(when="1999-01-01T00:00:00Z"), {"ca.time"}),
    "model": (_model("Sora"), {"ca.system"}),
    "version": (_each(softwareAgent={"name": "Wan", "version": "9"}), {"ca.system_version"}),
    "source type": (_typed(f"{SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"), {"iptc.source_type"}),
    "source type of nobody": (_typed("http://example.com/x"), {"eu.signed_metadata", "c2pa.source_type"}),
}


@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_taken_out_fails_exactly_its_line(published: Published, tmp_path: Path, taken: str) -> None:
    change, fails = TAKEN[taken]
    assert published.failing(published.signed_anew(tmp_path / "o.png", change)) == fails


@pytest.mark.parametrize("other", CHANGED)
def test_what_is_changed_fails_exactly_its_line(published: Published, tmp_path: Path, other: str) -> None:
    change, fails = CHANGED[other]
    assert published.failing(published.signed_anew(tmp_path / "o.png", change)) == fails


def test_what_differs_is_told_with_what_is_registered(published: Published, tmp_path: Path) -> None:
    compliance = published.hold(published.signed_anew(tmp_path / "o.png", _model("Sora")), ("us-ca-sb942",))
    assert [one.problem for one in compliance.failures if "the registered manifest says Wan" in one.problem]


def test_who_passes_and_is_contradicted_is_told_so(published: Published, tmp_path: Path) -> None:
    for path, told in ((published.signed_anew(tmp_path / "o.png"), True), (published.path, False)):
        compliance, shown = published.house.hold(path, PLAIN), io.StringIO()
        Console(file=shown, width=200).print(render(compliance))
        assert compliance.passes and ("calls this file contradictory" in shown.getvalue()) is told
        assert (document(compliance)["outcome"] == "contradictory") is told


def test_a_stamp_that_is_left_out_or_cut_out_fails_its_own_line(published: Published, tmp_path: Path) -> None:
    def unstamped(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        header = {name: value for name, value in header.items() if name != "sigTst2"}
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, header, *rest])))]

    left = published.signed_anew(tmp_path / "left.png", stamped=False)
    assert published.failing(left) == {"eu.time_stamp"}
    with published.path.open("rb") as file:
        store = next(iter(stores(file, kind_of_file(file))))
    cut = tmp_path / "cut.png"
    cut.write_bytes(published.path.read_bytes().replace(store, changed(store, at(("c2pa.signature",), unstamped))))
    compliance = published.hold(cut)
    assert {failure.line.id for failure in compliance.failures} == {"eu.time_stamp"}
    (told,) = compliance.verification.verdict.contradictions
    assert told.kind is ContradictionKind.UNHASHED_BYTES


def test_a_mark_that_is_lost_fails_the_lines_that_ask_for_it(published: Published, tmp_path: Path) -> None:
    """Other pixels, all the metadata, and a manifest that names the mark as if it were there."""
    still = view_still(published.path, published.house.verifier.limits).still
    note = read_xmp(published.path)
    assert note
    packet = xmp_part(note.packet(), StillKind.PNG)
    lost = replace(still, pixels=next(scene(320, 256, 1)).copy(), carried=(packet,))
    write_still(lost, tmp_path / "lost.png")
    path = published.signed_anew(tmp_path / "o.png", media=tmp_path / "lost.png")
    assert published.failing(path, PLAIN) == {"eu.watermark", "ca.durable", "c2pa.soft_binding"}


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({"producer": "Other Ltd"}, {"cn.producer"}),
        ({"producer": " \u3000- "}, {"cn.producer"}),
        ({"produce_id": "f" * 16}, {"cn.label_field"}),
        ({"produce_id": ""}, {"cn.produce_id"}),
    ],
)
def test_a_record_that_was_changed_fails_exactly_its_line(
    published: Published, tmp_path: Path, change: dict[str, str], fails: set[str]
) -> None:
    note = read_xmp(published.path)
    record = AigcRecord.parse(note.aigc) if note and note.aigc else None
    assert note and record
    still = view_still(published.path, published.house.verifier.limits).still
    packet = replace(note, aigc=replace(record, **change).to_json()).packet()
    write_still(replace(still, carried=(xmp_part(packet, StillKind.PNG),)), tmp_path / "other.png")
    path = published.signed_anew(tmp_path / "o.png", media=tmp_path / "other.png")
    assert published.failing(path) == fails


def test_of_a_stranger_only_what_the_registered_manifest_says_too_is_believed(
    published: Published, tmp_path: Path
) -> None:
    """Not that he made it, from nothing else: that is another's, and left out."""
    make_development_keys(tmp_path / "stranger", organisation="A stranger", now=datetime.now(UTC))
    story = {"ca.provider", "ca.identifier", "in.identifier", "eu.inputs_kept"}
    for name, change, fails in (
        ("same", lambda definition: None, set[str]()),
        ("silent", _unmarked, set[str]()),
        ("other", _model("Sora"), {"ca.system"}),
    ):
        path = published.signed_anew(tmp_path / f"{name}.png", change, keys=tmp_path / "stranger")
        assert published.failing(path) == {"c2pa.trusted", *story, *fails}


def test_a_camera_is_believed_in_nothing_whoever_signs(published: Published, tmp_path: Path) -> None:
    path = published.signed_anew(tmp_path / "o.png", _typed(f"{SOURCE_TYPES}digitalCapture"))
    failing = published.failing(path)
    assert failing >= {"eu.signed_metadata", "ca.provider", "c2pa.source_type", "iptc.source_type", "cn.label_field"}
