"""Pictures as a camera signs them, for those who change what it signed."""

from __future__ import annotations

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
    chain = signer.certificate_chain.decode()
    with (
        plain.open("rb") as media,
        path.open("w+b") as output,
        c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, chain) as native,
    ):
        builder.sign(native, "image/png", media, output)
    return path
