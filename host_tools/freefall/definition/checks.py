"""What no single table can tell: references, triggers, pins, places on buses, counts; and the loads."""

from freefall_wire import reports

from ..sensors.pico import CONTROLLERS, DMA_CHANNELS, STATE_MACHINES, UART_DEFAULT_PINS, UART_PINS
from ..sensors.table import SensorTable, driver_name
from .bus_loads import bus_load, reads_in_time, timeouts, watermarks
from .diagnostics import Findings, listed, meant, table_name
from .draft import Draft
from .loads import link_load, processor_load, ring_memory
from .located import Path
from .model import LAST_APID, table_at, value_at

_USE_PERIODIC = 'use trigger = "periodic" with rate_hz and without pin'


def check(data: dict, findings: Findings):
    """Report every fault between the tables of `data`; `findings` already has those inside them."""
    draft = Draft(data, findings)
    # Loads before what no rate depends on: a pin used twice, say, does not take its stream out of the sums.
    first = (_streams, _functions, _places)
    loads = (watermarks, link_load, timeouts, bus_load, reads_in_time, processor_load, ring_memory)
    for judge in (*first, *loads, _counts, _state_machines, _dma_channels, _pins):
        judge(draft)


def _functions(draft: Draft):
    peripherals = [(bus, CONTROLLERS[bus[1]].pins) for bus in draft.tables("bus") if bus[1] in CONTROLLERS]
    transport = draft.value(("link", "transport"))
    if transport in UART_PINS:
        peripherals.append((("link",), UART_PINS[transport]))
    for table, functions in peripherals:
        for function, possible in functions.items():
            pin = draft.value((*table, function))
            if pin is not None and pin not in possible:
                pins = ", ".join(map(str, possible))
                peripheral = transport if table == ("link",) else table[1]
                draft.refuse((*table, function), f"cannot be {function} of {peripheral}; use one of {pins}")


def _places(draft: Draft):
    users: dict[tuple[str, int], Path] = {}
    for sensor in draft.tables("sensor"):
        driver = draft.driver(sensor[1])
        if driver is None or "bus" not in driver.model_fields:  # nobody knows what its keys must be; or it has no bus
            continue
        _reference(draft, (*sensor, "bus"), "bus")
        bus = draft.value((*sensor, "bus"))
        if bus in CONTROLLERS:
            _place(draft, sensor, driver, bus)
        address = draft.value((*sensor, "address"))
        if bus is None or address is None:
            continue
        first = users.setdefault((bus, address), sensor)
        if first != sensor:
            draft.refuse((*sensor, "address"), f"is already used by {table_name(first)} on {bus}")


def _place(draft: Draft, sensor: Path, driver: type[SensorTable], bus: str):
    setting = f'bus = "{bus}"'
    if CONTROLLERS[bus].kind == "i2c":
        draft.require(sensor, "address", setting)
        draft.forbid(sensor, "cs", setting, "it is for an SPI bus")
    elif "spi" in driver.BUSES:
        draft.require(sensor, "cs", setting)
        draft.forbid(sensor, "address", setting, "it is for an I2C bus")
    else:
        draft.refuse((*sensor, "bus"), f"is not possible: {driver_name(driver)} has no SPI; use an I2C bus")


def _reference(draft: Draft, path: Path, section: str):
    name, known = draft.value(path), draft.names(section)
    if name is None or name in known or draft.findings.doubtful((section, name)):
        return
    if draft.findings.doubtful_name((section,)):  # which may be about to become this one
        draft.findings.doubt(path)
    else:
        draft.refuse(path, "is not defined" + meant(name, known, listed(f"defined {section} tables", known)))


def _streams(draft: Draft):
    by_sensor: dict[str, dict[Path, str]] = {}  # sensor -> its streams and their triggers
    for path in draft.tables("stream"):
        trigger = draft.trigger(path)
        if trigger is None:  # nobody knows what its keys must be
            continue
        _reference(draft, (*path, "sensor"), "sensor")
        sensor = draft.value((*path, "sensor"))
        driver = draft.driver(sensor) if sensor is not None else None
        if driver is None:
            continue
        _calibration(draft, (*path, "calibration"), driver)
        if trigger not in driver.TRIGGERS:
            draft.refuse((*path, "trigger"), f"is not supported for {driver_name(driver)}; {_USE_PERIODIC}")
        else:
            by_sensor.setdefault(sensor, {})[path] = trigger
        if trigger == "periodic":
            _conversion(draft, path, sensor)
    for sensor, streams in by_sensor.items():
        _lines(draft, table_name(("sensor", sensor)), streams)


def _lines(draft: Draft, sensor: str, streams: dict[Path, str]):
    """What the streams of one sensor can share: a line triggers one stream, and a FIFO is read for one stream only."""
    fifo = next((path for path, trigger in streams.items() if trigger == "fifo_watermark"), None)
    ready = next((path for path, trigger in streams.items() if trigger == "data_ready"), None)
    for path, trigger in streams.items():
        if fifo and path != fifo:
            why = f"{table_name(fifo)} reads the FIFO of {sensor}, which then has no other stream; remove one of the two"
        elif trigger == "data_ready" and path != ready:
            why = f"the one data-ready line of {sensor} already triggers {table_name(ready)}; {_USE_PERIODIC}"
        else:
            continue
        draft.refuse((*path, "trigger"), f"is not possible: {why}")
        draft.findings.doubt((*path, "pin"))


def _conversion(draft: Draft, stream: Path, name: str):
    sensor = draft.table(("sensor", name))
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


def _stamped(draft: Draft) -> list[Path]:
    return [stream for stream in draft.tables("stream") if draft.value((*stream, "timestamps")) == "hardware"]


def _state_machines(draft: Draft):
    users = [stream for stream in draft.tables("stream") if draft.trigger(stream) == "periodic"] + _stamped(draft)
    users += [s for s in draft.tables("sensor") if (driver := draft.driver(s[1])) and driver.STATE_MACHINES]
    if len(users) > STATE_MACHINES:
        last = sorted(users, key=draft.findings.offset)[STATE_MACHINES]
        draft.findings.add(
            last,
            f"{table_name(last)} is one too many: the chip has {STATE_MACHINES} PIO state machines, and every periodic stream, "
            f"stream with hardware time stamps and pulse counter takes one, {len(users)} in all",
            at_key=True,
        )


def _dma_channels(draft: Draft):
    stamped = _stamped(draft)
    uart = draft.value(("link", "transport")) in UART_PINS
    needed = 2 * len(draft.names("bus")) + 2 * len(stamped) + uart
    if stamped and needed > DMA_CHANNELS:
        draft.refuse(
            (*stamped[-1], "timestamps"),
            f"is too much: {needed} DMA channels are needed, 2 by each bus and each stream with hardware time stamps and 1 by a "
            f'UART, and the chip has {DMA_CHANNELS}; use "interrupt" or fewer buses',
        )


def _pins(draft: Draft):
    pins = {path: draft.value(path) for path in _wires(draft)}
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


def _wires(draft: Draft) -> list[Path]:
    """Where the pins of buses, sensors and streams are given, of tables whose kind is known."""
    buses = [(*bus, wire) for bus in draft.tables("bus") if bus[1] in CONTROLLERS for wire in CONTROLLERS[bus[1]].pins]
    tables = [sensor for sensor in draft.tables("sensor") if draft.driver(sensor[1])]
    tables += [stream for stream in draft.tables("stream") if draft.trigger(stream)]
    return buses + [(*table, key) for table in tables for key in ("cs", "pin") if key in table_at(table, draft.data).model_fields]
