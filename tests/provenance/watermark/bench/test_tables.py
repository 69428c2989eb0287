"""The program that measures keeps what it does not measure anew; the page in docs is what the data say."""

from __future__ import annotations

import json

from benchmarks.watermark import merged
from docs import make_latent, make_security, make_sound
from docs.make_tables import DATA, NAMED, PAGE, UNSEEN, page


def _trial(clip: str, **rows: bool) -> dict[str, object]:
    attacks = [
        {"attack": name, "decoded": decoded, "bit_accuracy": 1.0, "p_value": 1e-12, "extract_ms_per_frame": 1.0}
        for name, decoded in rows.items()
    ]
    return {
        "mark": "touchmark",
        "clip": clip,
        "width": 640,
        "height": 360,
        "frames": 8,
        "psnr_luma": 47.0,
        "psnr_rgb": 42.0,
        "ssim": 0.996,
        "vmaf": None,
        "embed_ms_per_frame": 3.0,
        "attacks": attacks,
        "unavailable": [],
    }


def test_what_is_measured_again_replaces_and_the_rest_stays() -> None:
    before = [_trial("sea", remux=True, h264_crf28=True, crop_50=False), _trial("sky", remux=True)]
    after = {trial["clip"]: trial for trial in merged(before, _trial("sea", crop_50=True, av1_crf50=False))}
    assert list(after) == ["sky", "sea"]
    rows = {row["attack"]: row["decoded"] for row in after["sea"]["attacks"]}
    assert list(rows.items()) == [("remux", True), ("h264_crf28", True), ("av1_crf50", False), ("crop_50", True)]


def test_the_page_counts_clips() -> None:
    trials = [_trial("sea", remux=True, crop_50=False), _trial("sky", remux=True, crop_50=True)]
    unseen = [_trial("street", remux=True, crop_50=True), _trial("wood", remux=True, crop_50=False)]
    further, third = [_trial("box", remux=True, crop_50=True)], [_trial("cat", remux=True)]
    told = [
        {"attack": "h265_crf40", "read": False, "named": number > 0, "registered": number > 1} for number in range(3)
    ]
    named = [{**row, "mistaken": False} for row in told]
    lists = [{"trials": one} for one in (unseen, further, third)]
    text = page({"machine": "one", "trials": trials, "speed": None}, lists, named)
    assert "| H.265, CRF 40 | 3 | 0 | 2 | 1 | 0 |" in text
    assert "| cropped to 50% of the area | 1 of 2 | 1 of 1 |  | wood |" in text
    assert "| copied, manifest lost | 2 of 2, 1.000 | 1e-12 |" in text
    assert "| cropped to 50% of the area | 1 of 2, 1.000 | 1e-12 |" in text
    assert "**temporal**" not in text
    assert "| sky | 640x360 | touchmark | 47.0 | 42.0 | 0.9960 |  | 3.0 | 1.0 |" in text


def test_the_page_in_docs_is_in_step_with_the_data() -> None:
    report, named, *unseen = (json.loads(path.read_text(encoding="utf-8")) for path in (DATA, NAMED, *UNSEEN))
    assert named and all(len(clips["trials"]) > 1 for clips in unseen)
    assert PAGE.read_text(encoding="utf-8") == page(report, unseen, named)


def test_the_page_on_security_is_in_step_with_the_data() -> None:
    report = json.loads(make_security.DATA.read_text(encoding="utf-8"))
    assert report["rows"]
    assert make_security.PAGE.read_text(encoding="utf-8") == make_security.page(report)


def test_the_page_on_the_mark_in_the_noise_is_in_step_with_the_data() -> None:
    rows = json.loads(make_latent.DATA.read_text(encoding="utf-8"))["rows"]
    assert {row["model"] for row in rows} == {"clouds", "embedded"}
    assert make_latent.PAGE.read_text(encoding="utf-8") == make_latent.page(rows)


def test_the_page_on_sound_is_in_step_with_the_data() -> None:
    report, named = (json.loads(data.read_text(encoding="utf-8")) for data in (make_sound.DATA, make_sound.NAMED_DATA))
    assert len(report["attacks"]) == len(report["quality"]) * len({row["attack"] for row in report["attacks"]})
    assert make_sound.PAGE.read_text(encoding="utf-8") == make_sound.page(report, named)
