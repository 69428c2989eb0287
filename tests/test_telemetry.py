"""Nothing that we load reports home: whoever verifies uploads has said so to those whose uploads they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_onnxruntime_leaves_no_trace_of_a_run(tmp_path: Path) -> None:
    """Its telemetry keeps an identifier of the machine, and what it could not send, under the user's home."""
    pytest.importorskip("onnxruntime")
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = "import touchmark, onnxruntime; onnxruntime.SessionOptions(); onnxruntime.get_available_providers()"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert [str(path) for path in tmp_path.rglob("*")] == []


def test_an_operator_may_decide_otherwise() -> None:
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "0"}
    program = "import touchmark, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "0"
