"""An operator's own figures: the register, imported lists, and the gate that follows both."""

from __future__ import annotations

import bz2
import gzip
import json
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from touchmark.cli.main import run
from touchmark.provenance.home import Home
from touchmark.safety import gate
from touchmark.safety.canonical import canonicalise
from touchmark.safety.figures import FigureDataError, FigureIndex, FigureMatch, MatchKind
from touchmark.safety.figures.common import common_among
from touchmark.safety.figures.current import CurrentFigures, decide, load_index, shipped_index
from touchmark.safety.figures.figure import FigureStatus
from touchmark.safety.figures.imported import load_imports, write_import
from touchmark.safety.figures.register import Register, RegisterError, register_line, slug_of
from touchmark.safety.figures.sources import ImportSourceError, Person, read_people

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = {"id": "ada-xample", "name": "Adalgisa Xample", "aliases": ["Adaxa"], "native": ["Адальгиза Эксампл"]}


def line(action: str, person: str, **told: object) -> dict[str, object]:
    return {"action": action, "id": person, "reviewer": "r-17", "at": NOW, **told}


def tell(folder: Path, action: str, person: str, **told: object) -> Register:
    return decide(folder, register_line(line(action, person, **told)))


def find(figures: FigureIndex | CurrentFigures, text: str) -> tuple[FigureMatch, ...]:
    return figures.find(canonicalise(text))


# --- the register ---------------------------------------------------------------------------------------------------


def test_what_is_added_is_found_by_every_form_and_what_is_removed_is_not(tmp_path: Path) -> None:
    figures = CurrentFigures(tmp_path)
    assert find(figures, "a video of Adalgisa Xample") == ()
    tell(tmp_path, "add", "ada-xample", figure=ADA)
    for text in ("a video of Adalgisa Xample", "adaxa dances", "танец: Адальгиза Эксампл", "Adalgisa Xampel"):
        assert [match.figure.id for match in find(figures, text)] == ["ada-xample"], text
    tell(tmp_path, "remove", "ada-xample", reason="asked to be let go")
    assert find(figures, "a video of Adalgisa Xample") == ()


def test_somebody_in_the_list_can_opt_out_and_come_back(tmp_path: Path) -> None:
    figures = CurrentFigures(tmp_path)
    tell(tmp_path, "opt-out", "keanu-reeves", asked_by="the person")
    (match,) = find(figures, "Keanu Reeves in the rain")
    assert match.figure.opted_out
    assert match.figure.roles
    tell(tmp_path, "remove", "keanu-reeves", reason="a letter of the person")
    assert not find(figures, "Keanu Reeves in the rain")[0].figure.opted_out


def test_an_opt_out_of_somebody_unknown_wins_over_a_namesake(tmp_path: Path) -> None:
    figure = {"id": "the-other-tom-hanks", "name": "Tom Hanks"}
    with pytest.raises(FigureDataError, match="also means 'tom-hanks'"):
        tell(tmp_path, "add", figure["id"], figure=figure)
    tell(tmp_path, "opt-out", figure["id"], figure=figure, asked_by="their estate")
    (match,) = find(load_index(tmp_path), "Tom Hanks on a bench")
    assert (match.figure.id, match.figure.opted_out) == (figure["id"], True)


def test_every_decision_stays_on_record(tmp_path: Path) -> None:
    tell(tmp_path, "add", "ada-xample", figure=ADA)
    tell(tmp_path, "opt-out", "ada-xample", asked_by="her estate")
    register = tell(tmp_path, "remove", "ada-xample", reason="the estate took it back")
    assert register.standing["ada-xample"].added is not None
    assert register.standing["ada-xample"].opted_out is None
    assert [said.action for said in Register.read(tmp_path / "register.jsonl").lines] == ["add", "opt-out", "remove"]


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (line("opt-out", "keanu-reeves"), "who asked"),
        (line("add", "ada-xample"), "describes the figure"),
        (line("remove", "ada-xample"), "gives its reason"),
        (line("add", "other", figure=ADA), "another id"),
        ({**line("opt-out", "keanu-reeves", asked_by="them"), "reviewer": "Jane Doe"}, "reviewer"),
        ({**line("opt-out", "keanu-reeves", asked_by="them"), "at": "2026-01-01T00:00:00"}, "at: "),
        (line("opt-out", "Keanu", asked_by="them"), "id: "),
        (line("erase", "keanu-reeves"), "action: "),
        (line("add", "ada-xample", figure={**ADA, "nickname": "A"}), "nickname"),
    ],
)
def test_a_decision_that_breaks_a_rule_names_it(told: dict[str, object], rule: str) -> None:
    with pytest.raises(RegisterError, match=rule):
        register_line(told)


