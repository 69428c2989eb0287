"""Pictures as a camera signs them, for those who change what it signed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import c2pa

from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.signing import PemSigner


def taken(plain: Path, path: Path, signer: PemSigner, assertion: dict[str, Any]) -> Path:
    """The PNG in ``plain``, signed into ``path`` with one more assertion than a camera needs."""
    capture = DigitalSourceType.DIGITAL_CAPTURE.value
    created = {"actions": [{"action": "c2pa.created", "digitalSourceType": capture}], "allActionsIncluded": True}
    definition = {
        "claim_version": 2,
        "claim_generator_info": [{"name": "a camera"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": created}, assertion],
    }
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    with plain.open("rb") as media, path.open("w+b") as output:
        sign_raw(builder, signer, "image/png", media, output)
    return path


def sign_raw(builder: c2pa.Builder, signer: PemSigner, media_type: str, source: io.IOBase, output: io.IOBase) -> bytes:
    """What a builder was told, as no program of ours would; the store of that."""
    chain = signer.certificate_chain.decode()
    with c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, chain) as native:
        store: bytes = builder.sign(native, media_type, source, output)
    return store
