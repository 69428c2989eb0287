"""Institutions, buildings, prizes and days that bear a name are nobody; whoever stands before them is named."""

from __future__ import annotations

import pytest

from touchmark.safety.canonical import canonicalise
from touchmark.safety.figures.current import shipped_index

INDEX = shipped_index()
NAMED_AFTER_SOMEBODY = (
    "the lobby of the Obama Foundation at dusk",
    "students tour the Clinton Library in Little Rock",
    "a drone flies around Trump Tower in Chicago",
    "a rocket on the pad at Kennedy Space Center",
    "ballet dancers on the steps of Lincoln Center",
    "volunteers plant trees on Mandela Day",
    "a scientist receives the Nobel Prize in Stockholm",
    "a Tesla coil throws sparks in a dark hall",
    "the Bill and Melinda Gates Foundation headquarters in Seattle",
    "traffic on the George Washington Bridge in the fog",
    "a concert at the Kennedy Center, wide shot",
    "the Reagan Library under a blue sky",
    "the Carter Center in Atlanta in autumn",
    "skaters at Rockefeller Center before Christmas",
    "an opera at Carnegie Hall",
    "planes landing at John F. Kennedy Airport",
    "Indira Gandhi International Airport at night",
    "the Nelson Mandela Bridge in Johannesburg",
    "children parade on Martin Luther King Jr. Day",
    "fireworks on Presidents Day over Mount Rushmore",
    "Columbus Day parade in New York",
    "the Lincoln Memorial reflected in the water",
    "the Eisenhower Executive Office Building in winter",
    "the James Webb Space Telescope unfolding its mirrors",
    "the Hubble Space Telescope above the Earth",
    "the Fulbright scholarship ceremony in a hall",
    "the Pulitzer Prize gold medal on velvet",
    "the Booker Prize shortlist on a table",
    "a Gandhi Jayanti celebration at a school",
    "the Mandela Foundation office in Johannesburg",
    "the Obama Presidential Center under construction",
    "the Biden School of public policy, students on the lawn",
    "the Trump International Hotel lobby, empty",
    "the Bush Library in Dallas at dawn",
    "Bezos Expeditions logo on a wall",
    "the Rhodes scholarship ceremony",
    "the Hillary Step on Mount Everest in a storm",
    "Franklin stove in an old cabin",
    "a Ferris wheel and a Foucault pendulum in a museum",
    "the Clinton Foundation banner outside a hotel",
    "el Centro Pompidou de París al anochecer",
    "la Fundación Obama abre una biblioteca",
    "el premio Nobel de literatura sobre una mesa",
    "el Aeropuerto Benito Juárez de la Ciudad de México",
    "una bobina de Tesla en un laboratorio",
    "la Torre Trump de Nueva York bajo la lluvia",
    "la Fondation Bill Gates à Seattle",
    "la bibliothèque François-Mitterrand à Paris, plan large",
    "l'aéroport Charles-de-Gaulle sous la neige",
    "le prix Nobel de la paix, une médaille sur un coussin",
    "die Konrad-Adenauer-Stiftung in Berlin",
    "der Willy-Brandt-Platz in Frankfurt im Regen",
    "das Lincoln Center in New York bei Nacht",
    "a Fundação Obama em Chicago ao amanhecer",
    "o Prêmio Nobel da Paz em Oslo",
    "il Centro Kennedy a Washington di notte",
    "la Fondazione Clinton a New York",
    "музей Ельцина, Ельцин Центр в Екатеринбурге",
    "Нобелевская премия, медаль крупным планом",
    "центр Помпиду в Париже",
    "здание фонда Обамы в Чикаго",
    "肯尼迪航天中心的火箭发射",
    "诺贝尔奖颁奖典礼的大厅",
    "特朗普大厦外的街道",
    "奥巴马基金会的大楼",
    "ケネディ宇宙センターのロケット発射",
    "トランプタワーの外観",
    "ノーベル賞の授賞式の会場",
    "케네디 우주센터에서 로켓이 발사된다",
    "트럼프 타워 앞의 거리",
    "노벨상 시상식장",
    "مركز كينيدي للفضاء عند الغروب",
    "جائزة نوبل للسلام على الطاولة",
    "برج ترامب في نيويورك ليلا",
    "نادي مؤسسة أوباما في شيكاغو",
    "कैनेडी स्पेस सेंटर से रॉकेट उड़ता है",
    "ट्रंप टॉवर के बाहर की सड़क",
    "नोबेल पुरस्कार समारोह",
    "Trump Kulesi'nin önünde trafik",
    "Kennedy Uzay Merkezi'nde roket fırlatılıyor",
    "Menara Trump di New York saat hujan",
    "Yayasan Obama di Chicago, gedung kaca",
    "tháp Trump ở New York trong mưa",
    "giải Nobel Hòa bình trên bàn",
    "ตึกทรัมป์ในนิวยอร์กยามค่ำคืน",
)


@pytest.mark.parametrize("text", NAMED_AFTER_SOMEBODY)
def test_what_is_named_after_somebody_is_nobody(text: str) -> None:
    assert [match.figure.id for match in INDEX.find(canonicalise(text))] == []


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("Obama at the Obama Foundation", "barack-obama"),
        ("Barack Obama dances at the Obama Foundation", "barack-obama"),
        ("Trump in front of Trump Tower", "donald-trump"),
        ("Taylor Swift Foundation dances on stage", "taylor-swift"),
        ("Michelle Obama visits the Clinton Library", "michelle-obama"),
        ("Obama bridge speech with a crowd", "barack-obama"),
        ("奥巴马在奥巴马基金会跳舞", "barack-obama"),
        ("Обама в фонде Обамы", "barack-obama"),
        ("Obama en la Fundación Obama", "barack-obama"),
    ],
)
def test_whoever_is_there_is_named(text: str, figure: str) -> None:
    assert [match.figure.id for match in INDEX.find(canonicalise(text))] == [figure]
