"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "1ea091aefbac556e0700508c1d7a19e05a8e6b991f286f312f112b7047201627"
