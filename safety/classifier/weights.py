"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "1423c34a23b789228a9937a945480564b9a6d9cf230f17f8945bd29a64fda3ed"
