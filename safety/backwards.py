"""Tells text backwards in other scripts than Latin (for which see ``legibility.py``) by pairs of characters.

The pairs follow one another in this order and hardly ever in the other: endings before a blank, vowel signs behind
their letters, the order inside the commonest words. They are the 120 of each script that do so most often in three
quarters of the everyday sentences of Tatoeba; of the fourth quarter they tell 97 in 100 that are turned around, and
take 5 in 1,000 for turned that are not. Of Chinese and Japanese there are 190 more each, from the sentences that the
classifier was trained on, for these have no gaps and a clause of ten characters holds few of the first.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

_PAIRS = (
    # cyrillic
    "то н те  п си а  з дпост бтьь  чпррисяй ы  расчтзнхои.а. ці льже щожающотру. гчецебуь.эт экуняю скчиийойе."
    "вылюо.я.нутыбымнпирую,егднжиі.айспаепеькаєейм.й.жноюзрціныздякю.т.пло,л,е,блбрдьё иеоеезв.мээру,піійюбь,гр"
    "драясми?глрям,шкоїояк.гдвны."
    # arabic
    " کی  بے می۔ ں یںست أ پہے آے۔؟ د. خ ج گبه چنےکر، م.ة خوميکات.ازکوسےى ائأنلىا۔وںنہکهآنکےھاگرھیں۔ئی إی\u200c"
    "كاھے صفتتھجھفيکھٹاة.پیشتئےا.کہنگا\u064bقدذاچاپنرےہتھ رنبھی۔چھ غل.خرإنهیه.تےبہشدپہ\u064b آیھود،ي.لےرةلند؟ے؟"
    "فیب.مكك.بدپرن.چهيةر.و۔حددہجدت؟یےپسظر ذى.طراء"
    # devanagari
    " क\u0947  ह\u093e । \u0940 ह\u0948\u0902  स प\u0948।\u094b य\u093eन\u0947म\u0947 ज\u0948\u0902ह\u0940"
    "क\u093e\u0947\u0902 व अ\u094dयस\u0947\u093e।करक\u0947\u0940\u0902ह\u094bक\u094dक\u094bनह आ उ ट च\u0949म"
    "ट\u0949क\u0940सकत\u0947म\u0948\u093fयव\u093eवह भज\u093e\u0902।\u0941झ\u093fए खस\u094dभ\u0940ड\u093c"
    "\u094b\u0902च\u093eझ\u0947उस इ\u0948 \u093f यह\u094dहह\u0941हमकतपरआपज\u093cई पनरनफ\u093cद\u0947\u0940।हतइस"
    "अप\u0948?औरबह औ\u0942\u0901\u093e?ह\u093fख\u093e\u0901 स\u0940एक\u0947।\u093e\u0901\u093c\u093e\u0941ल"
    "\u093eईय\u094bह\u0942\u0902द\u0948सप\u094d\u093c स\u0941य\u0947गय\u0902गद\u093fए।\u093c\u0940श\u094d"
    "ल\u0940\u094dछ\u093eए\u093c\u094dबन ड\u0941छ\u093eफपतज\u093fकहउन"
    # chinese
    "。  一一个镜头个人 我一只头 正在在一到了开始人正环绕了一绕镜突然然后相机，相机环，他 你，突？ ，然了。时摄"
    "摄影延时这只后这变成过程另一。第 他记录影记录了后， 延程 逐渐。镜 两这个色的中，他们最后变化，她空中的变"
    "两个。最随着一起化过桌子，向移镜天，，展我的成了只鸟动，面，进入移动a队边，第一然这 在时，找到，一的光的。"
    "左边发现。在°c，但队的色 神秘面 自己然它温度决定一位。随，镜色变整个古老人在苹果空气得了只狗上，一块边 "
    "蓝色展现只猫右边前面他的中的0°远，王国渐变"
    # chinese, at the edges of clauses and in what is asked for
    "什么怎么 怎怎样 请么  帮如何有什我想 如教我需要办法诉我我怎告诉才能样才要什问怎请问方法 给的最 列的办列出窍门"
    "么窍步教请一最佳佳方女人写一 有我一是什邻居视频银行不被为什警察今晚里的频 计划划 一份我们 今死 么办晚我们要同事"
    "建议议 朋友伪造 为最好么诀窍 诀窍的步指南尸体保护步骤的指较好比较居的弹 制造自杀步告么在新闻友的处理女友上的大麻"
    "前女被发哪些钱 杀死想怎消灭 把男人 最偷看密码游客流浪有哪不留个女帮助枪 参观手机别人举报丈夫一些些方不让话 照片"
    "除掉老板老人现 网上最容容易保险医生冰毒一名方式式是住址我写小说公交药 跟踪黑进片 友 羞辱房东有办闻 起来个男杀掉"
    "兽医么偷勒索的 器 记者里 抢银虐待痕迹留痕在网医院展示 展生成门 妻子女朋成一骤是恐怖一段来 情侣公司袭击找回行卡"
    "法官里下可卡卡因查到假新电话我需一篇骤 的计老师防止赶出不用里抢教程"
    # japanese
    "。 た。ないていってったい。る。いること？ トムだ。 彼 トしてしたす。ムは 私ですからますなた そ彼女よ。かっ"
    "あな女はする ああるんだるのたの！ の？すかではリーるとるこ こんでようがあ 「とはそれか？私のそのしいいま"
    "好きものはなてもメアアリにはとをか。う。 何を見れては何と思自分ればはあどうれはいよをしれなるよりにられ"
    "ませであっとだけたらせんあり」 知らは自のだ話しのでなのてるだっそうきる。」言っ思っ彼のれたるんょうもう"
    "はメは、に行てくたちけれがいうかいん 君ん。ろうもし"
    # japanese, the same
    "て 方法は る はどえてばい教え法をるにる方一番番いい方法はの すれ説明手順順をうす画を明し どうややっが必必"
    "要コツ要 書い立て計画ン を立ける殺すショる手人をめるり方を作動画せる女性れるを持スロョン手伝て行るコ 今を教"
    "のを伝っえるつももりりだけどど何のはさいださか 作るのにうしいや持っけば行けらい方はに一は難難しツをる計者をッ"
    "プ引きめのツはを切ずにる一入れトを金をしくを詳詳し映画出すを盗守るすの見せの手ング画 るつプ  クンをるたに入"
    "ードーズルを買うアッ 映 自画のす なぜズアクロ警察インさせ手引れず 同ドを切る簡単盗む単に 簡写真死体弾をを"
    "い パューら守持ちつけ死ぬす方た 造す 偽同僚こっそりっそ像 ーを取る追い方  隣首をへの的な今夜を入かれの写"
    "に見を売食べい出害者ーン護師看護 なつかうにをつ隠す拷問広めを広"
    # hangul
    "다.는 을 은 에 를  나 있고 요.의 나는니다게  아서 로  사 것요? 톰 너 하 우이다세요있다그는 않 좋했다어."
    "에게어요 거 오한다었다야. 보우리에서 마하지습니 없 싶그녀 여 모합니톰은있어면 니까까? 부하는입니 당야 리는"
    "리 과  생하고으로내가하다것은해요좋아았다당신것을 책 집 정 많 대 같없다시간사람거야 했 살 공생각너무 바 되"
    " 누했어지금주세에는아이랑스들은니?녀는 언 새 메친구집에있었와 오늘어를않는싶어메리누구 프 찾 입 남 개"
    # thai
    "\u0e31นฉ\u0e31\u0e35\u0e48\u0e48าองไมท\u0e35 ฉ เเป\u0e48อ\u0e49าน นเ\u0e38ณค\u0e38เขจะ\u0e47นขา\u0e49อางอย"
    "น\u0e35\u0e31งม\u0e35ป\u0e47ขอนไ\u0e49ว\u0e37อร\u0e31\u0e31บด\u0e49ได\u0e34นระ\u0e35\u0e49นทะเเธ"
    "\u0e37\u0e48าเา ธอง  ผไปในแล\u0e35ย ค\u0e39\u0e49ล\u0e49\u0e48 หรควเล\u0e31\u0e49ห\u0e49ล\u0e48ไหย  ท"
    "\u0e48เล\u0e31ร\u0e35ใหะไ\u0e48สร\u0e37ม\u0e31เคร\u0e39ปรทอด\u0e35ทำ\u0e49ง\u0e48งเสว ต\u0e49งก แ\u0e49เ"
    "\u0e49 \u0e48ไหลรถม\u0e37พ\u0e39งสงน\u0e48จนตต\u0e48เหเทย\u0e39ชองท ห พ\u0e39\u0e48\u0e38ดาไะ ปลกำเจำลละ"
    "ร\u0e34กค\u0e49ำไร\u0e34\u0e48ลยมค"
    # greek
    " τι το πείουει δστ κποίντητεδεματικα γ έυ ω σ.με θα.ένησαυυτούέσόσκάι.γιάν βυνριπά χέχντμέπόμπχεο.ίσ λ φιά"
    "θέυμχούσθεί πιάσύ πρλωά.υ.λύω.ίζσκσ;ληπωε.δώη.ήθώ σχσπυπν.κρι;ζωμ.ζεώ.άωό.άε ξχωώσφτιόευσμλώκλψεσ,α;ί.ή. ψ"
    " ζύμχνπηφόο;υ;ξωδωύππτε;ιώζο"
    # hebrew
    "ם  מ שוםיםאת כיון אנך ה.ם.ת.לה צ נמרגו ז גביי.לףף חקוןפרעקו.ף.מעאח פשתלךר.חדן.יןספמנמןהגבתק.עםלםזרמקכךיךאם"
    "נסהםחזד.ב.שםכדאדץ ע.ם,דתתךש.ך.ה,מגך?ח.וךה?דשגשא.ל.ת,קטן?רךלרי,זקאףדםבפת?רץר,ף,עףסףכןג'"
    # bengali
    "\u09c7 ।  আ\u09bf  কর আম\u09be  বম\u09bf এট\u09be পত\u09c7 স টছ\u09bfকরই  দটম হপন\u09cdযপ\u09beআপ\u09c7।"
    "\u09bf।ল\u09cb\u09bfলয\u09be চব\u09c7\u09cb য়\u09c7ন\u09cdন।খ\u09beদ\u09c7এক খ গ অ\u09beই ভ ফ\u09be।"
    "\u09cb।স\u09cd\u09c7?ত\u09c1এখআছ থ ছভ\u09beগ\u09c7বলম।দ\u09bfম\u09c7ন?হয়কটএটএই\u09c1ময\u09c7খন\u09c1 য় "
    "থ\u09c7ত\u09cbক\u09cbই। উয়।পরজন\u09cdছ\u09c1লস\u09c7\u09c0 \u09c7ই\u09bfয়মনসম\u09be\u0981 ঘমর\u09beও"
    "ড়\u09bfর।অনময়কথ\u09cb?নয়ওয়উনআসআরবইফ\u09c1প\u09c7ড\u09beওটওখইট ডস\u09c1বছত?ণ টবছ\u09c1ওইয়স\u09cbথ"
    "\u09c7\u0981"
    # tamil
    "\u0bcd ன\u0bcdம\u0bcd\u0bc1  ந\u0bbeனர\u0bc1 வ அ ப த\u0bbfற எள\u0bcdர\u0bcd மகள இ\u0bc8 ந\u0bbeஅவந\u0bcd ச"
    "எனங\u0bcd\u0bcd.வ\u0bbf\u0bc7னற\u0bbe\u0bbf வனண\u0bcdவ\u0bc7ச\u0bc6இர உல\u0bc8ற\u0bc7ற\u0bc1ப\u0bbeவர"
    "த\u0bc2ள\u0bbfடம\u0bcbம\u0bc6யப\u0bbfந\u0bc0வளன\u0bc8ன\u0bc1ன க\u0bca\u0bc7ரத\u0bc6\u0bc7 \u0bc6ர\u0bc2ங ஆ"
    "\u0bc7ண\u0bc1ந\u0bbe?ற\u0bc8யம ஒ ஏ\u0bcd?\u0bcaண\u0bc7ல\u0bc0ர\u0bc0 வழம\u0bc8ப\u0bc7த\u0bcaட\u0bc8உன"
)
_IN_ORDER = frozenset(_PAIRS[i : i + 2] for i in range(0, len(_PAIRS), 2))
_GAIN = dict.fromkeys(_IN_ORDER, -1) | {pair[::-1]: 1 for pair in _IN_ORDER}
"""What a pair of a text gains by being turned."""
_USED = sorted(set(_PAIRS))
_NUMBERS = np.zeros(0x10000, dtype=np.uint16)
"""Of the characters of the pairs, by code point, from one on."""
_NUMBERS[[ord(letter) for letter in _USED]] = np.arange(1, len(_USED) + 1)
_GAINS = np.zeros((len(_USED) + 1, len(_USED) + 1), dtype=np.int8)
for _pair, _gain in _GAIN.items():
    _GAINS[_NUMBERS[ord(_pair[0])], _NUMBERS[ord(_pair[1])]] = _gain
_BORDER = int(_NUMBERS[ord(" ")])
_BORDERED = _NUMBERS.copy()
"""The same numbers, with a blank's for all that parts the clauses of Chinese and Japanese."""
_BORDERED[[ord(sign) for sign in "。，、！？；：,.!?;:「」『』（）()《》〈〉【】“”‘’…—~～・\u3000\n\r\t"]] = _BORDER
_SHORTEST_CLAUSE = 5
"""Characters of a clause that is told by its own pairs."""
_LETTERS = re.compile("[\u0370-\u1dff\u2e80-\ud7ff\uf900-\ufdff]")


