"""Text as verbs print it."""

import pytest

from freefall.cli.text import say


@pytest.mark.parametrize("columns", [1, 20, 40])
def test_sentence_is_broken_between_words_and_an_address_never(columns, capsys):
    url = "replay:build/run.mcap?speed=max&drop=1%&seed=9"
    sentence = f"{url}, started a while ago and read to its end"
    say(sentence, columns)
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(" ".join(lines).split()) == sentence
    assert all(len(line) <= max(columns, 20) or line.split() == [f"{url},"] for line in lines)
    assert len(lines) > 1 and all(line.startswith("  ") for line in lines[1:])
