"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "da3b20babf570e41f5bcd4e48361816ed63f9bb8a7f384adca145c52be37d3e3"
