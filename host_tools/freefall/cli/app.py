"""The verbs under one command, and every error as one message and an exit code."""

import os
import traceback
from dataclasses import dataclass

import rich_click as click

from .. import __version__
from ..errors import EXIT_FAULT, DefinitionError, FreefallError, OutputUnwritable
from . import EXIT_INTERRUPTED
from .console import complain, finish, mute, prepare
from .shells import VARIABLE, complete
from .verbs import VerbGroup

_EPILOG = (
    "Exit codes: 0 done, 1 a requested check failed, 2 wrong usage or unwritable output, 3 definition invalid or another one, "
    "4 device, 5 board answered wrongly, 6 input unreadable, 70 fault of freefall itself, 130 interrupted."
)


@dataclass
class Settings:
    """What is said before the verb; every verb can have it as the context's object."""

    verbosity: int = 0


@click.group(cls=VerbGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="freefall")
@click.option("-v", "--verbose", count=True, help="Once: every line of the ledger. Twice: the traceback when something fails.")
@click.pass_obj
def freefall(settings: Settings, verbose: int) -> None:
    """The open payload controller for microgravity experiments.

    DEF is a payload.toml or its folder. SRC is a recording, a file of raw octets, a port URL, or - for standard input.
    """
    settings.verbosity = verbose


def run(arguments: list[str]) -> int:
    """The exit code of these arguments; raises KeyboardInterrupt when interrupted before anything useful."""
    prepare()
    if instruction := os.environ.get(VARIABLE):
        return complete(freefall, instruction)
    settings = Settings()
    try:
        code = _invoke(arguments or ["--help"], settings)
        finish()
        return code
    except BrokenPipeError:
        mute()  # the reader has left (head, less): not an error
        return 0
    except Exception as error:
        if settings.verbosity >= 2:
            traceback.print_exc()
        return _explain(error)


def _invoke(arguments: list[str], settings: Settings) -> int:
    try:
        with freefall.make_context("freefall", arguments, obj=settings) as context:
            return freefall.invoke(context) or 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED


def _explain(error: Exception) -> int:
    """Say it in one style; the exit code it stands for."""
    match error:
        case DefinitionError():
            complain(error, prefix="")  # lines of file:line:col: message, as editors read them
        case FreefallError():
            complain(error)
        case click.UsageError():
            verb = error.ctx.command_path if error.ctx else "freefall"
            complain(f"{error.format_message()}\n  try: {verb} --help")
        case click.ClickException():
            complain(error.format_message())
        case OSError():
            mute()
            complain(f"cannot write {error.filename or 'the output'}: {error.strerror or error}")
            return OutputUnwritable.exit_code
        case _:
            complain(f"this is a fault of freefall ({type(error).__name__}: {error}); freefall -vv ... shows where")
            return EXIT_FAULT
    return error.exit_code
