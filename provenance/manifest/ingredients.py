"""The ingredients of a manifest, theirs, and so on: a tree that a stranger describes, walked within bounds. Pure.

    tree = IngredientTree(manifests, deltas_of(store), trusted_of(store), {})
    ingredients = tuple(tree.walk(label))
    tree.unplaced            # what the library found wrong with ingredients that were not met

Each manifest is walked once, whatever refers to it, and no deeper than :data:`MAX_DEPTH`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from touchmark.provenance.manifest.assertions import (
    actions_of,
    ai_disclosure_of,
    generator_of,
    is_cut,
    keeps_elsewhere,
    making_action,
    other_source_types,
    passes_on,
    programs_of,
    signer_of,
    soft_bindings_of,
)
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import (
    ReportedIngredient,
    ReportedSoftBinding,
)
from touchmark.provenance.manifest.status import (
    STORE,
    TRUSTED,
    UNTRUSTED,
    StatusCode,
    old_failures_of,
    statuses_of,
)
from touchmark.provenance.manifest.untrusted import MAX_ITEMS, Node, node, nodes, text

MAX_DEPTH: Final = 16
"""Of ingredients of ingredients."""


class IngredientTree:
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
        self._bindings: dict[str, tuple[ReportedSoftBinding, ...]] = {}
        self._count = 0
        self.truncated = False

    def walk(self, label: str, depth: int = 1) -> Iterator[ReportedIngredient]:
        """Those of a manifest, by its label, each followed by its own."""
        self._seen.add(label)
        for ingredient in nodes(node(self._manifests.get(label)).get("ingredients"), limit=None):
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
        results = node(ingredient.get("validation_results"))
        address = _address(label, ingredient.get("label"))
        faults = [
            *statuses_of(node(results.get("activeManifest")).get("failure")),
            *(fault for delta in nodes(results.get("ingredientDeltas")) for fault in _delta_failures(delta)),
            *old_failures_of(ingredient.get("validation_status")),
        ]
        if (address, child) in self._trusted:  # whom others did not trust when it was taken in is not to the point
            faults = [fault for fault in faults if fault.code != UNTRUSTED]
        faults += (*self._deltas.pop(address, ()), *self._unproven.get(child, ()))
        self._met.add(child)
        manifest = node(self._manifests.get(child))
        self.truncated = self.truncated or is_cut(manifest)
        actions = tuple(actions_of(manifest))
        kinds = [action.digital_source_type for action in actions]
        made = making_action(actions)
        return ReportedIngredient(
            title=text(ingredient.get("title")),
            relationship=text(ingredient.get("relationship")),
            label=text(child),
            depth=depth,
            description=text(ingredient.get("description")),
            data_types=tuple(text(kind.get("type")) for kind in nodes(ingredient.get("data_types"))),
            source_type=next(iter(kinds), ""),
            edit_source_types=tuple(dict.fromkeys(kind for kind in kinds[1:] if kind)),
            made_with=(made.software_agent if made else "") or generator_of(manifest),
            programs=programs_of(manifest, actions),
            made_at=made.when if made else None,
            discloses_model=ai_disclosure_of(manifest) is not None,
            other_source_types=self._other_source_types(child),
            passes_on=passes_on(manifest),
            keeps_elsewhere=keeps_elsewhere(manifest),
            soft_bindings=self._soft_bindings(child),
            signer=signer_of(manifest) if manifest else None,
            faults=tuple(dict.fromkeys(faults)),
        )

    def _other_source_types(self, label: str) -> tuple[DigitalSourceType, ...]:
        """Of a manifest, looked for once: many ingredients may have the same."""
        if label not in self._source_types:
            self._source_types[label] = other_source_types(node(self._manifests.get(label)))
        return self._source_types[label]

    def _soft_bindings(self, label: str) -> tuple[ReportedSoftBinding, ...]:
        """Of a manifest, as above."""
        if label not in self._bindings:
            self._bindings[label] = tuple(soft_bindings_of(node(self._manifests.get(label))))
        return self._bindings[label]


def deltas_of(store: Node) -> dict[str, tuple[StatusCode, ...]]:
    """Failures that the library finds in ingredients now, by the address of the ingredient."""
    found: dict[str, tuple[StatusCode, ...]] = {}
    for delta in nodes(node(store.get("validation_results")).get("ingredientDeltas"), limit=None):
        address = delta.get("ingredientAssertionURI")
        if isinstance(address, str):
            found[address] = found.get(address, ()) + tuple(_delta_failures(delta))
    return found


def trusted_of(store: Node) -> frozenset[tuple[str, str]]:
    """Ingredients, by address and label of their manifest, whose signer our anchors vouch for, although those of
    whoever took them in did not."""
    return frozenset(
        (str(delta.get("ingredientAssertionURI")), status.url.removeprefix(STORE).partition("/")[0])
        for delta in nodes(node(store.get("validation_results")).get("ingredientDeltas"), limit=None)
        for status in statuses_of(node(delta.get("validationDeltas")).get("success"))
        if status.code == TRUSTED
    )


def _delta_failures(delta: Node) -> tuple[StatusCode, ...]:
    return statuses_of(node(delta.get("validationDeltas")).get("failure"))


def _address(manifest_label: str, ingredient_label: object) -> str:
    return f"{STORE}{manifest_label}/c2pa.assertions/{ingredient_label}"
