"""Twenty wrong definitions and more, as files: each is refused in one clear message with exit code 3, none with a traceback."""

import subprocess
import sys

import pytest

from unit.definition.sample import FAST, SOUND, spoiled

CALIBRATION = "rate_hz = 1.0\n[stream.vibration.calibration.x]\n"


def edited(*edits, text=SOUND):
    return spoiled(*edits, text=text)


# What is wrong: (the definition, what is told of it, without the file's name)
WRONG = {
    "typo in a key": (
        edited(("odr_hz", "ord_hz")),
        ['17:1: unknown key "ord_hz" in [sensor.accel]; did you mean "odr_hz"?'],
    ),
    "wrong unit": (
        edited(("rate_hz = 1.0", f'{CALIBRATION}scale = 4e-6\nunit = "degC"')),
        ['33:8: unit = "degC" is a temperature, and what is measured here is an acceleration, in g'],
    ),
    "unit nobody knows": (
        edited(("rate_hz = 1.0", f'{CALIBRATION}scale = 4e-6\nunit = "celcius"')),
        ['33:8: unit = "celcius" is not a unit: nobody knows "celcius"; did you mean "celsius"?'],
    ),
    "wrong type": (edited(("apid = 64", 'apid = "64"')), ['3:8: apid = "64" must be a whole number, without quotes']),
    "pin twice": (edited(("pin = 15", "pin = 5")), ["25:7: pin = 5 is already used by scl of [bus.i2c0]"]),
    "address twice": (
        SOUND + '[sensor.other]\ndriver = "tmp117"\nbus = "i2c0"\naddress = 0x48\n',
        ["34:11: address = 0x48 is already used by [sensor.warmth] on i2c0"],
    ),
    "rate beyond the part": (
        edited(("rate_hz = 1.0", "rate_hz = 8.1")),
        [
            "30:11: rate_hz = 8.1 is too fast: one conversion of [sensor.warmth] takes 125 ms, so the most is 8; lower it or "
            "change averages"
        ],
    ),
    "bus too slow": (
        edited(("freq_hz = 400000", "freq_hz = 100000\ntimeout_us = 5000"), ("odr_hz = 1000", "odr_hz = 500")),
        ["18:10: odr_hz = 500 is too fast: ", "raise freq_hz of [bus.i2c0]"],
    ),
    "link too slow": (
        edited(("921600", "38400")),
        ["6:8: baud = 38400 is too slow: streams and housekeeping need ", " bytes/s and the limit is 3840 bytes/s (baud / 10)"],
    ),
    "ring too small": (
        edited(("pin = 15", "pin = 15\nring_depth = 4")),
        ["26:14: ring_depth = 4 is too small: ", "and there is room for 4; set it to 256"],
    ),
    "FIFO outlived by an erase": (
        FAST + "[stalls]\ninterrupts_off_ms = 45\n",
        ["35:13: watermark = 25 is too large: the FIFO of [sensor.accel] holds 32 samples, ", "an erase outlives the FIFO"],
    ),
    "unknown driver": (
        edited(("adxl355", "adxl35")),
        ['13:10: driver = "adxl35" is not in the catalogue of sensors; did you mean "adxl355"?'],
    ),
    "calibration of too low a degree": (
        edited(("rate_hz = 1.0", f"{CALIBRATION}coefficients = [3]")),
        ["32:16: coefficients = [3] is no polynomial of degree 1 or more; give at least two: [value at raw 0, slope]"],
    ),
    "calibration of too high a degree": (
        edited(("rate_hz = 1.0", f"{CALIBRATION}coefficients = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]")),
        [
            "32:16: coefficients = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1] is a polynomial of degree 10; the highest is 9, 10 "
            "coefficients, for higher ones swing between their points; give a table of points instead"
        ],
    ),
    "limit upside down": (
        SOUND + "[limits.temperature.temperature]\nwarning = [40, 10]\n",
        ["32:11: warning = [40, 10] is upside down: the first number is the low end, and must be less than the second"],
    ),
    "warning inside watch": (
        SOUND + "[limits.temperature.temperature]\nwatch = [10, 40]\nwarning = [15, 35]\n",
        ["33:11: warning = [15, 35] does not hold watch, [10, 40]: watch must lie within warning, and warning within critical"],
    ),
    "letter of another alphabet in a name": (
        edited(('"warmth"', '"w\N{CYRILLIC SMALL LETTER A}rmth"')),
        [
            '28:10: sensor = "w\N{CYRILLIC SMALL LETTER A}rmth" is not defined; the character "\N{CYRILLIC SMALL LETTER A}" '
            '(U+0430, cyrillic small letter a) is in it; did you mean "warmth"?'
        ],
    ),
    "letter with an accent in a key": (
        edited(("name =", "n\N{LATIN SMALL LETTER A WITH GRAVE}me =")),
        ["2:2: not TOML: the character ", "(U+00E0, latin small letter a with grave) cannot stand here"],
    ),
    "quotation marks of a word processor": (
        edited(('"shaker"', "\N{LEFT DOUBLE QUOTATION MARK}shaker\N{RIGHT DOUBLE QUOTATION MARK}")),
        ["2:8: not TOML: the character ", "(U+201C, left double quotation mark) is no quotation mark here"],
    ),
    "empty file": (
        "",
        ['1:1: this definition is empty; it begins with a [payload] section; "freefall new NAME" writes one to begin with'],
    ),
    "nothing but a comment": ("# to be done\n", ["1:1: this definition is empty; "]),
    "10 MB": (
        SOUND + "#" * 10_000_000,
        ["1:1: this is no payload definition: it has more than 256 KiB, and a payload.toml has a few"],
    ),
    "stream for a sensor": (
        edited(('sensor = "warmth"', 'sensor = "vibration"')),
        ['28:10: sensor = "vibration" is a stream, not a sensor; defined sensors: accel, warmth'],
    ),
    "stream for its own sensor": (
        edited(('sensor = "warmth"', 'sensor = "temperature"')),
        ['28:10: sensor = "temperature" is a stream, not a sensor; defined sensors: accel, warmth'],
    ),
    "sensor for its own bus": (
        edited(('bus = "i2c0"\naddress = 0x48', 'bus = "warmth"\naddress = 0x48')),
        ['20:7: bus = "warmth" is a sensor, not a bus; defined buses: i2c0'],
    ),
    "bus for a stream": (SOUND + "[limits.i2c0.x]\nwatch = [0, 1]\n", ['31:9: limits for "i2c0", which is not a stream; ']),
    "nested too deeply": ("a = " + "[" * 5000, ["1:1: not TOML: nested too deeply"]),
    "octets that are no text": (
        b'# ok\n[payload]\nname = "\xb5g"',
        ["3:9: octet 0xb5 is not UTF-8 text; save the file as UTF-8"],
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ["1:1: octet 0x89 is not UTF-8 text; save the file as UTF-8"]),
}


