"""Which real people does a prompt name? The public-figure list, read from ``policies/figures``, and the search in it.

``FigureIndex.load()`` reads the list; ``FigureIndex.find`` answers with the figures that a canonical text names: by
name, by alias or native script, misspelt, or by the office they hold ("the president of France"). What follows from
a match is the policy's business, not this room's.
"""

from touchmark.safety.figures.data import FigureDataError
from touchmark.safety.figures.figure import Figure, FigureRole, FigureStatus
from touchmark.safety.figures.index import FigureIndex, FigureMatch
from touchmark.safety.figures.meanings import MatchKind

__all__ = ["Figure", "FigureDataError", "FigureIndex", "FigureMatch", "FigureRole", "FigureStatus", "MatchKind"]
