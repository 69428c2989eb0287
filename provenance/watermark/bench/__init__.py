"""How well does a picture mark stand on these clips? Attacks, fidelity, trials and how to show them.

- :mod:`~touchmark.provenance.watermark.bench.attacks` names what happens to videos: ``ATTACKS``, ``Attack``.
- :mod:`~touchmark.provenance.watermark.bench.fidelity` says what marking did to the picture: ``Fidelity``.
- :mod:`~touchmark.provenance.watermark.bench.trial` marks a clip, attacks it, reads it back: ``Trial``, ``Row``.
- :mod:`~touchmark.provenance.watermark.bench.table` prints the result, ``page`` writes it as one HTML page.

It ships with the package, because what counts is how the mark stands on the user's own clips.
"""