@pytest.fixture
def written(tmp_path):
    """written(definition, text or octets) -> the path of a file that holds it."""

    def write(definition):
        path = tmp_path / "payload.toml"
        path.write_bytes(definition if isinstance(definition, bytes) else definition.encode())
        return path

    return write


@pytest.mark.parametrize(("definition", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_definition_is_one_clear_message_and_exit_code_3(freefall, written, definition, expected):
    path = written(definition)
    done = freefall("check", path)
    assert (done.code, done.out) == (3, "")
    (line,) = done.err.splitlines()
    assert line.startswith(f"{path}:{expected[0]}")
    for piece in expected[1:]:
        assert piece in line
    assert len(line) < 400


def test_two_faults_on_one_line_are_two_messages_of_that_line(freefall, written):
    path = written(SOUND + '[stream.vibration.calibration]\nx = {scale = 0, unit = "K"}\n')
    done = freefall("check", path)
    assert done.code == 3
    assert [line.removeprefix(f"{path}:").split(" ")[0] for line in done.err.splitlines()] == ["32:14:", "32:24:"]


def test_a_folder_without_a_definition(freefall, tmp_path):
    done = freefall("check", tmp_path)
    assert done.code == 3
    assert done.err == (
        f"{tmp_path}/payload.toml:1:1: the payload definition cannot be read: there is no payload.toml in this folder\n"
    )


def test_a_folder_in_place_of_the_definition(freefall, tmp_path):
    (tmp_path / "payload.toml").mkdir()
    done = freefall("check", tmp_path / "payload.toml")
    assert done.code == 3 and "there is no payload.toml in this folder" in done.err


def test_a_definition_that_leads_to_itself(freefall, tmp_path):
    (tmp_path / "payload.toml").symlink_to("payload.toml")
    done = freefall("check", tmp_path / "payload.toml")
    assert done.code == 3 and len(done.err.splitlines()) == 1


def test_a_definition_that_may_not_be_read(freefall, written, forbid):
    path = written(SOUND)
    forbid(path)
    done = freefall("check", path)
    assert done.code == 3 and done.err.endswith("cannot be read: you are not allowed to read it\n")


@pytest.mark.parametrize("verb", [["check"], ["sim", "--duration", "1", "-o", "run.mcap"]])
@pytest.mark.parametrize("wrong", ["typo in a key", "empty file", "a picture"])
def test_no_verb_and_no_process_makes_a_traceback_of_it(written, tmp_path, verb, wrong):
    path = written(WRONG[wrong][0])
    command = [sys.executable, "-m", "freefall", verb[0], str(path), *verb[1:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"{path}:{WRONG[wrong][1][0]}") and "Traceback" not in done.stderr
    assert not (tmp_path / "run.mcap").exists()
