"""A checked document to the plan the board runs and the `Definition` the host uses."""

import hashlib
import json
from dataclasses import replace

from freefall_wire import PLAN_FORMAT

from ..sensors.channels import Channel, Compensated
from ..sensors.pico import CONTROLLERS, UART_DEFAULT_PINS
from ..sensors.table import SensorTable
from . import units
from .calibrations import CalibrationTable
from .compiled import Claim, Definition, Sensor, Stalls, Stream
from .model import Document, UartLink, UsbLink
from .packing import pack
from .promises import LimitsTable
from .settings import Setting, settings_of
from .streams import FifoStream, StreamTable


def compile_document(document: Document, text: str) -> Definition:
    """The definition of a document that passed every check; `text` is its TOML source."""
    sensors = tuple(_sensors(document))
    streams = tuple(_streams(document))
    settings = tuple(settings_of(document.stream))
    plan = canonical_json(_plan(document, sensors, streams) | _settings(settings))
    payload = document.payload
    return Definition(
        name=payload.name,
        apid=payload.apid,
        description=payload.description,
        discipline=payload.discipline,
        board=payload.board,
        streams=streams,
        sensors=sensors,
        plan=plan,
        definition_id=int.from_bytes(hashlib.sha256(plan).digest()[:4], "big"),
        text=text,
        housekeeping_ms=document.housekeeping.period_ms,
        stalls=Stalls(**document.stalls.model_dump()),
        settings=settings,
        claims=tuple(claim for stream in streams for claim in _claims(stream, document.stream[stream.name])),
    )


def canonical_json(value) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8: equal values give equal octets."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sensors(document: Document):
    watermarks = {stream.sensor: stream.watermark for stream in document.stream.values() if isinstance(stream, FifoStream)}
    for number, (name, table) in enumerate(document.sensor.items()):
        config = table.config(watermarks.get(name, 0))
        bus = getattr(table, "bus", None)
        yield Sensor(number, name, table.driver, bus, table.place(), config, table.COEFFICIENTS, table)


def _streams(document: Document):
    for number, (name, table) in enumerate(document.stream.items()):
        sensor = document.sensor[table.sensor]
        packing = pack(table, sensor, document.stalls)
        channels = tuple(_channels(sensor, table, document.limits.get(name, {})))
        compensated = any(isinstance(channel.calibration, Compensated) for channel in channels)
        yield Stream(
            number=number,
            name=name,
            apid=document.payload.apid + 1 + number,
            sensor=table.sensor,
            driver=sensor.driver,
            trigger=table.trigger,
            rate_hz=packing.rate_hz,
            sample_len=packing.sample_len,
            samples_per_read=packing.samples_per_read,
            samples_per_packet=packing.samples_per_packet,
            packet_len=packing.packet_len,
            max_latency_ms=table.max_latency_ms,
            ring_depth=packing.ring_depth,
            channels=channels,
            times=table.times(),
            checks=sensor.checks() + (sensor.fifo_checks() if isinstance(table, FifoStream) else ()),
            compensation=sensor.compensate if compensated else None,
        )


def _channels(sensor: SensorTable, stream: StreamTable, limits: dict[str, LimitsTable]):
    fields = (table.channel(name) for name, table in stream.field.items())
    for channel in (*sensor.channels(), *fields):
        if table := stream.calibration.get(channel.name):
            channel = _calibrated(channel, table)
        yield replace(channel, limits=limits[channel.name].limits()) if channel.name in limits else channel


def _calibrated(channel: Channel, table: CalibrationTable) -> Channel:
    calibration = table.calibration()
    if isinstance(channel.calibration, Compensated):
        calibration = Compensated(after=calibration)
    return replace(channel, unit=table.unit or channel.unit, calibration=calibration)


def _claims(stream: Stream, table: StreamTable):
    unit_of = {channel.name: channel.unit for channel in stream.channels}
    for channel, claim in table.claim.items():
        unit = unit_of[channel]
        amplitude = units.converted(claim.amplitude, claim.unit or unit, unit)
        yield Claim(stream.name, channel, amplitude, unit, claim.low_hz, claim.high_hz, claim.standard)


def _plan(document: Document, sensors: tuple[Sensor, ...], streams: tuple[Stream, ...]) -> dict:
    """What the board runs, and the names of payload, streams and the drivers' channels: another name is another definition id.

    Not in it, so free to change: what the host alone makes of samples (own fields, calibrations, units, claims, limits), and the
    words for people.
    """
    buses = document.bus.given()
    bus_number = {name: number for number, name in enumerate(buses)}
    number_of = {sensor.name: sensor.number for sensor in sensors}
    return {
        "format": PLAN_FORMAT,
        "name": document.payload.name,
        "apid": document.payload.apid,
        "board": document.payload.board,
        "link": _link(document.link),
        "housekeeping_ms": document.housekeeping.period_ms,
        "watchdog_ms": document.watchdog.timeout_ms,
        "buses": [{"id": CONTROLLERS[name].number} | bus.model_dump() | _mode(document, name) for name, bus in buses.items()],
        "sensors": [{"driver": s.driver, "bus": bus_number.get(s.bus), "config": s.config} | s.place for s in sensors],
        "streams": [
            {
                "name": s.name,
                "apid": s.apid,
                "sensor": number_of[s.sensor],
                "trigger": document.stream[s.name].trigger_plan(),
                "period_us": round(1_000_000 / s.rate_hz),
                "channels": list(document.sensor[s.sensor].CHANNELS),
                "sample_len": s.sample_len,
                "sample_times": s.times,
                "samples_per_read": s.samples_per_read,
                "samples_per_packet": s.samples_per_packet,
                "packet_len": s.packet_len,
                "max_latency_ms": s.max_latency_ms,
                "ring_depth": s.ring_depth,
            }
            for s in streams
        ],
    }


def _settings(settings: tuple[Setting, ...]) -> dict:
    """What the board checks telecommands by; a payload without settings has the plan it had before there were any."""
    rows = [{"stream": s.stream, "what": s.key, "least": s.least, "most": s.most, "value": s.value} for s in settings]
    return {"settings": rows} if rows else {}


def _link(link: UartLink | UsbLink) -> dict:
    return UART_DEFAULT_PINS.get(link.transport, {}) | link.model_dump(exclude_none=True)


def _mode(document: Document, bus: str) -> dict[str, int]:
    """The clock's polarity and phase on an SPI bus, which all its sensors want alike."""
    modes = [sensor.SPI_MODE for sensor in document.sensor.values() if getattr(sensor, "bus", None) == bus]
    return {"mode": (modes or [0])[0]} if CONTROLLERS[bus].kind == "spi" else {}
