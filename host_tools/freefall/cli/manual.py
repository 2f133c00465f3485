"""Man pages, one for freefall and one for each verb, of what --help says: python -m freefall.cli.manual FOLDER writes them.

A wheel holds them (hatch_build.py) where it is built with click-man and what freefall needs at hand.
"""

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from click_man.man import ManPage

from .. import __version__
from .app import freefall

_ANY_LENGTH = 1000


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    return {f"{_file_name(context)}.1": _page(context) for context in _contexts(freefall, "freefall")}


def _contexts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    context = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for inner_name, inner in command.commands.items():
            yield from _contexts(inner, inner_name, context)


def _page(context: click.Context) -> str:
    command = context.command
    page = ManPage(context.command_path)
    page.version = __version__
    page.short_help = _summary(command)
    page.synopsis = _text(" ".join(command.collect_usage_pieces(context)))
    page.description = _text(cleandoc(command.help))
    records = [option.get_help_record(context) for option in command.get_params(context) if isinstance(option, click.Option)]
    page.options = [(_text(names), _text(meaning)) for names, meaning in records]
    if isinstance(command, click.Group):
        page.commands = [(name, _summary(inner)) for name, inner in command.commands.items()]
    # A section begins a paragraph by itself, and the page of a verb's own verb has no blank in its name.
    text = str(page).replace(".SH COMMANDS\n.PP\n", ".SH COMMANDS\n")
    text = text.replace(rf"\fB{context.command_path}-", rf"\fB{_file_name(context)}-")
    text += f".SH EXIT STATUS\n{_text(freefall.epilog.removeprefix('Exit codes: '))}\n"
    return f"{text}.SH SEE ALSO\n.BR freefall (1)\n" if context.parent else text


def _file_name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _summary(command: click.Command) -> str:
    return _text(command.get_short_help_str(_ANY_LENGTH))


def _text(text: str) -> str:
    """Text that means itself: no backslash and no beginning of a line is a command of troff."""
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in text.replace("\\", r"\e").split("\n"))


def main() -> int:
    """Write them into the folder named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
