"""What triggers the streams: whether their sensors can, and what the streams of one sensor can share."""

from .diagnostics import table_name
from .draft import Draft
from .located import Path
from .streams import TRIGGERS, StreamTable

# Keys that depend on the trigger: of a wrong one nobody knows which there must be.
_OWN_KEYS = {key for table in TRIGGERS.values() for key in table.model_fields} - {"trigger", *StreamTable.model_fields}
_USE_PERIODIC = 'use trigger = "periodic" with rate_hz and without pin'


def triggers(draft: Draft):
    """Refuse streams of sensors that are not there, triggers that their sensors do not make, and rates beyond them."""
    by_sensor: dict[str, dict[Path, str]] = {}  # sensor -> its streams and their triggers
    for path in draft.tables("stream"):
        trigger = draft.trigger(path)
        if trigger is None:  # nobody knows what its keys must be
            continue
        draft.reference((*path, "sensor"), "sensor")
        sensor = draft.value((*path, "sensor"))
        driver = draft.driver(sensor) if sensor is not None else None
        if driver is None:
            continue
        if trigger not in driver.TRIGGERS:
            remedy = _USE_PERIODIC if "periodic" in driver.TRIGGERS else f"use {' or '.join(map(repr, driver.TRIGGERS))}"
            draft.findings.retract((*path, key) for key in _OWN_KEYS)
            draft.refuse((*path, "trigger"), f"is not supported for {draft.data['sensor'][sensor]['driver']}; {remedy}")
        else:
            by_sensor.setdefault(sensor, {})[path] = trigger
        if trigger == "periodic":
            _conversion(draft, path, sensor)
    for sensor, streams in by_sensor.items():
        _lines(draft, table_name(("sensor", sensor)), streams)


def _lines(draft: Draft, sensor: str, streams: dict[Path, str]):
    """What the streams of one sensor can share: a line triggers one stream, and a FIFO is read for one stream only."""
    first = {trigger: path for path, trigger in reversed(streams.items())}
    fifo = first.get("fifo_watermark")
    for path, trigger in streams.items():
        if fifo and path != fifo:
            why = f"{table_name(fifo)} reads the FIFO of {sensor}, which then has no other stream; remove one of the two"
        elif trigger == "data_ready" and path != first[trigger]:
            why = f"the one data-ready line of {sensor} already triggers {table_name(first[trigger])}; {_USE_PERIODIC}"
        elif trigger == "pulse" and path != first[trigger]:
            why = f"the pulses of {sensor} already trigger {table_name(first[trigger])}; {_USE_PERIODIC}"
        else:
            continue
        draft.refuse((*path, "trigger"), f"is not possible: {why}")
        draft.findings.doubt((*path, "pin"))


def _conversion(draft: Draft, stream: Path, name: str):
    sensor = draft.table(("sensor", name))
    rate_hz = draft.value((*stream, "rate_hz"))
    if sensor and rate_hz is not None and rate_hz > (most := sensor.data_rate_hz()):
        of = f" of [sensor.{name}]" if sensor.RATE_KEY == "rate_hz" else ""  # which is a key of the stream as well
        change = f" or change {sensor.RATE_KEY}{of}" if sensor.RATE_KEY else ""
        draft.refuse(
            (*stream, "rate_hz"),
            f"is too fast: one conversion of {table_name(('sensor', name))} takes {1000 / most:g} ms, so the most is "
            f"{most:g}; lower it{change}",
        )
