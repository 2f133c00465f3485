"""Every exception Freefall raises on purpose; anything else that escapes is a bug, exit code 70 (EX_SOFTWARE).

FreefallError                 exit code
├── DefinitionError           3   the definition has findings, all of them in .diagnostics; or cannot be read, which is one
├── WrongDefinition           3   data was made with another definition
├── OtherPayload              3   data is of another payload: no frame has an APID of the definition
├── DefinitionNeeded          2   octets came without a definition, and none was given
├── MissingExtra              2   an optional part is not installed
├── OutputUnwritable          2   the output cannot be written: disk full, no permission
│   └── OutputExists          2   a file is in the way
├── DeviceError               4   no, ambiguous, busy or lost board
├── BoardError                5   the board answered wrongly or not at all
├── InputUnreadable           6   a file or stream cannot be read
├── NothingCame             130   interrupted before the first octet
└── ExportInterrupted       130   interrupted before a recording was exported

Messages are whole sentences with the value, the limit and the next step; the command line prints them as they are.
"""

EXIT_FAULT = 70  # of what escapes


class FreefallError(Exception):
    """Base of all; `exit_code` is what the command line returns for it."""

    exit_code = 1


class DefinitionError(FreefallError):
    """A payload definition has findings; `.diagnostics` holds all of them, in file order."""

    exit_code = 3

    def __init__(self, diagnostics):
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class WrongDefinition(FreefallError):
    """Data made with definition `found` met a decoder built from definition `expected` (32-bit ids)."""

    exit_code = 3

    def __init__(self, expected: int, found: int):
        self.expected = expected
        self.found = found
        super().__init__(
            f"the data was made with definition {found:08x}, this decoder has definition {expected:08x}; "
            "decode with the definition the board runs"
        )


class OtherPayload(FreefallError):
    """None of the `frames` that came whole is of the payload of that name."""

    exit_code = 3

    def __init__(self, payload: str, frames: int):
        self.payload = payload
        self.frames = frames
        whose = "the only frame has another APID" if frames == 1 else f"all {frames} frames have other APIDs"
        super().__init__(f"nothing is of payload {payload}: {whose}; give the definition of the run with -d DEF")


class DefinitionNeeded(FreefallError):
    """`what` carries no payload definition, and none was given."""

    exit_code = 2

    def __init__(self, what: str):
        self.what = what
        super().__init__(f"{what} carries no payload definition; name the one the board runs with -d DEF")


class MissingExtra(FreefallError):
    """An optional dependency is absent; names the extra that brings it."""

    exit_code = 2

    def __init__(self, what: str, extra: str):
        self.extra = extra
        super().__init__(f'{what} needs the "{extra}" extra: pip install "freefall[{extra}]"')


class OutputUnwritable(FreefallError):
    """The output cannot be written: the disk is full, the folder forbids it, standard output is closed to us."""

    exit_code = 2


class OutputExists(OutputUnwritable):
    """A file that was to be written is there already."""

    def __init__(self, path):
        self.path = path
        super().__init__(f"{path} exists already; give another name, or allow overwriting it (--force)")


class DeviceError(FreefallError):
    """A port or board is absent, busy, ambiguous, or went away."""

    exit_code = 4


class BoardError(FreefallError):
    """A board (real, virtual or emulated) did something the contracts do not allow."""

    exit_code = 5


class InputUnreadable(FreefallError):
    """A file or stream cannot be read as what it should be."""

    exit_code = 6


class NothingCame(FreefallError):
    """Interrupted before the first octet came from `source`."""

    exit_code = 130

    def __init__(self, source: str):
        self.source = source
        super().__init__(f"nothing came from {source}")


class ExportInterrupted(FreefallError):
    """Interrupted while `source` was exported; none of its files is left."""

    exit_code = 130

    def __init__(self, source: str):
        self.source = source
        super().__init__(f"the export of {source} was interrupted; none of its files is left")
