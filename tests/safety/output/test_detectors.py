"""Detectors find what the policy counts; one that crashes, hangs or talks nonsense holds the video."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.video import Frame
from touchmark.safety.bounded import within
from touchmark.safety.decision import Action, AgeProfile, Category
from touchmark.safety.output.checks import checked, examined
from touchmark.safety.output.detector import Detection, DetectorCheck, DetectorError
from touchmark.safety.output.faces import Box, DlibRecogniser, Embedding, FaceCheck, FaceFinder
from touchmark.safety.output.findings import NOT_CHECKED, OutputHeldError, OutputReviewError, Ruling
from touchmark.safety.output.image_classifier import ImageClassifier
from touchmark.safety.output.nudenet import LABELS, NudeNetDetector
from touchmark.safety.output.screening import output_checks, screen_video
from touchmark.safety.policy import POLICIES, Policy, PolicyError
from touchmark.safety.stages import DetectorRule, FaceRule

RULING = Ruling(Policy.load("default"))
NUDITY = {"use": "nudenet", "interval": 0.5, "patience": 0.3}
LABEL = {"BUTTOCKS_EXPOSED": {"category": "sexual", "thresholds": {"medium": 0.4, "high": 0.7}}}
RULE = DetectorRule.model_validate(NUDITY | {"labels": LABEL})


class _Says:
    name = "a-detector"
    labels = LABELS

    def __init__(self, says: Any) -> None:
        self.says = says
        self.seen: list[NDArray[np.uint8]] = []

    def detect(self, pixels: NDArray[np.uint8]) -> Any:
        self.seen.append(pixels)
        return self.says(pixels) if callable(self.says) else self.says


def _frames(count: int = 8, level: int = 120) -> Iterator[Frame]:
    return (Frame(np.full((48, 64, 3), level + index, np.uint8), Fraction(index, 4)) for index in range(count))


@pytest.mark.parametrize(
    ("score", "age", "action"),
    [
        (0.39, AgeProfile.ADULT, Action.ALLOW),
        (0.4, AgeProfile.ADULT, Action.REVIEW),
        (0.4, AgeProfile.TEEN, Action.REFUSE),
        (0.7, AgeProfile.ADULT, Action.REFUSE),
        (1, AgeProfile.ADULT, Action.REFUSE),
    ],
)
def test_the_policy_says_what_a_score_leads_to(score: float, age: AgeProfile, action: Action) -> None:
    says = [Detection("FACE_FEMALE", 1.0), Detection("BUTTOCKS_EXPOSED", 0.1), Detection("BUTTOCKS_EXPOSED", score)]
    found = examined(_frames(), [DetectorCheck(_Says(says), RULE, Ruling(RULING.policy, age))])
    assert [finding.action for finding in found] == ([] if action is Action.ALLOW else [action])
    if found:
        (finding,) = found
        assert (finding.reason_code, finding.category, finding.what) == ("V101", Category.SEXUAL, "BUTTOCKS_EXPOSED")
        assert (finding.start, finding.end, finding.frames) == (0, Fraction(3, 2), 4)  # one frame every half second


def test_a_release_stops_at_the_frame_that_shows_it() -> None:
    bright = lambda pixels: [Detection("BUTTOCKS_EXPOSED", 0.9)] if pixels.max() >= 124 else []  # noqa: E731
    passed = []
    with pytest.raises(OutputHeldError, match=r"BUTTOCKS_EXPOSED at 0\.90") as caught:
        for frame in checked(_frames(), [DetectorCheck(_Says(bright), RULE, RULING)]):
            passed.append(frame.time)
    assert caught.value.finding.start == 1 and passed[-1] == Fraction(3, 4)


def _raise(error: BaseException) -> Any:
    def say(pixels: NDArray[np.uint8]) -> Any:
        raise error

    return say


@pytest.mark.parametrize(
    "says",
    [
        None,
        "BUTTOCKS_EXPOSED",
        {"BUTTOCKS_EXPOSED": 0.9},
        [{"class": "BUTTOCKS_EXPOSED", "score": 0.9}],
        [Detection("BUTTOCKS_EXPOSED", float("nan"))],
        [Detection("BUTTOCKS_EXPOSED", float("inf"))],
        [Detection("BUTTOCKS_EXPOSED", -0.1)],
        [Detection("BUTTOCKS_EXPOSED", 1.1)],
        [Detection("BUTTOCKS_EXPOSED", "0.9")],  # type: ignore[arg-type]
        [Detection("BUTTOCKS_EXPOSED", None)],  # type: ignore[arg-type]
        [Detection("BUTTOCKS_EXPOSED", np.float32(0.9))],  # type: ignore[arg-type]  # what no ledger can write
        (Detection(label, 0.9) for label in ["BUTTOCKS_EXPOSED"]),  # who looks twice sees nothing
        [SimpleNamespace(label="BUTTOCKS_EXPOSED", score=0.9)],
        [Detection("buttocks", 0.9)],
        [None],
        _raise(RuntimeError("CUDA out of memory")),
        _raise(SystemExit(0)),
        lambda pixels: time.sleep(60) or [],
        lambda pixels: pixels.fill(0),
    ],
)
def test_a_detector_that_fails_holds_the_video(says: Any) -> None:
    with pytest.raises(OutputReviewError, match="failed") as caught:
        list(checked(_frames(), [DetectorCheck(_Says(says), RULE, RULING)]))
    assert caught.value.finding.reason_code == NOT_CHECKED


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt()])
def test_who_would_end_the_process_is_not_said_to_be_slow(error: BaseException) -> None:
    with pytest.raises(RuntimeError, match=type(error).__name__):
        within(60, lambda: _raise(error)(np.zeros(1, np.uint8)))


def test_what_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    hanging = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.01, hanging.wait)
    daemons = {thread.daemon for thread in threading.enumerate() if thread.name == "bounded"}
    hanging.set()
    assert daemons == {True}


def test_a_detector_that_fails_in_mid_stream_is_told_with_its_time_and_asked_no_more() -> None:
    detector = _Says(lambda pixels: [] if pixels.max() < 124 else 1 / 0)
    (finding,) = examined(_frames(), [DetectorCheck(detector, RULE, RULING)])
    assert (finding.action, finding.start) == (Action.REVIEW, 1)
    assert len(detector.seen) == 3


def test_a_detector_that_hangs_does_not_keep_the_next_video_waiting_for_ever() -> None:
    freed = threading.Event()
    check = DetectorCheck(_Says(lambda pixels: freed.wait(30)), RULE, RULING)
    for _ in range(2):
        with pytest.raises(OutputReviewError, match="TimeoutError"):
            list(checked(_frames(), [check]))
    freed.set()


def test_a_detector_cannot_draw_into_what_is_published() -> None:
    frames = list(_frames())
    draw = lambda pixels: cv2.rectangle(np.asarray(pixels), (0, 0), (9, 9), (255, 0, 0)) and []  # noqa: E731
    with pytest.raises(OutputReviewError):
        list(checked(iter(frames), [DetectorCheck(_Says(draw), RULE, RULING)]))
    assert all(frame.pixels.max() == frame.pixels.min() for frame in frames)


def test_ten_bit_pictures_reach_a_detector_as_rgb_of_eight(clips: dict[str, Path]) -> None:
    detector = _Says([])
    with open_video(clips["ten-bit"]) as video:
        assert video.info.colour.depth == 10
        assert examined(video.frames(), [DetectorCheck(detector, RULE, RULING)]) == ()
    assert {(pixels.shape, str(pixels.dtype)) for pixels in detector.seen} == {((240, 320, 3), "uint8")}


def test_a_label_that_a_detector_does_not_have_is_an_error() -> None:
    rule = DetectorRule.model_validate(NUDITY | {"labels": {"nude": LABEL["BUTTOCKS_EXPOSED"]}})
    with pytest.raises(DetectorError, match="no label 'nude'"):
        DetectorCheck(_Says([]), rule, RULING)


# -- the policy


def _policy(tmp_path: Path, output: dict[str, Any]) -> Path:
    document = yaml.safe_load((POLICIES / "safety" / "default.yaml").read_text("utf-8"))
    path = tmp_path / "looking.yaml"
    path.write_text(yaml.safe_dump(document | {"output": output}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ({"detectors": [NUDITY]}, "labels"),
        ({"detectors": [NUDITY | {"labels": {}}]}, "labels"),
        ({"detectors": [NUDITY | {"labels": LABEL, "folder": "/models/x"}]}, "folder"),
        ({"detectors": [{"use": "image-classifier", "labels": LABEL}]}, "folder"),
        ({"detectors": [{"use": "image-classifier", "folder": "models/x", "labels": LABEL}]}, "whole path"),
        ({"detectors": [{"use": "magic", "labels": LABEL}]}, "use"),
        ({"detectors": [NUDITY | {"labels": LABEL, "patience": 0}]}, "patience"),
        ({"faces": {"consented": "people"}}, "whole path"),
        ({"face": {}}, "face"),
    ],
)
def test_what_a_policy_cannot_mean_is_an_error(tmp_path: Path, output: dict[str, Any], problem: str) -> None:
    with pytest.raises(PolicyError, match=problem):
        Policy.load(_policy(tmp_path, output))


def test_nudenet_looks_at_a_file_when_the_policy_says_so(tmp_path: Path, clips: dict[str, Path]) -> None:
    policy = Policy.load(_policy(tmp_path, {"detectors": [NUDITY | {"patience": 60, "labels": LABEL}]}))
    screening = screen_video(clips["unrelated"], policy)
    assert screening.action is Action.ALLOW and screening.checks == ("well-formed", "not-black", "nudenet")


def test_nudenet_says_what_it_announces() -> None:
    detector = NudeNetDetector()
    said = detector.detect(_face(240))
    assert said and {detection.label for detection in said} <= detector.labels
    assert all(0 <= detection.score <= 1 for detection in said)


# -- image classifiers


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    """A vision transformer of the real kind, tiny: its scores follow from one number, how bright the picture is."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    torch.manual_seed(0)
    labels = {0: "normal", 1: "nsfw"}
    config = ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, image_size=32, patch_size=32
    )
    config.id2label, config.label2id = labels, {name: place for place, name in labels.items()}
    model = ViTForImageClassification(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 2.0]))
    model.save_pretrained(tmp_path / "nsfw")
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "nsfw")
    return tmp_path / "nsfw"


