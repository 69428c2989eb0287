"""The benchmark of the gate measures beside its peers, or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import gate


@pytest.mark.parametrize(
    ("module", "package"), [("better_profanity", "better-profanity"), ("profanity_check", "alt-profanity-check")]
)
def test_without_a_peer_it_says_what_to_install_and_writes_nothing(
    module: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "gate.json"
    monkeypatch.setitem(sys.modules, module, None)  # not to be found, on whatever machine this runs
    monkeypatch.setattr(sys, "argv", ["gate", "--prompts", str(tmp_path / "none"), "--out", str(results)])
    with pytest.raises(SystemExit) as refused:
        gate.main()
    said = str(refused.value)
    assert package in said.partition(".")[0]
    assert "pip install --no-deps better-profanity alt-profanity-check" in said
    assert not results.exists()
