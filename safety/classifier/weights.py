"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "8ce96ec1b5df4f159e45d96e5b4e1c6cb4d05c99fc48c4cae7cf0cb5f6be6f39"
