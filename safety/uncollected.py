"""Large tables are built without the collector of cycles: they hold none, and it would walk them again and again.

with uncollected():
    index = build(rows)
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no cycles be looked for meanwhile, in the whole process; a decorator too.

    Memory is freed by reference counts all the same. Where it was off already it stays so; of threads that build at
    once the first to be done turns it on again, which costs the others time and nothing else.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
