"""``touchmark verify`` and ``touchmark report``: exit statuses, output, and one clear line for what cannot be read."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import moving_clip, write_clip
from tests.detectors.fragments import fragmented_film
from touchmark.cli.main import run
from touchmark.provenance.database import open_database
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.seal import Sealer
from touchmark.provenance.watermark.bench.attacks import remux

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home, a sealed video, a stripped one, a tampered one, a plain one."""
    folder = tmp_path_factory.mktemp("cli")
    home = Home(folder / "home").ensure()
    ring = make_development_keys(home.keys, organisation="Example Studio", now=NOW)
    sealer, registry = Sealer.of(ring), Registry(open_database(home.database))
    payload, claim = (
        registry.reserve(),
        Claim(
            title="a disc",
            media_type="video/mp4",
            source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            software_agent=SoftwareAgent("touchmark", "0.1.0"),
            created=NOW,
        ),
    )
    clip = moving_clip(256, 256, count=12, rate=Fraction(12), style="flat")
    signed = sealer.seal(clip, claim, payload, folder / "sealed.mp4")
    registry.register(
        Registration(
            payload=payload,
            manifest_label=signed.label,
            manifest=signed.manifest_bytes,
            file_sha256=signed.file_sha256,
            watermark_algorithm=sealer.watermark.algorithm,
            key_id=sealer.key.key_id,
            title=claim.title,
            source_type=claim.source_type.value,
            policy_digest="",
            created=NOW,
        )
    )
    remux(folder / "sealed.mp4", folder / "stripped.mp4")
    tampered = bytearray((folder / "sealed.mp4").read_bytes())
    tampered[-100] ^= 1
    (folder / "tampered.mp4").write_bytes(tampered)
    write_clip(folder / "plain.mp4", moving_clip(128, 128, count=6, style="flat", seed=9))
    (folder / "text.mp4").write_text("hello\n")
    return folder


@pytest.fixture(autouse=True)
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(folder / "home"))


@pytest.mark.parametrize(
    ("name", "status", "outcome"),
    [
        ("sealed.mp4", 0, "generated"),
        ("stripped.mp4", 0, "generated"),
        ("tampered.mp4", 1, "tampered"),
        ("plain.mp4", 2, "unknown"),
    ],
)
def test_the_exit_status_tells(folder, capsys, name, status, outcome) -> None:
    assert run(["verify", "--json", str(folder / name)]) == status
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert document["verdict"]["outcome"] == outcome
    assert document["accepted"] is (status == 0)
    assert output.err == ""


def test_a_person_reads_a_report(folder, capsys) -> None:
    assert run(["verify", str(folder / "sealed.mp4")]) == 0
    shown = capsys.readouterr().out
    assert "GENERATED" in shown
    assert "Example Studio" in shown


def test_what_cannot_be_read_is_one_line_and_the_rest_goes_on(folder, capsys) -> None:
    broken = folder / "truncated.mp4"
    broken.write_bytes((folder / "sealed.mp4").read_bytes()[:30_000])
    names = [str(broken), str(folder / "text.mp4"), str(folder), str(folder / "none.mp4"), str(folder / "sealed.mp4")]
    assert run(["verify", *names]) == 3
    output = capsys.readouterr()
    lines = output.err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("touchmark: ") and "[media." in line for line in lines)
    assert "GENERATED" in output.out


def test_json_is_one_object_a_line_also_for_what_cannot_be_read(folder, capsys) -> None:
    assert (
        run(["verify", "--json", str(folder / "text.mp4"), str(folder / "plain.mp4"), str(folder / "tampered.mp4")])
        == 1
    )
    unreadable, plain, tampered = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert unreadable["error"] == "media.not_a_video"
    assert plain["verdict"]["outcome"] == "unknown"
    assert tampered["verdict"]["outcome"] == "tampered"


