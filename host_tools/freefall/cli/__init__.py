"""The command line: each verb parses, calls, prints and returns an exit code; everything else is in the library below.

Exit codes: 0 done, 1 a requested check failed, 2 wrong usage or the output cannot be written, 3 definition invalid or another
one, 4 device, 5 board answered wrongly, 6 input unreadable, 70 a fault of freefall itself (EX_SOFTWARE of sysexits.h),
130 interrupted before anything useful, or with recordings not exported.
"""

import sys

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code. Every error a user can meet is one message, never a traceback."""
    try:
        # Imported here: it takes a third of a second, in which Ctrl-C must not show a traceback either.
        from .app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    sys.exit(code)
