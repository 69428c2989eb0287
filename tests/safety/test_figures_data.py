"""The shipped list of public figures, and what happens to a list that is wrong."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from touchmark.safety.figures import FigureDataError, FigureIndex, FigureRole, FigureStatus
from touchmark.safety.figures.compiled import COMPILED_FILE
from touchmark.safety.figures.compiling import compile_folder
from touchmark.safety.figures.current import shipped_data
from touchmark.safety.figures.data import read_figures, shipped_folder
from touchmark.safety.figures.files import FiguresFile, json_schema
from touchmark.safety.figures.forms import folded_name

DATA = shipped_data()
FILES = sorted(shipped_folder().glob("*.yaml"))
CONTINENTS = {
    "Africa": "DZ AO BW CM CD CI EG ET GH KE LY MA MZ NG RW SN SO ZA SD TZ TN UG ZM ZW",
    "Asia": "AF BD CN HK IN ID IR IQ IL JP KZ KP KR MY PK PH SA SG LK SY TW TH TR AE UZ VN",
    "Europe": "AT BE BG BY CH CZ DE DK ES FI FR GB GR HU IE IT LT NL NO PL PT RO RS RU SE UA",
    "North America": "BS BB CA CR CU DO GT HN HT JM MX PA SV TT US",
    "South America": "AR BO BR CL CO EC GY PE PY UY VE",
    "Oceania": "AU FJ FM KI MH NR NZ PG PW SB TV VU WS",
}


def _content(path: Path) -> dict[str, Any]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(content, dict)
    return content


def test_the_list_is_long_and_every_status_is_there() -> None:
    count = Counter(figure.status for figure in DATA.figures)
    assert count[FigureStatus.LIVING] >= 3_000
    assert count[FigureStatus.DECEASED] >= 200
    assert count[FigureStatus.HISTORICAL] >= 400


def test_at_least_three_hundred_figures_have_aliases_and_as_many_a_native_form() -> None:
    assert sum(bool(figure.aliases) for figure in DATA.figures) >= 300
    assert sum(bool(figure.native) for figure in DATA.figures) >= 300


@pytest.mark.parametrize("continent", CONTINENTS)
def test_every_continent_is_there(continent: str) -> None:
    codes = set(CONTINENTS[continent].split())
    missing = codes - {code for figure in DATA.figures for code in figure.countries}
    assert not missing


@pytest.mark.parametrize("role", FigureRole)
def test_every_role_is_held(role: FigureRole) -> None:
    assert any(role in figure.roles for figure in DATA.figures)


def test_a_hundred_countries_have_a_head_of_state_or_government_in_the_table() -> None:
    heads = {"president", "prime-minister", "chancellor", "king", "emperor", "emir", "sultan"}
    assert sum(bool(heads & titles.keys()) for titles in DATA.offices.offices.values()) >= 150


MEMBERS = (
    "AF AL DZ AD AO AG AR AM AU AT AZ BS BH BD BB BY BE BZ BJ BT BO BA BW BR BN BG BF BI CV KH CM CA CF TD CL CN CO KM "
    "CG CD CR CI HR CU CY CZ DK DJ DM DO EC EG SV GQ ER EE SZ ET FJ FI FR GA GM GE DE GH GR GD GT GN GW GY HT HN HU IS "
    "IN ID IR IQ IE IL IT JM JP JO KZ KE KI KP KR KW KG LA LV LB LS LR LY LI LT LU MG MW MY MV ML MT MH MR MU MX FM MD "
    "MC MN ME MA MZ MM NA NR NP NL NZ NI NE NG MK NO OM PK PW PA PG PY PE PH PL PT QA RO RU RW KN LC VC WS SM ST SA SN "
    "RS SC SL SG SK SI SB SO ZA SS ES LK SD SR SE CH SY TJ TZ TH TL TG TO TT TN TR TM TV UG UA AE GB US UY UZ VU VE VN "
    "YE ZM ZW VA PS XK TW"
)
"""The members of the United Nations, the Vatican, Palestine, Kosovo and Taiwan."""


def test_every_country_has_a_head_of_state_or_government_in_the_table() -> None:
    heads = {"president", "prime-minister", "chancellor", "king", "emperor", "emir", "sultan", "prince"}
    without = {code for code in MEMBERS.split() if not heads & DATA.offices.offices.get(code, {}).keys()}
    # San Marino has two captains regent, for half a year each.
    assert without == {"SM"}


@pytest.mark.parametrize(
    ("office", "least"),
    [("foreign-minister", 155), ("defence-minister", 105), ("finance-minister", 125), ("home-minister", 115)],
)
def test_most_countries_have_their_ministers_in_the_table(office: str, least: int) -> None:
    assert sum(office in held for held in DATA.offices.offices.values()) >= least


def test_every_country_of_the_table_has_more_than_one_figure() -> None:
    people = Counter(country for figure in DATA.figures for country in figure.countries)
    assert not [country for country in DATA.offices.offices if people[country] < 2]


def test_nobody_who_holds_an_office_is_dead() -> None:
    living = {figure.id for figure in DATA.figures if figure.status is FigureStatus.LIVING}
    holders = {holder for held in DATA.offices.offices.values() for holder in held.values()}
    assert holders <= living


def test_nobody_is_there_twice() -> None:
    """Who opts out or consents does so under one id."""
    several: dict[tuple[str, str, FigureRole], set[str]] = {}
    for figure in DATA.figures:
        name = folded_name(figure.name.partition(" (")[0])
        for country in figure.countries:
            for role in figure.roles:
                several.setdefault((name, country, role), set()).add(figure.id)
    twice = {tuple(sorted(ids)) for ids in several.values() if len(ids) > 1}
    assert twice == {("cameron-smith-golfer", "cameron-smith-rugby")}, "and these are two"


def test_who_holds_an_office_has_its_role_and_its_country() -> None:
    roles = {"president": "head-of-state", "king": "monarch", "vice-president": "vice-president"}
    roles |= {f"{of}-minister": "minister" for of in ("foreign", "defence", "finance", "home", "health")}
    ruling = {"head-of-state", "head-of-government", "monarch", "royal", "vice-president", "minister"}
    for country, titles in DATA.offices.offices.items():
        for title, holder in titles.items():
            figure = DATA.by_id[holder]
            assert country in figure.countries, (country, title, holder)
            assert title not in roles or {roles[title], *ruling} & set(figure.roles), (country, title, holder)


def test_the_dates_are_not_in_the_future() -> None:
    assert {figure.as_of for figure in DATA.figures} == {DATA.offices.as_of}
    assert DATA.offices.as_of <= date(2026, 11, 22)


def test_native_forms_are_not_latin() -> None:
    assert [form for figure in DATA.figures for form in figure.native if form.isascii()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_short_and_hold_one_figure_a_line(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    content = _content(path)
    if "figures" in content:
        assert len(lines) < 400
        assert len(content["figures"]) == sum(line.startswith("- {id: ") for line in lines)


def test_the_published_schema_is_the_models_and_the_files_obey_it() -> None:
    published = json.loads((shipped_folder() / "schema.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(json_schema()))
    jsonschema.Draft202012Validator.check_schema(published)
    validator = jsonschema.Draft202012Validator(published)
    tables = [path for path in FILES if path.name in ("offices.yaml", "countries.yaml", "bodies.yaml", "vetoes.yaml")]
    for path in (*tables, min(set(FILES) - set(tables), key=lambda path: path.stat().st_size)):
        content = json.loads(json.dumps(_content(path), default=str))
        assert validator.is_valid(content), path.name
    assert not validator.is_valid({"as_of": "2025-12-31", "figures": [{"id": "No Slug"}]})


# --- lists that are wrong -------------------------------------------------------------------------------------------

HEAD = "as_of: 2025-12-31\nfigures:\n"
ADA = "- {id: ada-example, name: Ada Example, countries: [GB], roles: [scientist]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small list that is right."""
    (tmp_path / "people.yaml").write_text(HEAD + ADA, encoding="utf-8")
    (tmp_path / "offices.yaml").write_text(
        "as_of: 2025-12-31\ntitles: {king: [king]}\nlinks: [of]\npast: [former]\nnot_near: [medieval]\n"
        "offices: {GB: {king: ada-example}}\nphrases: {the boss: ada-example}\n",
        encoding="utf-8",
    )
    (tmp_path / "countries.yaml").write_text("countries: {GB: [britain]}\n", encoding="utf-8")
    (tmp_path / "bodies.yaml").write_text(
        "as_of: 2025-12-31\nbodies: {town: {names: [town], holders: {king: ada-example}}}\nkin: {}\n", encoding="utf-8"
    )
    (tmp_path / "vetoes.yaml").write_text("phrases: []\nafter: []\nwords: []\n", encoding="utf-8")
    return tmp_path


