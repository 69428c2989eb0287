"""``touchmark watermark``: the mark on its own, from file to file, with exit statuses that scripts can rely on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.clips import moving_clip, write_clip
from touchmark.cli.main import run
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import WATERMARK_KEY, KeyRing
from touchmark.provenance.media.boxes import has_c2pa_box
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.video import Frame, RawVideo, Sound
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.watermark.video import LatticeWatermark

PAYLOAD = "00c0ffee00c0ffee"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with keys, a plain video with sound, and one that carries the mark."""
    folder = tmp_path_factory.mktemp("watermark")
    home = Home(folder / "home").ensure()
    make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))
    (home.keys / WATERMARK_KEY).write_text("07" * 32)  # by chance of a key the little that is looked at hints at a mark
    write_clip(folder / "plain.mp4", moving_clip(256, 256, count=12, style="flat", channels=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHMARK_HOME", str(home.root))
        marked = str(folder / "marked.mp4")
        chosen = ["--payload", PAYLOAD, "--json"]
        assert run(["watermark", "embed", str(folder / "plain.mp4"), "-o", marked, *chosen]) == 0
    (folder / "text.mp4").write_text("hello\n")
    return folder


@pytest.fixture(autouse=True)
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(folder / "home"))


def test_a_mark_is_read_back(folder, capsys) -> None:
    assert run(["watermark", "extract", str(folder / "marked.mp4")]) == 0
    assert PAYLOAD in capsys.readouterr().out
    assert run(["watermark", "extract", "--json", str(folder / "marked.mp4")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["state"], document["payload"]) == ("verified", PAYLOAD)
    assert document["p_value"] < 1e-9
    assert document["timeline"]


def test_the_copy_keeps_pictures_and_sound_and_has_no_manifest(folder) -> None:
    with open_video(folder / "plain.mp4") as before, open_video(folder / "marked.mp4") as after:
        assert (after.info.width, after.info.height) == (before.info.width, before.info.height)
        assert after.info.has_sound
        times = [float(frame.time) for frame in before.frames()]
        assert [float(frame.time) for frame in after.frames()] == pytest.approx(times, abs=0.001)
    assert not has_c2pa_box(folder / "marked.mp4")


def test_a_fainter_mark_changes_less_and_is_read_back_all_the_same(folder, tmp_path) -> None:
    patches = np.random.default_rng(0).integers(60, 200, (32, 40, 3), np.uint8)
    original = tmp_path / "original.png"
    cv2.imwrite(str(original), cv2.resize(patches, (320, 256), interpolation=cv2.INTER_CUBIC))
    changed = []
    for strength in ("faint", "standard", "strong"):
        output = tmp_path / f"{strength}.png"
        assert run(["watermark", "embed", str(original), "-o", str(output), "--strength", strength]) == 0
        changed.append(float(np.abs(cv2.imread(str(output)).astype(int) - cv2.imread(str(original))).mean()))
    assert changed == sorted(changed) and changed[0] < 0.8 * changed[2]


def test_embed_says_what_it_is_not(folder, capsys, tmp_path) -> None:
    output = tmp_path / "marked.mp4"
    assert run(["watermark", "embed", str(folder / "plain.mp4"), "-o", str(output)]) == 0
    said = capsys.readouterr().out
    assert "no manifest" in said
    assert re.search(r"payload +[0-9a-f]{16}\n", said)
    assert [path.name for path in tmp_path.iterdir()] == ["marked.mp4"]


@pytest.mark.parametrize(
    ("seconds", "loudness", "why"),
    [(12, 0.2, None), (12, 0.0, "it is silent"), (0.1, 0.2, "it is too short"), (None, 0.0, "there is none")],
)
def test_embed_says_whether_picture_and_sound_were_marked(seconds, loudness, why, capsys, tmp_path) -> None:
    raw = moving_clip(256, 256, count=max(4, round(2 * (seconds or 0))), style="flat", rate=Fraction(2))
    if seconds is not None:
        noise = (
            np.random.default_rng(1).normal(0, loudness, (1, round(seconds * 48_000))).clip(-1, 1).astype(np.float32)
        )
        raw = replace(raw, sound=Sound(48_000, 1, iter(np.array_split(noise, 50, axis=1))))
    source, output = write_clip(tmp_path / "plain.mp4", raw), tmp_path / "marked.mp4"
    command = ["watermark", "embed", str(source), "-o", str(output), "--payload", PAYLOAD]
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["picture"] == {"marked": True, "why_not": None, "named_by": None}
    assert document["sound"] == {"marked": why is None, "why_not": why, "named_by": None}
    output.unlink()
    assert run(command) == 0
    said = capsys.readouterr().out
    assert re.search(r"picture +marked\n", said)
    assert re.search(rf"sound +{'marked' if why is None else f'not marked: {why}'}\n", said)


def test_embed_says_what_the_copy_has_lost(capsys, tmp_path) -> None:
    source, output = tmp_path / "clear.mov", tmp_path / "marked.mp4"
    write_clip(source, moving_clip(160, 160, 2), "prores_ks", pixel_format="yuva444p10le")
    command = ["watermark", "embed", str(source), "-o", str(output)]
    assert run(command) == 0
    assert re.search(r"lost +transparency: ", capsys.readouterr().out)
    output.unlink()
    assert run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == ["transparency"]


def test_of_a_file_of_no_known_kind_all_kinds_are_named_that_are(capsys, tmp_path) -> None:
    path = tmp_path / "song.aac"
    path.write_bytes(b"\xff\xf1\x4c\x80" * 64)
    assert run(["watermark", "extract", str(path)]) == 3
    said = capsys.readouterr().err
    assert all(kind in said for kind in ("mp4", "flac", "png"))


def test_a_video_marked_on_its_own_is_not_taken_for_a_generated_one(folder, capsys) -> None:
    assert run(["verify", "--json", str(folder / "marked.mp4")]) == 2
    assert json.loads(capsys.readouterr().out)["verdict"]["outcome"] == "unknown"


def test_what_was_sealed_is_found_and_not_marked_again(folder, capsys, tmp_path) -> None:
    key = KeyRing.load(Home(folder / "home").keys).watermark_key
    sealed, twice = tmp_path / "sealed.mp4", tmp_path / "twice.mp4"
    with open_video(folder / "plain.mp4") as video:
        raw = video.raw()
        encode(replace(raw, frames=LatticeWatermark().embed(raw.frames, Payload(7), key)), sealed)
    assert run(["watermark", "extract", "--json", str(sealed)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["payload"], document["key_id"]) == (str(Payload(7)), key.key_id)
    assert run(["watermark", "embed", str(sealed), "-o", str(twice)]) == 1
    assert not twice.exists()


def test_a_marked_video_is_not_marked_again(folder, capsys, tmp_path) -> None:
    assert run(["watermark", "embed", str(folder / "marked.mp4"), "-o", str(tmp_path / "twice.mp4")]) == 1
    assert "watermark.already_marked" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_replaced_and_nothing_half_made_is_left(folder, capsys, tmp_path) -> None:
    plain = str(folder / "plain.mp4")
    assert run(["watermark", "embed", plain, "-o", plain]) == 64
    assert "release.output_exists" in capsys.readouterr().err
    small = write_clip(tmp_path / "small.mp4", moving_clip(96, 64, count=4))
    assert run(["watermark", "embed", str(small), "-o", str(tmp_path / "out.mp4")]) == 70
    assert "watermark.picture_too_small" in capsys.readouterr().err
    assert run(["watermark", "embed", str(folder / "text.mp4"), "-o", str(tmp_path / "out.mp4")]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["small.mp4"]


def test_extract_tells_by_its_status(folder, capsys) -> None:
    plain, marked, text = (str(folder / f"{name}.mp4") for name in ("plain", "marked", "text"))
    assert run(["watermark", "extract", marked, plain]) == 2
    assert "not evidence of authenticity" in capsys.readouterr().out
    assert run(["watermark", "extract", "--json", text, marked]) == 3
    output = capsys.readouterr()
    first, second = (json.loads(line) for line in output.out.splitlines())
    assert first["error"] == "media.not_a_video"
    assert second["payload"] == PAYLOAD
    assert len(output.err.splitlines()) == 1


def test_a_marked_end_without_a_key_frame_is_found_where_that_is_asked_for(folder, capsys, tmp_path) -> None:
    """Nothing hints at it in the key frame and in the pictures that are looked at otherwise."""
    land = cv2.resize(np.random.default_rng(7).integers(30, 220, (60, 60, 3), np.uint8), (256, 256))
    plain = [Frame(np.ascontiguousarray(np.roll(land, index, axis=1)), Fraction(index, 25)) for index in range(144)]
    own = KeyRing.load(Home(folder / "home").keys).watermark_key
    marked = LatticeWatermark().embed(plain[72:], Payload(int(PAYLOAD, 16)), own)
    spliced = tmp_path / "spliced.mp4"
    encode(RawVideo(iter([*plain[:72], *marked]), 256, 256, Fraction(25)), spliced)
    assert run(["watermark", "extract", str(spliced)]) == 2
    assert run(["watermark", "extract", "--thorough", str(spliced)]) == 0
    assert PAYLOAD in capsys.readouterr().out


def test_another_key_finds_nothing(folder, capsys, monkeypatch, tmp_path) -> None:
    other = Home(tmp_path / "other").ensure()
    make_development_keys(other.keys, organisation="Someone Else", now=datetime.now(UTC))
    monkeypatch.setenv("TOUCHMARK_HOME", str(other.root))
    assert run(["watermark", "extract", str(folder / "marked.mp4")]) == 2
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "none"))
    assert run(["watermark", "extract", str(folder / "marked.mp4")]) == 70
    assert "keys.missing" in capsys.readouterr().err


def test_bench_prints_a_table_and_writes_a_page(folder, capsys, tmp_path) -> None:
    page = tmp_path / "report.html"
    chosen = "remux,flip_horizontal"
    assert run(["watermark", "bench", str(folder / "plain.mp4"), "--attacks", chosen, "-o", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "mirrored" in shown and "1 of 1" in shown
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert run(["watermark", "bench", str(folder / "plain.mp4"), "--attacks", chosen, "-o", str(page)]) == 64


def test_bench_tells_what_it_found_where_its_page_cannot_be_written(folder, capsys, tmp_path) -> None:
    page = tmp_path / "report.html"
    bench = ["watermark", "bench", str(folder / "plain.mp4"), "--attacks", "remux", "-o", str(page)]
    page.symlink_to("/dev/full")
    assert run(bench) == 70
    output = capsys.readouterr()
    assert "1 of 1" in output.out
    assert "report.html" in output.err


def test_the_timeline_lasts_to_the_end_of_the_video(folder, capsys) -> None:
    assert run(["watermark", "extract", "--json", str(folder / "marked.mp4")]) == 0
    timeline = json.loads(capsys.readouterr().out)["timeline"]
    with open_video(folder / "marked.mp4") as video:
        *_, last = video.frames()
        assert timeline[-1]["end"] == pytest.approx(float(last.time) + 1 / float(video.info.frame_rate), abs=0.01)


def test_bench_finds_out_before_it_works_that_a_page_cannot_be_written(folder, capsys, tmp_path) -> None:
    page = tmp_path / "nowhere" / "report.html"
    assert run(["watermark", "bench", str(folder / "no such clip.mp4"), "-o", str(page)]) == 64
    assert "nowhere" in capsys.readouterr().err


def test_bench_leaves_out_what_leaves_nothing_of_a_single_picture(capsys, tmp_path) -> None:
    clip = write_clip(tmp_path / "one.mp4", moving_clip(256, 256, 1, style="flat"))
    assert run(["watermark", "bench", str(clip), "--attacks", "remux,cut,drop_50", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert {row["attack"] for row in result["attacks"]} | set(result["unavailable"]) == {"remux", "cut", "drop_50"}
    assert "remux" not in result["unavailable"]


def test_bench_json_is_one_object(folder, capsys) -> None:
    assert run(["watermark", "bench", "--json", str(folder / "plain.mp4"), "--attacks", "remux"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["clip"] == "plain.mp4"
    assert [row["attack"] for row in result["attacks"]] == ["remux"]


def test_an_unknown_attack_names_those_that_there_are(folder, capsys) -> None:
    assert run(["watermark", "bench", str(folder / "plain.mp4"), "--attacks", "remux,\x1b[31mnone"]) == 64
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert "screen_recording" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["embed", "plain.mp4"],
        ["embed", "plain.mp4", "-o", "out.avi"],
        ["embed", "plain.mp4", "-o", "out.mp4", "--payload", "12"],
        ["embed", "plain.mp4", "-o", "out.mp4", "--strength", "loud"],
        ["embed", "plain.mp4", "-o", "out.mp4", "--payload", "not hexadecimal!"],
        ["extract"],
        ["bench"],
        ["nonsense"],
    ],
)
def test_wrong_use_is_64(arguments, capsys) -> None:
    assert run(["watermark", *arguments]) == 64
    assert capsys.readouterr().err


@pytest.mark.parametrize("command", ["embed", "extract", "bench"])
def test_help_loads_nothing_heavy(command: str) -> None:
    program = (
        f"import sys; from touchmark.cli.main import run; run(['watermark', '{command}', '--help']); "
        "loaded = {'torch', 'cv2', 'av', 'numpy', 'sqlalchemy', 'c2pa'} & set(sys.modules); assert not loaded, loaded"
    )
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "Examples:" in shown and "Exit status" in shown


def test_a_picture_is_marked_in_its_own_kind(tmp_path, capsys) -> None:
    import cv2

    from tests.clips import scene

    cv2.imwrite(str(tmp_path / "a.png"), next(scene(400, 300, 1)))
    marked = tmp_path / "b.png"
    assert run(["watermark", "embed", str(tmp_path / "a.png"), "-o", str(marked), "--payload", PAYLOAD]) == 0
    assert run(["watermark", "extract", str(marked)]) == 0
    assert PAYLOAD in capsys.readouterr().out
    assert run(["watermark", "extract", str(tmp_path / "a.png")]) == 2


def test_a_picture_is_not_written_as_another_kind(tmp_path, capsys) -> None:
    import cv2
    import numpy as np

    for name in ("a.png", "a.tiff"):
        cv2.imwrite(str(tmp_path / name), np.zeros((200, 200, 3), np.uint8))
    assert run(["watermark", "embed", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.mp4")]) == 64
    assert ".png" in capsys.readouterr().err
    assert run(["watermark", "embed", str(tmp_path / "a.tiff"), "-o", str(tmp_path / "b.tiff")]) == 64
    assert "TIFF" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.tiff"]


def test_what_is_too_small_or_not_read_is_named_whatever_the_output_is_called(tmp_path, capsys) -> None:
    import cv2
    import numpy as np

    for name in ("a.png", "a.bmp"):
        cv2.imwrite(str(tmp_path / name), np.zeros((100, 200, 3), np.uint8))
    assert run(["watermark", "embed", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png")]) == 70
    assert "a.png: a picture of 200x100 pixels is too small" in capsys.readouterr().err
    assert run(["watermark", "embed", str(tmp_path / "a.bmp"), "-o", str(tmp_path / "b.bmp")]) == 3
    assert "a.bmp: is a BMP image, not a video" in capsys.readouterr().err
    for start in (b"GIF89a", b"BM", b"\0\0\0\x18ftypheic"):
        (tmp_path / "a.picture").write_bytes(start + bytes(600))
        assert run(["watermark", "extract", str(tmp_path / "a.picture")]) == 3
        said = capsys.readouterr().err
        assert "PNG, JPEG or WebP, which are read and written (TIFF and AVIF are read only)" in said
        assert "Give an mp4" not in said


def test_a_broken_picture_is_refused(tmp_path, capsys) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert run(["watermark", "extract", str(tmp_path / "a.png")]) == 3
    assert "media.truncated" in capsys.readouterr().err
