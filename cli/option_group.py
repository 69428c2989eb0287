"""Options that belong together reach a command as one value, made of them in one place."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option_group(name: str, make: Callable[..., object], *options: Decorator) -> Decorator:
    """A decorator of commands, which gives them several options as the one argument ``name``.

    Args:
        name: of the argument.
        make: what it is made with; its parameters are called as the options are.
        options: ``click.option``, in the order in which the help lists them.
    """
    parameters = tuple(inspect.signature(make).parameters)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def grouped(*arguments: Any, **values: Any) -> Any:
            made = make(**{parameter: values.pop(parameter) for parameter in parameters})
            return command(*arguments, **values, **{name: made})

        with_options: Callable[..., Any] = grouped
        for option in reversed(options):
            with_options = option(with_options)
        return with_options

    return decorate
