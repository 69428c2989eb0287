"""Questions about a thing, which ask to see nothing: "what does the word … mean?", "is … common in old art?".

In them a word stands for what is talked of and not for what is to be shown, so a policy may want the classifier's
agreement before a term counts (:class:`touchmark.safety.policy.Agreement`). Narrow on purpose, since whoever wants the
picture may ask for it with a question mark: plainly written, short, nothing but such questions, and among them no word
of showing ("can you show …") and nobody whom a picture could show ("why is the woman …"). In other languages than
English narrower still: what a word means, where it comes from and whom it hurts, and the word is called one ("¿por qué
es ofensiva la palabra …?").
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

_LONGEST_OF_A_WORD = 90
_END = re.compile("[.!?。！？؟।]+")
_OF_A_WORD = {
    "es": (r"\bpalabra\b|\btermino\b", r"signific|ofensiv|racista|insult|origen|viene|despectiv|por que"),
    "pt": (r"\bpalavra\b|\btermo\b", r"signific|ofensiv|racista|insult|origem|vem\b|pejorativ|por que"),
    "fr": (r"\bmot\b|\bterme\b", r"signifi|veut dire|offens|raciste|insult|origine|vient|pejorat|pourquoi"),
    "de": (r"\bwort\b|\bbegriff\b", r"bedeut|beleidig|rassist|herkunft|kommt|abwert|verletz|warum"),
    "ru": (r"\bслов[оа]\b|\bтермин", r"значит|значает|оскорб|обид|происхо|откуда|почему"),
    "tr": (r"\bkelime|\bsozcu", r"ne demek|anlam|hakaret|koken|nereden|asagila|neden"),
    "ar": (r"كلمة|لفظ|مصطلح", r"معنى|تعني|مهين|إهانة|مسيئ|عنصري|أصل|لماذا"),
    "hi": (r"शब्द", r"मतलब|अर्थ|अपमान|गाली|उत्पत्ति|कहां से|कहाँ से|क्यों"),
    "zh": (r"[这這]个?個?[词詞]|一[词詞]|[词詞][语語]", r"意思|侮辱|歧[视視]|[来來]源|起源|[为為]什[么麼]"),
    "ja": (r"という(?:言葉|単語|語|呼び方|表現)", r"意味|差別|侮辱|由来|語源|なぜ|どうして"),
    "ko": (r"라는 (?:말|단어|표현|용어)", r"뜻|의미|비하|차별|모욕|유래|어원|왜"),
    "vi": (
        r"\b(?:vi sao|tai sao|nghia cua) tu\b|\btu ngu\b|\btu nay\b",
        r"xuc pham|nghia|nguon goc|miet thi|sao",
    ),
    "th": (r"คําว่า", r"หมายความ|หมายถึง|แปลว่า|ดูถูก|เหยียด|ที่มา|ทําไม"),
    "id": (r"\bkata\b|\bistilah\b", r"\barti|menghina|hinaan|rasis|merendahkan|asal|kenapa|mengapa"),
}
"""In canonical text, by language: that a word is talked of as one, and what is asked of it."""
_OF_ANY_WORD = tuple((re.compile(named), re.compile(asked)) for named, asked in _OF_A_WORD.values())
_SHOWS_ELSEWHERE = re.compile(
    r"muestr|mostr|montr|\bimagen|imagem|image|\bfoto|photo|video|escena|\bcena\b|scene|dibuj|desenh|dessin|\bgener"
    r"|\bger[ae]\b|\bcre[ae]|\bcri[ae]\b|\bha[zg]|\bfa[zc]|escrib|escrev|\becri|pelicula|\bfilm|zeig|\bbild|szene|zeichn|erzeug"
    r"|schreib|покаж|картин|фото|видео|фильм|сцен|нарису|созда|генерир|напиш|goster|resim|resm|sahne|\bciz|olustur"
    r"|\byaz\b|gambar|adegan|\bbuat|tulis|tunjuk|lukis|\bhinh|\bphim|\bve\b|\btao\b|\bviet\b"
    r"|أرني|صورة|صور\b|فيديو|فيلم|مشهد|ارسم|أنشئ|اكتب|दिखा|तस्वीर|फोटो|वीडियो|फिल्म|दृश्य|बना|लिख"
    r"|[画畫图圖写寫拍]|[视視][频頻]|影片|[场場]景|生成|展示|見せ|写真|動画|映像|シーン|描|作って|書"
    r"|보여|그림|사진|영상|장면|그려|만들|생성|써|ภาพ|รูป|วิดีโอ|คลิป|ฉาก|หนัง|วาด|สร้าง|เขียน|แสดง"
)


def asks_about(text: CanonicalText) -> bool:
    """Whether a text is one or more questions about a thing and nothing else; not for any that could be read twice."""
    if len(text.views) != 1:
        return False
    plain = text.views[0].text.strip()
    return _asks_about_a_thing(plain) or _asks_about_a_word(plain)


def _asks_about_a_word(plain: str) -> bool:
    if len(plain) > _LONGEST_OF_A_WORD or len(_END.findall(plain)) > 1 or _SHOWS_ELSEWHERE.search(plain):
        return False
    return any(named.search(plain) and asked.search(plain) for named, asked in _OF_ANY_WORD)


def _asks_about_a_thing(plain: str) -> bool:
    if _SHOWS.search(plain) or _SOMEBODY.search(plain):
        return False
    begin = 0
    while begin < len(plain):
        asked = _QUESTION.match(plain, begin)
        if not asked or len(asked[0].split()) > _MOST_WORDS:
            return False
        begin = asked.end()
    return begin > 0
