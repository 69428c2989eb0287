"""What kind of harm does a text describe? A linear model over hashed n-grams that ships with its weights.

``PromptClassifier.load().scores(text)`` is all the gate uses. ``python -m touchmark.safety.classifier.train`` makes
the weights anew from a folder of labelled prompts; MODEL_CARD.md beside them says from what, how well, and where it
fails.
"""

from touchmark.safety.classifier.model import ClassifierBrokenError, PromptClassifier

__all__ = ["ClassifierBrokenError", "PromptClassifier"]
