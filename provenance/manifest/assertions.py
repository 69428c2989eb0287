"""What one manifest asserts, from the C2PA library's JSON: its actions, who made it with what, what it discloses.

    manifest = store["manifests"][label]
    for action in actions_of(manifest): ...

Pure, and suspicious as ``parse`` is: nothing here says whether any of it holds.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from touchmark.provenance.manifest.claim import DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.report import AiDisclosure, ReportedAction, ReportedSoftBinding, SignerIdentity
from touchmark.provenance.manifest.untrusted import MAX_ITEMS, Node, node, nodes, text, time

_MAX_DEPTH: Final = 16
"""Of actions that are related to actions."""
_MAX_PAYLOAD: Final = 4096
"""Of a soft binding: characters in base64, or bytes."""
_MAX_VALUES: Final = 20_000
"""In the assertions of a manifest that are looked through for source types."""
_ELSEWHERE: Final = "c2pa.cloud-data"
"""An assertion that lies at an address."""

_SOURCE_TYPES: Final = {kind.rpartition("/")[2]: kind for kind in DigitalSourceType} | {
    f"{name[0].upper()}{name[1:]}DigitalSource": kind
    for kind in DigitalSourceType
    for name in (kind.rpartition("/")[2],)
}
"""By the name that IPTC gives them, and by that of schema.org (``TrainedAlgorithmicMediaDigitalSource``)."""


def assertions_of(manifest: Node, label: str) -> Iterator[Node]:
    """What is in those of this label, whatever number follows it."""
    for assertion in nodes(manifest.get("assertions")):
        if str(assertion.get("label")).partition("__")[0] == label:
            yield node(assertion.get("data"))


def actions_of(manifest: Node) -> Iterator[ReportedAction]:
    """Those of version 2 first, each before those that it says are related to it."""
    for label in ("c2pa.actions.v2", "c2pa.actions"):
        for data in assertions_of(manifest, label):
            # What a template says holds for every action of its name (C2PA 2.4, 18.15.5), or of any.
            templates = {
                text(template.get("action")): text(template.get("digitalSourceType"))
                for template in nodes(data.get("templates"))
            }
            for action in nodes(data.get("actions")):
                yield from _told(action, templates, 0)


def _told(action: Node, templates: Mapping[str, str], depth: int) -> Iterator[ReportedAction]:
    """An action, then those that it says are related to it."""
    agent, name = action.get("softwareAgent"), text(action.get("action"))
    yield ReportedAction(
        name=name,
        when=time(action.get("when")),
        digital_source_type=text(action.get("digitalSourceType")) or templates.get(name) or templates.get("*", ""),
        software_agent=text(agent) if isinstance(agent, str) else _program(node(agent)),
        agent=SoftwareAgent(text(node(agent).get("name")), text(node(agent).get("version"))),
    )
    for related in nodes(action.get("related")) if depth < _MAX_DEPTH else ():
        yield from _told(related, templates, depth + 1)


def is_cut(manifest: Node) -> bool:
    """Whether it has more assertions, or more actions in one, than are read: what they say is not known."""

    def more(value: object) -> bool:
        return isinstance(value, list) and len(value) > MAX_ITEMS

    datas = [data for label in ("c2pa.actions.v2", "c2pa.actions") for data in assertions_of(manifest, label)]
    return more(manifest.get("assertions")) or any(more(data.get("actions")) for data in datas)


def making_action(actions: tuple[ReportedAction, ...]) -> ReportedAction | None:
    """The action by which content was made: the first by a model, else how it began; None where it was only opened."""
    kinds = ((action, DigitalSourceType.of(action.digital_source_type)) for action in actions)
    by_model = next((action for action, kind in kinds if kind is not None and kind.is_generative), None)
    return by_model or next((action for action in actions if action.name == "c2pa.created"), None)


def programs_of(manifest: Node, actions: Sequence[ReportedAction]) -> tuple[str, ...]:
    """All that it says made the content, or the claim."""
    named = (generator_of(manifest), *(action.software_agent for action in actions))
    return tuple(dict.fromkeys(filter(None, named)))


def generator_of(manifest: Node) -> str:
    """The program that made the claim: name and version."""
    infos = manifest.get("claim_generator_info")
    for info in nodes(infos if isinstance(infos, list) else [infos]):
        return _program(info)
    return text(manifest.get("claim_generator"))


def _program(info: Node) -> str:
    return text(f"{text(info.get('name'))} {text(info.get('version'))}".strip())


def signer_of(manifest: Node) -> SignerIdentity | None:
    """Whom the signing certificate names; None where nothing is known of it."""
    info = node(manifest.get("signature_info"))
    if not info:
        return None
    return SignerIdentity(text(info.get("common_name")), text(info.get("issuer")), text(info.get("cert_serial_number")))


def other_source_types(manifest: Node) -> tuple[DigitalSourceType, ...]:
    """Source types in assertions, by whatever name and however deep; those that actions give in their place as well."""
    found: dict[DigitalSourceType, None] = {}
    ahead: list[tuple[str, object]] = [("", a.get("data")) for a in nodes(manifest.get("assertions"))]
    for _ in range(_MAX_VALUES):
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


def passes_on(manifest: Node) -> bool:
    """Whether a claim of version 2 says of a sensor in actions that are not among the assertions which it created."""
    version = manifest.get("claim_version")
    if not isinstance(version, int) or version < 2:
        return False
    gathered = [one for one in nodes(manifest.get("assertions")) if one.get("created") is not True]
    kinds = (DigitalSourceType.of(action.digital_source_type) for action in actions_of({"assertions": gathered}))
    return any(kind is not None and kind.is_capture for kind in kinds)


def keeps_elsewhere(manifest: Node) -> bool:
    """Whether an assertion other than a thumbnail lies at an address, where nobody looks."""
    return any(not str(data.get("label")).startswith("c2pa.thumbnail") for data in assertions_of(manifest, _ELSEWHERE))


def soft_bindings_of(manifest: Node) -> Iterator[ReportedSoftBinding]:
    """The payloads that it binds itself to."""
    for data in assertions_of(manifest, "c2pa.soft-binding"):
        for block in nodes(data.get("blocks")):
            span = node(node(block.get("scope")).get("timespan"))
            yield ReportedSoftBinding(
                text(data.get("alg")),
                _payload(block.get("value")),
                _seconds(span.get("start")),
                _seconds(span.get("end")),
            )


def ai_disclosure_of(manifest: Node) -> AiDisclosure | None:
    """What it says of the model, the first time that it does."""
    for data in assertions_of(manifest, "c2pa.ai-disclosure"):
        return AiDisclosure(
            text(data.get("modelType")),
            text(data.get("modelName")),
            text(data.get("modelIdentifier")),
            text(node(data.get("contentProfile")).get("humanOversightLevel")),
        )
    return None


def _payload(value: object) -> bytes:
    if isinstance(value, list):  # a byte string of the specification's kind, as the library shows it
        numbers = value[:_MAX_PAYLOAD]
        return bytes(numbers) if all(type(n) is int and 0 <= n < 256 for n in numbers) else b""
    if not isinstance(value, str) or len(value) > _MAX_PAYLOAD:
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not 0 <= milliseconds < 1e15:
        return None
    return milliseconds / 1000
