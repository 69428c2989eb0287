"""Tiny guard models of the real architectures, in folders, that say what a test wants them to say.

Attention and feed-forward parts are set to nothing, so that the next token depends on the last one alone, through an
output matrix that is written by hand: a chain of tokens from the end of the template to the end of the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

TEMPLATES = {
    # The shape of the real ones: a text in a frame, and for ShieldGemma a guideline.
    "llama": "<|begin|>task <begin> User : {{ messages[0]['content'] | trim }} <end> <|turn|>",
    "llama-parts": (
        "<|begin|>task <begin> User : {% for part in messages[0]['content'] %}{% if part['type'] == 'text' %}"
        "{{ part['text'] }}{% endif %}{% endfor %} <end> <|turn|>"
    ),
    "qwen3": "<|begin|>task USER : {{ messages[0]['content'] }} <end> <|turn|>",
    "gemma2": "<|begin|>expert Human : {{ messages[0]['content'] }} <end> {{ guideline }} <|turn|>",
}
_CONFIGS: dict[str, tuple[Any, Any]] = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
    "gemma2": (Gemma2Config, Gemma2ForCausalLM),
}
_SPECIAL = ["<|end|>", "<unk>", "<|begin|>", "<|turn|>"]
_WORDS = [" ", "\n", ",", ":", "task", "User", "USER", "Human", "expert", "cat", "bomb", "safe", "unsafe", "Yes", "No"]
_WORDS += ["Safety: Safe", "Safety: Unsafe", "Safety: Controversial", "Categories: None", "Categories: Violent"]
_WORDS += [f"S{number}" for number in range(1, 16)]


def tokenizer(template: str | None) -> PreTrainedTokenizerFast:
    """Whole words, white space and signs, each a token."""
    words = {word: place for place, word in enumerate(_SPECIAL + _WORDS)}
    made = Tokenizer(WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = Split(Regex(r"\w+|\s|[^\w\s]"), "isolated")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token="<|end|>",
        unk_token="<unk>",
        additional_special_tokens=["<|begin|>", "<|turn|>"],
    )
    fast.chat_template = template
    return fast


def guard_folder(
    folder: Path,
    architecture: str,
    answer: Sequence[str] | None,
    *,
    template: str | None = None,
    context: int = 512,
    yes: float = 0.0,
) -> Path:
    """A model that says ``answer``, token by token, or where it is None, whatever its random weights say.

    Args:
        context: the most tokens that it takes.
        yes: for answers of one token: by how much the logit of ``Yes`` is above that of ``No``.
    """
    torch.manual_seed(1)
    words = tokenizer(TEMPLATES[architecture] if template is None else template)
    config_class, model_class = _CONFIGS[architecture]
    config = config_class(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=context,
        tie_word_embeddings=False,
        bos_token_id=words.convert_tokens_to_ids("<|begin|>"),
        eos_token_id=words.eos_token_id,
        pad_token_id=words.eos_token_id,
    )
    model = model_class(config).eval()
    if answer is not None:
        _teach(model, words, answer, yes)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def _teach(model: Any, words: PreTrainedTokenizerFast, answer: Sequence[str], yes: float) -> None:
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.zero_()
        points = torch.nn.functional.normalize(torch.randn(len(words), 64), dim=1)
        model.get_input_embeddings().weight.copy_(points)
        model.lm_head.weight.zero_()
        chain = words.convert_tokens_to_ids(["<|turn|>", *answer, "<|end|>"])
        assert len(set(chain[:-1])) == len(chain) - 1, "a token that comes twice would lead two ways"
        for last, following in pairwise(chain):
            model.lm_head.weight[following] += points[last]
        for word, share in (("Yes", yes), ("No", -yes)):
            model.lm_head.weight[words.convert_tokens_to_ids(word)] += points[chain[0]] * share / 16
