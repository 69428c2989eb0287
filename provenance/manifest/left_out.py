"""What a signer chose to leave out of the hash over the content, beyond what every signer leaves out. Pure.

    left_out(reader.detailed_json(), label)     # ("the box “/mdat”",)

A hard binding lists what it does not cover: the manifest store itself, and in an ISO file what may move afterwards.
A signer may add to that list (C2PA 2.4, 9.2.1, 18.5 and 18.6): the picture, in the extreme. A C2PA library then says
"Trusted" whatever is put there.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from touchmark.provenance.media.boxes import C2PA_UUID

MAX_PLACES: Final = 16
_MOST_PARENTS: Final = 16
_FREE: Final = frozenset({"/ftyp", "/mfra", "/free", "/skip"})
"""Left out by every signer; what lies in them is looked at (``media.boxes``)."""
_OFFSETS: Final = frozenset({"/meta/iloc", "/mfra/tfra"})
_PARTLY_OFFSETS: Final = frozenset(
    {
        "/moov/trak/mdia/minf/stbl/stco",
        "/moov/trak/mdia/minf/stbl/co64",
        "/moof/traf/tfhd",
        "/moof/traf/trun",
    }
)
"""Places of what is hashed elsewhere in the file: generators of before 2024 left these out (C2PA 1.3, A.4)."""
_MEDIA: Final = "/mdat"
_TIFF_COUNT: Final = 12
"""A TIFF's directory says how long its store is, in four bytes that are left out beside the store."""

Node = Mapping[str, Any]


def left_out(detailed: str, label: str) -> tuple[str, ...]:
    """Names of what the hard binding of a manifest leaves out by its signer's choice; at most ``MAX_PLACES``.

    Args:
        detailed: the C2PA library's detailed report.
        label: of the manifest; that of an update manifest leads to the one that it speaks of.

    Returns: in words, with a signer's text in them: not safe to show. Where the report cannot be read, that is named.
    """
    bindings = _bindings_in(detailed, label)
    if bindings is None:
        return ("what its report, which cannot be read, does not tell",)
    places = (place for name, binding in bindings for place in _places(name, binding))
    return tuple(place for place, _ in zip(places, range(MAX_PLACES), strict=False))


def has_trees(detailed: str, label: str) -> bool:
    """Whether the hard binding of a manifest holds hash trees (Merkle); arguments as of :func:`left_out`."""
    if '"merkle"' not in detailed:
        return False
    return any(_nodes(binding.get("merkle")) for _, binding in _bindings_in(detailed, label) or ())


def _bindings_in(detailed: str, label: str) -> list[tuple[str, Node]] | None:
    """None where the report cannot be read."""
    try:
        manifests = _node(_node(json.loads(detailed)).get("manifests"))
    except (ValueError, RecursionError):
        return None
    return _bindings(manifests, label)


def _bindings(manifests: Node, label: str) -> list[tuple[str, Node]]:
    """Hash assertions of a manifest, or of the nearest beneath it that has any."""
    for _ in range(_MOST_PARENTS):
        assertions = _node(_node(manifests.get(label)).get("assertion_store"))
        found = [(name, _node(data)) for name, data in assertions.items() if name.startswith("c2pa.hash.")]
        if found:
            return found
        parents = (_node(data) for name, data in assertions.items() if name.startswith("c2pa.ingredient"))
        parent = next((data for data in parents if data.get("relationship") == "parentOf"), {})
        below = _node(parent.get("activeManifest") or parent.get("c2pa_manifest"))
        label = str(below.get("url")).rpartition("/")[2]
    return []


def _places(name: str, binding: Node) -> Iterator[str]:
    if name.startswith("c2pa.hash.data"):
        yield from _stretches(binding)
    elif name.startswith("c2pa.hash.bmff"):
        yield from _boxes(binding)
    elif name.startswith("c2pa.hash.boxes"):
        yield from (
            f"the part “{'”, “'.join(map(str, box.get('names', ())))}”"
            for box in _nodes(binding.get("boxes"))
            if box.get("excluded") is True
        )


def _stretches(binding: Node) -> Iterator[str]:
    """Of bytes; one is the store's own, which the library makes sure of."""
    found = [(box.get("start"), box.get("length")) for box in _nodes(binding.get("exclusions"))]
    known = [(start, length) for start, length in found if isinstance(start, int) and isinstance(length, int)]
    beside = sorted(known, key=lambda stretch: stretch[1])[:-1]
    if len(beside) == 1 and beside[0][1] <= _TIFF_COUNT:
        return
    yield from (f"{length:,} bytes from byte {start:,} on" for start, length in sorted(beside))


def _boxes(binding: Node) -> Iterator[str]:
    for exclusion in _nodes(binding.get("exclusions")):
        path = str(exclusion.get("xpath"))
        known = (
            path in _FREE | _OFFSETS
            or (path in _PARTLY_OFFSETS and bool(exclusion.get("subset")))
            or (path == "/uuid" and _is_store(exclusion))
        )
        if not known and not (path == _MEDIA and binding.get("merkle")):  # hashed piece by piece
            yield f"the box “{path}”"


def _is_store(exclusion: Node) -> bool:
    return any(
        data.get("offset") == 8 and _bytes(data.get("value")) == C2PA_UUID for data in _nodes(exclusion.get("data"))
    )


def _bytes(value: object) -> bytes:
    """The library writes a byte string as base64, or as a list of numbers."""
    try:
        return base64.b64decode(value) if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]
    except (binascii.Error, TypeError, ValueError):
        return b""


def _node(value: object) -> Node:
    return value if isinstance(value, dict) else {}


def _nodes(value: object) -> list[Node]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
