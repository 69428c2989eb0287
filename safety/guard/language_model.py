"""Runs the weights of a guard model from a local folder, through transformers, in the template that they come with.

A prompt is a stranger's text inside a template, so it must not be able to leave it: it is cut into tokens by itself,
with no token of the template among them, and put between the two halves of the template. It is never cut short: what is
longer than a window is read in windows that overlap.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from touchmark.safety.guard.model import GuardAnswerError, GuardError

WINDOW: Final = 1024
"""Tokens of a prompt that are read at once. Guard models know short questions best."""
OVERLAP: Final = 128
"""Tokens that two windows share, so that what one cuts through the other holds whole."""

_PLACE: Final = "TOUCHMARKPUTSTHETEXTHERE"
_LEAST_ROOM: Final = 32


class LanguageModel:
    """A causal language model with its tokenizer and chat template. One call runs at a time."""

    def __init__(self, folder: Path, architecture: str, *, answer: int) -> None:
        """
        Args:
            folder: with config.json, safetensors, tokenizer and chat template.
            architecture: the ``model_type`` that its configuration must name.
            answer: the most tokens that an answer takes.

        Raises:
            GuardError: transformers is missing, or the folder is not such a model.
        """
        self._folder = folder
        self._answer = answer
        self._turn = threading.Lock()
        if not (folder / "config.json").is_file():
            raise self._error("there is no model in this folder")
        try:
            torch, transformers = import_module("torch"), import_module("transformers")
        except ImportError as error:
            raise GuardError(
                "transformers is not installed", subject=str(folder), remedy="Run: pip install 'touchmark[generate]'"
            ) from error
        try:
            self._tokenizer, self._model = self._load(transformers, architecture)
            if torch.cuda.is_available():
                self._model = self._model.to("cuda")
        except GuardError:
            raise
        except Exception as error:  # transformers raises what its many parts raise
            raise self._error(f"the model does not load ({type(error).__name__}: {error})") from error
        if not self._tokenizer.chat_template:
            raise self._error("its tokenizer has no chat template")
        self._torch = torch
        self._context = int(self._model.config.max_position_embeddings)
        self._greedy = (
            transformers.GenerationConfig(  # whatever the folder says of sampling, the same text gets the same answer
                do_sample=False,
                num_beams=1,
                max_new_tokens=answer,
                eos_token_id=self._model.generation_config.eos_token_id,
                pad_token_id=self._tokenizer.eos_token_id,
            )
        )
        list(self.windows("", guideline="-"))  # so that a template that cannot be filled in fails now

    def _load(self, transformers: Any, architecture: str) -> tuple[Any, Any]:
        """Tokenizer and model; no code of the folder is run, and no hub asked."""
        local = {"local_files_only": True, "trust_remote_code": False}
        config = transformers.AutoConfig.from_pretrained(self._folder, **local)
        if config.model_type != architecture:
            raise self._error(f"it is a {config.model_type} model, not {architecture}")
        tokenizer = transformers.AutoTokenizer.from_pretrained(self._folder, **local)
        model, loaded = transformers.AutoModelForCausalLM.from_pretrained(
            self._folder, use_safetensors=True, dtype="auto", output_loading_info=True, **local
        )
        if loaded["missing_keys"]:  # transformers would make them up, and every answer with them
            raise self._error(f"its weights lack {min(loaded['missing_keys'])}")
        return tokenizer, model.eval()

    def windows(self, text: str, **template: str) -> Iterator[list[int]]:
        """The tokens of the template around each window of the text.

        Args:
            text: any text.
            **template: further variables of the chat template.

        Raises:
            GuardError: the template has no place for a text.
        """
        before, after = self._halves(template)
        # A space before a word is part of its token in these vocabularies, so it goes with the text.
        text = before[len(before.rstrip(" ")) :] + _defused(text)
        before = before.rstrip(" ")
        head, tail = self._tokens(before, special=True), self._tokens(after, special=True)
        room = min(WINDOW, self._context - len(head) - len(tail) - self._answer)
        if room < _LEAST_ROOM:
            raise self._error("its context leaves no room for a prompt")
        tokens = self._tokens(text, special=False)
        for start, end in spans(len(tokens), room, min(OVERLAP, room // 2)):
            yield [*head, *tokens[start:end], *tail]

    def said(self, tokens: Sequence[int]) -> str:
        """What the model goes on to say, always its likeliest token, up to its end or the most that an answer takes."""
        torch = self._torch
        with self._turn, torch.inference_mode():
            asked = torch.tensor([list(tokens)], device=self._model.device)
            told = self._model.generate(asked, attention_mask=torch.ones_like(asked), generation_config=self._greedy)
        return str(self._tokenizer.decode(told[0, len(tokens) :], skip_special_tokens=True))

    def leaning(self, tokens: Sequence[int], one: str, other: str) -> float:
        """How much likelier the next token is ``one`` than ``other``: 0..1.

        Raises:
            GuardAnswerError: the model computed what is no number.
            GuardError: one of them is no token of the model.
        """
        torch = self._torch
        places = [self._tokenizer.convert_tokens_to_ids(word) for word in (one, other)]
        if None in places or self._tokenizer.unk_token_id in places:
            raise self._error(f"its tokenizer does not know {one} and {other}")
        with self._turn, torch.inference_mode():
            asked = torch.tensor([list(tokens)], device=self._model.device)
            logits = self._model(asked, attention_mask=torch.ones_like(asked)).logits[0, -1, places].float()
        if not bool(torch.isfinite(logits).all()):
            raise GuardAnswerError("the guard model computed what is no number", subject=str(self._folder))
        return float(torch.softmax(logits, dim=-1)[0])

    def _halves(self, template: dict[str, str]) -> tuple[str, str]:
        problem = "it leaves no place for a text"
        # Some templates take the text itself, others parts of which one is the text.
        for content in (_PLACE, [{"type": "text", "text": _PLACE}]):
            asked = [{"role": "user", "content": content}]
            try:
                rendered = str(self._tokenizer.apply_chat_template(asked, tokenize=False, **template))
            except Exception as error:  # templates are programs, and raise what programs raise
                problem = f"{type(error).__name__}: {error}"
                continue
            before, found, after = rendered.partition(_PLACE)
            if found and _PLACE not in after:
                return before, after
        raise self._error(f"its chat template cannot be filled in ({problem})")

    def _tokens(self, text: str, *, special: bool) -> list[int]:
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False, split_special_tokens=not special).input_ids
        if not special and set(tokens) & set(self._tokenizer.all_special_ids) - {self._tokenizer.unk_token_id}:
            raise GuardAnswerError("the prompt holds tokens of the template", subject=str(self._folder))
        return tokens

    def _error(self, problem: str) -> GuardError:
        return GuardError(
            problem,
            subject=str(self._folder),
            remedy="Give the folder of the guard model that the policy names, with safetensors and its chat template.",
        )


def spans(length: int, room: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Where windows begin and end that cover ``length`` tokens, of at most ``room`` each, sharing ``overlap``.

    There is always one, so that an empty text is asked about too.
    """
    start = 0
    while True:
        yield start, min(start + room, length)
        if start + room >= length:
            return
        start += room - overlap


def _defused(text: str) -> str:
    """The text without angle brackets, with which every template of these families marks what is not the text."""
    return text.replace("<", " ").replace(">", " ").strip()
