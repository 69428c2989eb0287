"""Questions about a thing, which ask to see nothing: "what does the word … mean?", "is … common in old art?".

In them a word stands for what is talked of and not for what is to be shown, so a policy may want the classifier's
agreement before a term counts (:class:`touchmark.safety.policy.Agreement`). Narrow on purpose, since whoever wants the
picture may ask for it with a question mark: English only, plainly written, short, nothing but such questions, and among
them no word of showing ("can you show …") and nobody whom a picture could show ("why is the woman …").
"""

from __future__ import annotations

import re

from touchmark.safety.canonical import CanonicalText

_MOST_WORDS = 20
"""Of one question: what is longer has room for a scene."""

_QUESTION = re.compile(
    r"(?:what|what's|which|who|whose|why|how|when|where|is|are|was|were|do|does|did|can|could|should|would|will|has"
    r"|have|had)\b[^.!?]*\?+[\"'”’)\s]*"
)
_SHOWS = re.compile(
    r"\b(?:show|see|look|watch|view|picture|photo|portrait|image|video|film|movie|clip|footage|scene|shot|close-?up"
    r"|camera|frame|render|generat|creat|mak|produc|draw|paint|sketch|illustrat|animat|depict|imagin|visuali[sz]"
    r"|describ|writ|stor(?:y|ies)|role-?play|pretend|perform|pos(?:e|es|ed|ing)\b|wear|undress|realistic|cinematic"
    r"|anime|cartoon|pixar|3d|4k|8k|hd)"
)
_SOMEBODY = re.compile(
    r"\b(?:he|she|her|hers|his|him|two|three|wom[ae]n|m[ae]n|girls?|boys?|lad(?:y|ies)|guys?|couples?|wife|husband"
    r"|lovers?|model|actress|actor|nurse|teacher|student|body|bodies|naked|nude|bed)\b"
)


def asks_about(text: CanonicalText) -> bool:
    """Whether a text is one or more questions about a thing and nothing else; not for any that could be read twice."""
    if len(text.views) != 1:
        return False
    plain = text.views[0].text.strip()
    if _SHOWS.search(plain) or _SOMEBODY.search(plain):
        return False
    begin = 0
    while begin < len(plain):
        asked = _QUESTION.match(plain, begin)
        if not asked or len(asked[0].split()) > _MOST_WORDS:
            return False
        begin = asked.end()
    return begin > 0
