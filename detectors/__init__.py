"""What is this file someone gave me? Evidence from each source, one verdict, and reports of it.

``gathering`` collects ``evidence``, ``verdict`` judges it (with ``contradictions``, ``integrity``, ``origin`` and
``statements``, all pure), ``acceptance`` says what may pass, ``terminal``, ``page`` and ``serialise`` show it. The way
in is ``touchmark.detectors.verify.Verifier``. Import from the modules; this package imports none of them, so that a
name costs nothing.
"""
