"""The guides to real boards: every command they show is one, with options it has; every file they name is there."""

import re
import shlex
from pathlib import Path

import pytest

from freefall.cli.app import Settings, freefall

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "firmware" / "README.md", ROOT / "host_tools" / "freefall" / "device" / "README.md"]
_SHOWN = re.compile(r"^(?:    )?\$ (freefall [^#\n]*)", re.MULTILINE)
COMMANDS = [(path, line.strip()) for path in GUIDES for line in _SHOWN.findall(path.read_text())]


def test_guides_show_every_verb_that_is_for_boards():
    shown = {shlex.split(line)[1] for _, line in COMMANDS}
    assert shown >= {"flash", "devices", "probe", "deploy", "config", "record", "doctor"}


@pytest.mark.parametrize(("path", "line"), COMMANDS, ids=[line for _, line in COMMANDS])
def test_command_that_a_guide_shows_is_understood(path, line, monkeypatch):
    monkeypatch.chdir(ROOT)
    context = freefall.make_context("freefall", shlex.split(line)[1:], obj=Settings())
    command = freefall
    rest = [*context._protected_args, *context.args]
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, list(rest), parent=context)
        rest = [*context._protected_args, *context.args]


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_a_guide_links_to_exist(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
