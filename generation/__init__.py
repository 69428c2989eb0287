"""Requests, models, and the one way from a request to a published video.

``request`` says what is asked, ``generator`` is the seam that every model stands behind, ``diffusers_pipeline`` puts
any diffusers video pipeline there, ``embedded`` is the model that ships. ``release`` is the way itself (``Studio``),
and ``staging`` its last step. torch is imported when a model is loaded, not before.
"""
