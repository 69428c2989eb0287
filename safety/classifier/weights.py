"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "2e59a394cf833fa289f5ecc1bf2e7ac8054e03ea5ac4abc55c6e197adcf8ae3b"
