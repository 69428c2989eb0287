"""May this be made, and by whom?

A prompt flows text -> views (``canonical``) -> findings (``classifier``, ``figures``, ``lexicon``) -> decision
(``judge``, under a ``policy``) -> clearance (``gate``, ``clearance``). ``gate.Gate`` is the way in; ``output`` checks
frames while they stream past. Nothing here renders, and nothing outside makes a clearance.
"""
