"""What a beginner types that is no TOML, and what they are told to write instead; all of it at once, as far as it is sure."""

import pytest

from freefall.definition import parse_definition
from freefall.errors import DefinitionError

LOW_NINE = "\N{DOUBLE LOW-9 QUOTATION MARK}"
HIGH_SIX = "\N{LEFT DOUBLE QUOTATION MARK}"


def told(text):
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text, "payload.toml")
    return [str(diagnostic).removeprefix("payload.toml:") for diagnostic in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rate_hz = 0,2", "1:11: not TOML: 0,2 is not a number; write 0.2, with a point"),
        ("rate_hz = -0,25  # slow", "1:11: not TOML: -0,25 is not a number; write -0.25, with a point"),
        ("rate_hz = 1.", "1:11: not TOML: 1. is not a number; write 1.0 or 1"),
        ("offset = -.2", "1:10: not TOML: -.2 is not a number; write -0.2"),
        ("apid = 01024", "1:8: not TOML: 01024 is not a number; write 1024, without the 0 before it"),
        ("address = 0X48", "1:11: not TOML: 0X48 is not a number; write 0x48"),
        ("address = 48h", '1:13: not TOML: a number stands alone; remove "h"'),
        ("rate_hz = 1 Hz", '1:13: not TOML: a number stands alone; remove "Hz"'),
        ("amplitude = 5e-3 m/s  # rms", '1:18: not TOML: a number stands alone; remove "m/s"'),
        ("rate_hz = 1/60", "1:12: not TOML: nothing is computed here; write the result"),
        ("scale = 7.8*10^-3", "1:12: not TOML: nothing is computed here; write the result"),
        ("rate_hz = 1.0  // a second", "1:16: not TOML: a comment begins with #, not with //"),
        ("rate_hz = 1.0 -- slow", "1:15: not TOML: a comment begins with #, not with --"),
        ("rate_hz = 1.0;", '1:14: not TOML: nothing stands behind a value; remove the ";"'),
        ("rate_hz = 1.0,  # slow", '1:14: not TOML: nothing stands behind a value; remove the ","'),
        ("rate_hz: 1.0", '1:8: not TOML: between a key and its value stands =, not ":"'),
        ("rate_hz =", "1:10: not TOML: there is no value behind the ="),
        ("rate_hz =  # slow", "1:12: not TOML: there is no value behind the ="),
        ("scl = GP5", "1:7: not TOML: a pin is the number alone; write 5"),
        ("verify = True", "1:10: not TOML: True is not a value; write true"),
        ("verify = no", "1:10: not TOML: no is not a value; write false"),
        ("watch = (18, 26)", "1:9: not TOML: a list stands in [ ], not in ( )"),
        ("watch = [18; 26]", '1:12: not TOML: between the elements of a list stands a comma, not ";"'),
        ("watch = [18 26]", "1:13: not TOML: the list is not closed; a comma or a ] is missing before this"),
        ("watch = 18 - 26", "1:12: not TOML: two numbers are a list; write [18, 26]"),
        ("read = {at = 1 octets = 2}", "1:16: not TOML: the braces are not closed; a comma or a } is missing before this"),
        ("read = {\n    at = 1,\n}", "1:9: not TOML: what is in braces stands on one line"),
        ('bus = "i2c0', '1:7: not TOML: this text is not closed: a " is missing'),
        ("bus = \"i2c0'  # it's", '1:7: not TOML: this text is not closed: a " is missing'),
        ('at = ["a", "b]', '1:12: not TOML: this text is not closed: a " is missing'),
        ("bus = `i2c0`", '1:7: not TOML: ` is no quotation mark here; text stands between two plain "'),
        ('description = "C:\\Data"', "1:18: not TOML: in text a \\ is written \\\\"),
        ('description = "a\x01"', "1:17: not TOML: the character (U+0001, no character) cannot stand in text"),
        (
            f"bus = {LOW_NINE}i2c0{HIGH_SIX}",
            f'1:7: not TOML: the character "{LOW_NINE}" (U+201E, double low-9 quotation mark) is no quotation mark here; text '
            'stands between two plain "',
        ),
        (
            f'bus = "i2c0{HIGH_SIX}',
            f'1:7: not TOML: this text is not closed: a " is missing; the character "{HIGH_SIX}" (U+201C, left double quotation '
            "mark) is none",
        ),
        ("[stream warm]", "1:9: not TOML: a section's name has no blanks, and ends with ]"),
        ("[stream.]", "1:9: not TOML: a name is missing here"),
        ("{\\rtf1\\ansi}", "1:1: not TOML: this is a word processor's document; save it as plain text"),
    ],
)
def test_a_beginners_slip_is_told_with_what_to_write(line, expected):
    assert told(line) == [expected]


def test_slips_of_several_lines_are_told_at_once():
    text = (
        f"[payload]\nname = {LOW_NINE}yeast{HIGH_SIX}\napid = 01024\n[stream.warm]\nrate_hz = 0,2\nsensor = warm\nrate_hz = 1\n"
    )
    assert [line.split(" ")[0] for line in told(text)] == ["2:8:", "3:8:", "5:11:", "6:10:"]


def test_a_key_given_twice_does_not_hide_the_next_slip():
    assert [line.split(" ")[0] for line in told("a = 1\na = 2\nb = c\n")] == ["2:1:", "3:5:"]


@pytest.mark.parametrize(
    "text",
    [
        "watch = [18, 26\ncritical = [5, 45]\nbus = i2c0\n",  # everything after it would be in the list
        "setup = [foo,\n    {at = 1}]\nbus = i2c0\n",  # without this line the next means nothing
        "[stream.warm\nsensor = warm\n",  # whose keys those are, nobody knows
        'a = """x\nb = c\n',
    ],
)
def test_what_may_follow_from_a_slip_is_not_told(text):
    assert len(told(text)) == 1


def test_a_text_of_nothing_but_slips_is_told_in_twenty_lines():
    assert len(told("".join(f"k{number} = x\n" for number in range(50)))) == 20
