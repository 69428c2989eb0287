"""What is shown and lies elsewhere is found in drawings and films; what only links or names is not taken for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import c2pa
import pytest

from tests.detectors.cameras import sign_raw
from tests.detectors.jumbf import box
from tests.forms import FORMS
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.elsewhere import elsewhere
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.media.kinds import MOV, SVG, kind_of_file
from touchmark.provenance.signing import PemSigner

HEAD = (
    b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
    b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [<!ENTITY ns "http://www.w3.org/2000/svg">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
)


CREATED = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE.value}
DEFINITION = {
    "claim_version": 2,
    "claim_generator_info": [{"name": "a camera"}],
    "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": {"actions": [CREATED]}}],
}


def drawing(content: bytes) -> bytes:
    return HEAD + content + b"</svg>"


FROM_ELSEWHERE = [
    b'<image href="https://example.com/p.jpg"/>',
    b"<image\nwidth='9' XLINK:HREF = '//example.com/p.jpg'/>",
    b'<q:image xmlns:q="http://www.w3.org/2000/svg" q:href="p.jpg"/>',
    b'<a href="#x"><use href="other.svg#x"/></a>',
    b'<foreignObject><iframe src="data:text/html,x"/></foreignObject>',
    b'<foreignObject><img srcset="x.png 2x"/></foreignObject>',
    b'<foreignObject><object data="x.html"/></foreignObject>',
    b'<foreignObject><video poster="x.png"/></foreignObject>',
    b"<style>@import 'x.css';</style>",
    b"<style>.a { fill: url( http://example.com/x#y ) }</style>",
    b"<style>.a { fill: \\75rl(http://example.com/x#y) }</style>",
    b"<style>.a { fill: &#117;rl(http://example.com/x#y) }</style>",
    b"<style>.a { fill: &#x75;rl(http://example.com/x#y) }</style>",
    b"<style>.a { background: image-set('x.png' 1x) }</style>",
    b"<style>.a { background: image('x.png') }</style>",
    b"<script>draw()</script>",
    b'<rect onload="draw()"/>',
    b'<animate attributeName="xlink:href" to="https://example.com/p.jpg"/>',
    b'<image href="\'p.jpg"/>',
    b"<style>.a { fill: u\\rl(http://example.com/x#y) }</style>",
    b"<style>@i\\mport 'x.css';</style>",
    b'<foreignObject><h:iframe src="data:image/svg+xml;base64,AAAA"/></foreignObject>',
    b"<foreignObject><iframe srcdoc='&lt;img src=http://example.com/p.jpg>'/></foreignObject>",
    b'<foreignObject><table background="p.jpg"/></foreignObject>',
    b'<foreignObject><meta http-equiv="refresh" content="0;url=p.jpg"/></foreignObject>',
]


@pytest.mark.parametrize("content", FROM_ELSEWHERE)
def test_a_drawing_that_shows_what_lies_elsewhere(content: bytes) -> None:
    assert elsewhere(BytesIO(drawing(content)), SVG, "")


@pytest.mark.parametrize(
    "entity",
    [
        b'<!ENTITY x SYSTEM "http://example.com">',
        b'<!ENTITY x "&#60;image h&#114;ef=">',
        b'<!ATTLIST image xlink:href CDATA "http://example.com/p.jpg">',
        b"<!ATTLIST g width CDATA '1' onload CDATA 'draw()'>",
    ],
)
def test_an_entity_in_which_anything_can_be(entity: bytes) -> None:
    assert elsewhere(BytesIO(drawing(b"<g/>").replace(b"[", b"[" + entity)), SVG, "")
    for style in (
        b'<?xml-stylesheet href="x.css"?>',
        b'<?xml-stylesheet href="data:application/xslt+xml;base64,AA="?>',
    ):
        assert elsewhere(BytesIO(drawing(b"<g/>").replace(b"<!DOC", style + b"<!DOC")), SVG, "")


def test_entities_are_put_in_their_places() -> None:
    entities = b"[<!ENTITY u 'ur'><!ENTITY\nl \"l(http://example.com/p.jpg)\">"
    assert elsewhere(BytesIO(drawing(b'<g fill="&u;&l;"/>').replace(b"[", entities)), SVG, "")
    entities = b"[<!ENTITY st0 'fill:#F00;'><!ENTITY st1 'stroke:#000;'>"
    styled = drawing(b'<g xmlns="&ns;" style="&st0;&st1;" id="&amp;"/>').replace(b"[", entities)
    assert elsewhere(BytesIO(styled), SVG, "") == ()
    two = drawing(b'<g fill="&u;"/>').replace(b"[", b"[<!-- <!ENTITY u 'x'> --><!ENTITY u 'y'>")
    assert elsewhere(BytesIO(two), SVG, "")
    assert elsewhere(BytesIO(drawing(b"\\g" * 60_000)), SVG, "")
    much = drawing(b"<g>" + b"&x;" * 30_000 + b"</g>").replace(b"[", b"[<!ENTITY x '" + bytes(30_000) + b"'>")
    assert elsewhere(BytesIO(much), SVG, "")


@pytest.mark.parametrize(("encoding", "told"), [("UTF-8", False), ("iso-8859-1", False), ("ISO-2022-JP", True)])
def test_an_encoding_in_which_bytes_stand_for_nothing(encoding: str, told: bool) -> None:
    """A decoder passes over what switches between alphabets, also within a word."""
    content = drawing(b'<image hr\x1b(Bef="http://example.com/p.jpg"/>' if told else b"<g/>")
    content = content.replace(b'version="1.0"', f"version='1.0' encoding='{encoding}'".encode())
    assert bool(elsewhere(BytesIO(content), SVG, "")) is told


def test_what_a_drawing_has_in_itself_or_links_to_is_not_elsewhere() -> None:
    content = (
        b'<s:a xlink:href="https://example.com"/>'
        b'<a xlink:href="https://example.com"><rect fill="url(#g)"/></a><image href="data:image/png;base64,AA=="/>'
        b'<use xlink:href="#g" data-src="x"/><style>.a { fill: url("#g") }</style><text>a&#160;b &#38; on = c</text>'
    )
    assert elsewhere(BytesIO(drawing(content)), SVG, "") == ()


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "a.m4a"])
def test_media_in_another_file(tmp_path: Path, name: str) -> None:
    """A signed table of media says that they lie elsewhere, and players that follow it show what is there."""
    chain = issue_development_chain("elsewhere", datetime.now(UTC).replace(microsecond=0))
    media_type, make = FORMS[name]
    plain, signed = make(tmp_path / f"plain-{name}"), tmp_path / name
    signer = PemSigner.from_pem(chain.signer, chain.signer_key)
    content = bytearray(plain.read_bytes())
    for flag, left_out in ((1, 0), (0, 1)):
        content[content.index(b"dref") + 4 + 4 + 4 + 4 + 4 + 3] = flag
        plain.write_bytes(content)
        builder = c2pa.Builder(json.dumps(DEFINITION), manifest_context(b""))
        with plain.open("rb") as media, signed.open("w+b") as output:
            sign_raw(builder, signer, media_type, media, output)
        assert len(read_manifest(signed, chain.authority).left_out) == left_out
        with signed.open("rb") as file:
            assert len(elsewhere(file, kind_of_file(file), "")) == left_out


def test_a_film_that_only_names_other_films_or_does_not_say_where_its_media_lie() -> None:
    """QuickTime plays what a reference movie names."""
    cut = b""
    for name in (b"dref", b"dinf", b"minf", b"mdia", b"trak"):
        cut = box(name, bytes(8) + box(b"url ", b"")) if name == b"dref" else box(name, cut)
    for content, named in ((box(b"rmra", b""), True), (cut, True), (box(b"udta", b""), False)):
        assert bool(elsewhere(BytesIO(box(b"moov", content)), MOV, "")) is named
