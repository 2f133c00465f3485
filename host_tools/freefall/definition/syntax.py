"""Why a text is no TOML, in an experimenter's words: `tomllib` says what a parser missed, here is what to write instead."""

import re
import tomllib

from .diagnostics import Diagnostic, named

_MOST = 20  # faults that are told of one text
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_GOES_ON = "Expected newline or end of document after a statement"
_GIVEN_TWICE = "Cannot overwrite a value"
_NO_VALUE = "Invalid value"
_NO_SIGN = "Expected '=' after a key in a key/value pair"
_NO_KEY = "Invalid initial character for a key part"
_ILLEGAL = "Illegal character"
_BACKSLASH = "Unescaped '\\' in a string"
_TABLE_TWICE = re.compile(r"Cannot declare \((.*?),?\) twice")
_OPEN_LIST, _OPEN_BRACES, _OPEN_TEXT = "Unclosed array", "Unclosed inline table", "Unterminated string"
_HINTS = {
    _NO_VALUE: "this is not a TOML value; text needs quotes",
    _NO_SIGN: "a key must be followed by = and a value",
    _GOES_ON: "this line goes on after its value; a comment begins with #",
    "Invalid statement": "this line is neither key = value nor a [section]",
    _NO_KEY: "a name is missing here",
    "Expected ']' at the end of a table declaration": "a section's name has no blanks, and ends with ]",
    _GIVEN_TWICE: "this key is given twice; remove one",
    _OPEN_LIST: "the list is not closed; a comma or a ] is missing before this",
    _OPEN_BRACES: "the braces are not closed; a comma or a } is missing before this",
    _OPEN_TEXT: "the text is not closed: its last \"\"\" or ''' is missing",
    _BACKSLASH: "in text a \\ is written \\\\",
}
_FOREIGN_HINT = 'outside of text in "quotes" there are only plain letters, digits and signs, and plain blanks'
_NO_QUOTE_HINT = 'is no quotation mark here; text stands between two plain "'
_NO_NUMBER = "{0} is not a number; write "
_NUMBER = r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)"
# A value that goes on after what could be one -> what is told of it; {0} is all of it. That of numbers is told where they begin.
_AFTER = [
    (re.compile(r"[0-9]+[A-Fa-f][0-9A-Fa-f]*(?=\s*(?:#.*)?$)"), _NO_NUMBER + "0x{0}"),
    (re.compile(r"0X([0-9A-Fa-f]+)"), _NO_NUMBER + "0x{1}"),
    (re.compile(r"([+-]?[0-9]+),([0-9]+)"), _NO_NUMBER + "{1}.{2}, with a point"),
    (re.compile(r"([+-]?)0+([1-9][0-9.]*)"), _NO_NUMBER + "{1}{2}, without the 0 before it"),
    (re.compile(r"([+-]?[0-9]+)\.(?![0-9.])"), _NO_NUMBER + "{1}.0 or {1}"),
    (re.compile(rf"{_NUMBER}\s+(?:-|to|bis)\s+{_NUMBER}"), "two numbers are a list; write [{1}, {2}]"),
    (re.compile(rf"{_NUMBER}\s*([A-Za-z%][A-Za-z%/]*)(?=\s*(?:#.*)?$)"), 'a number stands alone; remove "{2}"'),
    (re.compile(r".*?(//|--|/\*)"), "a comment begins with #, not with {1}"),
    (re.compile(rf"{_NUMBER}\s*[-+*/^]"), "nothing is computed here; write the result"),
    (re.compile(r".*?([;,])\s*(?:#.*)?$"), 'nothing stands behind a value; remove the "{1}"'),
]
# Of a value that begins like none.
_INSTEAD = [
    (re.compile(r"(?:#.*)?$"), "there is no value behind the ="),
    (re.compile(r"([+-]?)(\.[0-9]+)"), _NO_NUMBER + "{1}0{2}"),
    (re.compile(r"(?:[Tt]rue|TRUE|[Yy]es|YES|[Oo]n|ON)\b"), "{0} is not a value; write true"),
    (re.compile(r"(?:[Ff]alse|FALSE|[Nn]o|NO|[Oo]ff|OFF)\b"), "{0} is not a value; write false"),
    (re.compile(r"(?:GP|GPIO|gp)([0-9]+)\b"), "a pin is the number alone; write {1}"),
    (re.compile("`"), f"{{0}} {_NO_QUOTE_HINT}"),
    (re.compile(r"\("), "a list stands in [ ], not in ( )"),
    (re.compile(r"[A-Za-z_][\w.-]*"), 'this is not a TOML value; text needs quotes: "{0}"'),
]
# The key and the sign of a pair.
_PAIR = re.compile(r"\s*[A-Za-z0-9_.-]+\s*=")
_QUOTES = "\"'"
_LONG_QUOTES = tuple(3 * quote for quote in _QUOTES)
_NO_QUOTES = "“”„‟«»‘’‚`´"  # which close no text, however like a quotation mark they look


