"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "6d71b99304cb0973d6b87b89b4e7c4fa4ad507489c80e7515cc9d73d01e229bd"
