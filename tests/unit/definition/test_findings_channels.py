"""Every fault in what is said of channels is told once, where it stands: calibrations, own fields, limits, claims, units."""

import pytest

from freefall.definition.calibrations import HIGHEST_DEGREE
from unit.definition.sample import SOUND, findings, spoiled

# Section -> what is in it -> findings; the section's header is in line 31 of the definition.
CALIBRATION = "stream.vibration.calibration.x"
FIELD = "stream.vibration.field.mark"
CLAIM = "stream.vibration.claim.x"
LIMITS = "limits.vibration.x"
BAND = "low_hz = 2\nhigh_hz = 50"
FAULTS = {
    "calibration that says nothing": (CALIBRATION, "", ["31:31: [{section}] needs scale, coefficients or points"]),
    "calibration with a unit alone": (CALIBRATION, "unit = 'g'", ["31:31: [{section}] needs scale, coefficients or points"]),
    "offset of no line": (
        CALIBRATION,
        "offset = 1",
        ["31:31: [{section}] needs scale with offset: a line: engineering value = raw value * scale + offset"],
    ),
    "offset of a polynomial": (
        CALIBRATION,
        "coefficients = [0, 1]\noffset = 2",
        ["33:1: offset = 2 does not go with coefficients: it is for scale; remove it"],
    ),
    "calibration of two kinds": (
        CALIBRATION,
        "scale = 1\ncoefficients = [0, 1]",
        [
            "33:1: coefficients = [0, 1] does not go with scale: a channel has one calibration, a line, a polynomial or a table; "
            "remove it"
        ],
    ),
    "polynomial of no degree": (
        CALIBRATION,
        "coefficients = [1]",
        ["32:16: coefficients = [1] is no polynomial of degree 1 or more; give at least two: [value at raw 0, slope]"],
    ),
    "polynomial of too high a degree": (
        CALIBRATION,
        "coefficients = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]",
        [
            "32:16: coefficients = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] is a polynomial of degree 10; the highest is 9, 10 "
            "coefficients, for higher ones swing between their points; give a table of points instead"
        ],
    ),
    "polynomial that is flat": (
        CALIBRATION,
        "coefficients = [1, 0, 0]",
        ["32:16: coefficients = [1, 0, 0] would make every sample the same: all coefficients but the first are 0"],
    ),
    "polynomial that is a number": (CALIBRATION, "coefficients = 1", ["32:16: coefficients = 1 must be a list: [..., ...]"]),
    "coefficient that is text": (CALIBRATION, "coefficients = ['a', 1]", ["32:17: 'a' in coefficients must be a number"]),
    "table of one point": (
        CALIBRATION,
        "points = [[0, 1]]",
        ["32:10: points = [[0, 1]] is no table: it needs at least two points, [[raw value, engineering value], ...]"],
    ),
    "table with a point twice": (
        CALIBRATION,
        "points = [[0, 1], [0, 2]]",
        ["32:10: points = [[0, 1], [0, 2]] gives two values for the raw value 0; remove one"],
    ),
    "table that goes back": (
        CALIBRATION,
        "points = [[1.5, 1], [-2, 2]]",
        ["32:10: points = [[1.5, 1], [-2, 2]] is out of order: raw values must rise, and -2 comes after 1.5"],
    ),
    "table that is flat": (
        CALIBRATION,
        "points = [[0, 1], [1, 1]]",
        ["32:10: points = [[0, 1], [1, 1]] would make every sample the same: all its points have the same engineering value"],
    ),
    "point of three numbers": (
        CALIBRATION,
        "points = [[0, 1, 2], [1, 2]]",
        ["32:11: [0, 1, 2] in points is not possible; it must be a point of two numbers: [raw value, engineering value]"],
    ),
    "unit of something else": (
        CALIBRATION,
        "scale = 1\nunit = 'degC'",
        ["33:8: unit = 'degC' is a temperature, and what is measured here is an acceleration, in g"],
    ),
    "unit nobody knows": (
        CALIBRATION,
        "scale = 1\nunit = 'celcius'",
        ['33:8: unit = \'celcius\' is not a unit: nobody knows "celcius"; did you mean "celsius"?'],
    ),
    "field outside the sample": (
        FIELD,
        "octet = 9",
        ["32:9: octet = 9 is outside: the field is in octet 9, counted from 0, and a sample of [sensor.accel] has 9 octets"],
    ),
    "field half outside the sample": (
        FIELD,
        "octet = 8\noctets = 2",
        [
            "32:9: octet = 8 is outside: the field is in octets 8 to 9, counted from 0, and a sample of [sensor.accel] has "
            "9 octets"
        ],
    ),
    "field shifted out of its word": (
        FIELD,
        "octet = 0\nshift = 8",
        ["33:9: shift = 8 leaves nothing: the word has 8 bits; the most is 7"],
    ),
    "field wider than its word": (
        FIELD,
        "octet = 0\nshift = 4\nwidth = 5",
        ["34:9: width = 5 is too wide: shifted by 4, the word of 8 bits has 4"],
    ),
    "field without a place": (
        FIELD,
        "octets = 2",
        ["31:25: [{section}] needs octet: the first octet of its word in the sample, counted from 0"],
    ),
    "field of an order that is none": (
        FIELD,
        "octet = 0\norder = 'middle'",
        ['33:9: order = \'middle\' is not possible; it must be one of "big", "little"'],
    ),
    "field in a unit nobody knows": (
        FIELD,
        "octet = 0\nunit = 'nope'",
        ["33:8: unit = 'nope' is not a unit: nobody knows \"nope\""],
    ),
    "field by the name of a channel": (
        "stream.vibration.field.x",
        "octet = 0",
        ['31:25: field "x" is not possible: [sensor.accel] has a channel of this name already; give it another'],
    ),
    "field by no name": (
        "stream.vibration.field.Mark",
        "octet = 0",
        ['31:25: field name "Mark" must be a name: a small letter, then up to 31 small letters, digits or underscores'],
    ),
    "field with a calibration besides": (
        FIELD,
        "octet = 0\nscale = 2\n[stream.vibration.calibration.mark]\nscale = 3",
        ["33:1: scale = 2 does not go with [stream.vibration.calibration.mark]: that takes its place; remove it"],
    ),
    "limit upside down": (
        LIMITS,
        "watch = [1, 0]",
        ["32:9: watch = [1, 0] is upside down: the first number is the low end, and must be less than the second"],
    ),
    "limits that no value keeps": (
        LIMITS,
        "watch = [0, 0]",
        ["32:9: watch = [0, 0] is upside down: the first number is the low end, and must be less than the second"],
    ),
    "limit with one end": (LIMITS, "watch = [0]", ["32:9: watch = [0] is not possible; it must be two numbers: [low, high]"]),
    "limit that is a number": (LIMITS, "watch = 5", ["32:9: watch = 5 must be a list: [..., ...]"]),
    "limit that is no number": (LIMITS, "watch = [nan, 1]", ["32:10: nan in watch must be a finite number"]),
    "warning inside watch": (
        LIMITS,
        "watch = [-1, 1]\nwarning = [0, 2]",
        ["33:11: warning = [0, 2] does not hold watch, [-1, 1]: watch must lie within warning, and warning within critical"],
    ),
    "critical inside warning": (
        LIMITS,
        "watch = [-1, 1]\nwarning = [-2, 2]\ncritical = [-3, 1.5]",
        [
            "34:12: critical = [-3, 1.5] does not hold warning, [-2, 2]: watch must lie within warning, and warning within "
            "critical"
        ],
    ),
    "critical inside watch": (
        LIMITS,
        "watch = [-1, 1]\ncritical = [0, 1]",
        ["33:12: critical = [0, 1] does not hold watch, [-1, 1]: watch must lie within warning, and warning within critical"],
    ),
    "no limit": (LIMITS, "", ["31:19: [{section}] gives no limit; give watch, warning or critical"]),
    "limits of a stream by another name": (
        "limits.vibrations.x",
        "watch = [0, 1]",
        ['31:9: limits for "vibrations", which is not a stream; did you mean "vibration"?'],
    ),
    "limits of no stream": (
        "limits.zzz.x",
        "watch = [0, 1]",
        ['31:9: limits for "zzz", which is not a stream; defined streams: vibration, temperature'],
    ),
    "limits of no channel": (
        "limits.vibration.w",
        "watch = [0, 1]",
        ['31:19: limits for "w", which is not a channel of the sensor; its channels: x, y, z'],
    ),
    "limits without a channel": ("limits.vibration", "x = 1", ["32:5: x = 1 must be a section: [limits.vibration.x]"]),
    "claim of nothing": (CLAIM, f"amplitude = 0\n{BAND}", ["32:13: amplitude = 0 is too small; it must be more than 0"]),
    "claim without an amplitude": (
        CLAIM,
        BAND,
        ["31:25: [{section}] needs amplitude: root mean square of what is to be seen in the band, in the unit"],
    ),
    "claim of no band": (
        CLAIM,
        "amplitude = 1\nlow_hz = 2\nhigh_hz = 2",
        ["33:10: low_hz = 2 is not below high_hz, 2; a band goes from low to high"],
    ),
    "claim of more than half the rate": (
        CLAIM,
        "amplitude = 1\nlow_hz = 2\nhigh_hz = 501",
        [
            "34:11: high_hz = 501 is too high: [stream.vibration] has 1000 samples/s, which tell of frequencies up to half of "
            "that, 500 Hz; lower it or raise the rate"
        ],
    ),
    "claim in a unit of something else": (
        CLAIM,
        f"amplitude = 1\n{BAND}\nunit = 'K'",
        ["35:8: unit = 'K' is a temperature, and what is measured here is an acceleration, in g"],
    ),
    "claim by no standard": (
        CLAIM,
        f"amplitude = 1\n{BAND}\nstandard = 'nasa'",
        ["35:12: standard = 'nasa' is not possible; it must be \"iss\""],
    ),
    "claim of a temperature by the station's standard": (
        "stream.temperature.claim.temperature",
        "amplitude = 1\nlow_hz = 0\nhigh_hz = 0.5\nstandard = 'iss'",
        ["35:12: standard = 'iss' is for accelerations, and temperature is in degC; remove it"],
    ),
    "claim of no channel": (
        "stream.vibration.claim.w",
        f"amplitude = 1\n{BAND}",
        ['31:25: claim for "w", which is not a channel of the sensor; its channels: x, y, z'],
    ),
    "stall of less than nothing": ("stalls", "foreground_ms = -1", ["32:17: foreground_ms = -1 is too small; the least is 0"]),
    "stall by no name": (
        "stalls",
        "interrupts_off = 4",
        ['32:1: unknown key "interrupts_off" in [stalls]; did you mean "interrupts_off_ms"?'],
    ),
}


