"""Installed marks: all or nothing, refused when changed, asked through the video that they are installed for."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import moving_clip, write_clip
from touchmark.provenance.home import Home
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.video import Sound
from touchmark.provenance.watermark.neural.carrier import CarriedWatermark
from touchmark.provenance.watermark.neural.claim import Basis, ClaimState, MarkClaim, MarkKind
from touchmark.provenance.watermark.neural.installed import (
    InstalledMark,
    MarkChangedError,
    MarkNameError,
    WeightsUnreadableError,
    enrol,
    install,
    installed_mark,
    installed_marks,
    remove,
)
from touchmark.provenance.watermark.neural.network import (
    NeuralMarkError,
    Role,
    RuntimeMissingError,
    WeightsError,
    open_network,
)
from touchmark.provenance.watermark.neural.picture import MessageError, NoWriterError, PictureMark
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

FILES = {
    MarkKind.VIDEOSEAL: ("videoseal.jit", None),
    MarkKind.TRUSTMARK: ("trustmark-reader.jit", "trustmark-writer.jit"),
    MarkKind.TRUSTMARK_P: ("trustmark-reader.jit", "trustmark-writer.jit"),
    MarkKind.AUDIOSEAL: ("audioseal-reader.jit", "audioseal-writer.jit"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Home(tmp_path / "home").ensure().marks


@pytest.fixture
def add(folder: Path, weights) -> Callable[..., InstalledMark]:
    """Install a mark under the name of its kind."""

    def put(kind: MarkKind, name: str = "") -> InstalledMark:
        reader, writer = FILES[kind]
        return install(folder, name or kind, kind, reader=weights[reader], writer=weights[writer] if writer else None)

    return put


def asked(mark: InstalledMark, path: Path, *keys: WatermarkKey) -> MarkClaim:
    with open_video(path) as video:
        return mark.ask(video, keys)


@pytest.mark.parametrize("kind", MarkKind)
def test_an_enrolled_message_is_written_and_recognised(kind: MarkKind, add, folder: Path, tmp_path: Path) -> None:
    add(kind)
    message = enrol(folder, kind, "Studio A")
    enrol(folder, kind, "Studio B")
    mark = installed_mark(folder, kind)
    assert mark.bits == len(message) == {"videoseal": 256, "audioseal": 16}.get(kind, 61)
    assert mark.writes
    clip = moving_clip(256, 256, count=24, channels=1, style="flat")
    plain = write_clip(tmp_path / "plain.mp4", moving_clip(256, 256, count=24, channels=1, style="flat"))
    if kind is MarkKind.AUDIOSEAL:
        assert isinstance(clip.sound, Sound)
        marked = replace(clip, sound=mark.write_sound(clip.sound, message))
    else:
        marked = replace(clip, frames=mark.write_pictures(clip.frames, message))
    path = write_clip(tmp_path / "marked.mp4", marked, options={"preset": "medium", "crf": "20"})

    claim = asked(mark, path)
    assert (claim.mark, claim.kind, claim.known_as) == (kind, kind, "Studio A")
    assert (claim.weights, claim.basis) == (mark.weights, Basis.RANDOM_MESSAGE)
    assert claim.samples
    if kind is MarkKind.AUDIOSEAL:
        assert (claim.state, claim.agreeing, claim.p_value) == (ClaimState.CLAIMED, 16, 2 / 2**16)
    else:
        assert claim.state is ClaimState.RECOGNISED
        assert claim.p_value is not None
        assert claim.p_value < 1e-15
    assert asked(mark, plain).state is ClaimState.NOTHING_FOUND


def test_our_payload_in_another_makers_mark_is_recognised_by_its_key(add, tmp_path: Path) -> None:
    mark, key = add(MarkKind.VIDEOSEAL), WatermarkKey(b"a key for tests only")
    opened = mark.open(Role.WRITER)
    assert isinstance(opened, PictureMark)
    clip = moving_clip(256, 256, count=12, style="flat")
    marked = replace(clip, frames=CarriedWatermark(opened).embed(clip.frames, Payload(7), key))
    path = write_clip(tmp_path / "marked.mp4", marked, options={"preset": "medium", "crf": "20"})
    claim = asked(mark, path, WatermarkKey(b"a second operator"), key)
    assert claim.state is ClaimState.RECOGNISED
    assert claim.known_as == f"payload {Payload(7)} under key {key.key_id}"
    assert asked(mark, path).state is ClaimState.UNDECIDED


def test_a_video_without_sound_has_no_mark_in_it(add, tmp_path: Path) -> None:
    claim = asked(add(MarkKind.AUDIOSEAL), write_clip(tmp_path / "silent.mp4", moving_clip(128, 128, count=3)))
    assert (claim.state, claim.samples) == (ClaimState.NOTHING_FOUND, 0)


def test_marks_are_listed_by_name_without_their_weights_being_opened(add, folder: Path) -> None:
    assert installed_marks(folder) == ()
    for name in ("b", "a"):
        add(MarkKind.VIDEOSEAL, name)
    (folder / ".half-installed").mkdir()
    for weights in folder.glob("*/reader"):
        weights.write_bytes(b"")
    assert [mark.name for mark in installed_marks(folder)] == ["a", "b"]


def test_everything_is_private(add, folder: Path) -> None:
    add(MarkKind.TRUSTMARK)
    for path in (folder, *folder.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


@pytest.mark.parametrize("change", ["flip", "empty", "gone"])
def test_changed_weights_are_not_run(change: str, add, folder: Path, tmp_path: Path) -> None:
    add(MarkKind.VIDEOSEAL)
    path = folder / "videoseal" / "reader"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.unlink()
    if change != "gone":
        path.write_bytes(content if change == "flip" else b"")
    clip = write_clip(tmp_path / "clip.mp4", moving_clip(128, 128, count=3))
    with pytest.raises(MarkChangedError) as caught:
        asked(installed_mark(folder, "videoseal"), clip)
    assert "touchmark marks remove" in caught.value.remedy
    remove(folder, "videoseal")
    assert installed_marks(folder) == ()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kind": "videoseal"}', "\0"])
def test_an_entry_that_cannot_be_read_is_an_error_and_can_be_removed(content: str, add, folder: Path) -> None:
    add(MarkKind.VIDEOSEAL)
    (folder / "videoseal" / "mark.json").write_text(content)
    with pytest.raises(MarkChangedError, match=r"mark\.json"):
        installed_marks(folder)
    remove(folder, "videoseal")


def test_an_entry_cannot_point_elsewhere(add, folder: Path) -> None:
    add(MarkKind.VIDEOSEAL)
    path = folder / "videoseal" / "mark.json"
    document = json.loads(path.read_text())
    document["reader"]["file"] = "../../other"
    path.write_text(json.dumps(document))
    with pytest.raises(MarkChangedError):
        installed_mark(folder, "videoseal")


def test_what_others_could_have_written_is_not_believed(add, folder: Path) -> None:
    add(MarkKind.VIDEOSEAL)
    (folder / "videoseal" / "mark.json").chmod(0o666)
    with pytest.raises(MarkChangedError, match="other users"):
        installed_mark(folder, "videoseal")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "A", "x" * 41, "a\n", "é", "-a"])
def test_names_that_could_lead_elsewhere_are_refused(name: str, folder: Path, weights) -> None:
    with pytest.raises(MarkNameError):
        install(folder, name, MarkKind.VIDEOSEAL, reader=weights["videoseal.jit"])
    with pytest.raises(MarkNameError):
        remove(folder, name)


def test_a_name_is_taken_once(add) -> None:
    add(MarkKind.VIDEOSEAL)
    with pytest.raises(MarkNameError, match="is installed"):
        add(MarkKind.VIDEOSEAL)


def test_what_cannot_be_installed_leaves_nothing(folder: Path, weights, tmp_path: Path) -> None:
    tries: list[tuple[type[Exception], MarkKind, Path, Path | None]] = [
        (WeightsUnreadableError, MarkKind.VIDEOSEAL, tmp_path / "none", None),
        (WeightsUnreadableError, MarkKind.VIDEOSEAL, tmp_path, None),
        (WeightsError, MarkKind.AUDIOSEAL, weights["videoseal.jit"], None),
        (WeightsError, MarkKind.TRUSTMARK, weights["videoseal.jit"], None),
        (NeuralMarkError, MarkKind.TRUSTMARK, weights["trustmark-reader.jit"], weights["trustmark-reader.jit"]),
    ]
    for error, kind, reader, writer in tries:
        with pytest.raises(error):
            install(folder, "mark", kind, reader=reader, writer=writer)
    assert not folder.exists()


def test_a_mark_without_its_writer_is_read_only(folder: Path, weights) -> None:
    mark = install(folder, "mark", MarkKind.TRUSTMARK, reader=weights["trustmark-reader.jit"])
    assert not mark.writes
    with pytest.raises(NoWriterError):
        list(mark.write_pictures([], "0" * 61))


def test_pictures_go_into_pictures_and_sound_into_sound(add) -> None:
    with pytest.raises(MessageError, match="into sound"):
        add(MarkKind.AUDIOSEAL).write_pictures([], "0" * 16)
    with pytest.raises(MessageError, match="into pictures"):
        add(MarkKind.VIDEOSEAL).write_sound(Sound(16_000, 1, iter(())), "0" * 256)


def test_messages_are_drawn_anew_and_kept(add, folder: Path) -> None:
    add(MarkKind.VIDEOSEAL)
    drawn = {enrol(folder, "videoseal", f"Studio {letter}") for letter in "ABC"}
    assert len(drawn) == 3
    given = enrol(folder, "videoseal", "A partner", "01" * 128)
    known = installed_mark(folder, "videoseal").known
    assert [entry.label for entry in known] == ["Studio A", "Studio B", "Studio C", "A partner"]
    assert known[-1].bits == given == "01" * 128
    assert sorted(path.name for path in (folder / "videoseal").iterdir()) == ["mark.json", "reader"]


def test_so_many_messages_and_no_more(add, folder: Path) -> None:
    add(MarkKind.AUDIOSEAL)
    path = folder / "audioseal" / "mark.json"
    document = json.loads(path.read_text())
    document["known"] = [{"label": f"Studio {n}", "bits": f"{n:016b}"} for n in range(999)]
    path.write_text(json.dumps(document))
    enrol(folder, "audioseal", "the last")
    with pytest.raises(MarkNameError, match="1,000 messages"):
        enrol(folder, "audioseal", "one more")
    assert len(installed_mark(folder, "audioseal").known) == 1000


@pytest.mark.parametrize(
    ("label", "message", "error"),
    [
        ("", None, MarkNameError),
        ("x" * 81, None, MarkNameError),
        ("a\x1b[2J", None, MarkNameError),
        ("taken", None, MarkNameError),
        ("new", "01", MessageError),
        ("new", "x" * 61, MessageError),
        ("new", "0" * 100, MessageError),
    ],
)
def test_labels_and_messages_that_cannot_be_used(label: str, message: str | None, error, add, folder: Path) -> None:
    add(MarkKind.TRUSTMARK)
    enrol(folder, "trustmark", "taken", "1" * 40)
    with pytest.raises(error):
        enrol(folder, "trustmark", label, message)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, weights) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(RuntimeMissingError, match="needs torch") as caught:
        open_network(weights["videoseal.jit"].read_bytes(), Role.READER, subject="seal")
    assert "pip install torch" in caught.value.remedy


def test_nothing_here_imports_torch_before_it_is_needed() -> None:
    import subprocess
    import sys

    program = (
        "import sys; import touchmark.detectors.gathering; "
        "assert not {'torch', 'onnxruntime'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_long_video_is_read_by_its_key_frames(add, tmp_path: Path) -> None:
    clip = moving_clip(128, 128, count=124, rate=Fraction(2), style="flat")
    path = write_clip(tmp_path / "long.mp4", clip, options={"preset": "ultrafast", "g": "31"})
    assert asked(add(MarkKind.VIDEOSEAL), path).samples == 4
