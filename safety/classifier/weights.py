"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "6c250fc73e40f87378bb36b2b7f7900245a94d1f85ad6fe29addd4d47748bb71"
