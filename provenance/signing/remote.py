"""Sign with a key that another machine holds: the client of ``touchmark serve signer``, over mutual TLS.

    signer = RemoteSigner.connect("signer.internal:8443", {"client-cert": ..., "client-key": ..., "ca": ...})

A worker that renders holds a certificate that lets it ask, and no key that signs.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from touchmark.provenance.signing.algorithm import SigningAlgorithm
from touchmark.provenance.signing.errors import (
    KeyUnreadableError,
    SignerAnswerError,
    SignerRefusedError,
    SignerUnreachableError,
)
from touchmark.provenance.signing.signer import CallbackSigner
from touchmark.provenance.signing.time_stamps import TimeStamping
from touchmark.provenance.transport import Answer, Request, TransportError, send

IDENTITY_PATH: Final = "/v1/signer"
SIGN_PATH: Final = "/v1/signatures"
_LIMIT: Final = 1 << 20


class Identity(BaseModel):
    """Who a signing service signs as: the answer to GET /v1/signer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    algorithm: SigningAlgorithm
    certificate_chain: str
    """PEM, signing certificate first."""


class RemoteSigner:
    """Makes signers of a signing service."""

    @staticmethod
    def connect(host: str, files: Mapping[str, Path], *, time_stamping: TimeStamping | None = None) -> CallbackSigner:
        """The signer at ``host`` (``name:port``).

        Args:
            host: of the service; its TLS certificate must name it.
            files: ``client-cert`` and ``client-key`` say who asks; ``ca`` holds the roots that vouch for the service.
            time_stamping: whom to ask for the time.

        Raises:
            KeyUnreadableError: a file is missing or is not PEM of its kind.
            SignerUnreachableError: nobody answers, or not somebody whom ``ca`` vouches for.
            SignerRefusedError: the service does not know this client.
            SignerAnswerError: what answers is no signing service.
        """
        base, tls = f"https://{host.rstrip('/')}", _tls(files)
        answer = _asked(Request(base + IDENTITY_PATH, tls=tls))
        try:
            identity = Identity.model_validate_json(answer.body)
        except ValidationError as error:
            raise SignerAnswerError(
                "what answers is no signing service", subject=base, remedy="Check host and port."
            ) from error

        def sign(data: bytes) -> bytes:
            headers = {"Content-Type": "application/octet-stream"}
            return _asked(Request(base + SIGN_PATH, data, headers, tls)).body

        return CallbackSigner(identity.algorithm, identity.certificate_chain.encode(), sign, time_stamping)


def _tls(files: Mapping[str, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(files["ca"])
        context.load_cert_chain(files["client-cert"], files["client-key"], password=_nobody)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise KeyUnreadableError(
            f"the files for mutual TLS cannot be used ({str(error)[:200]})",
            subject=", ".join(str(path) for path in files.values()),
            remedy="Give client-cert, client-key (not encrypted) and ca, each in PEM.",
        ) from error
    return context


def _nobody() -> str:
    raise ValueError("the client key is encrypted")


def _asked(request: Request) -> Answer:
    try:
        answer = send(request, limit=_LIMIT)
    except TransportError as error:
        raise SignerUnreachableError(
            f"the signing service does not answer ({error})",
            subject=request.url,
            remedy="Check the network, that the service runs and knows this client, and the ca file.",
        ) from error
    if answer.status == 200:
        return answer
    raise SignerRefusedError(
        f"the signing service would not sign (HTTP {answer.status}{_problem(answer.body)})",
        subject=request.url,
        remedy="Ask who runs it; its ledger has the reason.",
    )


def _problem(body: bytes) -> str:
    try:
        problem = json.loads(body)["problem"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f": {problem[:300]}" if isinstance(problem, str) else ""