@pytest.mark.parametrize(("section", "body", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_where_it_stands(section, body, expected):
    assert findings(f"{SOUND}[{section}]\n{body}\n") == [finding.replace("{section}", section) for finding in expected]


@pytest.mark.parametrize(
    ("section", "body"),
    [
        (CALIBRATION, "scale = -1e-9\noffset = 0.5\nunit = 'm s-2'"),
        (CALIBRATION, "coefficients = [0, 0, 1]"),
        (CALIBRATION, f"coefficients = {list(range(HIGHEST_DEGREE + 1))}"),
        (CALIBRATION, "points = [[-1, 2], [0, 2], [1.5, 3]]\nunit = 'mg'"),
        (FIELD, "octet = 8"),
        (FIELD, "octet = 5\noctets = 4\norder = 'little'\nshift = 31\nsigned = true\nscale = 2\noffset = -1\nunit = 'degC'"),
        (FIELD, "octet = 0\nshift = 4\nwidth = 4\n[stream.vibration.calibration.mark]\npoints = [[0, 1], [15, 2]]\nunit = 'V'"),
        (LIMITS, "watch = [-1, 1]\nwarning = [-1, 1.5]\ncritical = [-2, 1.5]"),
        (LIMITS, "critical = [0, 0.001]"),
        (CLAIM, f"amplitude = 10\n{BAND}\nunit = 'mg'\nstandard = 'iss'"),
        ("stalls", "foreground_ms = 200\ninterrupts_off_ms = 0"),
    ],
)
def test_what_may_be_said_is_not_refused(section, body):
    assert findings(f"{SOUND}[{section}]\n{body}\n") == []


def test_limits_and_claims_may_be_of_own_fields():
    field = f"[{FIELD}]\noctet = 0\nunit = 'V'\n"
    more = f"[limits.vibration.mark]\nwatch = [0, 1]\n[stream.vibration.claim.mark]\namplitude = 100\nunit = 'mV'\n{BAND}\n"
    assert findings(SOUND + field + more) == []
    assert findings(SOUND + field + more.replace("mark]", "mrak]")) == [
        '34:19: limits for "mrak", which is not a channel of the sensor; did you mean "mark"?',
        '36:25: claim for "mrak", which is not a channel of the sensor; did you mean "mark"?',
    ]


def test_the_unit_of_a_calibration_is_that_of_its_claim():
    calibration = f"[{CALIBRATION}]\nscale = 1\nunit = 'm/s^2'\n"
    assert findings(f"{SOUND}{calibration}[{CLAIM}]\namplitude = 1e4\n{BAND}\nunit = 'g'\n") == []


def test_two_faults_on_one_line_are_two_findings():
    assert findings(SOUND + "[stream.vibration.calibration]\nx = {scale = 0, unit = 'parsecs per g'}\n") == [
        "32:14: scale = 0 is not possible; it must be a number other than 0, which would make every sample the same",
        "32:24: unit = 'parsecs per g' is not a unit: nobody knows \"per\"",
    ]


def test_a_fault_of_the_sensor_hides_none_of_its_channels():
    text = spoiled(("range_g = 2", "range_g = 3")) + "[limits.vibration.w]\nwatch = [0, 1]\n"
    assert [finding.split(" ")[0] for finding in findings(text)] == ["16:11:", "31:19:"]
