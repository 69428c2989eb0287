"""May this be shown? Frames are looked at while they stream from the model to the sealer, or from somebody's file.

    frames = checked(raw.frames, output_checks(policy, banks))     # use these frames instead of the model's own
    screening = screen_video(Path("upload.mp4"), policy, banks)    # or look at any video

- :mod:`.checks` is the way in for frames: ``checked`` stops a release in mid-stream, ``examined`` tells all.
- :mod:`.screening` chooses the checks of a policy and looks at files.
- :mod:`.picture` finds what a broken model puts out.
- :mod:`.pdq`, :mod:`.vpdq`, :mod:`.borders`, :mod:`.bank`, :mod:`.matching` find what is in hash banks.
- :mod:`.detector` is the seam for what a picture *shows*: :mod:`.nudenet`, :mod:`.image_classifier`; :mod:`.faces`.
- :mod:`.findings` says what was found, and what a policy makes of it.

Import from those modules; this one stays empty so that reading a bank does not load a codec library.
"""
