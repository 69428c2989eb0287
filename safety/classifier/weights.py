"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "a7465256ac0ad6d40002bbc7770532c9e89c3f1ae8cee056adc49c89e2e02fe7"
