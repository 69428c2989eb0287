"""What a file claims about itself: C2PA manifests, written and read.

``claim`` says what we assert, ``definition`` how C2PA writes that, ``write`` signs it into a file; ``read`` turns any
file into a ``report``, in which ``status`` says what each failure is about, and ``canary`` proves at start-up that the
C2PA library still behaves as the other modules assume. Nothing here decides whether a claim is true: that is the
detectors' verdict. Import from the modules; this package imports none of them, so that a name costs nothing.
"""
