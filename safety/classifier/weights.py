"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "4bddd4fbdda72165f8e94680ce71d6ca6c6d878af73e64ee3c3ef0011ecd7d17"