@pytest.mark.parametrize(
    ("action", "person", "told", "problem"),
    [
        ("remove", "keanu-reeves", {"reason": "no longer so"}, "is not in the register"),
        ("add", "ada-xample", {"figure": ADA}, "is in the register already"),
        ("opt-out", "tom-hanks", {"asked_by": "them"}, "has opted out already"),
        ("opt-out", "nobody-known", {"asked_by": "them"}, "is about nobody"),
    ],
)
def test_a_decision_that_contradicts_the_register_is_not_written(
    tmp_path: Path, action: str, person: str, told: dict[str, object], problem: str
) -> None:
    tell(tmp_path, "add", "ada-xample", figure=ADA)
    tell(tmp_path, "opt-out", "tom-hanks", asked_by="the person")
    before = (tmp_path / "register.jsonl").read_bytes()
    with pytest.raises(FigureDataError, match=problem):
        tell(tmp_path, action, person, **told)
    assert (tmp_path / "register.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{}\n", "line 1: action: Field required"),
        (b"not json\n", "line 1: "),
        (b'{"action":"add"\n', "line 1: "),
        (b"\xff\xfe\n", "line 1: "),
        (b"[" * 100_000 + b"\n", "line 1: "),
    ],
)
def test_a_faulty_register_is_an_error_and_the_gate_lets_nothing_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, problem: str
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    folder = Home.default().figures
    folder.mkdir()
    (folder / "register.jsonl").write_bytes(content)
    with pytest.raises(FigureDataError, match=problem) as caught:
        gate.screen("a lighthouse at dawn")
    assert caught.value.subject == str(folder / "register.jsonl")
    assert caught.value.remedy


def test_the_gate_refuses_whoever_opted_out_from_the_next_prompt_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    prompt = "Adalgisa Xample waters her garden"
    assert gate.screen(prompt).action == "allow"
    tell(Home.default().figures, "opt-out", "ada-xample", figure=ADA, asked_by="the person")
    assert gate.screen(prompt).action == "refuse"
    (Home.default().figures / "register.jsonl").write_text("broken\n")
    with pytest.raises(FigureDataError):
        gate.screen(prompt)


def written(folder: Path, count: int) -> bytes:
    """A register with so many people in it."""
    for number in range(count):
        tell(
            folder, "add", f"person-{number}", figure={"id": f"person-{number}", "name": "Xampl" + "aeiouy"[number] * 4}
        )
    return (folder / "register.jsonl").read_bytes()


def test_what_a_power_cut_left_of_a_last_line_is_passed_over_and_goes_with_the_next_decision(tmp_path: Path) -> None:
    whole = written(tmp_path, 3)
    register = tmp_path / "register.jsonl"
    last = whole.rindex(b"\n", 0, -1) + 1
    for kept in range(last, len(whole) + 1):
        register.write_bytes(whole[:kept])
        # A line that lacks nothing but its end was decided, whoever took the end away.
        decided = 3 if kept >= len(whole) - 1 else 2
        assert len(Register.read(register).lines) == decided
        if kept % 40 == 0 or kept >= len(whole) - 1:
            tell(tmp_path, "add", "ada-xample", figure=ADA)
            assert [entry.id for entry in Register.read(register).lines][decided:] == ["ada-xample"]


