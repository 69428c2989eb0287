"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "693c2757114b73507fd16bb45153e845fd67cea30d00238e5881792247a02399"
