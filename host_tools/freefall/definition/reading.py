"""A file to octets to text and data; what cannot be read or is not TOML is refused with its line and column."""

import pathlib
import re
import tomllib

from ..errors import DefinitionError
from .diagnostics import Diagnostic, named
from .located import Located, Path, line_column

FILE_NAME = "payload.toml"
LARGEST = 256 * 1024  # octets; the largest definition that the language allows has a tenth of that

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_DIGITS = re.compile(r"[0-9_]+")
_INTEGERS = range(-(1 << 63), 1 << 63)  # as TOML has them
_LINE_GOES_ON = "Expected newline or end of document after a statement"
_GIVEN_TWICE = "Cannot overwrite a value"
_TABLE_TWICE = re.compile(r"Cannot declare \((.*?),?\) twice")
_HEX_DIGITS = re.compile(r"[^=#]*=\s*([0-9]+[A-Fa-f][0-9A-Fa-f]*)\s*(?:#.*)?")
_HINTS = {
    "Invalid value": "this is not a TOML value; text needs quotes",
    "Expected '=' after a key in a key/value pair": "a key must be followed by = and a value",
    _LINE_GOES_ON: "this line goes on after its value",
    "Invalid statement": "this line is neither key = value nor a [section]",
    _GIVEN_TWICE: "this key is given twice",
}
_BEGIN = 'it begins with a [payload] section; "freefall new NAME" writes one to begin with'
_FOREIGN_HINT = 'outside of text in "quotes" there are only plain letters, digits and signs, and plain blanks'


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

    Raises DefinitionError with the first syntax fault, as nothing is sure after it; and if the text says nothing at all.
    """
    try:
        data = tomllib.loads(text)
        located = Located(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError([_syntax(str(error), text, name)]) from error
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


def _syntax(message: str, text: str, name: str) -> Diagnostic:
    text = text.replace("\r\n", "\n")
    place = _PLACE.search(message)
    message = message[: place.start()] if place else message
    line, column = map(int, place.groups()) if place and place[1] else line_column(text, len(text))
    if twice := _TABLE_TWICE.fullmatch(message):
        message = f"section [{twice[1].replace(chr(39), '').replace(', ', '.')}] is given twice"
        column = 1
    elif message == _LINE_GOES_ON and (hexadecimal := _HEX_DIGITS.fullmatch(text.split("\n")[line - 1])):
        message = f"{hexadecimal[1]} is not a number; write 0x{hexadecimal[1]}"
        column = hexadecimal.start(1) + 1
    elif (foreign := _foreign(text, line, column)) is not None:
        message = f"{named(foreign)} cannot stand here; {_FOREIGN_HINT}"
    elif message == _GIVEN_TWICE:  # tomllib stands after the value
        written = text.split("\n")[line - 1]
        column = len(written) - len(written.lstrip()) + 1
    return Diagnostic(name, line, column, f"not TOML: {_HINTS.get(message, message)}")


def _foreign(text: str, line: int, column: int) -> str | None:
    """The character at a place, if it is none that TOML has outside of text."""
    written = text.split("\n")[line - 1][column - 1 : column]
    return written if written and not written.isascii() else None