def test_a_full_disk_leaves_the_register_and_the_lists_as_they_were(tmp_path: Path) -> None:
    before = written(tmp_path, 1)
    kept = write_import(tmp_path, "press", people(), "people.csv", "r-17", NOW).read_bytes()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, unlimited[1]))
    try:
        with pytest.raises(FigureDataError, match="the register cannot be written") as caught:
            tell(tmp_path, "add", "ada-xample", figure=ADA)
        with pytest.raises(FigureDataError, match="the list cannot be written"):
            write_import(tmp_path, "press", people() * 9, "people.csv", "r-17", NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.remedy and (tmp_path / "register.jsonl").read_bytes() == before
    assert [path.read_bytes() for path in (tmp_path / "imports").iterdir()] == [kept]


def test_of_several_who_decide_at_once_everybody_is_kept(tmp_path: Path) -> None:
    def decide_one(number: int) -> None:
        tell(tmp_path, "add", f"p-{number}", figure={"id": f"p-{number}", "name": f"Xample{'abcdefgh'[number] * 4}"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decide_one, range(8)))
    assert len(Register.read(tmp_path / "register.jsonl").standing) == 8


@pytest.mark.parametrize("end_of_line", ["\u2028", "\u2029", "\x85", "\x0b"])
def test_what_looks_like_the_end_of_a_line_ends_none(tmp_path: Path, end_of_line: str) -> None:
    tell(tmp_path, "add", "ada-xample", figure={**ADA, "aliases": [f"Ada{end_of_line}Xampleton"]})
    tell(tmp_path, "opt-out", "donald-trump", asked_by=f"his office,{end_of_line}by letter")
    assert len(Register.read(tmp_path / "register.jsonl").standing) == 2
    assert find(load_index(tmp_path), "Ada Xampleton")[0].figure.id == "ada-xample"


@pytest.mark.parametrize("name", ["Ada\x00lgisa", "Ada\x1bXample", "\u0301\u0301", "!!!", "\ud800"])
def test_a_name_that_nobody_could_be_found_by_is_refused(tmp_path: Path, name: str) -> None:
    for figure in ({**ADA, "name": name}, {**ADA, "aliases": [name]}):
        with pytest.raises(RegisterError, match=r"figure\.(name|aliases)"):
            tell(tmp_path, "add", "ada-xample", figure=figure)


@pytest.mark.parametrize("part", ["register.jsonl", "imports", "imports/press.jsonl"])
def test_a_link_that_leads_nowhere_is_no_empty_list(tmp_path: Path, part: str) -> None:
    (tmp_path / part).parent.mkdir(exist_ok=True)
    (tmp_path / part).symlink_to(tmp_path / "not-mounted")
    with pytest.raises(FigureDataError, match="cannot be read"):
        CurrentFigures(tmp_path)
    with pytest.raises(FigureDataError, match="cannot be read"):
        load_index(tmp_path)
    if part == "register.jsonl":
        with pytest.raises(FigureDataError, match="cannot be written"):
            tell(tmp_path, "add", "ada-xample", figure=ADA)
    assert not (tmp_path / "not-mounted").exists()


@pytest.mark.parametrize("field", ["name", "aliases", "native"])
@pytest.mark.parametrize("word", ["the", "Cat", "the Dog", "un chien", "of a", "и", "的", "사람"])
def test_a_common_word_is_no_name(tmp_path: Path, word: str, field: str) -> None:
    figure = {"id": "x", "name": "Adalgisa Xample", field: word if field == "name" else [word]}
    with pytest.raises(RegisterError, match="is a common word") as caught:
        tell(tmp_path, "add", "x", figure=figure)
    assert caught.value.remedy and not Register.read(tmp_path / "register.jsonl").lines


@pytest.mark.parametrize(
    "name",
    ["Prince", "Drake", "Pink", "Li Na", "An Na", "the Game", "La Roux", "成龙", "the artist formerly known as Xample"],
)
def test_a_name_that_is_a_rarer_word_is_one(name: str) -> None:
    assert not common_among([name])


@pytest.mark.parametrize(
    ("name", "slug"), [("Zoë Kravitz", "zoe-kravitz"), ("王毅", "738b-6bc5"), ("A" * 200, "a" * 80)]
)
def test_an_id_is_made_from_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


# --- lists from elsewhere -------------------------------------------------------------------------------------------


def entity(item: str, name: str, *, instance: str = "Q5", died: bool = False, **more: str) -> dict[str, Any]:
    claims: dict[str, Any] = {"P31": [{"mainsnak": {"snaktype": "value", "datavalue": {"value": {"id": instance}}}}]}
    if died:
        claims["P570"] = [{"mainsnak": {"snaktype": "somevalue"}}]
    labels = {language: {"language": language, "value": value} for language, value in {"en": name, **more}.items()}
    aliases = {"en": [{"language": "en", "value": f"{name} Junior"}]}
    return {"id": item, "type": "item", "labels": labels, "aliases": aliases, "claims": claims}


DUMP = [
    entity("Q1", "Ottoline Quux", ru="Оттолина Квукс"),
    entity("Q2", "a house", instance="Q3947"),
    entity("Q3", "Bertil Zwyx", died=True),
]
QUERY = {
    "head": {"vars": ["item", "itemLabel", "alias"]},
    "results": {
        "bindings": [
            {
                "item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q1"},
                "itemLabel": {"type": "literal", "value": "Ottoline Quux"},
                "native": {"type": "literal", "value": native},
            }
            for native in ("Оттолина Квукс", "奥托琳·库克斯")
        ]
    },
}
CSV = (
    "id,name,aliases,native,status\n"
    'q1,Ottoline Quux,Otti Q.|OttiQuux,"Оттолина Квукс",living\n'
    ",Bertil Zwyx,,,deceased\n"
)


