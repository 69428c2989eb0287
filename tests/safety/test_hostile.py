"""Whatever is sent as a prompt, the gate answers by a decision or a named error; what is no prompt is never allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.cli.main import run
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.safety.canonical import MAX_CHARACTERS
from touchmark.safety.decision import Action
from touchmark.safety.gate import Gate, screen

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
REQUEST = "a" * 64
MEGABYTE = 1_000_000

NO_PROMPTS = {
    "empty": ("", "safety.prompt_empty"),
    "blank": (" \n\t\u3000", "safety.prompt_empty"),
    "only combining marks": ("\u0301\u0336\u20dd" * 30, "safety.prompt_empty"),
    "only invisible": ("\u200b\u2060\ufeff\U000e0001" * 30, "safety.prompt_empty"),
    "only signs": ("?!… ❤️ ★", "safety.prompt_empty"),
    "halves of surrogate pairs": ("\ud800\udfff" * 30, "safety.prompt_empty"),
    "text with half a pair": ("a lighthouse \ud83c at dawn", "safety.prompt_malformed"),
    "binary": (bytes(range(256)).decode("latin-1") * 4, "safety.prompt_malformed"),
    "a picture": ("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "safety.prompt_malformed"),
    "bytes read as UTF-16": (Random(1).randbytes(4_000).decode("utf-16-le", "ignore"), "safety.prompt_malformed"),
    "a null byte": ("a lighthouse\x00 at dawn", "safety.prompt_malformed"),
    "an escape sequence": ("a lighthouse \x1b[2J at dawn", "safety.prompt_malformed"),
    "letters that are nobody's": ("a lighthouse at dawn " + "\ue000\U000e0fff" * 10, "safety.prompt_malformed"),
    "what a reviewer would look at, and a null byte": ("Mickey Mouse on a bicycle\x00", "safety.prompt_malformed"),
    "a megabyte of words": ("a calm lake " * (MEGABYTE // 12), "safety.prompt_too_long"),
    "a megabyte of marks": ("\u0301" * (MEGABYTE // 2), "safety.prompt_too_long"),
    "a megabyte of nulls": ("\x00" * MEGABYTE, "safety.prompt_too_long"),
    "one character too many": ("a" * (MAX_CHARACTERS + 1), "safety.prompt_too_long"),
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate.default(Home(tmp_path_factory.mktemp("home")))


@pytest.mark.parametrize(("prompt", "code"), NO_PROMPTS.values(), ids=NO_PROMPTS.keys())
def test_what_is_no_prompt_is_a_named_error(gate: Gate, prompt: str, code: str) -> None:
    with pytest.raises(TouchmarkError) as caught:
        gate.screen(REQUEST, {"prompt": prompt}, NOW)
    assert caught.value.code == code and caught.value.exit_status == 64
    with pytest.raises(TouchmarkError) as previewed:
        screen(prompt)
    assert previewed.value.code == code


@pytest.mark.parametrize("field", ["negative_prompt", "enriched_prompt", "caption"])
@pytest.mark.parametrize("name", [name for name, (_, code) in NO_PROMPTS.items() if code != "safety.prompt_empty"])
def test_no_other_field_lets_it_in(gate: Gate, name: str, field: str) -> None:
    text, code = NO_PROMPTS[name]
    with pytest.raises(TouchmarkError) as caught:
        gate.screen(REQUEST, {"prompt": "a lighthouse at dawn", field: text}, NOW)
    assert caught.value.code == code


def test_a_few_characters_that_unicode_has_given_to_nobody_yet_are_read() -> None:
    assert screen("a lighthouse at dawn \U0001fae9\U0001faea \uf8ff").action is Action.ALLOW


def test_what_is_refused_stays_refused_whatever_is_wrong_with_it_besides(gate: Gate) -> None:
    for damage in ("\x00", "\ud800", "\x1b[2J"):
        assert gate.screen(REQUEST, {"prompt": f"a hardcore porn film {damage}"}, NOW).decision.action is Action.REFUSE


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    prompt=st.text(st.characters() | st.sampled_from("\ud800\x00\u202e\u0301&#x;%\\=aA1 "), max_size=80),
    negative=st.text(st.characters(), max_size=20),
)
def test_any_text_is_decided_or_refused_by_name(prompt: str, negative: str) -> None:
    try:
        decision = screen(prompt, negative_prompt=negative)
    except TouchmarkError as error:
        assert error.code in {"safety.prompt_empty", "safety.prompt_malformed", "safety.prompt_too_long"}
        return
    assert all(0 <= f.span[0] <= f.span[1] <= max(len(prompt), len(negative)) for f in decision.findings)
    if any("\ud800" <= c <= "\udfff" for c in prompt + negative):
        assert decision.action is Action.REFUSE


@settings(max_examples=100, derandomize=True, deadline=None)
@given(raw=st.binary(min_size=1, max_size=200))
def test_bytes_with_control_characters_are_never_allowed(raw: bytes) -> None:
    prompt = raw.decode("latin-1") + "\x01"
    try:
        assert screen(prompt).action is Action.REFUSE
    except TouchmarkError as error:
        assert error.exit_status == 64


@pytest.mark.parametrize(
    "prompt", [text for text, _ in NO_PROMPTS.values() if "\x00" not in text and len(text) < 20_000]
)
def test_the_command_line_says_so_in_one_line(prompt: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["screen", "--", prompt]) == 64
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "[safety.prompt_" in err and "Traceback" not in err
