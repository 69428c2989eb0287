"""The invisible mark: ``protocol`` is the seam that every picture watermark stands behind, ``video`` is ours.

A payload becomes code bits (``code``), the code bits signs of waves in a keyed ``lattice``, the waves a pattern that a
``painter`` lays over a frame as strongly as ``masking`` allows. The way back: ``residual`` collects evidence from
frames, ``synchronise`` finds the geometry, ``reading`` the payload, and ``statistics`` says how likely that is by
chance.
"""