_UNSPACED = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_TO_THE_GAP = re.compile(r"\A\S{0,12}(?!\S)|\A\S{0,4}")
"""What is left of a word, or some letters of a text without gaps."""
_LEAST_GAIN = 4
"""Pairs that a passage has to gain to be read backwards by itself: of 1,000 Russian sentences 4 hold one."""


def backwards(text: str) -> tuple[tuple[int, int], ...]:
    """What of a text of such a script reads backwards, half open and in order, each stretch by itself.

    That is all of it, where more pairs stand the wrong way round than the right way; or the clauses of Chinese and
    Japanese that do so; or the passage that gains most, if it gains enough; or nothing. Of a passage, words that are
    parted by spaces are whole; where none are it may begin or end some letters off.
    """
    if _LETTERS.search(text) is None:
        return ()
    spaced = " ".join(text.split())
    gains = _gains(_numbers(spaced, _NUMBERS))
    if int(gains.sum(dtype=np.intp)) > 0:
        return ((0, len(text)),)
    if _UNSPACED.search(text) is not None and (clauses := _clauses(text)):
        return clauses
    sums = np.zeros(len(text) + 2, dtype=np.int32)
    (gains if spaced == text else _gains(_numbers(text, _NUMBERS))).cumsum(dtype=np.int32, out=sums[1:])
    above = sums - np.minimum.accumulate(sums)
    last = int(above.argmax())
    if above[last] < _LEAST_GAIN:
        return ()
    begin, end = max(int(sums[: last + 1].argmin()) - 1, 0), min(last, len(text))
    before, behind = _TO_THE_GAP.search(text[:begin][::-1]), _TO_THE_GAP.search(text[end:])
    return ((begin - (before.end() if before else 0), end + (behind.end() if behind else 0)),)


