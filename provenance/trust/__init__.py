"""Whom to believe: trust lists as named sets, each for one purpose, refreshed on demand and used offline.

``lists`` reads and refuses lists (pure), ``source`` gets them from a file or an https address, ``store`` keeps them in
one folder with source, date and digest. The C2PA library does not hold purposes apart inside one context, so nothing
here ever hands out anchors of two purposes together; ``provenance.manifest.stamped`` says how they are used.
"""
