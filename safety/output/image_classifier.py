"""Any image classifier of transformers as a detector, from a local folder.

    ImageClassifier(Path("/models/nsfw-image-detection"))

Weights are read as safetensors only, no code of the folder is run, and nothing is asked of a hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.output.detector import Detection, DetectorError


class ImageClassifier:
    """Scores every label for every picture: softmax, or sigmoids where the model's configuration says multi-label."""

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            DetectorError: transformers is not installed, or the folder is not a whole image classifier.
        """
        self.name = folder.name
        if not (folder / "config.json").is_file():
            raise DetectorError("there is no model in this folder", subject=str(folder), remedy="Give its whole path.")
        try:
            torch, transformers = import_module("torch"), import_module("transformers")
        except ImportError as error:
            raise DetectorError(
                "transformers is not installed", subject=str(folder), remedy="Run: pip install 'touchmark[generate]'"
            ) from error
        try:
            self._processor = transformers.AutoImageProcessor.from_pretrained(folder, local_files_only=True)
            model, loaded = transformers.AutoModelForImageClassification.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
            if loaded["missing_keys"]:  # transformers would make them up, and every score with them
                raise ValueError(f"its weights lack {min(loaded['missing_keys'])}")
            self._model = model.eval()
            self._names = [str(self._model.config.id2label[place]) for place in range(self._model.config.num_labels)]
        except Exception as error:  # transformers raises what its many parts raise
            raise DetectorError(
                f"the model does not load ({type(error).__name__}: {error})",
                subject=str(folder),
                remedy="Give an image classifier with safetensors weights and a preprocessor_config.json.",
            ) from error
        self._torch = torch
        self.labels = frozenset(self._names)

    def detect(self, pixels: NDArray[np.uint8]) -> Sequence[Detection]:
        """See :class:`~touchmark.safety.output.detector.Detector`."""
        torch = self._torch
        inputs = self._processor(images=np.array(pixels), return_tensors="pt", input_data_format="channels_last")
        with torch.inference_mode():
            logits = self._model(**inputs).logits[0].float()
        is_multi_label = self._model.config.problem_type == "multi_label_classification"
        scores = torch.sigmoid(logits) if is_multi_label else torch.softmax(logits, dim=-1)
        return tuple(Detection(name, float(score)) for name, score in zip(self._names, scores, strict=True))