def syntax_faults(text: str, name: str) -> list[Diagnostic]:
    """What is wrong with a text that `tomllib` refuses: the first fault, and those after it as long as one ends with its line."""
    lines, faults, reached = text.replace("\r\n", "\n").split("\n"), [], 0
    while len(faults) < _MOST:
        try:
            tomllib.loads("\n".join(lines))
            break
        except tomllib.TOMLDecodeError as error:
            message, line, column = _parts(str(error), lines)
        except (RecursionError, ValueError):  # told when the rest can be read
            break
        if line <= reached:
            break
        written = lines[line - 1]
        faults.append(Diagnostic(name, *_told(message, lines, line, column)))
        if not _stands_alone(written, column):
            break
        lines[line - 1], reached = "", line
    return faults


def _parts(error: str, lines: list[str]) -> tuple[str, int, int]:
    """What `tomllib` says, and of which line and column."""
    place = _PLACE.search(error)
    if place and place[1]:
        return error[: place.start()], int(place[1]), int(place[2])
    return error[: place.start()] if place else error, len(lines), len(lines[-1]) + 1


def _stands_alone(written: str, column: int) -> bool:
    """Whether a line at fault is a pair of its own, without which the rest still means what it meant."""
    pair = _PAIR.match(written)
    closed = all(written.count(begin) == written.count(end) for begin, end in ("[]", "{}"))
    return bool(pair) and column > pair.end() and closed and not any(quote in written for quote in _LONG_QUOTES)


def _told(message: str, lines: list[str], line: int, column: int) -> tuple[int, int, str]:
    """Line, column and words of a fault, as its author understands it."""
    written = lines[line - 1]
    character = written[column - 1 : column]
    if lines[0].startswith("{\\rtf"):
        message = "this is a word processor's document; save it as plain text"
    elif twice := _TABLE_TWICE.fullmatch(message):
        message, column = _twice(twice[1].replace("'", "").split(", "), lines[: line - 1]), 1
    elif (
        (message.startswith(_ILLEGAL) or message == _OPEN_TEXT) and not character and (begin := _open_quote(written)) is not None
    ):
        column, message = begin + 1, _open_text(written[begin:])
    elif message.startswith(_ILLEGAL) and character:
        message = f"{named(character)} cannot stand in text"
    elif character and not character.isascii():
        message = f"{named(character)} " + (_NO_QUOTE_HINT if character in _NO_QUOTES else f"cannot stand here; {_FOREIGN_HINT}")
    else:
        column, message = _hint(message, written, column)
    return line, column, f"not TOML: {message}"


def _hint(message: str, written: str, column: int) -> tuple[int, str]:
    """Where to look in a line and what to write there, as far as it is one of the usual slips."""
    rest = written[column - 1 :]
    if message == _GIVEN_TWICE:  # tomllib stands after the value
        column = len(written) - len(written.lstrip()) + 1
    elif message == _BACKSLASH:  # nor before what comes after it
        column -= 2
    elif message == _GOES_ON and (pair := _PAIR.match(written)):
        begin = pair.end() + len(written[pair.end() :]) - len(written[pair.end() :].lstrip())
        if slip := _slip(_AFTER, written[begin:], column - 1 - begin):
            return begin + 1 if " is not a number" in slip else column, slip
    elif message == _NO_VALUE and (slip := _slip(_INSTEAD, rest)):
        return column, slip
    elif message == _NO_SIGN and rest.startswith(":"):
        return column, 'between a key and its value stands =, not ":"'
    elif message == _OPEN_LIST and rest.startswith(";"):
        return column, 'between the elements of a list stands a comma, not ";"'
    elif message == _NO_KEY and not rest and "{" in written:
        return column, "what is in braces stands on one line"
    return column, _HINTS.get(message, message)


def _slip(known: list, value: str, taken: int = 0) -> str | None:
    """What is told of the first slip that `value` begins with and that is about more than its first `taken` characters."""
    found = ((pattern.match(value), words) for pattern, words in known)
    return next((words.format(slip[0], *slip.groups()) for slip, words in found if slip and slip.end() >= taken), None)


def _twice(path: list[str], before: list[str]) -> str:
    header = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(map(re.escape, path)) + r"\s*\]")
    first = next((f", first in line {number}" for number, written in enumerate(before, 1) if header.match(written)), "")
    return f"section [{'.'.join(path)}] is given twice{first}; give one of them another name, or remove it"


def _open_text(written: str) -> str:
    """Of a text that its line does not close."""
    odd = next((character for character in reversed(written) if character in _NO_QUOTES), None)
    return f"this text is not closed: a {written[0]} is missing" + (f"; {named(odd)} is none" if odd else "")


def _open_quote(written: str) -> int | None:
    """Where in a line the text begins that the line does not close."""
    begin = None
    for at, character in enumerate(written):
        if written[at : at + 3] in _LONG_QUOTES or begin is None and character == "#":
            break
        if begin is None and character in _QUOTES:
            begin = at
        elif begin is not None and character == written[begin] and (written[at - 1] != "\\" or character == "'"):
            begin = None
    return begin
