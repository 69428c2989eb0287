from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.attacks import ATTACKS
from tests.clips import moving_clip
from touchmark.provenance.media import boxes
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a manifest box and a label, which no attack may leave."""
    path = tmp_path_factory.mktemp("attacks") / "sealed.mp4"
    encode(moving_clip(128, 96, 12, channels=2), path, EncodeSettings(preset="ultrafast", metadata={"title": "secret"}))
    store = boxes.C2PA_UUID + bytes(40)
    with path.open("ab") as file:
        file.write((8 + len(store)).to_bytes(4, "big") + b"uuid" + store)
    assert boxes.has_c2pa_box(path)
    return path


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_strips_the_manifest_and_keeps_the_pictures(name: str, sealed: Path, tmp_path: Path) -> None:
    attack = ATTACKS[name]
    seen = tmp_path / f"seen{attack.suffix}"
    attack(sealed, seen)
    assert not boxes.has_c2pa_box(seen)
    with open_video(seen) as after, open_video(sealed) as before:
        assert (after.info.width, after.info.height) == ((64, 48) if name == "half_size" else (128, 96))
        assert "title" not in {key.lower() for key in after.info.labels}
        times = [round(float(frame.time), 3) for frame in before.frames()]
        assert [round(float(frame.time), 3) for frame in after.frames()] == pytest.approx(times, abs=0.002)