def dump(entities: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(map(json.dumps, entities)) + "\n]\n"


def plain(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def gzipped(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode()))


def bzipped(path: Path, text: str) -> None:
    path.write_bytes(bz2.compress(text.encode()))


@pytest.mark.parametrize(
    ("file", "text", "write", "people"),
    [
        ("people.csv", CSV, plain, 2),
        ("people.csv.gz", CSV, gzipped, 2),
        ("dump.json", dump(DUMP), plain, 2),
        ("dump.json.bz2", dump(DUMP), bzipped, 2),
        ("dump.jsonl", "\n".join(map(json.dumps, DUMP)), plain, 2),
        ("query.json", json.dumps(QUERY, indent=2), plain, 1),
    ],
)
def test_lists_of_every_kind_are_read(
    tmp_path: Path, file: str, text: str, write: Callable[[Path, str], None], people: int
) -> None:
    write(tmp_path / file, text)
    found = read_people(tmp_path / file)
    assert [person.name for person in found] == ["Ottoline Quux", "Bertil Zwyx"][:people]
    assert "Оттолина Квукс" in found[0].forms
    assert [str(person.status) for person in found] == ["living", "deceased"][:people]


def test_rows_of_one_item_are_one_person(tmp_path: Path) -> None:
    plain(tmp_path / "query.json", json.dumps(QUERY))
    (person,) = read_people(tmp_path / "query.json")
    assert {"Оттолина Квукс", "奥托琳·库克斯"} <= set(person.forms)


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("a.csv", "name,nick\nAda,A\n", "line 1: unknown column 'nick'"),
        ("a.csv", "id,aliases\n1,A\n", "line 1: no column 'name'"),
        ("a.csv", "name\nAda\n...\n", "line 3: the name '...' holds no letter"),
        ("a.csv", "name,id\nAda,a 1\n", "line 2: the id 'a 1'"),
        ("a.csv", "name,id\nAda,a\nBob,a\n", "line 3: the id 'a' is given twice"),
        ("a.csv", "name,id\nAda\n", "line 2: 1 cells under 2 columns"),
        ("a.csv", "name,countries\nAda,Britain\n", "line 2: 'Britain' is no country"),
        ("a.csv", "name,roles\nAda,wizard\n", "line 2: 'wizard' is no role"),
        ("a.csv", "name,status\nAda,asleep\n", "line 2: 'asleep' is no status"),
        ("a.csv", "name\n" + "x" * 101 + "\n", "line 2: a name has 1 to 100 characters"),
        ("a.csv", "name\n" + "x" * (2**20 + 5), "line 2: the line is longer"),
        ("a.csv", 'name\n"Ada\n', "no CSV"),
        ("a.csv", "name\n\u0301\u0301\n", "holds no letter"),
        ("a.csv", "item,itemLabel,itemDescription\n", "line 1: unknown column 'itemdescription'"),
        ("a.csv", "name\n", "nobody is in the file"),
        ("a.csv", "", "line 1: no column 'name'"),
        ("a.json", "", "nobody is in the file"),
        ("a.json", dump(DUMP)[:-40], "line 4: an entry is cut off, or no JSON"),
        ("a.json", dump(DUMP[:1])[:-3], "the list does not end"),
        ("a.json", "[1, 2]", "line 1: an entry that is no object"),
        ("a.json", '[{"name": "Ada"}]', "neither an entity nor a row"),
        ("a.json", '[{"item": "Ada", "itemLabel": "Ada"}]', "'Ada' is no Wikidata item"),
        ("a.json", '[{"item": 5, "itemLabel": "Ada"}]', "a cell that is no text"),
        ("a.json", "[" * 200_000, "the list does not end"),
        ("a.json", '[{"a":' * 100_000, "cut off, or no JSON"),
        ("a.json", '[{"labels": {"en": 5}, "id": "Q1", "claims": {"P31": 7}}]', "neither an entity nor a row"),
        ("a.json", '[{"item": ' + "9" * 5000 + "}]", "cut off, or no JSON"),
        ("a.json", "[" + " " * (2**24 + 2), "characters between two entries"),
        ("a.csv", "name\n" + "\n" * (2**24 + 2), "characters of white space"),
        ("a.txt", "Ada", "a list of the kind 'txt'"),
    ],
)
def test_a_list_that_breaks_a_rule_is_named_with_its_line(tmp_path: Path, file: str, text: str, problem: str) -> None:
    plain(tmp_path / file, text)
    with pytest.raises(ImportSourceError) as caught:
        read_people(tmp_path / file)
    assert problem in caught.value.problem
    assert caught.value.subject == str(tmp_path / file)
    assert caught.value.remedy