def test_an_image_classifier_from_a_folder_scores_every_label(classifier: Path) -> None:
    said = ImageClassifier(classifier).detect(_face(100))
    assert {d.label: round(d.score, 3) for d in said} == {"normal": 0.119, "nsfw": 0.881}


def test_an_image_classifier_of_the_policy_holds_a_video(
    classifier: Path, tmp_path: Path, clips: dict[str, Path]
) -> None:
    labels = {"nsfw": {"category": "sexual", "thresholds": {"medium": 0.8, "high": 0.95}}}
    rule = {"use": "image-classifier", "folder": str(classifier), "labels": labels, "patience": 60}
    screening = screen_video(clips["unrelated"], Policy.load(_policy(tmp_path, {"detectors": [rule]})))
    (finding,) = screening.findings
    assert (screening.action, finding.check, finding.what) == (Action.REVIEW, "nsfw", "nsfw")
    assert finding.score == pytest.approx(0.881, abs=0.001) and finding.end == 2


def test_weights_that_are_no_numbers_hold_the_video(classifier: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(classifier / "model.safetensors")
    weights["classifier.bias"] = np.full(2, np.nan, np.float32)
    save_file(weights, classifier / "model.safetensors", metadata={"format": "pt"})
    labels = {"nsfw": {"category": "sexual", "thresholds": {"medium": 0.8}}}
    rule = DetectorRule.model_validate(
        {"use": "image-classifier", "folder": str(classifier), "labels": labels, "patience": 60}
    )
    with pytest.raises(OutputReviewError, match="nan"):
        list(checked(_frames(), [DetectorCheck(ImageClassifier(classifier), rule, RULING)]))


@pytest.mark.parametrize("gone", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_folder_that_is_not_whole_stops_everything_that_would_use_it(
    classifier: Path, tmp_path: Path, gone: str
) -> None:
    (classifier / gone).unlink()
    rule = {"use": "image-classifier", "folder": str(classifier), "labels": LABEL}
    policy = Policy.load(_policy(tmp_path, {"detectors": [rule]}))
    with pytest.raises(DetectorError):
        output_checks(policy)


def test_a_model_without_its_last_layer_is_no_classifier(classifier: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(classifier / "model.safetensors")
    body = {name: values for name, values in weights.items() if not name.startswith("classifier.")}
    save_file(body, classifier / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DetectorError, match=r"lack classifier\.bias"):
        ImageClassifier(classifier)


# -- faces


def _face(size: int, skin: tuple[int, int, int] = (205, 170, 145)) -> NDArray[np.uint8]:
    """A drawn face: what the cascades look for is light and shade where they are in faces."""
    picture = np.full((size, size, 3), (120, 140, 160), np.uint8)
    middle = size // 2

    def oval(
        x: float, y: float, wide: float, high: float, colour: tuple[int, int, int], start: int = 0, end: int = 360
    ) -> None:
        centre, axes = (middle + int(size * x), int(size * y)), (int(size * wide), int(size * high))
        cv2.ellipse(picture, centre, axes, 0, start, end, colour, -1, cv2.LINE_AA)

    oval(0, 0.5, 0.30, 0.40, skin)
    oval(0, 0.22, 0.30, 0.17, (50, 35, 30), 180, 360)
    for side in (-0.125, 0.125):
        oval(side, 0.385, 0.085, 0.02, (60, 45, 40))
        oval(side, 0.45, 0.08, 0.045, (120, 90, 75))
        oval(side, 0.45, 0.055, 0.025, (235, 230, 225))
        oval(side, 0.45, 0.025, 0.025, (40, 30, 30))
    oval(0, 0.55, 0.035, 0.10, (225, 190, 165))
    oval(0, 0.635, 0.055, 0.02, (150, 110, 95))
    oval(0, 0.735, 0.10, 0.03, (150, 70, 70))
    return cv2.GaussianBlur(picture, (0, 0), size / 120).astype(np.uint8)


class _BySkin:
    """Tells drawn faces apart by what sets them apart."""

    def embed(self, pixels: NDArray[np.uint8], face: Box) -> Embedding:
        x, y, width, height = face
        return np.asarray(pixels[y : y + height, x : x + width].mean(axis=(0, 1)) / 20)


def _film(*skins: tuple[int, int, int] | None) -> Iterator[Frame]:
    for second, skin in enumerate(skins):
        picture = np.full((300, 500, 3), (120, 140, 160), np.uint8)
        if skin:
            picture[30:270, 100:340] = _face(240, skin)
        yield Frame(picture, Fraction(second))


LIGHT, GREEN = (205, 170, 145), (120, 200, 110)


def test_a_face_is_found_where_it_is() -> None:
    (frame,) = _film(LIGHT)
    faces = FaceFinder().find(frame.pixels)
    assert faces and all(100 < x + w / 2 < 340 and 30 < y + h / 2 < 270 for x, y, w, h in faces)


def test_in_a_wide_picture_too(clips: dict[str, Path]) -> None:
    (frame,) = _film(LIGHT)
    wide = cv2.resize(frame.pixels, (2500, 1500)).astype(np.uint8)
    assert any(500 < x + w / 2 < 1700 and w > 500 for x, y, w, h in FaceFinder().find(wide))


def test_where_no_faces_are_allowed_one_holds_the_video() -> None:
    check = FaceCheck(FaceRule(), RULING)
    assert examined(_film(None, None), [check]) == ()
    (finding,) = examined(_film(None, LIGHT, LIGHT), [check])
    assert (finding.action, finding.reason_code, finding.start, finding.end) == (Action.REFUSE, "V601", 1, 2)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder of those who agreed."""
    folder = tmp_path / "people"
    folder.mkdir()
    cv2.imwrite(str(folder / "ann.png"), _face(300, LIGHT)[..., ::-1])
    (folder / "notes.txt").write_text("is no picture and is left alone")
    return folder


def test_the_faces_of_those_who_agreed_pass_and_no_others(people: Path) -> None:
    check = FaceCheck(FaceRule(consented=people), RULING, _BySkin())
    assert examined(_film(LIGHT, None, LIGHT), [check]) == ()
    (finding,) = examined(_film(LIGHT, GREEN, LIGHT), [check])
    assert (finding.start, finding.end, finding.frames) == (1, 1, 1)


def test_who_takes_their_picture_back_passes_no_more(people: Path) -> None:
    (people / "ann.png").unlink()
    assert examined(_film(LIGHT), [FaceCheck(FaceRule(consented=people), RULING, _BySkin())])


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [("wall.png", None, "no face"), ("bad.png", b"\x89PNG\r\n\x1a\nnonsense", "png"), ("none.jpg", b"", "none")],
)
def test_a_picture_that_shows_nobody_is_an_error(people: Path, name: str, content: bytes | None, problem: str) -> None:
    if content is None:
        cv2.imwrite(str(people / name), np.full((200, 200, 3), 128, np.uint8))
    else:
        (people / name).write_bytes(content)
    with pytest.raises(TouchmarkError, match=problem) as caught:
        FaceCheck(FaceRule(consented=people), RULING, _BySkin())
    assert name in caught.value.subject


def test_faces_are_not_taken_for_known_without_something_that_recognises_them(people: Path) -> None:
    with pytest.raises(DetectorError, match="recognise"):
        FaceCheck(FaceRule(consented=people), RULING)
    with pytest.raises(DetectorError, match="cannot be read"):
        FaceCheck(FaceRule(consented=people / "none"), RULING, _BySkin())


class _Nonsense:
    def __init__(self, point: Any) -> None:
        self.points = [np.zeros(3), point]

    def embed(self, pixels: NDArray[np.uint8], face: Box) -> Any:
        return self.points.pop(0) if len(self.points) > 1 else self.points[0]


@pytest.mark.parametrize("point", [None, np.full(3, np.nan), np.empty(0), np.zeros(5), "a face"])
def test_a_recogniser_that_talks_nonsense_holds_the_video(people: Path, point: Any) -> None:
    check = FaceCheck(FaceRule(consented=people), RULING, _Nonsense(point))
    with pytest.raises(OutputReviewError, match="failed"):
        list(checked(_film(LIGHT), [check]))


def test_dlib_knows_a_face_again(people: Path) -> None:
    pytest.importorskip("dlib", reason="needs touchmark[faces]")
    check = FaceCheck(FaceRule(consented=people), RULING, DlibRecogniser())
    assert examined(_film(LIGHT), [check]) == ()


def test_without_dlib_a_policy_that_needs_it_publishes_nothing(
    tmp_path: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "dlib", None)  # what an import of what is not installed meets
    policy = Policy.load(_policy(tmp_path, {"faces": {"consented": str(people)}}))
    with pytest.raises(DetectorError, match="cannot be recognised"):
        output_checks(policy)
