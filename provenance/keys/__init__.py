"""Keys: where signing certificate, trust anchors and watermark secret come from, and whether C2PA accepts them.

``development`` makes a set for trying things out, ``ring`` loads an operator's folder, ``profile`` says which rule of
the C2PA certificate profile a certificate breaks. Signing itself is ``provenance.signing``.
"""
