"""How the sound mark works inside; its door is :mod:`touchmark.provenance.watermark.audio`.

``pattern`` says which sign each cell of time and frequency has under a key, ``framing`` cuts samples into short
spectra, ``loudness`` measures cells and what is unusual about each, ``masking`` says by how many decibels a cell may
be turned up or down unheard, and ``embed`` does so. The way back: ``evidence`` collects what a stretch of sound says,
``synchronise`` finds the pattern in a cut, faster or higher copy, and ``reading`` the payload in it.
"""
