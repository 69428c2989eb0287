"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "0e2f4b29630fcb177f65a540eeb2b393a7fb0984e7a6955511386095a148b147"
