"""Marks of other makers: VideoSeal, TrustMark and AudioSeal, read and written with weights that the operator supplies.

``installed`` keeps them in the operator's home and asks them of a video; what they answer is a ``claim``, judged by
``judging``. A ``picture`` or ``sound`` mark speaks to its ``network`` in the terms of its maker, over ``scaling`` and
``gathering``, with TrustMark's ``bch`` code; ``carrier`` puts our own payload into a network's message, behind the
protocol that our own mark stands behind.

None of this decides a verdict. The weights are published, so whoever likes can write such a mark.
"""