def test_another_folder_can_be_loaded(folder: Path) -> None:
    index = FigureIndex.load(folder)
    assert [figure.id for figure in index.figures] == ["ada-example"]
    assert index["ada-example"].as_of == date(2025, 12, 31)
    with pytest.raises(KeyError):
        index["nobody"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (ADA, "the id 'ada-example' is given twice"),
        ("- {id: ada-two, name: ada  éxample, countries: [GB], roles: [artist]}\n", "also means 'ada-example'"),
        ("- {id: bob, name: '...', countries: [GB], roles: [artist]}\n", "holds no letter"),
        ("- {id: bob, name: Bob, countries: [GB], roles: [wizard]}\n", "'bob', roles, entry 1: "),
        ("- {id: bob, name: Bob, countries: [GBR], roles: [artist]}\n", "'bob', countries, entry 1: "),
        ("- {id: bob, name: Bob, countries: [GB], roles: [artist], nickname: B}\n", "'bob', nickname"),
        ("- {id: Bob B, name: Bob, countries: [GB], roles: [artist]}\n", "'Bob B', id"),
        ("- {name: Bob, countries: [GB], roles: [artist]}\n", "entry 2, id"),
        ("- {id: bob\n", "cannot be read as YAML"),
    ],
)
def test_a_wrong_entry_is_named_with_its_file_and_a_remedy(folder: Path, line: str, problem: str) -> None:
    path = folder / "people.yaml"
    path.write_text(HEAD + ADA + line, encoding="utf-8")
    with pytest.raises(FigureDataError) as caught:
        FigureIndex.load(folder)
    assert problem in caught.value.problem
    assert caught.value.subject == str(path)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("offices.yaml", "king: ada-example", "king: nobody", "the king of GB: the holder 'nobody'"),
        ("offices.yaml", "boss: ada-example", "boss: nobody", "the boss: the holder 'nobody'"),
        ("offices.yaml", "{king: ada-example}", "{duke: ada-example}", "the title 'duke'"),
        ("offices.yaml", "{GB:", "{FR:", "the country 'FR' has no names"),
        ("offices.yaml", "past:", "passed:", "past"),
        (
            "offices.yaml",
            "offices: {",
            "alone: {titles: [{title: duke, countries: [GB], ways: [the duke]}]}\noffices: {",
            "alone: 'the duke' means the duke of GB, of whom the table says nothing",
        ),
        ("countries.yaml", "GB", "gb", "countries, gb"),
        ("vetoes.yaml", "after", "before", "after"),
        ("people.yaml", "as_of: 2025-12-31", "as_of: yesterday", "as_of"),
    ],
)
def test_a_wrong_table_is_named(folder: Path, file: str, old: str, new: str, problem: str) -> None:
    path = folder / file
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FigureDataError) as caught:
        FigureIndex.load(folder)
    assert problem in caught.value.problem
    assert caught.value.subject == str(path)


