"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "6299c3b4fe215fd4ca0bdccae826ccc9d4d7c654ebdb4ec9044e2f6544daca0d"
