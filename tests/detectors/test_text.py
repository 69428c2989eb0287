"""Text of strangers, made fit to be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.detectors.text import safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  two \t\r\n lines\u2028three ", "two lines three"),
        ("\x1b[31mred\x1b]0;title\x07", "<U+001B>[31mred<U+001B>]0;title<U+0007>"),
        ("\x9b31m", "<U+009B>31m"),
        ("invoice\u202egpj.exe", "invoice<U+202E>gpj.exe"),
        ("a\u2066b\u200bc", "a<U+2066>b<U+200B>c"),
        ("\u3164", "<U+3164>"),
        ("\ud800", "<U+D800>"),
        ("e" + "\u0301" * 40, "e\u0301\u0301"),
        ("日本語 עברית", "日本語 עברית"),
        ("[bold red]markup[/]", "[bold red]markup[/]"),
        (None, "None"),
    ],
)
def test_what_is_dangerous_becomes_visible(text: object, shown: str) -> None:
    assert safe_text(text) == shown


def test_length_is_capped() -> None:
    assert safe_text("x" * 1_000_000, 10) == "x" * 9 + "…"
    assert safe_text("x" * 10, 10) == "x" * 10


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60), st.integers(1, 80))
def test_nothing_active_is_left(text: str, limit: int) -> None:
    shown = safe_text(text, limit)
    assert len(shown) <= limit
    assert shown == shown.strip(" ")
    for character in shown:
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_twice_is_once(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)
