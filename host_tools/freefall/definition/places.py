"""Where things are: pins of the chip's functions, buses of sensors, places on buses, and what two cannot share."""

from ..sensors.pico import CONTROLLERS, UART_DEFAULT_PINS, UART_PINS
from ..sensors.table import SensorTable, driver_name
from .diagnostics import table_name
from .draft import Draft
from .located import Path
from .model import table_at

_KINDS = {"i2c": "an I2C", "spi": "an SPI", "uart": "a UART"}


def functions(draft: Draft):
    """Refuse pins that the chip has no such function on."""
    peripherals = [(bus, CONTROLLERS[bus[1]].pins) for bus in draft.tables("bus") if bus[1] in CONTROLLERS]
    transport = draft.value(("link", "transport"))
    if transport in UART_PINS:
        peripherals.append((("link",), UART_PINS[transport]))
    for table, wires in peripherals:
        for wire, possible in wires.items():
            pin = draft.value((*table, wire))
            if pin is not None and pin not in possible:
                pins = ", ".join(map(str, possible))
                peripheral = transport if table == ("link",) else table[1]
                draft.refuse((*table, wire), f"cannot be {wire} of {peripheral}; use one of {pins}")


def uarts(draft: Draft):
    """Refuse a UART that is to be the link and a bus."""
    transport = draft.value(("link", "transport"))
    if transport in UART_PINS and draft.has(("bus", transport)):
        other = next(name for name in UART_PINS if name != transport)
        draft.findings.add(
            ("bus", transport),
            f'[bus.{transport}] is not possible: [link] has transport = "{transport}"; use {other} for one of the two, or usb '
            "for the link",
            at_key=True,
        )


def places(draft: Draft):
    """Refuse sensors on buses that are not there or not theirs, and where another is."""
    users: dict[tuple[str, int | None], Path] = {}
    for sensor in draft.tables("sensor"):
        driver = draft.driver(sensor[1])
        if driver is None or "bus" not in driver.model_fields:  # nobody knows what its keys must be; or it has no bus
            continue
        draft.reference((*sensor, "bus"), "bus")
        bus = draft.value((*sensor, "bus"))
        if bus not in CONTROLLERS:
            continue
        _place(draft, sensor, driver, bus)
        alone = CONTROLLERS[bus].kind == "uart"
        key = "bus" if alone else "address"
        place = None if alone else _address(draft, sensor, driver)
        if place is None and not alone:
            continue
        first = users.setdefault((bus, place), sensor)
        if first != sensor:
            where = ", and a UART has one sensor" if alone else f" on {bus}"
            draft.refuse((*sensor, key), f"is already used by {table_name(first)}{where}")
    _modes(draft)
    _paces(draft)


def _place(draft: Draft, sensor: Path, driver: type[SensorTable], bus: str):
    setting = f'bus = "{bus}"'
    kind = CONTROLLERS[bus].kind
    if kind not in driver.BUSES:
        possible = " or ".join(_KINDS[kind] for kind in driver.BUSES)
        lacks = _KINDS[kind].split()[1]
        draft.refuse((*sensor, "bus"), f"is not possible: {driver_name(driver)} has no {lacks}; use {possible} bus")
        return
    for key, of in (("address", "i2c"), ("cs", "spi")):
        if kind == of:
            if not _has_default(driver, key):
                draft.require(sensor, key, setting)
        else:
            draft.forbid(sensor, key, setting, f"it is for {_KINDS[of]} bus")


def _has_default(driver: type[SensorTable], key: str) -> bool:
    """Whether the part can be in one place only, so that nobody need say which."""
    field = driver.model_fields.get(key)
    return field is not None and not field.is_required() and field.default is not None


def _address(draft: Draft, sensor: Path, driver: type[SensorTable]) -> int | None:
    path = (*sensor, "address")
    return draft.setting(path) if draft.has(path) or _has_default(driver, "address") else None


def _modes(draft: Draft):
    """Refuse sensors that want the clock of one SPI bus in different modes."""
    first: dict[str, tuple[Path, int]] = {}
    for sensor in draft.tables("sensor"):
        driver, bus = draft.driver(sensor[1]), draft.value((*sensor, "bus"))
        if driver is None or bus not in CONTROLLERS or CONTROLLERS[bus].kind != "spi":
            continue
        mode = driver.SPI_MODE
        other, first_mode = first.setdefault(bus, (sensor, mode))
        if mode != first_mode:
            free = next(name for name, controller in CONTROLLERS.items() if controller.kind == "spi" and name != bus)
            draft.refuse(
                (*sensor, "bus"),
                f"is not possible: {table_name(sensor)} needs SPI mode {mode}, and {table_name(other)} on it mode {first_mode}; "
                f"put one of the two on {free}",
            )


def _paces(draft: Draft):
    """Refuse buses that are faster than a sensor on them, or have another baud rate than it."""
    for name, controller in CONTROLLERS.items():
        here = [sensor for sensor in draft.tables("sensor") if draft.value((*sensor, "bus")) == name]
        drivers = [(sensor, draft.driver(sensor[1])) for sensor in here]
        drivers = [(sensor, driver) for sensor, driver in drivers if driver and controller.kind in getattr(driver, "BUSES", ())]
        if controller.kind == "uart":
            for sensor, driver in drivers:
                baud = draft.value(("bus", name, "baud"))
                if driver.BAUD and baud is not None and baud != driver.BAUD:
                    who = f"{table_name(sensor)}, a {driver_name(driver)},"
                    draft.refuse(("bus", name, "baud"), f"is not possible: {who} talks at {driver.BAUD}")
        elif drivers:
            sensor, driver = min(drivers, key=lambda pair: pair[1].FASTEST_HZ[controller.kind])
            most, freq_hz = driver.FASTEST_HZ[controller.kind], draft.value(("bus", name, "freq_hz"))
            if freq_hz is not None and freq_hz > most:
                why = f"is too fast for {table_name(sensor)}: the most that a {driver_name(driver)} follows is {most}"
                draft.refuse(("bus", name, "freq_hz"), f"{why}; lower it, or give the sensor a bus of its own")


def pins(draft: Draft):
    """Refuse a pin that two things are wired to."""
    given = {path: draft.value(path) for path in wires(draft)}
    for wire, default in UART_DEFAULT_PINS.get(draft.value(("link", "transport")), {}).items():
        path = ("link", wire)
        given[path] = draft.value(path) if draft.has(path) or draft.findings.doubtful(path) else default
    users: dict[int, Path] = {}
    for path in sorted(given, key=draft.findings.offset):
        pin = given[path]
        if pin is not None and (first := users.setdefault(pin, path)) != path:
            subject = draft.findings.quote(path) if draft.has(path) else f"{path[-1]} (by default {pin})"
            user = f"{first[-1]} of {table_name(first[:-1])}" + ("" if draft.has(first) else ", by default")
            draft.findings.add(path, f"{subject} is already used by {user}")


def wires(draft: Draft) -> list[Path]:
    """Where the pins of buses, sensors and streams are given, of tables whose kind is known."""
    buses = [(*bus, wire) for bus in draft.tables("bus") if bus[1] in CONTROLLERS for wire in CONTROLLERS[bus[1]].pins]
    tables = [sensor for sensor in draft.tables("sensor") if draft.driver(sensor[1])]
    tables += [stream for stream in draft.tables("stream") if draft.trigger(stream)]
    return buses + [(*table, key) for table in tables for key in _pin_keys(table_at(table, draft.data))]


def _pin_keys(table) -> list[str]:
    return [key for key in table.model_fields if key in ("cs", "pin") or key.endswith("_pin")]
