"""Pictures with a gain map: what is shown on some screens is a picture times another (ISO 21496-1).

ultra_hdr(path, base, gain)        # a JPEG, its gain map behind it
"""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Pixels

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description {}/></rdf:RDF></x:xmpmeta>"""
_HDRGM = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
ISO = b"urn:iso:std:iso:ts:21496:-1\0"


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def jpeg(pixels: Pixels, *segments: bytes) -> bytes:
    shown = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    coded = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    return coded[:2] + b"".join(segments) + coded[2:]


def xmp(attributes: str) -> bytes:
    return segment(0xE1, _XMP + _PACKET.format(attributes).encode())


def of_adobe(stops: tuple[float, float]) -> bytes:
    return xmp(f'{_HDRGM} hdrgm:GainMapMin="{stops[0]}" hdrgm:GainMapMax="{stops[1]}" hdrgm:OffsetSDR="0.015625"')


def of_iso(stops: tuple[float, float]) -> bytes:
    numbers = [(0, 1), (4, 1), *((round(4096 * stop), 4096) for stop in stops), (1, 1), (1, 64), (1, 64)]
    return segment(0xE2, ISO + bytes(4) + b"\0" + b"".join(struct.pack(">iI", *number) for number in numbers))


def of_apple(stops: tuple[float, float]) -> bytes:
    """Says nothing of stops: that is in a note of the maker's."""
    of = "http://ns.apple.com/pixeldatainfo/1.0/"
    return xmp(f'xmlns:a="{of}" a:AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap"')


def ultra_hdr(path: Path, base: Pixels, gain: Pixels, *notes: bytes) -> Path:
    """A picture that is shown as ``base`` on any screen, and times ``gain`` on one of many stops.

    Args:
        notes: segments of the gain map that say how it is meant.
    """
    map_ = jpeg(gain, *notes)
    listed = f'{_HDRGM} xmlns:c="http://ns.google.com/photos/1.0/container/" c:Note="GainMap" c:Length="{len(map_)}"'
    path.write_bytes(jpeg(base, xmp(listed)) + map_)
    return path


def gain_to(base: Pixels, wanted: Pixels, stops: tuple[float, float]) -> NDArray[np.uint8]:
    """The gain map that makes one picture of another, as far as it can."""
    dark, light = (((pixels / 255.0) ** 2.2 + 1 / 64) for pixels in (base, wanted))
    steps = (np.log2(light / dark) - stops[0]) / (stops[1] - stops[0])
    return np.clip(np.rint(255 * steps), 0, 255).astype(np.uint8)
