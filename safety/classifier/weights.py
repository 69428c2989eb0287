"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "35df0574775acc860d74344c00d4eae2bdcaf2f301817d4139fa6b035f934aaa"
