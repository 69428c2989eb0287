"""What can be taken away from a manifest while it is written, and from the certificate of who signs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from touchmark.provenance.keys import development
from touchmark.provenance.keys.ring import ANCHORS
from touchmark.provenance.manifest import draft
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.signing import PemSigner, Signer

_MAKING = ("c2pa.created", "c2pa.edited")
Change = Callable[[dict[str, Any]], None]
"""Of the definition of a manifest, in place."""


@contextmanager
def written_otherwise(change: Change) -> Iterator[None]:
    """Manifests are written as by a program that does it in another way."""
    definition = draft.definition

    def changed(claim: Claim) -> dict[str, Any]:
        document = definition(claim)
        change(document)
        return document

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draft, "definition", changed)
        yield


def drop_disclosure(document: dict[str, Any]) -> None:
    document["assertions"] = [one for one in document["assertions"] if one["label"] != "c2pa.ai-disclosure"]


def drop_all_actions_included(document: dict[str, Any]) -> None:
    del document["assertions"][0]["data"]["allActionsIncluded"]


def of_no_organisation(folder: Path, signer: Signer) -> Signer:
    """Of the same authority, with a certificate that names a device and nobody who answers for it."""
    unnamed = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "render node 7")])
    authority, key = ((folder / name).read_bytes() for name in (ANCHORS, development.AUTHORITY_KEY))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(development, "_subject", lambda common_name, organisation: unnamed)
        leaf, secret = development.issue_development_signer(authority, key, "unused", datetime.now(UTC))
    return PemSigner.from_pem(leaf, secret, time_stamping=signer.time_stamping)


def drop_system(document: dict[str, Any]) -> None:
    for assertion in document["assertions"]:
        assertion["data"].pop("modelName", None)
        for action in assertion["data"].get("actions", ()):
            if action["action"] in _MAKING:
                action["softwareAgent"]["name"] = ""


def drop_version(document: dict[str, Any]) -> None:
    for action in document["assertions"][0]["data"]["actions"]:
        if action["action"] in _MAKING:
            del action["softwareAgent"]["version"]


def drop_source_type(document: dict[str, Any]) -> None:
    for action in document["assertions"][0]["data"]["actions"]:
        action.pop("digitalSourceType", None)


def drop_making(document: dict[str, Any]) -> None:
    data = document["assertions"][0]["data"]
    data["actions"] = [action for action in data["actions"] if action["action"] not in _MAKING]


def drop_opened(document: dict[str, Any]) -> None:
    data = document["assertions"][0]["data"]
    data["actions"] = [action for action in data["actions"] if action["action"] != "c2pa.opened"]


def drop_actions(document: dict[str, Any]) -> None:
    del document["assertions"][0]


def drop_bindings(document: dict[str, Any]) -> None:
    """And leaves the action that says there are some."""
    document["assertions"] = [one for one in document["assertions"] if one["label"] != "c2pa.soft-binding"]


def drop_times(document: dict[str, Any]) -> None:
    for action in document["assertions"][0]["data"]["actions"]:
        del action["when"]


def open_something(document: dict[str, Any], *, source_type: bool) -> None:
    """Says that a file was opened, of which nothing was kept; what it was made from may be lost with it."""
    actions = document["assertions"][0]["data"]["actions"]
    opened = {"action": "c2pa.opened", "when": actions[0]["when"], "parameters": {"ingredientIds": ["lost"]}}
    if source_type:
        actions[0]["action"] = "c2pa.edited"
        actions.insert(0, opened)
    else:
        actions[0] = opened | {"softwareAgent": actions[0]["softwareAgent"]}  # with what it was made is still told
    document["ingredients"].append({"label": "lost", "title": "lost.png", "relationship": "parentOf"})