@pytest.mark.parametrize("file", ["missing.csv", "cut.csv.gz", "bytes.csv", "damaged.csv.gz", "damaged.csv.bz2"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, file: str) -> None:
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(CSV.encode())[:-12])
    for name, packed in (
        ("damaged.csv.gz", gzip.compress(CSV.encode())),
        ("damaged.csv.bz2", bz2.compress(CSV.encode())),
    ):
        (tmp_path / name).write_bytes(packed[:20] + bytes(20) + packed[40:])
    (tmp_path / "bytes.csv").write_bytes(b"name\n\xff\xfe\n")
    with pytest.raises(ImportSourceError, match="cannot be read"):
        read_people(tmp_path / file)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_spreadsheet_that_begins_with_a_byte_order_mark_is_read_packed_too(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / ("a.csv.gz" if pack is gzip.compress else "a.csv.bz2")
    path.write_bytes(pack("\ufeffname\nOttoline Quux\n".encode()))
    assert [person.name for person in read_people(path)] == ["Ottoline Quux"]


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in entity("Q7", "Xamplia Zzyx").items() if name != field}


@pytest.mark.parametrize(
    "passed_over",
    [
        without("labels"),
        without("claims"),
        {"id": "Q7", "missing": ""},
        {"id": "L7", "type": "lexeme", "lemmas": {"en": {"language": "en", "value": "xample"}}},
        entity("Q7", "Xamplia \x07 Zzyx"),
        {**entity("Q7", ""), "aliases": {}},
        {**entity("Q7", "Xamplia"), "labels": {"en": {"language": "en", "removed": ""}}},
        {**entity("Q7", "Xamplia"), "claims": {"P31": [{"mainsnak": {"snaktype": "value"}}]}},
    ],
)
def test_of_a_dump_what_lacks_a_field_is_passed_over(tmp_path: Path, passed_over: dict[str, Any]) -> None:
    plain(tmp_path / "dump.json", dump([passed_over, *DUMP]))
    assert [person.name for person in read_people(tmp_path / "dump.json")] == ["Ottoline Quux", "Bertil Zwyx"]


