"""Media: what is in this video file, and how is one written? Streaming, under limits, through PyAV.

- :mod:`~touchmark.provenance.media.video` says what a video is in memory: ``Frame``, ``Sound``, ``RawVideo``.
- :mod:`~touchmark.provenance.media.decode` reads one: ``open_video``, ``VideoReader``, ``VideoInfo``.
- :mod:`~touchmark.provenance.media.encode` writes one: ``encode``, ``EncodeSettings``.
- :mod:`~touchmark.provenance.media.still` reads and writes one picture: ``Still``, ``read_still``, ``write_still``.
- :mod:`~touchmark.provenance.media.view` reads one for looking at: ``View``, ``view_still``.
- :mod:`~touchmark.provenance.media.colour` says what samples mean: ``Colour``, of 8 or 10 bits, SDR or HDR.
- :mod:`~touchmark.provenance.media.boxes` looks at a file's boxes: ``has_c2pa_box``, ``unhashed_bytes``.
- :mod:`~touchmark.provenance.media.limits` says how much a file may cost: ``Limits``.
- :mod:`~touchmark.provenance.media.errors` says what can be wrong: ``MediaError`` and its kin, ``EncodeError``.

Import from those modules; this one stays empty so that looking at boxes does not load a codec library.
"""
