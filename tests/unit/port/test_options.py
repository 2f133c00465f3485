"""What is written after the question mark, and on the command line."""

import os
from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.port import options
from freefall.port.open import is_port_url
from freefall.port.timeline import Moment
from freefall.recording.writer import rfc3339

S = 1_000_000_000


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (options.parse_speed, "2x", 2),
        (options.parse_speed, "0.1", Fraction(1, 10)),
        (options.parse_speed, "1/3x", Fraction(1, 3)),
        (options.parse_speed, "max", None),
        (options.parse_loop, "3", 3),
        (options.parse_loop, "inf", None),
        (options.parse_probability, "1%", 0.01),
        (options.parse_probability, "1e-6", 1e-6),
        (options.parse_probability, "100%", 1),
        (options.parse_seconds, "0.1", S // 10),
        (options.parse_seconds, "0", 0),
        (options.parse_moment, "1.5", Moment(3 * S // 2)),
        (options.parse_moment, "1970-01-01T00:00:01.000000002Z", Moment(S + 2, absolute=True)),
        (options.parse_moment, "1970-01-01 01:00:00+01:00", Moment(0, absolute=True)),
        (options.parse_moment, "1970-01-01t00:01z", Moment(60 * S, absolute=True)),
        (options.parse_seed, "-3", -3),
    ],
)
def test_text_is_taken_for_what_it_says(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "texts"),
    [
        (options.parse_speed, ["", "x", "0", "-1", "nan", "inf", "1/0", "1e9", "fast"]),
        (options.parse_loop, ["", "0", "-1", "1.5", "x"]),
        (options.parse_probability, ["", "-1", "1.1", "101%", "nan", "%", "one"]),
        (options.parse_seconds, ["", "-1", "nan", "inf", "1/2", "1e99", "1s"]),
        (options.parse_moment, ["", "-1", "now", "2026-11-21", "2026-11-21T04:47:21", "2026-13-41T04:47:21Z", "nan", "1/2"]),
        (options.parse_seed, ["", "1.0", "x"]),
    ],
)
def test_text_that_makes_no_sense_is_named_in_the_sentence(parse, texts):
    for text in texts:
        with pytest.raises(ValueError) as refused:
            parse(text)
        assert text in str(refused.value)


@given(st.integers(0, 253_402_300_799_999_999_999))
def test_a_time_that_a_recording_tells_is_understood_to_the_nanosecond(time_ns):
    assert options.parse_moment(rfc3339(time_ns)) == Moment(time_ns, absolute=True)


@given(st.datetimes(datetime(1971, 1, 1)), st.timezones())
def test_a_time_with_any_offset_is_the_same_instant(when, zone):
    aware = when.replace(tzinfo=zone, microsecond=0)
    offset = aware.utcoffset().total_seconds()
    if offset % 60:
        return  # offsets of the nineteenth century, which RFC 3339 cannot write
    assert options.parse_moment(aware.isoformat()).ns == round(aware.timestamp()) * S


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("replay:a.mcap", ("a.mcap", "")),
        ("replay:a.mcap?speed=max", ("a.mcap", "speed=max")),
        ("replay:/a/b.mcap?", ("/a/b.mcap", "")),
        ("sim://payload_defs/vibration?seed=1", ("payload_defs/vibration", "seed=1")),
        ("sim:///abs/payload.toml", ("/abs/payload.toml", "")),
        ("sim:rel", ("rel", "")),
        (r"replay:C:\a.mcap?loop=2", (r"C:\a.mcap", "loop=2")),
        ("sim://", ("", "")),
    ],
)
def test_a_url_is_a_path_and_options(url, parts):
    assert options.split_url(url) == parts


def test_a_file_whose_name_holds_a_question_mark_is_that_file(tmp_path):
    odd = tmp_path / "what?loop=2"
    odd.write_text("")
    assert options.split_url(f"replay:{odd}") == (str(odd), "")
    assert options.split_url(f"replay:{odd}?loop=3") == (str(odd), "loop=3")


def test_options_keep_a_plus_and_a_percent_sign():
    parsers = {"to": options.parse_moment, "drop": options.parse_probability}
    found = options.parse_options("u", "to=1970-01-01T01:00:00+01:00&drop=1%", parsers)
    assert found == {"to": Moment(0, absolute=True), "drop": 0.01}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sped=1", 'unknown option "sped"; did you mean "speed"'),
        ("q", "there is speed, loop"),
        ("speed=0", "speed: .* not 0"),
        ("loop=", "loop: "),
    ],
)
def test_a_wrong_option_is_told_with_the_url(query, said):
    with pytest.raises(ValueError, match=f"^replay:x.*{said}"):
        options.parse_options("replay:x", query, {"speed": options.parse_speed, "loop": options.parse_loop})


@pytest.mark.parametrize(
    "text", ["replay:x", "REPLAY:x", "sim://x", "sim:x", "/dev/ttyS0", "COM3", "socket://h:1", "rfc2217://h:1"]
)
def test_port_urls_are_told_from_files(text):
    assert is_port_url(text)


@pytest.mark.parametrize("text", ["x.mcap", "./replay", "replay", "simulated.mcap", r"C:\x.mcap", "COMB.mcap", "-"])
def test_files_are_told_from_port_urls(text):
    assert not is_port_url(text)


@pytest.mark.skipif(os.name == "nt", reason="a device of Windows has one name")
def test_a_device_under_another_name_is_a_port(tmp_path):
    (tmp_path / "board").symlink_to(os.devnull)  # as udev and socat make them; a terminal's would do as well
    (tmp_path / "recording").symlink_to(tmp_path / "run.mcap")
    (tmp_path / "run.mcap").touch()
    assert is_port_url(str(tmp_path / "board"))
    assert not is_port_url(str(tmp_path / "recording"))
    assert not is_port_url(str(tmp_path / "gone"))
