"""Whatever the disguise, a finding points at the very characters that were typed for the word it found."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.decision import Finding, Rule
from touchmark.safety.examples import REQUEST
from touchmark.safety.gate import judge_of
from touchmark.safety.redteam.mutations import DISGUISES, MUTATIONS, Reach, chained

JUDGE = judge_of("strict-teen")  # where a term stands by itself, whatever the passage scores
TERMS = ("pornographic", "beheaded", "heil hitler", "ballot stuffing", "commits suicide", "mutilated corpses")
BEFORE = ("the people of the village", "a man in the street who", "there was something about", "they saw in the dark")
AFTER = ("while the others were there", "at the end of the winter", "and nothing else", "with the window open")

befores = st.sampled_from(BEFORE)
afters = st.sampled_from(AFTER)
chances = st.integers(0, 2**32).map(Random)


def _findings(prompt: str, term: str) -> list[Finding]:
    """What was found by a term of a lexicon in the words looked for, all of it in bounds."""
    findings = JUDGE.decide(REQUEST, {"prompt": prompt}).findings
    assert all(0 <= f.span[0] < f.span[1] <= len(prompt) for f in findings)
    return [f for f in findings if f.rule is Rule.TERM and f"“{term}”" in f.explanation]


@pytest.mark.parametrize("name", [name for name in DISGUISES if MUTATIONS[name].reach is Reach.LETTERS])
@settings(max_examples=25, derandomize=True, deadline=None)
@given(term=st.sampled_from(TERMS), before=befores, after=afters, chance=chances)
def test_a_word_in_disguise_is_covered_and_nothing_beside_it(
    name: str, term: str, before: str, after: str, chance: Random
) -> None:
    # Given a sentence with one word in disguise
    masked = MUTATIONS[name].apply(term, chance)
    prompt = f"{before} {masked} {after}"

    # When
    findings = _findings(prompt, term)

    # Then every finding lies in the disguise, and what it leaves out of it cannot be seen
    assert findings
    begin, end = len(before) + 1, len(before) + 1 + len(masked)
    for finding in findings:
        first, last = finding.span
        assert begin <= first and last <= end
        assert all(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in prompt[begin:first] + prompt[last:end])


@pytest.mark.parametrize("name", [name for name in DISGUISES if MUTATIONS[name].reach is Reach.TEXT])
@settings(max_examples=25, derandomize=True, deadline=None)
@given(term=st.sampled_from(TERMS), before=befores, after=afters, chance=chances)
def test_a_word_in_a_coded_passage_is_traced_to_its_place_in_the_code(
    name: str, term: str, before: str, after: str, chance: Random
) -> None:
    # Given a passage that is turned or coded as a whole
    sentence = f"{before} {term} {after}"
    prompt = MUTATIONS[name].apply(sentence, chance)
    at = len(before) + 1
    backwards = (len(sentence) - at - len(term), len(sentence) - at)
    place = {
        "rot13": (at, at + len(term)),
        "reversed": backwards,
        "upside-down": backwards,
        "bidi-override": (backwards[0] + 1, backwards[1] + 1),
        "base64": (0, len(prompt)),
    }[name]

    # Then
    findings = _findings(prompt, term)
    assert findings
    assert {finding.span for finding in findings} == {place}


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    chain=st.lists(st.sampled_from(sorted(MUTATIONS)), min_size=1, max_size=3, unique=True),
    term=st.sampled_from(TERMS),
    before=befores,
    chance=chances,
)
def test_spans_stay_in_bounds_however_disguises_are_piled_up(
    chain: list[str], term: str, before: str, chance: Random
) -> None:
    prompt = chained(chain, f"{before} {term}", chance)
    _findings(prompt, term)
