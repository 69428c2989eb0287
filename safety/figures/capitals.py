"""Whether words are written as a name: "a video of Drake", and not "a drake", "Drake Passage" or "Drakes".

For names that are words, or that many people bear: only the writer's capitals, or the sign of a handle, tell them
apart, so they count for something here and nowhere else. Where capitals tell nothing (at the start of a sentence, in a
title, in a prompt all in one case) nobody is named. Chinese has no capitals and parts no words: there a name of two
characters is one where words stand on both sides that can stand beside a name, "成龙在跳舞" and not "望子成龙".
"""

from __future__ import annotations

import re

from touchmark.safety.figures.han import SIMPLIFIED

_ONE_SENTENCE_BEFORE = re.compile(r"[\w,;)\]'’\"”-]\s*\Z")
_WORD_BEFORE = re.compile(r"([\w'’.]+) ?\Z")
_WORD_AFTER = re.compile(r" ?([\w'’]+)")
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_HAN = re.compile("[\u4e00-\u9fff]")
# Of text in simplified characters.
_HAN_BEFORE = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|[和与跟同让被给是像的段张幅位到看见拍画请由向对及为]|演员|明星|总理|外长|部长|书记|主席"
    r"|发言人|歌手|导演|选手|球员|关于|生成|展示|制作|视频|影片|照片)\Z"
)
_HAN_AFTER = re.compile(
    r"$|[^\u4e00-\u9fff]|[在和与跟同的是正被对向给吃喝说唱跳走站坐跑穿拿笑哭打骑开手抱演戴看拍举骂踢飞讲睡游接微挥握睁躺]|先生|总理|外长|部长"
    r"|书记|主席|女士|老师|出席|发表|宣布"
)
_DETERMINERS = frozenset({
    "a", "an", "the", "my", "his", "her", "our", "their", "this", "that", "some", "another", "every", "no", "one",
})  # fmt: skip
OF_A_KIND = _DETERMINERS | {"called", "named", "mr", "mrs", "ms", "dr", "uncle", "aunt"}
"""Before a name these make it a thing, or somebody else of that name."""
_ARTICLES = _DETERMINERS | {
    "un", "una", "uno", "el", "la", "los", "las", "le", "les", "une", "ein", "eine", "einen", "der", "die", "das", "um",
    "uma", "o", "il", "lo", "its", "two", "three", "each", "any",
}  # fmt: skip
"""Before words written small these make them common words."""


def is_written_as_name(text: str, span: tuple[int, int]) -> bool:
    """Whether a stretch stands in a text as a name does.

    Args:
        text: as it was typed.
        span: start and end, half open, of whole words.
    """
    start, end = span
    if _HAN.match(text, start):
        ahead, behind = (part.translate(SIMPLIFIED) for part in (text[max(0, start - 8) : start], text[end : end + 8]))
        return _HAN_BEFORE.search(ahead) is not None and _HAN_AFTER.match(behind) is not None
    if text[start - 1 : start] == "@":
        return True
    words = _WORD.findall(text[start:end])
    before = _WORD_BEFORE.search(text, max(0, start - 30), start)
    after = _WORD_AFTER.match(text, end)
    if not words or not all(word[0].isupper() for word in words):
        return False
    if len(words) == 1 and not _ONE_SENTENCE_BEFORE.search(text, max(0, start - 30), start):
        return False
    is_shouted = len(words[0]) > 2 and words[0].isupper() and (before or after) is not None
    beside = [match.group(1) for match in (before, after) if match is not None]
    if is_shouted and all(word.isupper() for word in beside):
        return False
    if before is not None and before.group(1).casefold() in OF_A_KIND:
        return False
    return not any(word[0].isupper() for word in beside)


def is_written_as_thing(text: str, span: tuple[int, int]) -> bool:
    """Whether a stretch is written small behind an article: "a thatcher", "the young thug".

    Args:
        text: as it was typed.
        span: start and end, half open, of whole words.
    """
    start, end = span
    before = _WORD_BEFORE.search(text, max(0, start - 30), start)
    return before is not None and before.group(1).casefold() in _ARTICLES and text[start:end].islower()
