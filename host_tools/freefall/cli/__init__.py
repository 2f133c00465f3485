"""The command line: each verb parses, calls, prints and returns an exit code; everything else is in the library below.

Exit codes: 0 done, 1 a requested check failed, 2 wrong usage, 3 definition invalid or another one, 4 device, 5 board answered
wrongly, 6 input unreadable, 130 interrupted before anything useful.
"""

import sys

import rich_click as click

from .. import __version__
from ..errors import FreefallError
from . import check, decode, export, record, sim, stats

EXIT_INTERRUPTED = 130
_EPILOG = (
    "Exit codes: 0 done · 1 a requested check failed · 2 wrong usage · 3 definition invalid or another one · "
    "4 device · 5 board answered wrongly · 6 input unreadable · 130 interrupted"
)


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="freefall")
@click.option("-v", "--verbose", count=True, help="Twice (-vv): show the program's own traceback when something fails.")
@click.pass_context
def freefall(context: click.Context, verbose: int) -> None:
    """The open payload controller for microgravity experiments.

    DEF is a payload.toml or its folder. SRC is a recording, a file of raw octets, a port URL, or - for standard input.
    """
    context.obj = verbose


for command in (check.check, sim.sim, record.record, decode.decode, stats.stats, export.export):
    freefall.add_command(command)


def main() -> None:
    """Run the command line and exit with its code. Every error a user can meet is one message, never a traceback."""
    arguments = sys.argv[1:]
    try:
        code = freefall.main(arguments, prog_name="freefall", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except FreefallError as error:
        if "-vv" in arguments:
            raise
        print(f"error: {error}", file=sys.stderr)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has left (head, less): not an error. Standard output must not be flushed again on the way out.
        sys.stdout = None
        code = 0
    sys.exit(code)
