"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "a2261290677f988039e5b2225de68fb0b1e79488019649d15cabf62edd1d22ba"
