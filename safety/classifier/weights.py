"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""

WEIGHTS_SHA256 = "2b0e0a15199f44ff81422d5011d40a720cf4e4b581c1fd18918517f51f581767"
