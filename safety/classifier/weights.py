"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "5d2fdc04af43eed0cdcd29873f2b145e1d591a36ccd2b50c799c2d0be15824fe"
