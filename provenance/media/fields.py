"""Interlaced video: pictures of two fields, every other row each, that were taken one after the other.

A player that is not told of them shows combs wherever something moves, so what is encoded anew has to say what its
source said. H.264 can; which field comes first stands in every picture.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import Final

from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from touchmark.provenance.media.picture import Orientation

_TOP_SHOWN_FIRST: Final = frozenset((2, 5))
_BOTTOM_SHOWN_FIRST: Final = frozenset((3, 4))
"""FFmpeg's AVFieldOrder: TT and BT, BB and TB, each by the field coded first and the field shown first."""


class Fields(StrEnum):
    """Which field of a picture is shown first, named as x264 and FFmpeg's ``setfield`` name it."""

    NONE = "prog"
    """The rows of a picture are of one moment."""
    TOP_FIRST = "tff"
    BOTTOM_FIRST = "bff"

    @classmethod
    def shown(cls, order: int, height: int, orientation: Orientation) -> Fields:
        """Of interlaced pictures of ``height`` rows, by FFmpeg's ``field_order`` and how they are set upright.

        Fields of pictures that are turned by a quarter stand in columns, which no coder knows: NONE.
        """
        if orientation.transpose or order not in _TOP_SHOWN_FIRST | _BOTTOM_SHOWN_FIRST:
            return cls.NONE
        # Upside down, and of an even height, the upper row is the other field's.
        upturned = orientation.flip_y and height % 2 == 0
        return cls.TOP_FIRST if (order in _TOP_SHOWN_FIRST) != upturned else cls.BOTTOM_FIRST


class FieldMarker:
    """Says of pictures, one by one, which of their fields comes first. PyAV can only read that."""

    def __init__(self, fields: Fields, width: int, height: int, form: str, time_base: Fraction) -> None:
        self._graph = Graph()
        self._into = self._graph.add_buffer(width=width, height=height, format=VideoFormat(form), time_base=time_base)
        told = self._graph.add("setfield", fields.value)
        self._out = self._graph.add("buffersink")
        self._into.link_to(told)
        told.link_to(self._out)
        self._graph.configure()

    def marked(self, picture: VideoFrame) -> VideoFrame:
        """The same picture, told."""
        self._into.push(picture)
        told = self._out.pull()
        assert isinstance(told, VideoFrame)
        return told
