"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "b6180b64da9ffcf07f1fb2a9e0f8a3d10c04060f0fd47df4d8c9dc0991ad72ca"
