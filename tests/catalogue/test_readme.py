"""The README of every payload: its tables say what its definition says."""

import re

import pytest

from freefall.definition import load_definition
from oracle.make_payload_vectors import Source

# A Raspberry Pi Pico's header: the pin of each GP number.
PICO = dict(
    zip(range(23), (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 29), strict=True)
) | {26: 31, 27: 32, 28: 34}

# What the other end of a wire is called, by the key of the definition that has its pin.
CALLED = {
    "scl": ("SCL",), "sda": ("SDA",), "sck": ("SCLK", "SCK"), "mosi": ("MOSI", "SDI", "DIN"), "miso": ("MISO", "SDO", "DOUT"),
    "cs": ("CS",), "tx": ("Rx", "RX"), "rx": ("Tx", "TX"),
}  # fmt: skip


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables(folder):
    return Source.of(folder).tables


def rows_after(text, head):
    """The cells of each row of the table whose first line begins so."""
    lines = text[text.index(head) :].splitlines()
    rows = [
        line.strip().strip("|").split("|")
        for line in lines[: next(n for n, line in enumerate(lines) if not line.startswith("|"))]
    ]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def wires(text):
    """The rows of the wiring table by GP number."""
    found = {}
    for first, *others in rows_after(text, "| Pico |"):
        if match := re.fullmatch(r"GP(\d+) \((\d+)\)", first):
            number, pin = int(match[1]), int(match[2])
            assert PICO[number] == pin, f"GP{number} is pin {PICO[number]} of the header, not {pin}"
            assert number not in found, f"GP{number} has two rows"
            found[number] = others
        else:
            assert not first.startswith("GP"), first
    return found


def pins(tables):
    """(pin, what it is for, the key that names it) of everything in the definition that takes one."""
    for key in ("tx", "rx"):
        if key in tables["link"]:
            yield tables["link"][key], "link", key
    for kind in ("bus", "sensor", "stream"):
        for name, table in tables.get(kind, {}).items():
            for key in ("scl", "sda", "sck", "mosi", "miso", "tx", "rx", "cs", "pin"):
                if key in table:
                    yield table[key], f"{kind}.{name}", key


def test_wiring_table_names_every_pin_and_no_other(text, tables):
    assert sorted(wires(text)) == sorted(pin for pin, _, _ in pins(tables))


def test_wiring_table_says_what_is_at_the_other_end(text, tables):
    found = wires(text)
    for pin, place, key in pins(tables):
        *ends, note = found[pin]
        if place == "link":
            assert not any(ends) and ("telemetry out" if key == "tx" else "receive") in note
            assert key == "rx" or f"{tables['link']['baud']} baud" in note
        else:
            assert any(ends), f"GP{pin} goes nowhere"
            assert key not in CALLED or all(end in CALLED[key] for end in ends if end), f"GP{pin}, {key}: {ends}"


def test_wiring_table_names_every_bus_and_its_speed(text, tables):
    found = wires(text)
    for name, bus in tables["bus"].items():
        notes = [found[bus[key]][-1] for key in ("scl", "sda", "sck", "mosi", "miso", "tx", "rx") if key in bus]
        told = [match for note in notes if (match := re.search(rf"bus {name}, ([\d.]+) (MHz|kHz|baud)", note))]
        assert len(told) == 1, f"{name}: {notes}"
        speed = float(told[0][1]) * {"MHz": 1e6, "kHz": 1e3, "baud": 1}[told[0][2]]
        assert speed == bus.get("freq_hz", bus.get("baud"))


def test_wiring_table_gives_every_sensor_on_a_bus_its_wires(text, tables):
    found = wires(text)
    for sensor in tables["sensor"].values():
        bus = tables["bus"].get(sensor.get("bus"), {})
        shared = [found[bus[key]] for key in ("scl", "sda", "sck", "mosi", "miso") if key in bus]
        on_the_bus = sum(other.get("bus") == sensor.get("bus") for other in tables["sensor"].values())
        assert all(sum(bool(end) for end in row[:-1]) == on_the_bus for row in shared)


def rate_told(cell):
    """Samples a second; None where the cell says none."""
    if match := re.search(r"([\d.]+) (?:sample|reading)s?/s", cell):
        return float(match[1])
    if match := re.search(r"1 (?:sample|reading) every ([\d.]+) s", cell):
        return 1 / float(match[1])
    match = re.search(r"every pulse, up to ([\d.]+) a second", cell)
    return float(match[1]) if match else None


def channels_told(cell):
    """The names in backticks; of `f5` to `f8` all between, too."""
    names = re.findall(r"`(\w+)`", cell)
    for stem, first, last in re.findall(r"`(\w+?)(\d+)` to `\w+?(\d+)`", cell):
        names += [f"{stem}{number}" for number in range(int(first) + 1, int(last))]
    return names


def test_table_of_streams_is_true(folder, text):
    definition = load_definition(folder)
    rows = {row[0].strip("`"): row for row in rows_after(text, "| stream |")}
    assert list(rows) == [stream.name for stream in definition.streams]
    for stream in definition.streams:
        _, sensor, rate, channels, timed_by = rows[stream.name]
        assert rate_told(rate) == pytest.approx(stream.rate_hz, rel=0.05), f"{stream.name}: {rate}"
        assert sorted(channels_told(channels)) == sorted(channel.name for channel in stream.channels), stream.name
        for channel in stream.channels:
            unit = {"%": "%RH", "count": "", "count/ms": "basic counts", "1": "", "ohm": "Ohm"}.get(channel.unit, channel.unit)
            assert unit in channels, f"{stream.name} {channel.name} is in {channel.unit}, and not in {channels}"
        named = {"adc": "the board's own", "pulse_counter": ""}.get(stream.driver, stream.driver.upper())
        assert named.lower() in re.sub(r"[^\w' ]", "", sensor).lower(), f"{stream.name}: {sensor}"
        by = {"periodic": "the board's own clock", "pulse": "the pulse itself"}.get(stream.trigger)
        assert timed_by.startswith(by) if by else not timed_by.startswith("the board's"), f"{stream.name}: {timed_by}"


def test_commands_are_those_of_this_payload(folder, text, tables):
    assert f"payload_defs/{folder.name} --duration" in text
    assert tables["payload"]["name"] == folder.name
    assert ("[scenario.toml](scenario.toml)" in text) == (folder / "scenario.toml").exists()
