"""From the C2PA library's JSON report to a :class:`ManifestReport`. Pure, and suspicious of everything it is given.

The JSON comes from the library, but every string and number in it may come from an attacker's file: types are
checked, text is cut, lists and depth are bounded, cycles are cut.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from touchmark.provenance.manifest.binding import HardBinding, hard_binding
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.context import DEVELOPMENT_ANCHORS
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.report import (
    INVALID_CERTIFICATE,
    AiDisclosure,
    Concern,
    EarlierStatement,
    ManifestPresence,
    ManifestReport,
    ReportedAction,
    ReportedIngredient,
    ReportedRedaction,
    ReportedSoftBinding,
    SignerIdentity,
    StatusCode,
    ValidationState,
)
from touchmark.provenance.manifest.uses import LABELS as USES
from touchmark.provenance.manifest.uses import ReportedUse, uses_of

MAX_JSON = 16 << 20
MAX_TEXT = 1024
MAX_ITEMS = 256
MAX_DEPTH = 16
MAX_PAYLOAD = 4096
MAX_VALUES = 20_000

_OF_NO_CONTENT: Final = frozenset({"c2pa.opened", "c2pa.published", "c2pa.redacted", "c2pa.edited.metadata"})
"""Actions that an update manifest may have (C2PA 2.4, 11.2.3.2): the content stays as it is."""
_HARD_BINDING_MATCHES = {f"assertion.{kind}.match" for kind in ("dataHash", "bmffHash", "boxesHash", "collectionHash")}
_TRUSTED, _UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
_SIGNATURE_HOLDS: Final = "claimSignature.validated"
_STAMPED: Final = "timeStamp.trusted"
_OF_SIGNATURE: Final = frozenset((_TRUSTED, _SIGNATURE_HOLDS, _STAMPED))
"""What counts only of the signature over the active manifest: what is found elsewhere may be listed with it."""
_STORE: Final = "self#jumbf=/c2pa/"
_ELSEWHERE: Final = "c2pa.cloud-data"
_BOXES_HASH_MATCHES: Final = "assertion.boxesHash.match"
_DATA_HASH_MATCHES, _MORE_LEFT_OUT = "assertion.dataHash.match", "assertion.dataHash.additionalExclusionsPresent"
_UNPROVEN: Final = frozenset(("cawg.ica.untrusted_issuer",))
"""Identities that a library remarks upon, where it fails others: an issuer that anybody can be is as good as none."""
# Claims of before 2.0 list successes and failures together.
_SUCCESS_ENDINGS = (".match", ".validated", ".trusted", ".insideValidity", ".accessible", ".notRevoked", ".skipped")

_SOURCE_TYPES: Final = {kind.rpartition("/")[2]: kind for kind in DigitalSourceType} | {
    f"{name[0].upper()}{name[1:]}DigitalSource": kind
    for kind in DigitalSourceType
    for name in (kind.rpartition("/")[2],)
}
"""By the name that IPTC gives them, and by that of schema.org (``TrainedAlgorithmicMediaDigitalSource``)."""

Node = Mapping[str, Any]


class UnreadableStoreError(ValueError):
    """The report is not one that this module can read; says why."""


def parse_store(raw: str, kept: Sequence[KeptStore] | None = None) -> ManifestReport:
    """Read the library's JSON.

    Args:
        raw: its report.
        kept: the stores in the file, which say what it does not: what was left out of a hash that holds. Without them
            that is not known.

    Raises:
        UnreadableStoreError: it is too large, too deep, or names no active manifest.
    """
    if len(raw) > MAX_JSON:
        raise UnreadableStoreError("the manifest store is too large")
    try:
        store = _node(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise UnreadableStoreError("the manifest store is malformed") from error
    manifests = _node(store.get("manifests"))
    label = store.get("active_manifest")
    if not isinstance(label, str) or label not in manifests:
        raise UnreadableStoreError("the manifest store has no active manifest")
    active = _node(manifests[label])
    results = _node(_node(store.get("validation_results")).get("activeManifest"))
    failures = _statuses(results.get("failure")) if results else _old_failures(store.get("validation_status"))
    remarks = _statuses(results.get("informational"), limit=None)  # one on each of many ingredients, before the others
    failures += tuple(remark for remark in remarks if remark.code in _UNPROVEN)[:MAX_ITEMS]
    signature = f"{_STORE}{label}/c2pa.signature"
    successes = tuple(
        status
        for status in _statuses(results.get("success"))
        if status.code not in _OF_SIGNATURE or status.url == signature
    )
    succeeded = {status.code for status in successes}
    deltas = _deltas(store)
    broken_beneath = any(fault.code != _UNTRUSTED for faults in deltas.values() for fault in faults)
    failures, unproven = _of_whom(failures, manifests, label)
    tree = _Tree(manifests, deltas, _trusted(store), unproven)
    ingredients = tuple(tree.walk(label))
    failures += tree.unplaced
    whole = _DATA_HASH_MATCHES in succeeded and all(remark.code != _MORE_LEFT_OUT for remark in remarks)
    matches = _hard_binding(succeeded, failures)
    binding = hard_binding(kept, label) if kept is not None and matches and not whole else HardBinding()
    signed = _node(active.get("signature_info"))
    beneath = _beneath(manifests, label)
    concerns = {failure.concern for failure in failures}
    return ManifestReport(
        presence=ManifestPresence.PRESENT,
        state=_state(
            store.get("validation_state"),
            failures,
            signer_trusted=_TRUSTED in succeeded,
            holds=_SIGNATURE_HOLDS in succeeded and matches is True,
            broken_beneath=broken_beneath or bool(unproven),
        ),
        label=_text(label),
        title=_text(active.get("title")),
        claim_generator=_generator(active),
        signer=_signer(active),
        algorithm=_text(signed.get("alg")).lower(),
        signed_at=_time(signed.get("time")),
        # Of a stamper whose certificate is for something else it says both, and that as if it were the signer's.
        time_stamped=_STAMPED in succeeded and all(failure.code != INVALID_CERTIFICATE for failure in failures),
        signature_valid=_SIGNATURE_HOLDS in succeeded and not concerns & {Concern.SIGNATURE, Concern.CLAIM},
        signer_trusted=_TRUSTED in succeeded,
        development=any(
            status.code == _TRUSTED and f"[{DEVELOPMENT_ANCHORS}]" in status.explanation for status in successes
        ),
        hard_binding_matches=matches,
        left_out=binding.left_out,
        free_places=binding.free_places,
        binds_parts=_BOXES_HASH_MATCHES in succeeded,
        trees=binding.trees,
        actions=tuple(_actions(active)),
        source_type=_source_type(manifests, label),
        other_source_types=_other_source_types(active),
        passes_on=_passes_on(active),
        keeps_elsewhere=_keeps_elsewhere(active),
        ai_disclosure=_ai_disclosure(active),
        soft_bindings=tuple(_soft_bindings(active)),
        beneath=beneath,
        ingredients=ingredients,
        redactions=_redactions(manifests, [label, *(ingredient.label for ingredient in ingredients)]),
        uses=_uses(manifests, (label, beneath.label if beneath else label)),
        failures=failures,
        truncated=tree.truncated or _is_cut(active),
        raw_json=raw,
    )


class _Tree:
    """Walks ingredients of ingredients, each manifest once."""

    def __init__(
        self,
        manifests: Node,
        deltas: dict[str, tuple[StatusCode, ...]],
        trusted: frozenset[tuple[str, str]],
        unproven: dict[str, tuple[StatusCode, ...]],
    ) -> None:
        self._manifests = manifests
        self._deltas = deltas
        self._trusted = trusted
        self._unproven = unproven
        self._met: set[str] = set()
        self._seen: set[str] = set()
        self._source_types: dict[str, tuple[DigitalSourceType, ...]] = {}
        self._count = 0
        self.truncated = False

    def walk(self, label: str, depth: int = 1) -> Iterator[ReportedIngredient]:
        self._seen.add(label)
        for ingredient in _nodes(_node(self._manifests.get(label)).get("ingredients"), limit=None):
            if self._count >= MAX_ITEMS or depth > MAX_DEPTH:
                self.truncated = True
                return
            self._count += 1
            child = ingredient.get("active_manifest")
            child = child if isinstance(child, str) else ""
            yield self._report(label, ingredient, child, depth)
            if child in self._manifests and child not in self._seen:
                yield from self.walk(child, depth + 1)

    @property
    def unplaced(self) -> tuple[StatusCode, ...]:
        """After the walk: failures of ingredients that it did not meet."""
        missed = [faults for label, faults in self._unproven.items() if label not in self._met]
        return tuple(fault for faults in (*self._deltas.values(), *missed) for fault in faults)[:MAX_ITEMS]

    def _report(self, label: str, ingredient: Node, child: str, depth: int) -> ReportedIngredient:
        results = _node(ingredient.get("validation_results"))
        address = _address(label, ingredient.get("label"))
        faults = [
            *_statuses(_node(results.get("activeManifest")).get("failure")),
            *(fault for delta in _nodes(results.get("ingredientDeltas")) for fault in _delta_failures(delta)),
            *_old_failures(ingredient.get("validation_status")),
        ]
        if (address, child) in self._trusted:  # whom others did not trust when it was taken in is not to the point
            faults = [fault for fault in faults if fault.code != _UNTRUSTED]
        faults += (*self._deltas.pop(address, ()), *self._unproven.get(child, ()))
        self._met.add(child)
        manifest = _node(self._manifests.get(child))
        self.truncated = self.truncated or _is_cut(manifest)
        actions = tuple(_actions(manifest))
        kinds = [action.digital_source_type for action in actions]
        made = _making(actions)
        return ReportedIngredient(
            title=_text(ingredient.get("title")),
            relationship=_text(ingredient.get("relationship")),
            label=_text(child),
            depth=depth,
            description=_text(ingredient.get("description")),
            data_types=tuple(_text(kind.get("type")) for kind in _nodes(ingredient.get("data_types"))),
            source_type=next(iter(kinds), ""),
            edit_source_types=tuple(dict.fromkeys(kind for kind in kinds[1:] if kind)),
            made_with=(made.software_agent if made else "") or _generator(manifest),
            programs=_programs(manifest, actions),
            made_at=made.when if made else None,
            discloses_model=_ai_disclosure(manifest) is not None,
            other_source_types=self._other_source_types(child),
            passes_on=_passes_on(manifest),
            keeps_elsewhere=_keeps_elsewhere(manifest),
            signer=_signer(manifest) if manifest else None,
            faults=tuple(dict.fromkeys(faults)),
        )

    def _other_source_types(self, label: str) -> tuple[DigitalSourceType, ...]:
        """Of a manifest, looked for once: many ingredients may have the same."""
        if label not in self._source_types:
            self._source_types[label] = _other_source_types(_node(self._manifests.get(label)))
        return self._source_types[label]


def _state(
    value: object, failures: tuple[StatusCode, ...], *, signer_trusted: bool, holds: bool, broken_beneath: bool
) -> ValidationState:
    state = {"Trusted": ValidationState.TRUSTED, "Valid": ValidationState.VALID}.get(
        str(value), ValidationState.INVALID
    )
    # The library and its own list of failures must agree; if they do not, the worse of the two holds. But of the whole
    # it says "Invalid" over a certificate that expired since it was taken in, and no more than "Valid" over an
    # ingredient that nobody vouches for.
    if state is ValidationState.INVALID and not (holds and broken_beneath):
        return state
    return state_of(failures, signer_trusted=signer_trusted or state is ValidationState.TRUSTED)


def state_of(failures: Sequence[StatusCode], *, signer_trusted: bool) -> ValidationState:
    """Of a manifest whose signature and content hold, but for its ``failures``."""
    if any(failure.concern is not Concern.TRUST for failure in failures):
        return ValidationState.INVALID
    return ValidationState.TRUSTED if signer_trusted and not failures else ValidationState.VALID


def _hard_binding(succeeded: set[str], failures: tuple[StatusCode, ...]) -> bool | None:
    if any(failure.concern is Concern.CONTENT for failure in failures):
        return False
    return True if succeeded & _HARD_BINDING_MATCHES else None


def _deltas(store: Node) -> dict[str, tuple[StatusCode, ...]]:
    """Failures that the library finds in ingredients now, by the address of the ingredient."""
    found: dict[str, tuple[StatusCode, ...]] = {}
    for delta in _nodes(_node(store.get("validation_results")).get("ingredientDeltas"), limit=None):
        address = delta.get("ingredientAssertionURI")
        if isinstance(address, str):
            found[address] = found.get(address, ()) + tuple(_delta_failures(delta))
    return found


def _of_whom(
    failures: Sequence[StatusCode], manifests: Node, label: str
) -> tuple[tuple[StatusCode, ...], dict[str, tuple[StatusCode, ...]]]:
    """Those of the active manifest, and by label those of others: the library lists identities that are not proven,
    wherever in the tree, with the active one."""
    own: list[StatusCode] = []
    others: dict[str, tuple[StatusCode, ...]] = {}
    for failure in failures:
        named = failure.url.removeprefix(_STORE).partition("/")[0]
        if failure.concern is Concern.IDENTITY and named != label and named in manifests:
            others[named] = (*others.get(named, ()), failure)
        else:
            own.append(failure)
    return tuple(own), others


def _trusted(store: Node) -> frozenset[tuple[str, str]]:
    """Ingredients, by address and label of their manifest, whose signer our anchors vouch for, although those of
    whoever took them in did not."""
    return frozenset(
        (str(delta.get("ingredientAssertionURI")), status.url.removeprefix(_STORE).partition("/")[0])
        for delta in _nodes(_node(store.get("validation_results")).get("ingredientDeltas"), limit=None)
        for status in _statuses(_node(delta.get("validationDeltas")).get("success"))
        if status.code == _TRUSTED
    )


def _delta_failures(delta: Node) -> tuple[StatusCode, ...]:
    return _statuses(_node(delta.get("validationDeltas")).get("failure"))


def _address(manifest_label: str, ingredient_label: object) -> str:
    return f"{_STORE}{manifest_label}/c2pa.assertions/{ingredient_label}"


def _source_type(manifests: Node, label: str) -> DigitalSourceType | None:
    for _ in range(MAX_DEPTH):
        manifest = _node(manifests.get(label))
        stated = [a.digital_source_type for a in _actions(manifest) if a.name in ("c2pa.created", "c2pa.opened")]
        if any(stated):
            return DigitalSourceType.of(next(uri for uri in stated if uri))
        parents = (i for i in _nodes(manifest.get("ingredients"), limit=None) if i.get("relationship") == "parentOf")
        label = str(next(parents, {}).get("active_manifest"))
    return None


def _other_source_types(manifest: Node) -> tuple[DigitalSourceType, ...]:
    """Source types in assertions, by whatever name and however deep; those that actions give in their place as well."""
    found: dict[DigitalSourceType, None] = {}
    ahead: list[tuple[str, object]] = [("", a.get("data")) for a in _nodes(manifest.get("assertions"))]
    for _ in range(MAX_VALUES):
        if not ahead:
            break
        name, value = ahead.pop()
        if isinstance(value, str):
            place, _, kind = value.rpartition("/")
            if kind in _SOURCE_TYPES and "digitalsourcetype" in f"{name} {place}".lower():
                found[_SOURCE_TYPES[kind]] = None
        elif isinstance(value, dict):
            ahead += value.items()
        elif isinstance(value, list):
            ahead += ((name, item) for item in value)
    return tuple(sorted(found))


def _programs(manifest: Node, actions: Sequence[ReportedAction]) -> tuple[str, ...]:
    named = (_generator(manifest), *(action.software_agent for action in actions))
    return tuple(dict.fromkeys(filter(None, named)))


def _making(actions: tuple[ReportedAction, ...]) -> ReportedAction | None:
    """The action by which content was made: the first by a model, else how it began; None where it was only opened."""
    kinds = ((action, DigitalSourceType.of(action.digital_source_type)) for action in actions)
    by_model = next((action for action, kind in kinds if kind is not None and kind.is_generative), None)
    return by_model or next((action for action in actions if action.name == "c2pa.created"), None)


def _beneath(manifests: Node, label: str) -> EarlierStatement | None:
    """What is said of the content beneath manifests that only open it, publish it or take something out."""
    found = None
    for _ in range(MAX_DEPTH):
        manifest = _node(manifests.get(label))
        if not manifest or not {action.name for action in _actions(manifest)} <= _OF_NO_CONTENT:
            return found
        parents = (i for i in _nodes(manifest.get("ingredients"), limit=None) if i.get("relationship") == "parentOf")
        label = _text(next(parents, {}).get("active_manifest"))
        below = _node(manifests.get(label))
        if below:
            found = EarlierStatement(label, tuple(_actions(below)), _ai_disclosure(below), tuple(_soft_bindings(below)))
    return found


def _redactions(manifests: Node, labels: Sequence[str]) -> tuple[ReportedRedaction, ...]:
    """What manifests of the tree took out of others, in the order of the tree: by their claims, which are signed; an
    action need not be believed to say all."""
    found: dict[str, ReportedRedaction] = {}
    for label in dict.fromkeys(labels):
        manifest = _node(manifests.get(label))
        addresses = manifest.get("redactions")
        if not isinstance(addresses, list):
            continue
        reasons = {
            str(_node(action.get("parameters")).get("redacted")): _text(action.get("reason"))
            for kind in ("c2pa.actions.v2", "c2pa.actions")
            for data in _assertions(manifest, kind)
            for action in _nodes(data.get("actions"))
        }
        for address in addresses[:MAX_ITEMS]:
            if isinstance(address, str):
                assertion = _text(address.rpartition("/")[2])
                found.setdefault(address, ReportedRedaction(assertion, reasons.get(address, ""), _signer(manifest)))
    return tuple(found.values())[:MAX_ITEMS]


def _uses(manifests: Node, labels: Sequence[str]) -> tuple[ReportedUse, ...]:
    """By the first of these manifests that says anything of it."""
    for label in labels:
        found = [
            assertion.get("data")
            for assertion in _nodes(_node(manifests.get(label)).get("assertions"))
            if str(assertion.get("label")).partition("__")[0] in USES
        ]
        if found:
            return uses_of(found)
    return ()


def _passes_on(manifest: Node) -> bool:
    """Whether a claim of version 2 says of a sensor in actions that are not among the assertions which it created."""
    version = manifest.get("claim_version")
    if not isinstance(version, int) or version < 2:
        return False
    gathered = [one for one in _nodes(manifest.get("assertions")) if one.get("created") is not True]
    kinds = (DigitalSourceType.of(action.digital_source_type) for action in _actions({"assertions": gathered}))
    return any(kind is not None and kind.is_capture for kind in kinds)


def _keeps_elsewhere(manifest: Node) -> bool:
    return any(not str(data.get("label")).startswith("c2pa.thumbnail") for data in _assertions(manifest, _ELSEWHERE))


def _assertions(manifest: Node, label: str) -> Iterator[Node]:
    for assertion in _nodes(manifest.get("assertions")):
        if str(assertion.get("label")).partition("__")[0] == label:
            yield _node(assertion.get("data"))


def _actions(manifest: Node) -> Iterator[ReportedAction]:
    for label in ("c2pa.actions.v2", "c2pa.actions"):
        for data in _assertions(manifest, label):
            # What a template says holds for every action of its name (C2PA 2.4, 18.15.5), or of any.
            templates = {
                _text(template.get("action")): _text(template.get("digitalSourceType"))
                for template in _nodes(data.get("templates"))
            }
            for action in _nodes(data.get("actions")):
                yield from _told(action, templates, 0)


def _told(action: Node, templates: Mapping[str, str], depth: int) -> Iterator[ReportedAction]:
    """An action, then those that it says are related to it."""
    agent, name = action.get("softwareAgent"), _text(action.get("action"))
    yield ReportedAction(
        name=name,
        when=_time(action.get("when")),
        digital_source_type=_text(action.get("digitalSourceType")) or templates.get(name) or templates.get("*", ""),
        software_agent=_text(agent) if isinstance(agent, str) else _program(_node(agent)),
    )
    for related in _nodes(action.get("related")) if depth < MAX_DEPTH else ():
        yield from _told(related, templates, depth + 1)


def _is_cut(manifest: Node) -> bool:
    """Whether it has more assertions, or more actions in one, than are read: what they say is not known."""

    def more(value: object) -> bool:
        return isinstance(value, list) and len(value) > MAX_ITEMS

    datas = [data for label in ("c2pa.actions.v2", "c2pa.actions") for data in _assertions(manifest, label)]
    return more(manifest.get("assertions")) or any(more(data.get("actions")) for data in datas)


def _soft_bindings(manifest: Node) -> Iterator[ReportedSoftBinding]:
    for data in _assertions(manifest, "c2pa.soft-binding"):
        for block in _nodes(data.get("blocks")):
            span = _node(_node(block.get("scope")).get("timespan"))
            yield ReportedSoftBinding(
                _text(data.get("alg")),
                _payload(block.get("value")),
                _seconds(span.get("start")),
                _seconds(span.get("end")),
            )


def _ai_disclosure(manifest: Node) -> AiDisclosure | None:
    for data in _assertions(manifest, "c2pa.ai-disclosure"):
        return AiDisclosure(
            _text(data.get("modelType")),
            _text(data.get("modelName")),
            _text(data.get("modelIdentifier")),
            _text(_node(data.get("contentProfile")).get("humanOversightLevel")),
        )
    return None


def _payload(value: object) -> bytes:
    if isinstance(value, list):  # a byte string of the specification's kind, as the library shows it
        numbers = value[:MAX_PAYLOAD]
        return bytes(numbers) if all(type(n) is int and 0 <= n < 256 for n in numbers) else b""
    if not isinstance(value, str) or len(value) > MAX_PAYLOAD:
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not 0 <= milliseconds < 1e15:
        return None
    return milliseconds / 1000


def _generator(manifest: Node) -> str:
    infos = manifest.get("claim_generator_info")
    for info in _nodes(infos if isinstance(infos, list) else [infos]):
        return _program(info)
    return _text(manifest.get("claim_generator"))


def _program(info: Node) -> str:
    return _text(f"{_text(info.get('name'))} {_text(info.get('version'))}".strip())


def _signer(manifest: Node) -> SignerIdentity | None:
    info = _node(manifest.get("signature_info"))
    if not info:
        return None
    return SignerIdentity(
        _text(info.get("common_name")), _text(info.get("issuer")), _text(info.get("cert_serial_number"))
    )


def _old_failures(statuses: object) -> tuple[StatusCode, ...]:
    return tuple(status for status in _statuses(statuses) if not status.code.endswith(_SUCCESS_ENDINGS))


def _statuses(statuses: object, limit: int | None = MAX_ITEMS) -> tuple[StatusCode, ...]:
    return tuple(
        StatusCode(_text(s.get("code")), _text(s.get("explanation")), _text(s.get("url")))
        for s in _nodes(statuses, limit)
    )


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _node(value: object) -> Node:
    return value if isinstance(value, dict) else {}


def _nodes(value: object, limit: int | None = MAX_ITEMS) -> Iterable[Node]:
    return [item for item in value[:limit] if isinstance(item, dict)] if isinstance(value, list) else []
