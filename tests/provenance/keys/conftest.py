"""What the C2PA library itself says of a certificate."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable

import c2pa
import pytest

from tests.provenance.manifest.conftest import film  # noqa: F401


@pytest.fixture(scope="session")
def c2pa_signs() -> Callable[[bytes, bytes, str], bool]:
    """Whether the library itself signs with a chain and a key, and then reads the result as at least Valid."""

    def signs(chain: bytes, key: bytes, algorithm: str) -> bool:
        box = lambda kind, payload: struct.pack(">I4s", 8 + len(payload), kind) + payload  # noqa: E731
        media = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", box(b"mvhd", bytes(100))) + box(b"mdat", bytes(9))
        created = {"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}
        manifest = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}]}
        context = c2pa.Context.from_dict(
            {
                "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
                "trust": {"trust_config": "1.3.6.1.5.5.7.3.36\n1.3.6.1.4.1.311.76.59.1.9\n1.3.6.1.4.1.62558.2.1\n"},
            }
        )
        output = io.BytesIO()
        try:
            info = c2pa.C2paSignerInfo(alg=algorithm, sign_cert=chain, private_key=key, ta_url=None)
            with c2pa.Signer.from_info(info) as signer:
                builder = c2pa.Builder(json.dumps(manifest), context=context)
                builder.sign(signer, "video/mp4", io.BytesIO(media), output)
        except c2pa.C2paError:
            return False
        with c2pa.Reader(None, io.BytesIO(output.getvalue()), None, context) as reader:
            return reader.get_validation_state() != "Invalid"

    return signs
