"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "9cb1e0290369bcdbd5f0a95a5297c568c5aaad80278d6100962621189f20a8a7"
