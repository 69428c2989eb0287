"""The code words of all that a registry knows, made when they are first asked for; of what is sealed later, then.

    codebooks = Codebooks(lookup)
    expected = Expected(registered=codebooks.of)

A mark too faint to be read by itself may still fit one of them (:mod:`touchmark.provenance.watermark.codebook`).
"""

from __future__ import annotations

import numpy as np

from touchmark.provenance.lookup import Lookup
from touchmark.provenance.watermark.codebook import Codebook
from touchmark.provenance.watermark.protocol import WatermarkKey


class Codebooks:
    """One codebook a key. Safe to share between threads: who comes second makes it again, at worst."""

    def __init__(self, registry: Lookup | None) -> None:
        self._registry = registry
        self._made: dict[str, Codebook] = {}

    def of(self, key: WatermarkKey) -> Codebook:
        """Of what was sealed under ``key`` until now; empty without a registry.

        Raises:
            RegistryError: the registry cannot be read.
        """
        none = np.zeros(0, np.uint64)
        payloads = none if self._registry is None else self._registry.payloads(key.key_id)
        made = self._made.get(key.key_id)
        if made is None:
            made = self._made[key.key_id] = Codebook(payloads, key)
        elif not np.array_equal(made.payloads, payloads):
            made = self._made[key.key_id] = made.grown(payloads, key)
        return made
