"""How commands print tables and panels on a terminal; ``as_json.py`` is for programs."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType


def print_table(shown: RenderableType) -> None:
    """Print what rich draws; a terminal that cannot show a tick shows a question mark, and no error."""
    from rich.console import Console  # takes longer to load than most commands, of which few get here

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    Console().print(shown)
