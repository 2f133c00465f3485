"""What no single table can tell: references, triggers, pins, addresses; and the loads."""

from freefall_wire import reports

from .diagnostics import Findings, listed, meant, table_name
from .draft import Draft
from .loads import link_load, processor_load, timeouts
from .located import Path
from .model import LAST_APID, value_at
from .pico import I2C_PINS, UART_DEFAULT_PINS, UART_PINS
from .sensors import SensorTable, driver_name

_DATA_READY = 'trigger = "data_ready"'
_PERIODIC = 'trigger = "periodic"'
_USE_PERIODIC = f"use {_PERIODIC} with rate_hz and without pin"


def check(data: dict, findings: Findings):
    """Report every fault between the tables of `data`; `findings` already has those inside them."""
    draft = Draft(data, findings)
    # Loads before what no rate depends on: a pin used twice, say, does not take its stream out of the sums.
    for judge in (_streams, _link, link_load, timeouts, processor_load, _buses, _sensors, _counts, _pins):
        judge(draft)


def _link(draft: Draft):
    transport = draft.value(("link", "transport"))
    setting = f'transport = "{transport}"'
    if transport in UART_PINS:
        draft.require(("link",), "baud", setting, "bits per second")
        _functions(draft, ("link",), transport, UART_PINS[transport])
    elif transport is not None:
        for key in ("baud", "tx", "rx"):
            draft.forbid(("link",), key, setting, "it is for a UART")


def _buses(draft: Draft):
    for path in draft.tables("bus"):
        if path[1] in I2C_PINS:
            _functions(draft, path, path[1], I2C_PINS[path[1]])


def _functions(draft: Draft, table: Path, peripheral: str, functions: dict[str, tuple[int, ...]]):
    for function, possible in functions.items():
        pin = draft.value((*table, function))
        if pin is not None and pin not in possible:
            pins = ", ".join(map(str, possible))
            draft.refuse((*table, function), f"cannot be {function} of {peripheral}; use one of {pins}")


def _sensors(draft: Draft):
    users: dict[tuple[str, int], Path] = {}
    for sensor in draft.tables("sensor"):
        if draft.driver(sensor[1]) is None:  # nobody knows what its keys must be
            continue
        _reference(draft, (*sensor, "bus"), "bus")
        bus, address = draft.value((*sensor, "bus")), draft.value((*sensor, "address"))
        if bus is None or address is None:
            continue
        first = users.setdefault((bus, address), sensor)
        if first != sensor:
            draft.refuse((*sensor, "address"), f"is already used by {table_name(first)} on {bus}")


def _reference(draft: Draft, path: Path, section: str):
    name, known = draft.value(path), draft.names(section)
    if name is None or name in known or draft.findings.doubtful((section, name)):
        return
    if draft.findings.doubtful_name((section,)):  # which may be about to become this one
        draft.findings.doubt(path)
    else:
        draft.refuse(path, "is not defined" + meant(name, known, listed(f"defined {section} tables", known)))


def _streams(draft: Draft):
    data_ready: dict[str, Path] = {}  # sensor -> the stream that its data-ready line triggers
    for path in draft.tables("stream"):
        _reference(draft, (*path, "sensor"), "sensor")
        sensor, trigger = draft.value((*path, "sensor")), draft.value((*path, "trigger"))
        driver = draft.driver(sensor) if sensor is not None else None
        if driver:
            _calibration(draft, (*path, "calibration"), driver)
        if trigger == "data_ready" and driver and not driver.DATA_READY:
            draft.refuse((*path, "trigger"), f"is not supported for {driver_name(driver)}; {_USE_PERIODIC}")
        elif trigger == "data_ready" and sensor is not None and (first := data_ready.setdefault(sensor, path)) != path:
            line = f"the one data-ready line of {table_name(('sensor', sensor))} already triggers {table_name(first)}"
            draft.refuse((*path, "trigger"), f"is not possible: {line}; {_USE_PERIODIC}")
            draft.findings.doubt((*path, "pin"))
        elif trigger == "data_ready":
            draft.require(path, "pin", _DATA_READY, "the pin that the sensor's data-ready line is wired to")
            draft.forbid(path, "rate_hz", _DATA_READY, "the sensor sets the rate")
        elif trigger == "periodic":
            draft.require(path, "rate_hz", _PERIODIC, "samples per second")
            draft.forbid(path, "pin", _PERIODIC, "the board's clock triggers it")
            _conversion(draft, path, sensor)


def _conversion(draft: Draft, stream: Path, name: str | None):
    sensor = draft.table(("sensor", name)) if name is not None else None
    rate_hz = draft.value((*stream, "rate_hz"))
    if sensor and rate_hz is not None and rate_hz > (most := sensor.data_rate_hz()):
        draft.refuse(
            (*stream, "rate_hz"),
            f"is too fast: one conversion of {table_name(('sensor', name))} takes {1000 / most:g} ms, so the most is "
            f"{most:g}; lower it or change {sensor.RATE_KEY}",
        )


def _calibration(draft: Draft, tables: Path, driver: type[SensorTable]):
    given = value_at(tables, draft.data)
    for name in given if isinstance(given, dict) else ():
        if name not in driver.CHANNELS:
            hint = meant(name, driver.CHANNELS, listed("its channels", driver.CHANNELS))
            message = f'calibration for "{name}", which is not a channel of the sensor{hint}'
            draft.findings.add((*tables, name), message, at_key=True)


def _counts(draft: Draft):
    for section, limit in (("sensor", reports.MAX_SENSORS), ("stream", reports.MAX_STREAMS)):
        names = draft.names(section)
        if len(names) > limit:
            message = f"there are {len(names)} {section}s; the limit is {limit}"
            draft.findings.add((section, names[limit]), message, at_key=True)
    streams = len(draft.names("stream"))
    if not streams and not draft.findings.doubtful(("stream",)):
        draft.findings.add(("stream",), "the definition has no stream; add a [stream.NAME] section")
    apid = draft.value(("payload", "apid"))
    if apid is not None and apid + streams > LAST_APID:
        most = LAST_APID - streams
        draft.refuse(("payload", "apid"), f"leaves no APIDs for {streams} streams; the most is {most}")


def _pins(draft: Draft):
    wires = [(*bus, wire) for bus in draft.tables("bus") for wire in ("scl", "sda")]
    wires += [(*stream, "pin") for stream in draft.tables("stream")]
    pins = {path: draft.value(path) for path in wires}
    for function, default in UART_DEFAULT_PINS.get(draft.value(("link", "transport")), {}).items():
        path = ("link", function)
        pins[path] = draft.value(path) if draft.has(path) or draft.findings.doubtful(path) else default
    users: dict[int, Path] = {}
    for path in sorted(pins, key=draft.findings.offset):
        pin = pins[path]
        if pin is not None and (first := users.setdefault(pin, path)) != path:
            subject = draft.findings.quote(path) if draft.has(path) else f"{path[-1]} (by default {pin})"
            user = f"{first[-1]} of {table_name(first[:-1])}" + ("" if draft.has(first) else ", by default")
            draft.findings.add(path, f"{subject} is already used by {user}")
