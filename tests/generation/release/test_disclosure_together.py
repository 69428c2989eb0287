"""Files that are made for two profiles at once pass both, each alone, and lack one thing in those that ask for it."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from tests.clips import scene
from tests.generation.release.takings import (
    Change,
    drop_all_actions_included,
    drop_disclosure,
    drop_system,
    drop_times,
    written_otherwise,
)
from tests.generation.release.test_disclosure import EVERY, House, house, stamped_studio
from touchmark.generation.declaration import Declaration
from touchmark.generation.disclosure import Disclosure, NotCompliantError
from touchmark.generation.release import Studio
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, write_still

__all__ = ["house", "stamped_studio"]

WAN = Declaration("Wan", version="2.2")
AFTER = {one: EVERY[(number + 1) % len(EVERY)] for number, one in enumerate(EVERY)}


@pytest.fixture(scope="module")
def picture(house: House) -> Path:
    path = house.folder / "raw.png"
    write_still(Still(next(scene(320, 256, 1)), Orientation(), StillKind.PNG, lossless=True), path)
    return path


def test_no_two_profiles_exclude_each_other() -> None:
    for two in combinations(EVERY, 2):
        assert Disclosure.of(two).names == two


@pytest.mark.parametrize("first", EVERY)
def test_what_is_made_for_two_passes_both_and_each(
    house: House, stamped_studio: Studio, picture: Path, tmp_path: Path, first: str
) -> None:
    two = (first, AFTER[first])
    release = stamped_studio.seal(picture, tmp_path / "out.png", WAN, disclosure=Disclosure.of(two))
    verification = house.verifier.verify(release.path)
    assert verification.evidence.manifest.is_sound
    for names in (two, two[:1], two[1:]):
        assert house.failing(release.path, names) == set()


@pytest.mark.parametrize(
    ("profiles", "definition", "lines"),
    [
        (("us-ca-sb942", "in-it-rules-2026"), drop_times, ["ca.time"]),
        (("c2pa", "us-ca-sb942"), drop_system, ["ca.system"]),
        (("eu-ai-act", "c2pa"), drop_disclosure, ["c2pa.ai_disclosure"]),
        (("c2pa", "iptc"), drop_all_actions_included, ["c2pa.rubric"]),
    ],
)
def test_what_lacks_one_thing_is_not_published_and_told_why_by_each_that_asks_for_it(
    stamped_studio: Studio,
    picture: Path,
    tmp_path: Path,
    profiles: tuple[str, ...],
    definition: Change,
    lines: list[str],
) -> None:
    output = tmp_path / "out.png"
    with written_otherwise(definition), pytest.raises(NotCompliantError) as caught:
        stamped_studio.seal(picture, output, WAN, disclosure=Disclosure.of(profiles))
    told = re.findall(r"(?:fails |; )([a-z0-9]+\.[a-z_]+): ", caught.value.problem)
    assert told == lines
    assert not output.exists()