def test_several_processes_say_what_one_says(folder, capsys) -> None:
    files = [str(folder / name) for name in ("text.mp4", "sealed.mp4", "plain.mp4", "tampered.mp4", "none.mp4")]
    told = []
    for jobs in ("1", "2"):
        assert run(["verify", "--json", "--jobs", jobs, *files]) == 1
        told.append([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    for document in told[0] + told[1]:
        document.pop("seconds", None)
    assert told[0] == told[1]
    assert [Path(document["file"]).name for document in told[1]] == [Path(name).name for name in files]


def test_quiet_says_nothing_but_errors(folder, capsys) -> None:
    assert run(["verify", "--quiet", str(folder / "sealed.mp4")]) == 0
    output = capsys.readouterr()
    assert output.out == output.err == ""


def test_without_a_home_there_is_no_trust_and_nothing_is_made(folder, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "none"))
    assert run(["verify", str(folder / "sealed.mp4")]) == 2
    assert "not evidence of authenticity" in " ".join(capsys.readouterr().out.split()).replace("│ ", "")
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_not_where_the_environment_says_is_told_of(folder, capsys, monkeypatch, tmp_path) -> None:
    for home, told in ((tmp_path / "typo", True), (folder / "home", False), (None, False)):
        if home is None:
            monkeypatch.delenv("TOUCHMARK_HOME")
            monkeypatch.setenv("HOME", str(tmp_path))
        else:
            monkeypatch.setenv("TOUCHMARK_HOME", str(home))
        run(["verify", "--json", str(folder / "plain.mp4")])
        notes = json.loads(capsys.readouterr().out)["notes"]
        assert any("typo, which is not there" in note for note in notes) is told


def test_further_roots_can_be_believed(folder, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "none"))
    anchors = folder / "home" / "keys" / "anchors.pem"
    assert run(["verify", "--trust", str(anchors), str(folder / "sealed.mp4")]) == 0
    assert "DEVELOPMENT KEYS" in capsys.readouterr().out
    assert run(["verify", "--trust", str(folder / "text.mp4"), str(folder / "sealed.mp4")]) == 70
    told = capsys.readouterr().err
    assert "PEM" in told and "text.mp4" in told


def test_a_hostile_file_name_reaches_no_terminal(folder, capsys) -> None:
    evil = folder / "a\x1b[31m\nb.mp4"
    evil.write_text("hello\n")
    assert run(["verify", str(evil)]) == 3
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [["verify"], ["verify", "--nonsense", "x"], ["verify", "--manifest-only", "--thorough", "x"], ["report", "x.mp4"]],
)
def test_wrong_use_is_64(arguments, capsys) -> None:
    assert run(arguments) == 64
    assert capsys.readouterr().err


def test_a_report_is_written_and_not_over_another_by_accident(folder, capsys, tmp_path) -> None:
    page = tmp_path / "report.html"
    assert run(["report", str(folder / "tampered.mp4"), "-o", str(page)]) == 1
    assert "tampered" in capsys.readouterr().out
    first = page.read_text(encoding="utf-8")
    assert first.startswith("<!DOCTYPE html>")
    assert run(["report", str(folder / "sealed.mp4"), "-o", str(page)]) == 64
    assert page.read_text(encoding="utf-8") == first
    assert run(["report", str(folder / "sealed.mp4"), "-o", str(page), "--force"]) == 0
    assert page.read_text(encoding="utf-8") != first


def test_a_report_on_what_cannot_be_read_writes_nothing(folder, tmp_path, capsys) -> None:
    assert run(["report", str(folder / "text.mp4"), "-o", str(tmp_path / "r.html")]) == 3
    assert list(tmp_path.iterdir()) == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_half_report_is_left_and_the_old_one_stays(folder, tmp_path_factory, monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path_factory.mktemp("no-registry")))  # whose files are larger
    page, old = tmp_path / "r.html", resource.getrlimit(resource.RLIMIT_FSIZE)
    for command in (["report", str(folder / "sealed.mp4"), "-o", str(page)],) * 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, old[1]))  # as a disk that is full after so many bytes
        try:
            assert run([*command, "--force"]) == 70
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert "cannot be written" in capsys.readouterr().err
        assert [path.read_text() for path in tmp_path.iterdir()] == (["the old one"] if page.exists() else [])
        page.write_text("the old one")


def test_a_terminal_of_few_characters_is_enough(folder) -> None:
    program = "import sys; from touchmark.cli.main import run; sys.exit(run(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", program, "verify", str(folder / "sealed.mp4")]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"GENERATED" in done.stdout