def test_of_a_dump_a_person_without_aliases_or_an_english_label_is_taken(tmp_path: Path) -> None:
    foreign = entity("Q7", "x") | {"labels": {"ru": {"language": "ru", "value": "Оттолина Квукс"}}}
    plain(tmp_path / "dump.json", dump([without("aliases"), foreign]))
    assert [person.key for person in read_people(tmp_path / "dump.json")] == ["q7"]


def test_a_row_of_a_query_without_a_label_is_passed_over(tmp_path: Path) -> None:
    rows = [{"item": {"value": "http://www.wikidata.org/entity/Q9"}}, *QUERY["results"]["bindings"]]
    plain(tmp_path / "query.json", json.dumps({"head": {}, "results": {"bindings": rows}}))
    plain(tmp_path / "query.csv", "item,itemLabel\nQ9,\nQ1,Ottoline Quux\n")
    for file in ("query.json", "query.csv"):
        assert [person.name for person in read_people(tmp_path / file)] == ["Ottoline Quux"]


def test_an_entry_longer_than_a_chunk_is_read_whole(tmp_path: Path) -> None:
    long = entity("Q9", "Ottoline Quux")
    long["aliases"]["en"] = [{"value": "x" * 90_000} for _ in range(25)]
    plain(tmp_path / "a.json", dump([long, DUMP[2]]))
    assert [person.name for person in read_people(tmp_path / "a.json")] == ["Ottoline Quux", "Bertil Zwyx"]


# --- imported names in the search -----------------------------------------------------------------------------------


def people() -> list[Person]:
    return [
        Person("q1", "Ottoline Quux", forms=dict.fromkeys(("Оттолина Квукс", "OttiQuux", "Max"))),
        Person("q2", "Donald Trump"),
    ]


def test_imported_names_are_found_misspelt_declined_and_in_other_scripts(tmp_path: Path) -> None:
    write_import(tmp_path, "press", people(), "people.csv", "r-17", NOW)
    index = load_index(tmp_path)
    assert len(index) == len(shipped_index().figures) + 2
    for text, kind in (
        ("a portrait of Ottoline Quux", MatchKind.NAME),
        ("@ottiquux waves", MatchKind.ALIAS),
        ("Оттолина Квукс танцует", MatchKind.ALIAS),
        ("Otoline Quux waves", MatchKind.MISSPELLING),
    ):
        assert [(match.figure.id, match.kind) for match in find(index, text)] == [("press-q1", kind)], text
    assert find(index, "Max feeds a cat") == ()
    assert [match.figure.id for match in find(index, "Donald Trump")] == ["donald-trump"]


