"""Text as verbs print it."""

import os
import resource
import signal
from pathlib import Path

import pytest

from freefall.cli.text import say, write_text
from freefall.errors import OutputUnwritable


@pytest.mark.parametrize("columns", [1, 20, 40])
def test_sentence_is_broken_between_words_and_an_address_never(columns, capsys):
    url = "replay:build/run.mcap?speed=max&drop=1%&seed=9"
    sentence = f"{url}, started a while ago and read to its end"
    say(sentence, columns)
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(" ".join(lines).split()) == sentence
    assert all(len(line) <= max(columns, 20) or line.split() == [f"{url},"] for line in lines)
    assert len(lines) > 1 and all(line.startswith("  ") for line in lines[1:])


def test_file_is_whole_or_as_it_was_when_the_disk_is_full(tmp_path):
    old, new = tmp_path / "old.html", tmp_path / "new.html"
    write_text(old, "what was there", force=False)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # no more than 100 octets in a file: as a disk that is full
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        for path in old, new:
            with pytest.raises(OutputUnwritable, match=f"cannot write {path}: "):
                write_text(path, "x" * 1000, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == ["old.html"] and old.read_text() == "what was there"


def test_device_is_written_to_and_not_replaced():
    with pytest.raises(OutputUnwritable, match="cannot write /dev/full: No space left"):
        write_text(Path("/dev/full"), "text", force=True)
    assert Path("/dev/full").is_char_device()
