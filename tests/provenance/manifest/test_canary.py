"""The canary sings with the library as it is, and falls silent when the library lies."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from touchmark.provenance.manifest import canary, context
from touchmark.provenance.manifest.canary import CanaryError, run_canary
from touchmark.provenance.manifest.report import ManifestReport, ReportedIngredient, ValidationState


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    run_canary.cache_clear()
    context._context.cache_clear()  # nor is a context with other settings left to other tests
    yield
    run_canary.cache_clear()
    context._context.cache_clear()


def test_the_installed_library_passes() -> None:
    run_canary()


def test_it_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run_canary()
    monkeypatch.setattr(canary, "_sign", None)
    run_canary()


Lie = Callable[[ManifestReport], ManifestReport]


def trusts_everybody(report: ManifestReport) -> ManifestReport:
    return replace(report, state=ValidationState.TRUSTED, failures=())


def trusts_nobody(report: ManifestReport) -> ManifestReport:
    return replace(report, state=ValidationState.VALID)


def sees_no_ingredients(report: ManifestReport) -> ManifestReport:
    return replace(report, ingredients=tuple(_clean(ingredient) for ingredient in report.ingredients))


def sees_no_change(report: ManifestReport) -> ManifestReport:
    return replace(report, hard_binding_matches=True)


def sees_no_marks(report: ManifestReport) -> ManifestReport:
    return replace(report, soft_bindings=())


def takes_development_for_production(report: ManifestReport) -> ManifestReport:
    return replace(report, development=False)


def doubts_every_signature(report: ManifestReport) -> ManifestReport:
    return replace(report, signature_valid=False)


def _clean(ingredient: ReportedIngredient) -> ReportedIngredient:
    return replace(ingredient, faults=())


@pytest.mark.parametrize(
    "lie",
    [
        trusts_everybody,
        trusts_nobody,
        sees_no_ingredients,
        sees_no_change,
        sees_no_marks,
        takes_development_for_production,
        doubts_every_signature,
    ],
)
def test_a_library_that_lies_is_refused(monkeypatch: pytest.MonkeyPatch, lie: Lie) -> None:
    read = canary.read_stream

    def lied(*arguments: Any, **options: Any) -> ManifestReport:
        return lie(read(*arguments, **options))

    monkeypatch.setattr(canary, "read_stream", lied)
    with pytest.raises(CanaryError):
        run_canary()


@pytest.mark.parametrize("lost", ["anchors", "trust_config"])
def test_a_setting_that_lost_its_name_is_noticed(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """What an upgrade of the library would do: it is given under a key that is no longer read, and ignored."""
    from_dict = context.c2pa.Context.from_dict

    def renamed(settings: dict[str, Any]) -> Any:
        trust = {f"{name}_v2" if name == lost else name: value for name, value in settings["trust"].items()}
        return from_dict({**settings, "trust": trust})

    monkeypatch.setattr(context.c2pa.Context, "from_dict", renamed)
    with pytest.raises(CanaryError):
        run_canary()


def test_it_sings_in_a_forked_child() -> None:
    run_canary()
    child = multiprocessing.get_context("fork").Process(target=_in_child)
    child.start()
    child.join(20)
    assert child.exitcode == 0


def _in_child() -> None:
    run_canary.cache_clear()
    run_canary()
