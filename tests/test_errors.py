"""Every error can be looked up: one code each, one line of explanation, one page."""

from __future__ import annotations

import inspect
from collections import Counter

from docs.make_errors import PAGE, errors, page

STATUSES = {1, 2, 3, 64, 70}


def test_codes_are_unique() -> None:
    shared = {code: n for code, n in Counter(error.code for error in errors()).items() if n > 1}
    assert not shared


def test_every_error_explains_itself_and_has_a_known_exit_status() -> None:
    for error in errors():
        assert error.__doc__, error
        assert error.exit_status in STATUSES, error
        assert inspect.getdoc(error) != inspect.getdoc(error.__mro__[1]), error


def test_the_page_is_in_step_with_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python docs/make_errors.py"
