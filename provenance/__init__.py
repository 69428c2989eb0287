"""What does this video say about itself, and how is that written and read? The ground floor: imports nothing of ours.

``media`` reads and writes video, ``watermark`` marks pictures and finds the mark again, ``keys`` and ``signing`` hold
what signs, ``manifest`` writes and reads C2PA, ``seal`` does all of that to one video in one pass. ``registry``
remembers what was sealed, ``ledger`` what was decided and released, both in a ``database``; ``home`` says where an
operator keeps them.
"""
