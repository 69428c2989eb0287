from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import click
import pytest

from touchmark.cli.main import run
from touchmark.cli.page_file import require_place, write_page
from touchmark.generation.staging import OutputError


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    page, old = tmp_path / "page.html", resource.getrlimit(resource.RLIMIT_FSIZE)
    page.write_text("the old one")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with pytest.raises(OutputError) as caught:
            write_page(page, "x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert "page.html" in str(caught.value) and caught.value.exit_status == 70
    assert page.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [page]


def test_a_link_leads_to_the_page_as_before(tmp_path: Path) -> None:
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    page.write_text("the old one")
    link.symlink_to(page)
    write_page(link, "the new one")
    assert link.is_symlink() and page.read_text() == "the new one"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_page(pipe, "a page")
    reader.join()
    assert read == ["a page"] and pipe.is_fifo()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        write_page(tmp_path / "missing" / "page.html", "a page")
    assert "missing" in str(caught.value)


def test_a_page_takes_the_place_of_nothing_but_a_page(tmp_path: Path) -> None:
    video, page, pipe = tmp_path / "upload.mp4", tmp_path / "page.HTML", tmp_path / "pipe"
    video.write_bytes(b"evidence")
    page.write_text("the old one")
    os.mkfifo(pipe)
    refused = [
        (video, True, "end in .html"),
        (tmp_path / "page", None, "end in .html"),
        (tmp_path / "no" / "page.html", True, "no folder"),
        (page, False, "or --force"),
        (page, None, "give another name."),
    ]
    for output, overwrite, why in refused:
        with pytest.raises(click.UsageError, match=why):
            require_place(output, overwrite=overwrite)
    require_place(page, overwrite=True)
    require_place(tmp_path / "new.htm")
    require_place(pipe)


def test_no_command_writes_a_page_over_what_it_is_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = tmp_path / "given.txt"
    given.write_text("a calm lake")
    for command in (
        ["report", str(given), "--force", "-o"],
        ["redteam", "run", str(given), "--html"],
        ["watermark", "bench", str(given), "-o"],
    ):
        assert run([*command, str(given)]) == 64
        assert "end in .html" in capsys.readouterr().err
    assert given.read_text() == "a calm lake"
