"""NudeNet as a detector: exposed and covered parts of bodies, in the ONNX model that its package carries.

Not installed with touchmark: the code is MIT, but the weights were trained with Ultralytics' YOLOv8, which is AGPL-3.0.
Whether that reaches what you serve is for your lawyers to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.output.detector import Detection, DetectorError

_PARTS = ("FEMALE_GENITALIA", "MALE_GENITALIA", "FEMALE_BREAST", "MALE_BREAST", "BUTTOCKS", "ANUS", "BELLY")
LABELS: Final = frozenset(
    {f"{part}_{state}" for part in (*_PARTS, "FEET", "ARMPITS") for state in ("EXPOSED", "COVERED")}
    | {"FACE_FEMALE", "FACE_MALE"}
)
"""What it can say; a few of the combinations it never does."""


class NudeNetDetector:
    """The model of 320 pixels a side; some 0.1 s a picture on one core."""

    name = "nudenet"
    labels = LABELS

    def __init__(self) -> None:
        """
        Raises:
            DetectorError: the package is not installed, or its model does not load.
        """
        try:
            self._model = import_module("nudenet").NudeDetector()
        except ImportError as error:
            raise DetectorError(
                "the package nudenet is not installed", subject=self.name, remedy="Run: pip install 'touchmark[nudity]'"
            ) from error
        except Exception as error:  # onnxruntime has no base class for what it raises
            raise DetectorError(
                f"its model does not load ({type(error).__name__})", subject=self.name, remedy="Reinstall nudenet."
            ) from error

    def detect(self, pixels: NDArray[np.uint8]) -> Sequence[Detection]:
        """See :class:`~touchmark.safety.output.detector.Detector`."""
        found = self._model.detect(np.ascontiguousarray(pixels[..., ::-1]))  # it takes BGR, as OpenCV reads
        return tuple(Detection(each["class"], each["score"]) for each in found)
