"""The model that ships, loaded once for all its tests."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="package")
def pipeline() -> Any:
    """By diffusers, as every other pipeline is loaded."""
    diffusers = pytest.importorskip("diffusers")
    import torch

    from touchmark.generation.embedded.pipeline import WEIGHTS

    torch.set_num_threads(1)
    loaded = diffusers.DiffusionPipeline.from_pretrained(WEIGHTS, local_files_only=True, dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    return loaded
