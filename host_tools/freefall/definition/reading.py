"""A file to octets to text and data; what cannot be read or is not TOML is refused with its line and column."""

import pathlib
import re
import tomllib

from ..errors import DefinitionError
from .diagnostics import Diagnostic
from .located import Located, Path, line_column
from .syntax import syntax_faults

FILE_NAME = "payload.toml"
LARGEST = 256 * 1024  # octets; the largest definition that the language allows has a tenth of that

_DIGITS = re.compile(r"[0-9_]+")
_INTEGERS = range(-(1 << 63), 1 << 63)  # as TOML has them
_BEGIN = 'it begins with a [payload] section; "freefall new NAME" writes one to begin with'


def read_file(path: pathlib.Path) -> tuple[str, str]:
    """The text of a payload.toml, or of the one in a folder, and the file's name. Raises DefinitionError."""
    if path.is_dir():
        path /= FILE_NAME
    name = str(path)
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)  # no more, also of what never ends
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise DefinitionError([Diagnostic(name, 1, 1, f"the payload definition cannot be read: {_why(error, path)}")]) from error
    if len(octets) > LARGEST:
        message = f"this is no payload definition: it has more than {LARGEST // 1024} KiB, and a {FILE_NAME} has a few"
        raise DefinitionError([Diagnostic(name, 1, 1, message)])
    return decode_text(octets, name), name


def _why(error: Exception, path: pathlib.Path) -> str:
    if isinstance(error, FileNotFoundError):
        if path.parent.is_dir() and path.name == FILE_NAME:
            return f"there is no {FILE_NAME} in this folder"
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "you are not allowed to read it"
    if isinstance(error, IsADirectoryError):
        return f"it is a folder; the definition is the file {FILE_NAME} in the payload's folder"
    return getattr(error, "strerror", None) or str(error)


def decode_text(octets: bytes, name: str) -> str:
    """UTF-8 text, a byte order mark removed. Raises DefinitionError at the first octet that is not UTF-8."""
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = octets[: error.start].decode("utf-8-sig", errors="replace")
        message = f"octet 0x{octets[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        raise DefinitionError([Diagnostic(name, *line_column(before, len(before)), message)]) from error


def read_toml(text: str, name: str) -> tuple[dict, Located]:
    """The data of a TOML text and where it stands.

    Raises DefinitionError with the syntax faults that are sure, and no others; and if the text says nothing at all.
    """
    try:
        data = tomllib.loads(text)
        located = Located(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(syntax_faults(text, name)) from error
    except RecursionError as error:
        raise DefinitionError([Diagnostic(name, 1, 1, "not TOML: nested too deeply")]) from error
    except ValueError as error:  # Python reads no integer of thousands of digits
        offset = max(_DIGITS.finditer(text), key=lambda found: len(found.group())).start()
        raise DefinitionError([_too_long(name, text, offset)]) from error
    if not data:
        raise DefinitionError([Diagnostic(name, 1, 1, f"this definition is empty; {_BEGIN}")])
    too_long = [path for path in located.places if _is_too_long(path, data)]
    if too_long:
        raise DefinitionError(_too_long(name, located.text, located.places[path].start) for path in too_long)
    return data, located


def _is_too_long(path: Path, data: dict) -> bool:
    value = data
    for key in path:
        value = value[key]
    return isinstance(value, int) and value not in _INTEGERS


def _too_long(name: str, text: str, offset: int) -> Diagnostic:
    return Diagnostic(name, *line_column(text, offset), "not TOML: a whole number has at most 64 bits")
