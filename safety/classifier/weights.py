"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "9a3ef47b2b5e3bcff3b7ebdf8692e00ab7bbd82d90b94d7901e9ba65b59a0ed2"
