"""Does this file carry what a rule asks for? Disclosure profiles by jurisdiction, held against evidence.

``facts`` names what can be known about a file; ``gathering`` gathers it from a verification, ``claims`` from a
manifest, and ``belief`` withdraws what evidence contradicts. ``checks`` is the small language in which a profile states
its conditions; ``profile`` reads ``policies/disclosure/*.yaml`` and composes several; ``comply`` holds a file against
them, line by line; ``page`` prints that. None of it is legal advice.
"""
