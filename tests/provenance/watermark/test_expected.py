"""A payload that another source names: told where its mark is too faint to be read, and never where it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.codebook import Codebook, Expected
from touchmark.provenance.watermark.extraction import Effort
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.look import Look
from touchmark.provenance.watermark.protocol import Detection, MarkState, NamedBy, Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Sight
from touchmark.provenance.watermark.residual import gather, weighted
from touchmark.provenance.watermark.video import LatticeWatermark

OTHER = Payload(0xFEDC_BA98_7654_3210)
NOISE = 20.0
"""Standard deviation, in steps of luma: the mark is still in the pixels, and can no longer be read there."""


def noisy(frames: Sequence[Frame], deviation: float, *, mirrored: bool = False) -> list[Frame]:
    """Copies as a bad channel leaves them."""
    random = np.random.default_rng(5)
    way = -1 if mirrored else 1
    copies = []
    for frame in frames:
        luma = np.clip(frame.planes.luma + random.normal(0, deviation, frame.planes.luma.shape), 0, 255)
        grey = np.full_like(frame.planes.blue, 128)  # the colours are gone
        copies.append(Frame(Planes(luma.astype(np.uint8)[:, ::way], grey, grey), frame.time, frame.is_key))
    return copies


@pytest.fixture(scope="module")
def marked(natural: list[NDArray[np.uint8]], payload: Payload, key: WatermarkKey) -> list[Frame]:
    frames = [Frame(pixels, Fraction(index, 12)) for index, pixels in enumerate(natural[:2])]
    return list(LatticeWatermark().embed(frames, payload, key))


@pytest.fixture(scope="module")
def faint(marked: list[Frame]) -> list[Frame]:
    return noisy(marked, NOISE)


@pytest.fixture(scope="module")
def unmarked(natural: list[NDArray[np.uint8]]) -> list[Frame]:
    return noisy([Frame(pixels, Fraction(index, 12)) for index, pixels in enumerate(natural[:2])], NOISE)


def asked(frames: Sequence[Frame], key: WatermarkKey, *expected: Payload) -> Detection:
    (detection,) = Look.at(gather(frames), [key], Effort.GEOMETRY).named(Expected(expected))
    return detection


def test_a_mark_too_faint_to_be_read_is_told_by_name(faint: list[Frame], payload: Payload, key: WatermarkKey) -> None:
    assert asked(faint, key).state is not MarkState.VERIFIED
    found = asked(faint, key, OTHER, payload)
    assert (found.state, found.payload, found.named_by) == (MarkState.VERIFIED, payload, NamedBy.FILE)
    assert found.p_value < 1e-9 and found.timeline


def test_it_is_found_in_a_mirrored_copy(marked: list[Frame], payload: Payload, key: WatermarkKey) -> None:
    found = asked(noisy(marked, NOISE, mirrored=True), key, payload)
    assert found.named_by and found.transform is not None and found.transform.mirrored


def test_another_name_another_key_and_no_mark_are_not_confirmed(
    faint: list[Frame], unmarked: list[Frame], payload: Payload, key: WatermarkKey
) -> None:
    near = [Payload(payload.value ^ 1 << bit) for bit in range(0, 64, 7)]
    for frames, asked_key, names in (
        (faint, key, [OTHER, *near]),
        (faint, WatermarkKey(b"another key, of a stranger"), [payload]),
        (unmarked, key, [payload, OTHER]),
    ):
        assert asked(frames, asked_key, *names).state is not MarkState.VERIFIED


def test_what_can_be_read_is_read_whatever_is_expected(
    marked: list[Frame], payload: Payload, key: WatermarkKey
) -> None:
    found = asked(marked, key, OTHER)
    assert (found.payload, found.named_by) == (payload, None)


def test_each_name_pays_for_itself(faint: list[Frame], payload: Payload, key: WatermarkKey) -> None:
    alone, one_of_four = asked(faint, key, payload), asked(faint, key, *map(Payload, (1, 2, 3)), payload)
    assert one_of_four.p_value == pytest.approx(4 * alone.p_value, rel=1e-6, abs=0)


def test_nothing_is_seen_where_there_is_nothing(key: WatermarkKey, payload: Payload) -> None:
    plane = np.full((64, 64), 128, np.uint8)
    black = [Frame(Planes(np.zeros((128, 128), np.uint8), plane, plane), Fraction(n, 12)) for n in range(2)]
    assert asked(black, key, payload).state is MarkState.NOTHING_FOUND


@pytest.mark.parametrize("of", ["unmarked", "faint", "marked"])
def test_the_chances_of_names_that_are_not_there_are_uniform(
    of: str, request: pytest.FixtureRequest, key: WatermarkKey
) -> None:
    """Also under the mark of another payload, however loud."""
    random, reader = np.random.default_rng(8), Reader(Lattice.of(key), key)
    sight = Sight(weighted(gather(request.getfixturevalue(of))), Geometry())
    names = [Payload(int(value)) for value in random.integers(0, 2**63, 1500)]
    chances = np.exp([reader.named(sight, Codebook.of([name], key)).log_p for name in names])
    assert kstest(chances, "uniform").pvalue > 0.001
    assert chances.min() > 1e-6


def registry(*known: Payload) -> Callable[[WatermarkKey], Codebook]:
    """Of three hundred sealed files, ``known`` ones last."""
    others = np.random.default_rng(6).integers(0, 2**64, 300, np.uint64)
    return lambda key: Codebook(np.append(others, np.array([p.value for p in known], np.uint64)), key)


def asked_of_registry(
    frames: Sequence[Frame], key: WatermarkKey, registered: Callable[[WatermarkKey], Codebook], *named: Payload
) -> Detection:
    (detection,) = Look.at(gather(frames), [key], Effort.GEOMETRY).named(Expected(named, registered))
    return detection


def test_of_all_that_was_sealed_the_one_that_fits_is_found(
    faint: list[Frame], payload: Payload, key: WatermarkKey
) -> None:
    found = asked_of_registry(faint, key, registry(payload), OTHER)
    assert (found.state, found.payload, found.named_by) == (MarkState.VERIFIED, payload, NamedBy.REGISTRY)
    by_file = asked_of_registry(faint, key, registry(payload), payload)
    assert by_file.named_by is NamedBy.FILE and by_file.p_value < found.p_value


def test_what_was_sealed_elsewhere_is_not_found_in_this_registry(
    faint: list[Frame], payload: Payload, key: WatermarkKey
) -> None:
    near = [Payload(payload.value ^ 1 << bit) for bit in range(64)]
    assert asked_of_registry(faint, key, registry(*near)).state is not MarkState.VERIFIED
    assert asked_of_registry(faint, key, registry()).state is not MarkState.VERIFIED


def test_the_registry_is_seldom_asked_where_there_is_no_mark(unmarked: list[Frame]) -> None:
    asked_for: list[WatermarkKey] = []

    def registered(of: WatermarkKey) -> Codebook:
        asked_for.append(of)
        return Codebook.of([], of)

    for number in range(12):
        key = WatermarkKey(b"a key for tests, number %d" % number)
        assert asked_of_registry(unmarked, key, registered).state is MarkState.NOTHING_FOUND
    assert len(asked_for) <= 3


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=40))
def test_many_words_are_the_words_of_each(values: list[int]) -> None:
    key = WatermarkKey(b"a key for tests only")
    words = code.encode_all(np.array(values, np.uint64), key)
    for value, word in zip(values, words, strict=True):
        assert np.array_equal(np.unpackbits(word), code.encode(Payload(value), key))


def test_the_nearest_is_that_of_the_highest_correlation(key: WatermarkKey) -> None:
    random = np.random.default_rng(9)
    payloads = random.integers(0, 2**64, 20_000, np.uint64)
    book, evidence = Codebook(payloads, key), random.normal(size=code.CODE_BITS)
    signs = 1.0 - 2.0 * np.unpackbits(code.encode_all(payloads, key), axis=1)
    agreement = signs @ evidence / np.sqrt(np.sum(evidence**2))
    found, z = book.nearest(evidence)
    assert found.value == payloads[int(np.argmax(agreement))]
    assert z == pytest.approx(agreement.max(), abs=1e-4)
    assert book.nearest(np.zeros(code.CODE_BITS))[1] == 0
    with pytest.raises(ValueError):
        Codebook.of([], key).nearest(evidence)


@pytest.mark.parametrize(("new", "gone"), [(0, 0), (3, 0), (3, 3), (0, 3), (40, 0), (3, 40), (1, 39)])
def test_a_codebook_that_grew_is_as_if_made_anew(new: int, gone: int) -> None:
    """Newest first: what was sealed since stands before the rest, the oldest may fall out."""
    key = WatermarkKey(b"a key for tests only")
    drawn = np.random.default_rng(5).integers(0, 1 << 63, 80).astype(np.uint64)
    old, now = drawn[40:], np.concatenate([drawn[:new], drawn[40 : 80 - gone]])
    evidence = np.random.default_rng(6).normal(size=code.CODE_BITS)
    grown, fresh = Codebook(old, key).grown(now, key), Codebook(now, key)
    assert np.array_equal(grown.payloads, now)
    if len(now):
        assert grown.nearest(evidence) == fresh.nearest(evidence)
        for payload in map(int, now):
            word = 1 - 2.0 * code.encode(Payload(payload), key)
            assert grown.nearest(word)[0] == Payload(payload)


def test_a_codebook_in_another_order_is_made_anew() -> None:
    key = WatermarkKey(b"a key for tests only")
    drawn = np.random.default_rng(5).integers(0, 1 << 63, 40).astype(np.uint64)
    grown = Codebook(drawn, key).grown(drawn[::-1].copy(), key)
    assert grown.nearest(1 - 2.0 * code.encode(Payload(int(drawn[7])), key))[0] == Payload(int(drawn[7]))
