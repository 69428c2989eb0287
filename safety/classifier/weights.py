"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "c28342e7a9c303219877800352dd649efecf7897e0c5571c939afa903cd963c2"
