"""What gets through the gate when somebody tries? Seed prompts, disguises and their chains, and a log to compare.

``mutations`` names the disguises, ``seeds`` reads prompts, ``campaign`` puts one through the other, ``log`` keeps what
came of it, ``report`` counts and compares, ``page`` writes HTML, ``garak`` shows the gate to garak. Nothing here
decides: it asks the judge.
"""
