"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "3bf256f9a11e7e6e8b3be50ad0e504d9ba600af5c6d85fb5526cb937deb34ea8"