def test_thorough_looks_at_every_picture_with_one_process_or_several(folder, capsys) -> None:
    plain = str(folder / "plain.mp4")
    assert run(["verify", "--thorough", "--json", "--jobs", "2", plain, plain]) == 2
    for line in capsys.readouterr().out.splitlines():
        assert json.loads(line)["evidence"]["watermark_extent"]["key_frames"] == 0, "no glance came before"
    assert run(["report", "--thorough", plain, "-o", str(folder / "thorough.html")]) == 2


def test_a_film_in_segments_is_given_by_a_pattern(tmp_path, capsys) -> None:
    """In the order of the numbers in their names; of a film that nobody signed, a hole is told and proves nothing."""
    content = fragmented_film(tmp_path / "made.mp4")
    at = [offset for offset in range(len(content)) if content[offset + 4 : offset + 8] == b"moof"]
    (tmp_path / "init.mp4").write_bytes(content[: at[0]])
    for number, (start, end) in enumerate(zip(at, [*at[1:], len(content)], strict=True), start=8):
        (tmp_path / f"seg{number}.m4s").write_bytes(content[start:end])
    init, pattern = str(tmp_path / "init.mp4"), str(tmp_path / "seg*.m4s")
    assert run(["verify", "--quiet", init, "--fragments", str(tmp_path / "[is]*")]) == 2, "the beginning is no segment"
    assert run(["verify", "--quiet", init, "--fragments", str(tmp_path / "*")]) == 3, "nor is a whole film"
    assert run(["verify", "--json", init, "--fragments", pattern]) == 2
    report = json.loads(capsys.readouterr().out)
    assert report["file"] == init
    assert (report["evidence"]["stream"]["given"], report["evidence"]["stream"]["faults"]) == (5, [])
    assert run(["report", init, "--fragments", pattern, "-o", str(tmp_path / "r.html")]) == 2
    assert (tmp_path / "r.html").read_text().count("data:image/jpeg") > 1, "pictures of all of it"
    capsys.readouterr()
    assert run(["comply", init, "--fragments", pattern, "--profile", "eu-ai-act", "--json"]) == 1
    held = json.loads(capsys.readouterr().out)
    assert held["file"] == init
    assert run(["comply", init, "--profile", "eu-ai-act"]) == 3, "the beginning alone has no pictures"
    (tmp_path / "seg10.m4s").unlink()
    assert run(["verify", init, "--fragments", pattern]) == 2
    assert "missing between others: before “seg11.m4s”" in " ".join(capsys.readouterr().out.split())
    assert (
        run(["verify", "--json", init, "--fragments", str(tmp_path / "seg8.m4s"), "--fragments", pattern[:-3] + "*"])
        == 2
    )
    assert [fault["kind"] for fault in json.loads(capsys.readouterr().out)["evidence"]["stream"]["faults"]] == [
        "segment_repeated",
        "segment_missing",
    ]


def test_what_goes_with_a_film_in_segments(tmp_path, capsys) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    assert run(["verify", "a.mp4", "--fragments", str(tmp_path / "none*.m4s")]) == 64
    assert "no file is called" in capsys.readouterr().err
    assert run(["verify", str(tmp_path / "a.mp4"), "--fragments", str(tmp_path / "*.mp4")]) == 64
    assert "is the beginning of the film" in capsys.readouterr().err
    assert run(["verify", "a.mp4", "--fragments", ""]) == 64
    assert "no file is called" in capsys.readouterr().err
    assert run(["verify", "a.mp4", "b.mp4", "--fragments", str(tmp_path / "a.mp4")]) == 64
    assert "give one FILE" in capsys.readouterr().err


def test_a_manifest_beside_a_file_is_given_with_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.detectors.test_sidecars import CHAIN, sign

    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "home"))
    film, beside = sign(tmp_path, "v.mp4")
    (tmp_path / "roots.pem").write_bytes(CHAIN.authority)
    command = ["verify", "--trust", str(tmp_path / "roots.pem"), str(film)]
    assert run(command) == 2, "one beside it is not looked for"
    assert run([*command, "--sidecar", str(beside)]) == 0
    assert run(["verify", str(film), "--sidecar", str(beside)]) == 2
    assert run([*command, "--sidecar", str(film)]) == 3
    assert "no C2PA manifest store" in capsys.readouterr().err
    assert run([*command, str(film), "--sidecar", str(beside)]) == 64
    film.write_bytes(film.read_bytes() + b"\0")
    assert run([*command, "--sidecar", str(beside)]) in (1, 3)
