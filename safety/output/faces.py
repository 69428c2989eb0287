"""Faces: none at all, or only those of people who agreed.

Faces are found with the cascades that come with OpenCV 4 (P. Viola and M. Jones, 2001), frontal and from both sides.
They miss small, turned and covered faces and see some where there are none; a policy that lives by this check should
send what it finds to review. Whose face it is, is told by dlib's embedding (128 numbers; two faces of one person lie
within 0.6 of each other, its published threshold), which is not installed with touchmark.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.still import read_still
from touchmark.provenance.media.video import Frame
from touchmark.safety.bounded import within
from touchmark.safety.decision import Category, Severity
from touchmark.safety.output.detector import DetectorError, frozen
from touchmark.safety.output.findings import OutputFinding, Ruling
from touchmark.safety.stages import FaceRule

Box = tuple[int, int, int, int]
"""Left, top, width, height, in pixels."""
Embedding = NDArray[np.float64]
Pixels = NDArray[np.uint8]

SAME_PERSON: Final = 0.6
"""Distance between embeddings of one person's faces, at most."""

_CASCADES = ("haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml")
_WIDEST = 640  # pixels; at twice that the cascades take four times as long, and find grain where they should find faces
_SMALLEST = 24
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif"})
_RECOGNISER = ("shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat")


class FaceRecogniser(Protocol):
    """Tells faces apart."""

    def embed(self, pixels: Pixels, face: Box) -> Embedding:
        """A point for the face in a box of a picture (height, width, 3); faces of one person lie close together."""


class FaceFinder:
    """Finds faces. Usable from one thread at a time."""

    def __init__(self) -> None:
        """
        Raises:
            DetectorError: this OpenCV has no cascades.
        """
        folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
        self._cascades = []
        for name in _CASCADES:
            cascade = cv2.CascadeClassifier(str(folder / name)) if (folder / name).is_file() else None
            if cascade is None or cascade.empty():
                raise DetectorError(
                    f"this OpenCV ({cv2.__version__}) has no face cascades",
                    subject="faces",
                    remedy="Run: pip install 'opencv-python-headless<5'",
                )
            self._cascades.append(cascade)

    def find(self, pixels: Pixels) -> tuple[Box, ...]:
        """Where there are faces in a picture of shape (height, width, 3), uint8, RGB. One face may be found twice."""
        grey: Pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        scale = max(grey.shape[1] / _WIDEST, 1.0)
        if scale > 1:
            smaller = cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
            grey = np.asarray(smaller, np.uint8)
        grey = np.asarray(cv2.equalizeHist(grey), np.uint8)
        frontal, profile = self._cascades
        mirrored = np.ascontiguousarray(grey[:, ::-1])
        found = [*_boxes(frontal, grey), *_boxes(profile, grey)]
        found += [(grey.shape[1] - x - w, y, w, h) for x, y, w, h in _boxes(profile, mirrored)]
        return tuple(_scaled(box, scale) for box in found)


class DlibRecogniser:
    """dlib's embedding, with the weights of the package face_recognition_models."""

    def __init__(self) -> None:
        """
        Raises:
            DetectorError: a package is missing, or its weights do not load.
        """
        spec = find_spec("face_recognition_models")
        try:
            dlib = import_module("dlib")
            if spec is None or spec.origin is None:
                raise ImportError("face_recognition_models")
            shape, network = (str(Path(spec.origin).parent / "models" / name) for name in _RECOGNISER)
            self._shape = dlib.shape_predictor(shape)
            self._network = dlib.face_recognition_model_v1(network)
        except (ImportError, RuntimeError) as error:
            raise DetectorError(
                f"faces cannot be recognised ({error})", subject="faces", remedy="Run: pip install 'touchmark[faces]'"
            ) from error
        self._rectangle = dlib.rectangle

    def embed(self, pixels: Pixels, face: Box) -> Embedding:
        """See :class:`FaceRecogniser`."""
        x, y, width, height = face
        picture = np.array(pixels)
        shape = self._shape(picture, self._rectangle(x, y, x + width, y + height))
        return np.asarray(self._network.compute_face_descriptor(picture, shape))


class FaceCheck:
    """Every face counts, or every one but those of people who agreed."""

    name = "faces"

    def __init__(
        self,
        rule: FaceRule,
        ruling: Ruling,
        recogniser: FaceRecogniser | None = None,
    ) -> None:
        """
        Args:
            recogniser: needed where the rule names people who agreed.

        Raises:
            DetectorError: faces cannot be found, or a picture of somebody who agreed shows none.
            MediaError: such a picture cannot be read.
        """
        self.interval = Fraction(rule.interval)
        self._patience = rule.patience
        self._ruling = ruling
        self._finder = FaceFinder()
        self._recogniser = recogniser
        self._turn = threading.Lock()
        self._known = self._enrolled(rule.consented) if rule.consented else []

    def inspect(self) -> FaceCheck:
        """Begin with a new video; nothing is kept from frame to frame."""
        return self

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        """See :class:`~touchmark.safety.output.checks.Inspection`."""
        pixels = frozen(frame.pixels)
        strangers = within(self._patience, lambda: self._strangers(pixels))
        if strangers:
            who = "A face that nobody who agreed has" if self._known else "A face"
            yield self._ruling.finding(
                Category.PRIVATE_INDIVIDUALS,
                Severity.HIGH,
                check=self.name,
                score=1.0,
                explanation=f"{who} is to be seen.",
                what="face",
                at=(frame.time, frame.time),
            )

    def finish(self) -> Iterable[OutputFinding]:
        """See :class:`~touchmark.safety.output.checks.Inspection`."""
        return []

    def _strangers(self, pixels: Pixels) -> Sequence[Box]:
        with self._turn:  # OpenCV's cascades keep what they work on
            faces = self._finder.find(pixels)
        return [face for face in faces if not self._is_known(pixels, face)]

    def _is_known(self, pixels: Pixels, face: Box) -> bool:
        if self._recogniser is None or not self._known:
            return False
        point = _require_point(self._recogniser.embed(pixels, face))
        return any(float(np.linalg.norm(point - known)) <= SAME_PERSON for known in self._known)

    def _enrolled(self, folder: Path) -> list[Embedding]:
        if self._recogniser is None:
            raise DetectorError("nothing to recognise faces with", subject="faces", remedy="Give a recogniser.")
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)
        except OSError as error:
            raise DetectorError(
                f"the folder of those who agreed cannot be read ({error.strerror})", subject=str(folder)
            ) from error
        points = []
        for path in paths:
            pixels = read_still(path).upright
            faces = self._finder.find(pixels)
            largest = max(faces, key=lambda box: box[2] * box[3], default=None)
            if largest is None:
                raise DetectorError("no face is found in it", subject=str(path), remedy="Give a frontal portrait.")
            points.append(_require_point(self._recogniser.embed(pixels, largest)))
        return points


def _boxes(cascade: cv2.CascadeClassifier, grey: Pixels) -> list[Box]:
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=3, minSize=(_SMALLEST, _SMALLEST))
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]


def _scaled(box: Box, scale: float) -> Box:
    x, y, w, h = (round(value * scale) for value in box)
    return x, y, w, h


def _require_point(point: Embedding) -> Embedding:
    if not (isinstance(point, np.ndarray) and point.size and np.isfinite(point).all()):
        raise ValueError("the recogniser gave what is no embedding")
    return point