def test_the_compiled_names_are_kept_and_made_again_if_they_do_not_fit(tmp_path: Path) -> None:
    write_import(tmp_path, "press", people(), "people.csv", "r-17", NOW)

    def loaded() -> list[str]:
        imported = load_imports(tmp_path, frozenset())
        assert imported is not None
        return list(imported.names)

    names = loaded()
    (cache,) = (tmp_path / "cache").iterdir()
    kept = cache.read_bytes()
    assert loaded() == names
    for broken in (b"", b"PK\x03\x04", kept[: len(kept) // 2], kept[:200] + b"\xff" * 64 + kept[264:]):
        cache.write_bytes(broken)
        assert loaded() == names
    write_import(tmp_path, "press", people()[:1], "people.csv", "r-17", NOW)
    assert "donald trump" not in loaded()
    assert cache not in set((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b + b"{}\n", lambda b: b"{}\n" + b, lambda b: b""])
def test_an_imported_list_that_was_touched_is_an_error(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = write_import(tmp_path, "press", people(), "people.csv", "r-17", NOW)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FigureDataError, match="not as it was written"):
        load_index(tmp_path)


# --- the command line -----------------------------------------------------------------------------------------------


def test_the_commands_add_leave_out_import_and_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    plain(tmp_path / "people.csv", CSV + "q2,in the,,,living\n")

    def told(*words: str, status: int = 0) -> str:
        assert run(["figures", *words]) == status
        return capsys.readouterr().out

    by = ("--reviewer", "r-17")
    assert told("add", "Adalgisa Xample", "--alias", "Adaxa", *by) == "adalgisa-xample: added.\n"
    told("add", "Tom Hanks", "--opt-out", "--asked-by", "the person", *by)
    imported = told("import", str(tmp_path / "people.csv"), "--name", "press", *by)
    assert "2 people" in imported and "Refused as common words, 1 name: in the (" in imported
    # Each command reads the lists anew, so all are asked for at once.
    found = json.loads(told("find", "adaxa, Ottoline Quux and Tom Hanks", "--json"))
    assert [(one["figure"]["id"], one["figure"]["opted_out"]) for one in found] == [
        ("adalgisa-xample", False),
        ("press-q1", False),
        ("tom-hanks", True),
    ]
    assert [entry["action"] for entry in json.loads(told("register", "--json"))] == ["add", "opt-out"]
    told("add", "Nobody", "--opt-out", *by, status=64)
    told("remove", "tom-hanks", "--reason", "a letter", *by)


def test_what_the_query_page_downloads_as_csv_is_read_as_its_json_is(tmp_path: Path) -> None:
    csv_file, json_file = tmp_path / "query.csv", tmp_path / "query.json"
    rows = [
        ("Q90", "Zorblatt Quimble", "Zorby", ""),
        ("Q90", "Zorblatt Quimble", "Zee Quimble", "2001-01-01T00:00:00Z"),
    ]
    lines = ["item,itemLabel,alias,died", *(f"http://www.wikidata.org/entity/{','.join(row)}" for row in rows)]
    csv_file.write_text("\r\n".join(lines), encoding="utf-8")
    json_file.write_text(
        json.dumps([dict(zip(("item", "itemLabel", "alias", "died"), row, strict=True)) for row in rows]),
        encoding="utf-8",
    )
    (person,) = read_people(csv_file)
    assert (person.name, person.status, [*person.forms][:1]) == ("Zorblatt Quimble", FigureStatus.DECEASED, ["Zorby"])
    assert read_people(json_file) == [person]


@pytest.mark.parametrize("blank", ["", " " * 70_000])
def test_entities_as_the_api_gives_them_are_read_as_those_of_a_dump_are(tmp_path: Path, blank: str) -> None:
    human = {"P31": [{"mainsnak": {"snaktype": "value", "datavalue": {"value": {"id": "Q5"}}}}]}
    entities = [
        {"id": f"Q{n}", "labels": {"en": {"value": f"Quimble Number{n}x"}}, "claims": human} for n in range(1, 4_000)
    ]
    dump, api = tmp_path / "dump.json", tmp_path / "api.json"
    dump.write_text(json.dumps(entities), encoding="utf-8")
    api.write_text(blank + json.dumps({"entities": {e["id"]: e for e in entities}}), encoding="utf-8")
    assert read_people(api) == read_people(dump)
    api.write_text(api.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    with pytest.raises(ImportSourceError):
        read_people(api)


def test_a_name_with_a_control_character_is_a_named_error(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name\nZorblatt\x00 Quimble\n", encoding="utf-8")
    with pytest.raises(ImportSourceError, match=r"line 2: .*control character"):
        read_people(path)
