"""Manners between us and torch, diffusers and transformers: their noise, their chatter and their errors kept in hand.

Everything is put back as it was: a program that uses touchmark may use these libraries too. What is borrowed belongs
to the whole process (torch's global noise, the libraries' loggers), so models are loaded and run one at a time; a
second GPU wants a second process.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from touchmark.provenance.wording import printable

if TYPE_CHECKING:
    import torch


_BORROWED = threading.RLock()


class _Heard(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def quiet(*, bars: bool = False) -> Iterator[list[str]]:
    """Keep diffusers and transformers from writing to the terminal, and put everything back afterwards.

    Args:
        bars: whether progress bars may show all the same.

    Yields:
        What they had to say, as it comes in.
    """
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    heard = _Heard()
    with _BORROWED, ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for library in (diffusers_logging, transformers_logging):
            root = library.get_logger(library.__name__.partition(".")[0])
            stack.callback(_restore, root, root.level, list(root.handlers))
            _restore(root, logging.WARNING, [heard])
            if not bars and library.is_progress_bar_enabled():
                stack.callback(library.enable_progress_bar)
                library.disable_progress_bar()
        yield heard.messages


def _restore(logger: logging.Logger, level: int, handlers: list[logging.Handler]) -> None:
    logger.setLevel(level)
    logger.handlers[:] = handlers


@contextmanager
def seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Fix torch's global noise too, for decoders that draw from it, and put it back afterwards."""
    import torch

    with _BORROWED, torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def is_out_of_memory(error: Exception) -> bool:
    """Whether a device, or the machine itself, had too little memory."""
    import torch

    # On the CPU torch raises a plain RuntimeError.
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "not enough memory" in str(error)


def first_line(error: Exception) -> str:
    """What a library said, fit for one line of a terminal: it may quote the model's own files."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    text = printable(text)
    return text if len(text) <= 200 else f"{text[:197]}..."