@pytest.mark.parametrize("file", ["offices.yaml", "countries.yaml", "bodies.yaml", "vetoes.yaml"])
def test_a_missing_table_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(FigureDataError) as caught:
        FigureIndex.load(folder)
    assert caught.value.subject == str(folder / file)


def test_a_folder_without_lists_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FigureDataError, match="no list of figures"):
        FigureIndex.load(tmp_path)
    with pytest.raises(FigureDataError, match="no list of figures"):
        FigureIndex.load(tmp_path / "missing")


def test_a_file_that_is_not_text_is_an_error(folder: Path) -> None:
    (folder / "people.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FigureDataError, match="cannot be read"):
        FigureIndex.load(folder)


def test_the_shipped_list_can_be_copied_and_extended(tmp_path: Path) -> None:
    for path in FILES:
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "ours.yaml").write_text(HEAD + ADA, encoding="utf-8")
    assert read_figures(tmp_path).by_id["ada-example"].name == "Ada Example"


# --- lists that are compiled ----------------------------------------------------------------------------------------


def test_what_the_shipped_list_is_read_from_is_what_its_files_say() -> None:
    written = (shipped_folder() / COMPILED_FILE).read_text(encoding="utf-8")
    assert written.rstrip() == compile_folder(shipped_folder()), (
        "compile again: python -m touchmark.safety.figures.compiling > policies/figures/compiled.json"
    )


def test_a_compiled_folder_reads_as_its_files_do(folder: Path) -> None:
    plainly = read_figures(folder)
    (folder / COMPILED_FILE).write_text(compile_folder(folder), encoding="utf-8")
    assert read_figures(folder) == plainly


@pytest.mark.parametrize("changed", ["people.yaml", "vetoes.yaml"])
def test_a_file_that_was_changed_since_it_was_compiled_is_read_itself(folder: Path, changed: str) -> None:
    (folder / COMPILED_FILE).write_text(compile_folder(folder), encoding="utf-8")
    for file, old, new in (("people.yaml", "Ada Example", "Eve Example"), ("vetoes.yaml", "[]", "[ada bridge]")):
        if file == changed:
            content = (folder / file).read_text(encoding="utf-8").replace(old, new, 1)
            (folder / file).write_text(content, encoding="utf-8")
    data = read_figures(folder)
    assert data.figures[0].name == ("Eve Example" if changed == "people.yaml" else "Ada Example")
    assert data.vetoes.phrases == (("ada bridge",) if changed == "vetoes.yaml" else ())


@pytest.mark.parametrize("wrong", [b"", b"{", b"[]", b"\xff", b"7", b"[" * 100_000])
def test_what_was_compiled_badly_is_passed_over(folder: Path, wrong: bytes) -> None:
    plainly = read_figures(folder)
    (folder / COMPILED_FILE).write_bytes(wrong)
    assert read_figures(folder) == plainly


def test_what_was_compiled_of_other_files_says_nothing(folder: Path) -> None:
    (folder / COMPILED_FILE).write_text(compile_folder(folder), encoding="utf-8")
    (folder / "people.yaml").unlink()
    with pytest.raises(FigureDataError, match="no list of figures"):
        read_figures(folder)


def test_an_empty_list_of_people_is_allowed_in_the_model() -> None:
    assert FiguresFile.model_validate({"as_of": "2025-12-31", "figures": []}).figures == ()
