"""What a file shows that does not lie in it, and that no signature over its bytes takes in.

    elsewhere(file, kind, "logo.svg")     # ("what it shows from elsewhere (http://example.com/photo.jpg)",)

A drawing in SVG may show pictures, fonts and styles that lie at an address, and let programs draw; a film's tables may
say that its media lie in another file (ISO/IEC 14496-12:2022, 8.7.2). Whoever has what lies there changes what is
shown, and the signature holds. Where a drawing links to is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from touchmark.provenance.manifest.traces import MOST_OF_STORE
from touchmark.provenance.media.boxes import Box, inside, top_level
from touchmark.provenance.media.kinds import BOXED, SVG, Kind

_NAMED: Final = tuple(
    re.compile(name + rb"""\s*+=\s*+(?:"\s*+(?!")|'\s*+(?!'))(?!\#|data:(?!text))(["']{0,80}+[^"'<>]{1,80})""")
    for name in (b"href", b"src", b"srcset", b"data", b"poster", b"background")
)
"""Attributes that name what lies elsewhere, or in a page of its own."""
_OF_LINK: Final = re.compile(rb"<(?:[\w.-]+:)?a\s")
_MOST_BEFORE: Final = 4096
"""Bytes from where an element begins to such an attribute."""
_SHOWN: Final = tuple(
    map(
        re.compile,
        (
            rb"""url\(\s*+["']?\s*+(?!\#|data:)([^"'()<>]{1,80})""",
            rb"(@import)",
            rb"(image-set\()",
            rb"""(image\(\s*+["'])""",
            rb"<\?xml-stylesheet\s([^<>]{1,80})",
            rb"<!entity\s([^<>]{0,1024}?(?:system|public|&|<))",
            rb"(<!attlist\s)",
            rb"(frame(?:(?<=[<:]frame)|(?<=[<:]iframe))[\s/>])",
            rb"(object(?<=[<:]object)[\s/>])",
            rb"(embed(?<=[<:]embed)[\s/>])",
            rb"(http-equiv)",
            rb"""<\?xml\s[^<>]{0,80}?(encoding\s*+=\s*+["'](?!utf-8|us-ascii|iso-8859-|windows-|gb|big5|shift_jis|euc-|koi8))""",
            rb"""attributename\s*+=\s*+["']\s*+((?:[\w.-]{1,40}:)?href)""",
            rb"(script(?<=[<:]script)[\s/>])",
            rb"(on(?<=\son)[a-z]{3,20}\s*+=)",
            rb"(\\0{0,4}[4-7][0-9a-f])",
            rb"(&#0{0,8}(?:6[5-9]|[789]\d|1[012]\d);)",
            rb"(&#x0{0,8}[4-7][0-9a-f];)",
        ),
    )
)
"""In styles, entities and programs, and in pages within the drawing; and letters that are written as numbers, or an
encoding of which some bytes stand for nothing: each of these can be hidden in them. Each begins with what is quickly
looked for, and all is in small letters."""
_ENTITY: Final = re.compile(rb"""<!ENTITY\s++([^\s"'<>&;%]{1,80})\s++(?:"([^"]*+)"|'([^']*+)')""")
_OF_ENTITY: Final = re.compile(rb"&([^\s\"'<>&;#]{1,80});")
_MOST_OF_ENTITIES: Final = 8 << 20
"""Bytes that it takes to put entities in their places."""
_MOST_ODD: Final = 50_000
"""Entities, and letters behind backslashes, of which an honest drawing has a hundred."""
_MEANT: Final = b"ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-"
"""What means itself behind a backslash in a style (CSS Syntax 3, 4.3.7)."""
_IN_THIS_FILE: Final = 1
"""Flag of an entry that says where media lie."""
_TO_PLACES: Final = ("trak", "mdia", "minf", "dinf", "dref")
_LONGEST: Final = 80


def elsewhere(file: BinaryIO, kind: Kind | None, subject: str) -> tuple[str, ...]:
    """In words, with a stranger's text in them: not safe to show; empty where all lies in the file.

    Args:
        file: open and seekable.
        kind: of it.
        subject: what an error calls it.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    if kind is SVG:
        file.seek(0)
        named = next(_drawn(file.read(MOST_OF_STORE)), b"")
    elif kind in BOXED:
        named = next(_foreign_media(file, subject), b"")
    else:
        named = b""
    return (f"what it shows from elsewhere ({named.decode('utf-8', 'replace').strip()[:_LONGEST]})",) if named else ()


def _drawn(drawing: bytes) -> Iterator[bytes]:
    if drawing.count(b"\\") > _MOST_ODD or drawing.count(b"<!ENTITY") > _MOST_ODD:
        yield b"more than can be read"
        return
    entities: dict[bytes, bytes] = {}
    for found in _ENTITY.finditer(drawing):
        value = found[2] or found[3] or b""
        if entities.setdefault(found[1], value) != value:  # one may stand in a remark
            yield b"an entity of two values"
    if entities:
        if sum(16 + len(entities.get(found[1], b"")) for found in _OF_ENTITY.finditer(drawing)) > _MOST_OF_ENTITIES:
            yield b"entities"
            return
        drawing = _OF_ENTITY.sub(lambda found: entities.get(found[1], found[0]), drawing)
    for letter in _MEANT if b"\\" in drawing else b"":
        drawing = drawing.replace(b"\\%c" % letter, b"%c" % letter)
    small = drawing.lower()
    for found in (found for pattern in _NAMED for found in pattern.finditer(small)):
        start = small.rfind(b"<", max(found.start() - _MOST_BEFORE, 0), found.start())
        before = small[found.start() - 1 : found.start()]
        is_whole = not before.isalnum() and before not in (b"-", b".", b"_")
        if is_whole and (start < 0 or not _OF_LINK.match(small, start)):
            yield drawing[slice(*found.span(1))]
    yield from (drawing[slice(*found.span(1))] for pattern in _SHOWN for found in pattern.finditer(small))


def _foreign_media(file: BinaryIO, subject: str) -> Iterator[bytes]:
    movies = [box for box in top_level(file, subject) if box.type == "moov"]
    yield from (b"another film" for movie in movies for box in inside(file, movie, subject) if box.type == "rmra")
    tables = movies
    for name in _TO_PLACES:
        tables = [box for table in tables for box in inside(file, table, subject) if box.type == name]
    for table in tables:
        for entry in inside(file, table, subject, behind=8):
            content = _start(file, entry)
            if not content[3:4] or not content[3] & _IN_THIS_FILE:
                yield content[4:].strip(b"\0") or b"another file"


def _start(file: BinaryIO, box: Box) -> bytes:
    file.seek(box.offset + box.header_size)
    return file.read(min(max(box.size - box.header_size, 0), _LONGEST))
