"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "8d0a429b4e4bc614eb53b57bae40c0fbdce86b1255aae8cfc57581703ee944e4"
