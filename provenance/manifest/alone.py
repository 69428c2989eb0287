"""Reads one file with a C2PA library and ends: what ``apart`` starts a process for.

It loads nothing but the library, since every file of such a form waits for it. What it is to read, and what that may
take, comes as JSON; what the library says goes out as JSON.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from typing import Any

import c2pa


def _told(asked: dict[str, Any]) -> dict[str, str] | None:
    manifest = asked["manifest"] and base64.b64decode(asked["manifest"])
    try:
        with open(asked["file"], "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
            context = c2pa.Context.from_dict(asked["settings"])
            reader = c2pa.Reader.try_create(asked["form"], file, manifest, context)
            if reader is None:
                return None
            with reader:
                return {"json": reader.json(), "crjson": _crjson(reader)}
    except c2pa.C2paError as error:
        return {"error": type(error).__name__.lstrip("_").removeprefix("C2pa"), "message": str(error)}


def _crjson(reader: c2pa.Reader) -> str:
    try:
        return str(reader.crjson())
    except c2pa.C2paError:
        return ""


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
    json.dump(_told(asked), sys.stdout)
