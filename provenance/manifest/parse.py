"""From the C2PA library's JSON report to a :class:`ManifestReport`. Pure, and suspicious of everything it is given.

The JSON comes from the library, but every string and number in it may come from an attacker's file: types are
checked, text is cut, lists and depth are bounded, cycles are cut. What one manifest asserts is read in ``assertions``;
here, what holds of it, and how the manifests of a store build on one another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from touchmark.provenance.manifest.assertions import (
    actions_of,
    ai_disclosure_of,
    assertions_of,
    generator_of,
    is_cut,
    keeps_elsewhere,
    other_source_types,
    passes_on,
    signer_of,
    soft_bindings_of,
)
from touchmark.provenance.manifest.binding import HardBinding, hard_binding
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.context import DEVELOPMENT_ANCHORS
from touchmark.provenance.manifest.ingredients import MAX_DEPTH, IngredientTree, deltas_of, trusted_of
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.report import (
    EarlierStatement,
    ManifestPresence,
    ManifestReport,
    ReportedRedaction,
    ValidationState,
)
from touchmark.provenance.manifest.status import (
    INVALID_CERTIFICATE,
    STORE,
    TRUSTED,
    UNTRUSTED,
    Concern,
    StatusCode,
    old_failures_of,
    statuses_of,
)
from touchmark.provenance.manifest.untrusted import MAX_ITEMS, Node, node, nodes, text, time
from touchmark.provenance.manifest.uses import LABELS as USES
from touchmark.provenance.manifest.uses import ReportedUse, uses_of

MAX_JSON: Final = 16 << 20
_OF_NO_CONTENT: Final = frozenset({"c2pa.opened", "c2pa.published", "c2pa.redacted", "c2pa.edited.metadata"})
"""Actions that an update manifest may have (C2PA 2.4, 11.2.3.2): the content stays as it is."""
_HARD_BINDING_MATCHES = {f"assertion.{kind}.match" for kind in ("dataHash", "bmffHash", "boxesHash", "collectionHash")}
_SIGNATURE_HOLDS: Final = "claimSignature.validated"
_STAMPED: Final = "timeStamp.trusted"
_OF_SIGNATURE: Final = frozenset((TRUSTED, _SIGNATURE_HOLDS, _STAMPED))
"""What counts only of the signature over the active manifest: what is found elsewhere may be listed with it."""
_BOXES_HASH_MATCHES: Final = "assertion.boxesHash.match"
_DATA_HASH_MATCHES, _MORE_LEFT_OUT = "assertion.dataHash.match", "assertion.dataHash.additionalExclusionsPresent"
_UNPROVEN: Final = frozenset(("cawg.ica.untrusted_issuer",))
"""Identities that a library remarks upon, where it fails others: an issuer that anybody can be is as good as none."""


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
    store, manifests, label = _read(raw)
    active = node(manifests[label])
    results = node(node(store.get("validation_results")).get("activeManifest"))
    failures = statuses_of(results.get("failure")) if results else old_failures_of(store.get("validation_status"))
    # Of many ingredients each may have one, before the others.
    remarks = statuses_of(results.get("informational"), limit=None)
    failures += tuple(remark for remark in remarks if remark.code in _UNPROVEN)[:MAX_ITEMS]
    signature = f"{STORE}{label}/c2pa.signature"
    successes = tuple(
        status
        for status in statuses_of(results.get("success"))
        if status.code not in _OF_SIGNATURE or status.url == signature
    )
    succeeded = {status.code for status in successes}
    deltas = deltas_of(store)
    broken_beneath = any(fault.code != UNTRUSTED for faults in deltas.values() for fault in faults)
    failures, unproven = _of_whom(failures, manifests, label)
    tree = IngredientTree(manifests, deltas, trusted_of(store), unproven)
    ingredients = tuple(tree.walk(label))
    failures += tree.unplaced
    whole = _DATA_HASH_MATCHES in succeeded and all(remark.code != _MORE_LEFT_OUT for remark in remarks)
    matches = _hard_binding(succeeded, failures)
    binding = hard_binding(kept, label) if kept is not None and matches and not whole else HardBinding()
    signed = node(active.get("signature_info"))
    beneath = _beneath(manifests, label)
    concerns = {failure.concern for failure in failures}
    return ManifestReport(
        presence=ManifestPresence.PRESENT,
        state=_state(
            store.get("validation_state"),
            failures,
            signer_trusted=TRUSTED in succeeded,
            holds=_SIGNATURE_HOLDS in succeeded and matches is True,
            broken_beneath=broken_beneath or bool(unproven),
        ),
        label=text(label),
        title=text(active.get("title")),
        claim_generator=generator_of(active),
        signer=signer_of(active),
        algorithm=text(signed.get("alg")).lower(),
        signed_at=time(signed.get("time")),
        # Of a stamper whose certificate is for something else it says both, and that as if it were the signer's.
        time_stamped=_STAMPED in succeeded and all(failure.code != INVALID_CERTIFICATE for failure in failures),
        signature_valid=_SIGNATURE_HOLDS in succeeded and not concerns & {Concern.SIGNATURE, Concern.CLAIM},
        signer_trusted=TRUSTED in succeeded,
        development=any(
            status.code == TRUSTED and f"[{DEVELOPMENT_ANCHORS}]" in status.explanation for status in successes
        ),
        hard_binding_matches=matches,
        left_out=binding.left_out,
        free_places=binding.free_places,
        binds_parts=_BOXES_HASH_MATCHES in succeeded,
        trees=binding.trees,
        actions=tuple(actions_of(active)),
        source_type=_source_type(manifests, label),
        other_source_types=other_source_types(active),
        passes_on=passes_on(active),
        keeps_elsewhere=keeps_elsewhere(active),
        ai_disclosure=ai_disclosure_of(active),
        soft_bindings=tuple(soft_bindings_of(active)),
        beneath=beneath,
        ingredients=ingredients,
        redactions=_redactions(manifests, [label, *(ingredient.label for ingredient in ingredients)]),
        uses=_uses(manifests, (label, beneath.label if beneath else label)),
        failures=failures,
        truncated=tree.truncated or is_cut(active),
        raw_json=raw,
    )


def _read(raw: str) -> tuple[Node, Node, str]:
    """The store, its manifests by label, and the label of the active one."""
    if len(raw) > MAX_JSON:
        raise UnreadableStoreError("the manifest store is too large")
    try:
        store = node(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise UnreadableStoreError("the manifest store is malformed") from error
    manifests, label = node(store.get("manifests")), store.get("active_manifest")
    if not isinstance(label, str) or label not in manifests:
        raise UnreadableStoreError("the manifest store has no active manifest")
    return store, manifests, label


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


def _of_whom(
    failures: Sequence[StatusCode], manifests: Node, label: str
) -> tuple[tuple[StatusCode, ...], dict[str, tuple[StatusCode, ...]]]:
    """Those of the active manifest, and by label those of others: the library lists identities that are not proven,
    wherever in the tree, with the active one."""
    own: list[StatusCode] = []
    others: dict[str, tuple[StatusCode, ...]] = {}
    for failure in failures:
        named = failure.url.removeprefix(STORE).partition("/")[0]
        if failure.concern is Concern.IDENTITY and named != label and named in manifests:
            others[named] = (*others.get(named, ()), failure)
        else:
            own.append(failure)
    return tuple(own), others


def _label_of_parent(manifest: Node) -> str:
    """Of the manifest of what was opened; "" where there is none."""
    ingredients = nodes(manifest.get("ingredients"), limit=None)
    parents = (one.get("active_manifest") for one in ingredients if one.get("relationship") == "parentOf")
    label = next(parents, "")
    return label if isinstance(label, str) else ""


def _source_type(manifests: Node, label: str) -> DigitalSourceType | None:
    for _ in range(MAX_DEPTH):
        manifest = node(manifests.get(label))
        stated = [a.digital_source_type for a in actions_of(manifest) if a.name in ("c2pa.created", "c2pa.opened")]
        if any(stated):
            return DigitalSourceType.of(next(uri for uri in stated if uri))
        label = _label_of_parent(manifest)
    return None


def _beneath(manifests: Node, label: str) -> EarlierStatement | None:
    """What is said of the content beneath manifests that only open it, publish it or take something out."""
    found = None
    for _ in range(MAX_DEPTH):
        manifest = node(manifests.get(label))
        if not manifest or not {action.name for action in actions_of(manifest)} <= _OF_NO_CONTENT:
            return found
        label = _label_of_parent(manifest)
        below = node(manifests.get(label))
        if below:
            found = EarlierStatement(
                text(label), tuple(actions_of(below)), ai_disclosure_of(below), tuple(soft_bindings_of(below))
            )
    return found


def _redactions(manifests: Node, labels: Sequence[str]) -> tuple[ReportedRedaction, ...]:
    """What manifests of the tree took out of others, in the order of the tree: by their claims, which are signed; an
    action need not be believed to say all."""
    found: dict[str, ReportedRedaction] = {}
    for label in dict.fromkeys(labels):
        manifest = node(manifests.get(label))
        addresses = manifest.get("redactions")
        if not isinstance(addresses, list):
            continue
        reasons = {
            str(node(action.get("parameters")).get("redacted")): text(action.get("reason"))
            for kind in ("c2pa.actions.v2", "c2pa.actions")
            for data in assertions_of(manifest, kind)
            for action in nodes(data.get("actions"))
        }
        for address in addresses[:MAX_ITEMS]:
            if isinstance(address, str):
                assertion = text(address.rpartition("/")[2])
                found.setdefault(address, ReportedRedaction(assertion, reasons.get(address, ""), signer_of(manifest)))
    return tuple(found.values())[:MAX_ITEMS]


def _uses(manifests: Node, labels: Sequence[str]) -> tuple[ReportedUse, ...]:
    """By the first of these manifests that says anything of it."""
    for label in labels:
        found = [
            assertion.get("data")
            for assertion in nodes(node(manifests.get(label)).get("assertions"))
            if str(assertion.get("label")).partition("__")[0] in USES
        ]
        if found:
            return uses_of(found)
    return ()
