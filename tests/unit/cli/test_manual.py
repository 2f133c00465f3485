"""Man pages: of every command, with every option, and nothing that troff complains of."""

import re
import shutil
import subprocess

import pytest
import rich_click as click

from freefall import __version__
from freefall.cli.app import freefall

manual = pytest.importorskip("freefall.cli.manual", reason="click-man is not installed")
PAGES = manual.pages()


def commands(command: click.Command, path: tuple[str, ...] = ("freefall",)):
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


COMMANDS = [pytest.param(path, command, id=" ".join(path)) for path, command in commands(freefall)]


def test_every_command_has_a_page_and_there_is_no_other():
    assert set(PAGES) == {f"{'-'.join(parameter.values[0])}.1" for parameter in COMMANDS}


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_every_command_and_option_says_what_it_is(path, command):
    assert command.help and command.get_short_help_str(500)
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, f"{' '.join(path)} {parameter.opts[0]}"


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_page_has_what_help_says(path, command):
    page = PAGES[f"{'-'.join(path)}.1"]
    sections = re.findall(r"^\.SH (.*)$", page, re.MULTILINE)
    group = isinstance(command, click.Group)
    assert sections == [
        *("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", *(["COMMANDS"] if group else []), "EXIT STATUS"),
        *([] if path == ("freefall",) else ["SEE ALSO"]),
    ]
    assert f'"{__version__}"' in page.splitlines()[0]
    assert "..." not in page[page.index("NAME") : page.index("SYNOPSIS")]
    plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fP", "")
    options = plain[plain.index(".SH OPTIONS") :]
    for parameter in command.params:
        for name in parameter.opts if isinstance(parameter, click.Option) else []:
            assert name in options
    for name in command.commands if group else []:
        assert f" {'-'.join(path)}-{name}(1)" in plain


CHECKS = {
    "groff": ["groff", "-man", "-ww", "-z", "-Tutf8"],
    "mandoc": ["mandoc", "-Tlint", "-Wwarning"],
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_set_without_a_warning(name, tmp_path):
    programs = [command for program, command in CHECKS.items() if shutil.which(program)]
    if not programs:
        pytest.skip("there is neither groff nor mandoc; next step: make tools")
    (tmp_path / name).write_text(PAGES[name], encoding="utf-8")
    for command in programs:
        done = subprocess.run([*command, tmp_path / name], capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_text_that_looks_like_a_command_of_troff_is_text():
    @click.command(help="Reads\n\n.TH or\\fBold\n\n'quoted'")
    @click.option("--one", help=".SH of C:\\new")
    def hostile():
        pass

    page = manual._page(click.Context(hostile, info_name="hostile"))
    assert "\n\\&.TH or\\efBold\n.PP\n\\&'quoted'\n" in page
    assert "\n\\&.SH of C:\\enew\n" in page
