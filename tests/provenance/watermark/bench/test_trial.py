"""One small clip through the whole bench: rows, table, page. The robustness itself is the benchmark's business."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.clips import moving_clip, write_clip
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.watermark.bench.attacks import ATTACKS, Attack, Family, Reencode
from touchmark.provenance.watermark.bench.page import AMPLIFIED, difference, page
from touchmark.provenance.watermark.bench.table import render
from touchmark.provenance.watermark.bench.tally import by_mark, tally
from touchmark.provenance.watermark.bench.trial import PAYLOAD, Answer, Clip, Ours, Result, agreement, run_trial
from touchmark.provenance.watermark.protocol import Payload

HOSTILE = "<script>alert(1)</script>\x1b[31m.mp4"
MISSING = Attack("missing", Reencode("no_such_encoder"), Family.CODEC, "missing")
CHOSEN = [ATTACKS["remux"], ATTACKS["h264_crf23"], MISSING, ATTACKS["noise_005"]]


class Nothing:
    """A mark that leaves pictures alone and is never found."""

    name = "nothing"

    def embed(self, frames):
        return iter(frames)

    def read(self, video):
        assert sum(1 for _ in video.frames()) == sum(1 for _ in video.frames()) == 8
        return Answer(False, 0.5)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", moving_clip(256, 256, 12, style="flat"))


@pytest.fixture(scope="module")
def result(clip: Path) -> Result:
    seen: list[tuple[str, int, int]] = []
    result = run_trial(Ours(), Clip(HOSTILE, clip), CHOSEN, lambda *step: seen.append(step))
    assert seen == [*(("marking", count, 12) for count in range(1, 13)), *(("attacking", i, 4) for i in range(5))]
    return result


@pytest.fixture(scope="module")
def untouched(clip: Path) -> Result:
    return run_trial(Nothing(), Clip("clip", clip, frames=8), [ATTACKS["remux"]])


def test_a_mark_survives_what_every_upload_does(result: Result) -> None:
    rows = {row.attack: row for row in result.rows}
    assert set(rows) == {"remux", "h264_crf23", "noise_005"}
    for name in ("remux", "h264_crf23"):
        assert rows[name].decoded
        assert rows[name].bit_accuracy == 1
        assert rows[name].p_value < 1e-9
    assert all(row.extract_ms_per_frame > 0 for row in result.rows)
    assert result.unavailable == ("missing",)


def test_what_marking_did_is_measured(result: Result) -> None:
    assert (result.width, result.height, result.frames) == (256, 256, 12)
    assert 35 < result.fidelity.psnr_rgb < result.fidelity.psnr_luma < 60
    assert 0.97 < result.fidelity.ssim < 1
    assert result.embed_ms_per_frame > 0
    assert result.before.shape == result.after.shape == (256, 256, 3)
    assert 0 < np.abs(result.before.astype(float) - result.after).mean() < 4


def test_a_mark_that_does_nothing_changes_nothing_and_is_not_found(untouched: Result) -> None:
    assert untouched.frames == 8
    assert untouched.fidelity.psnr_luma == 100
    assert np.array_equal(untouched.before, untouched.after)
    assert [(row.decoded, row.p_value) for row in untouched.rows] == [(False, None)]


@pytest.mark.parametrize("bits", [32, 64])
def test_a_constant_answer_is_worth_no_more_than_chance(bits: int) -> None:
    assert (PAYLOAD.value >> (64 - bits)).bit_count() == bits // 2
    assert agreement(Payload(0), PAYLOAD) == agreement(Payload(2**64 - 1), PAYLOAD) == 0.5


def test_the_clip_is_read_under_limits(clip: Path) -> None:
    with pytest.raises(MediaError):
        run_trial(Ours(), Clip("clip", clip, limits=Limits(max_dimension=100)), [])


def test_results_are_counted_over_clips(result: Result, untouched: Result) -> None:
    lines = {line.attack: line for line in tally([result, untouched])}
    assert (lines["remux"].decoded, lines["remux"].tried) == (1, 2)
    assert lines["remux"].bit_accuracy == 0.75
    assert lines["remux"].weakest == result.rows[0].p_value
    assert [mark for mark, _ in by_mark([result, untouched, result])] == ["touchmark", "nothing"]


def test_the_document_is_json_and_leaves_pictures_out(result: Result) -> None:
    document = json.loads(json.dumps(result.document()))
    assert document["clip"] == HOSTILE
    assert [row["attack"] for row in document["attacks"]] == ["remux", "h264_crf23", "noise_005"]
    assert document["psnr_luma"] == result.fidelity.psnr_luma
    assert not {"before", "after"} & set(document)


def test_the_table_shows_everything_and_no_escape(result: Result) -> None:
    console = Console(width=120, record=True, file=StringIO())
    console.print(render([result]))
    text = console.export_text()
    assert "\x1b" not in text
    assert "1 of 1" in text and "H.264, CRF 23" in text
    assert "missing" in text


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_self_contained_and_escapes_names(result: Result, untouched: Result) -> None:
    text = page([result, untouched])
    parser = _Page()
    parser.feed(text)
    assert "script" not in {tag for tag, _ in parser.tags}
    assert "&lt;script&gt;" in text and "\x1b" not in text
    sources = [attributes["src"] for tag, attributes in parser.tags if tag == "img"]
    assert len(sources) == 6
    assert all(source.startswith("data:image/") for source in sources)
    assert not [name for _, attributes in parser.tags for name in attributes if name.startswith("on") or name == "href"]
    assert f"amplified {AMPLIFIED} times" in text
    assert "default-src 'none'" in text
    assert "missing" in text


def test_the_difference_is_amplified_around_grey() -> None:
    before = np.full((2, 2, 3), 100, np.uint8)
    after = before.copy()
    after[0, 0], after[1, 1] = 102, 60
    assert difference(before, after)[..., 0].tolist() == [[128 + 2 * AMPLIFIED, 128], [128, 0]]
