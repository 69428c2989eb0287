"""The times at which the packets of a video are decoded, where its encoder gets them wrong."""

from __future__ import annotations

from typing import Final

from av.packet import Packet
from av.stream import Stream

_X265_LEARNS_FROM: Final = 3
"""The picture by which x265 knows its times of decoding."""


def in_order(packets: list[Packet[Stream]], codec: str, pictures: int) -> list[Packet[Stream]]:
    """The last packets of a video, with times of decoding that are true.

    x265 (3.5, Encoder::encode) learns from its third picture how long B-pictures delay decoding; where there is none,
    it counts from memory that nothing was written to. So few pictures are decoded in the order in which they are shown.

    Args:
        packets: what the encoder gave when it was told that no more will come.
        codec: FFmpeg's name of the encoder.
        pictures: how many it was given in all.
    """
    if codec == "libx265" and pictures < _X265_LEARNS_FROM:
        for packet in packets:
            packet.dts = packet.pts
    return packets
