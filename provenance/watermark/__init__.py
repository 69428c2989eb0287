"""The invisible marks: ``protocol`` is the seam that every picture watermark stands behind, ``video`` is ours.

A payload becomes code bits (``code``), the code bits signs of waves in a keyed ``lattice``, the waves a pattern that a
``painter`` lays over a picture's planes as strongly as ``masking`` allows. The way back: ``residual`` collects evidence
from frames, ``repetition`` shows without the key how a copy was turned, scaled and squeezed, ``alignment`` which way up
it is and where its tiles begin (they begin elsewhere in every video: ``placement``), ``reading`` decodes the payload,
and ``statistics`` says how likely that is by chance. ``geometry`` names what was done to a copy.

``audio`` is the mark for sound, ``neural`` asks marks of other makers, ``bench`` tries marks on real attacks, and
``standalone`` marks files and nothing more.
"""
