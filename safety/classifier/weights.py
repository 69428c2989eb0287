"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "827fbf3087f72000018a26d996677a127138109e73e93e077066addb805066e1"
