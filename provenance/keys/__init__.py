"""Keys: where signing certificate, trust anchors and watermark secret come from, and whether C2PA accepts them.

``development`` makes a set for trying things out, ``ring`` loads an operator's folder, ``selection`` says which signer
is used, ``profile`` says which rule of the C2PA certificate profile a certificate breaks, ``request`` asks an authority
for a certificate, ``rotation`` puts another key in place, ``expiry`` warns ahead. Signing itself is
``provenance.signing``.
"""