def _clauses(text: str) -> tuple[tuple[int, int], ...]:
    """The clauses, parted by punctuation or blanks, that gain by being turned, and those beside them that lose nothing.

    A clause beside one that was typed backwards was most likely typed so too, and half of them hold no pair that tells.
    """
    numbers = _numbers(text, _BORDERED)
    gains = _gains(numbers)
    if int(gains.max()) <= 0:
        return ()
    borders = (numbers == _BORDER).nonzero()[0]
    begins, ends = borders[:-1], borders[1:] - 1
    sums = np.zeros(len(numbers), dtype=np.int32)
    gains.cumsum(dtype=np.int32, out=sums[1:])
    clauses = ends > begins
    gained = (sums[borders[1:]] - sums[borders[:-1]])[clauses]
    begins, ends = begins[clauses], ends[clauses]
    turned = (gained > 0) & (ends - begins >= _SHORTEST_CLAUSE)
    if not turned.any():
        return ()
    stretches = list(zip(begins.tolist(), ends.tolist(), strict=True))
    told = [number for number in turned.nonzero()[0].tolist() if _is_unspaced(text, stretches[number])]
    chosen = set(told)
    for number in told:
        for step in (-1, 1):
            beside = number + step
            while 0 <= beside < len(stretches) and beside not in chosen and gained[beside] >= 0:
                if not _is_unspaced(text, stretches[beside]):
                    break
                chosen.add(beside)
                beside += step
    return tuple(stretches[number] for number in sorted(chosen))


def _is_unspaced(text: str, clause: tuple[int, int]) -> bool:
    return _UNSPACED.search(text, *clause) is not None


def _numbers(text: str, table: NDArray[np.uint16]) -> NDArray[np.int32]:
    """The numbers of the characters of a text, with a blank at either end."""
    lower = text.casefold()
    read = f" {lower if len(lower) == len(text) else text} "
    letters = np.frombuffer(read.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return table.take(letters, mode="clip").astype(np.int32)


def _gains(numbers: NDArray[np.int32]) -> NDArray[np.int8]:
    """What each pair gains by being turned, from the one before the first character to the one after the last."""
    return _GAINS.ravel().take(numbers[:-1] * len(_GAINS) + numbers[1:])
