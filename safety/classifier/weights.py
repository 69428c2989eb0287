"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "2ac3e9d8a941b4ce1b44790f1c417632e9b97b214395accc963c8f084ce3b53b"
