"""A payload on the virtual port with the sensor models its plan asks for; what it says, taken apart by the oracle."""

import copy

from freefall.board.clock import SimulatedClock
from freefall.sensors.part import Wiring
from freefall.sensors.registry import SENSORS
from freefall_board.app import Payload
from freefall_board.boot import Boot
from freefall_board.ports.virtual import Port
from oracle import codec

MS = 1_000_000
APID = 64
DEFINITION_ID = bytes.fromhex("f1e2d3c4")
BOOT, SENSOR_ABSENT = 1, 2  # events
BOARD = 1  # structure id
_ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
_WATERMARK = 25


def make_plan(thermometers=1, accelerometer=True, period_us=10_000, timestamps="interrupt", **changes):
    """A plan: an ADXL355 at 1 kHz on bus 0 if wanted, then so many TMP117 at period_us, four a bus from bus 1 on."""
    buses = [_i2c(number) for number in range(3)]
    sensors, streams = [], []
    if accelerometer:
        sensor = {"driver": "adxl355", "address": 0x1D, "bus": 0, "config": {"range_code": 1, "odr_code": 2, "watermark": 0}}
        trigger = {"kind": "data_ready", "pin": 15, "timestamps": timestamps}
        _add(sensors, streams, sensor, 9, 10, 1000, trigger)
    for number in range(thermometers):
        place = {"address": _ADDRESSES[number % 4], "bus": 1 + number // 4}
        _add(sensors, streams, _thermometer() | place, 2, 1, period_us, {"kind": "periodic"})
    return _plan(buses, sensors, streams) | changes


def make_fast_plan(timestamps="interrupt", **changes):
    """A plan: an ADXL355 at 4 kHz by its FIFO on SPI; another at 1 kHz and a TMP117 on one I2C bus; and a pulse counter."""
    buses = [{"freq_hz": 5_000_000, "id": 0, "kind": "spi", "mode": 0, "timeout_us": 2000}, _i2c(0)]
    sensors, streams = [], []
    sensor = {"driver": "adxl355", "cs": 17, "bus": 0, "config": {"range_code": 1, "odr_code": 0, "watermark": _WATERMARK}}
    trigger = {"kind": "fifo_watermark", "pin": 15, "timestamps": timestamps}
    _add(sensors, streams, sensor, 9, _WATERMARK, 250, trigger, _WATERMARK)
    sensor = {"driver": "adxl355", "address": 0x1D, "bus": 1, "config": {"range_code": 1, "odr_code": 2, "watermark": 0}}
    _add(sensors, streams, sensor, 9, 10, 1000, {"kind": "data_ready", "pin": 14, "timestamps": timestamps})
    _add(sensors, streams, _thermometer() | {"address": 0x48, "bus": 1}, 2, 1, 20_000, {"kind": "periodic"})
    counter = {"driver": "pulse_counter", "bus": None, "config": {"pin": 18}}
    _add(sensors, streams, counter, 12, 2, 50_000, {"kind": "periodic"})
    return _plan(buses, sensors, streams) | changes


def make_shared_plan(watermark=0, timestamps="interrupt", **changes):
    """A plan: two ADXL355 at 1 kHz and 500 Hz and a TMP117 on one I2C bus of 1 MHz; the first by its FIFO with a watermark."""
    sensors, streams = [], []
    for address, odr_code, period_us, pin, samples in ((0x1D, 2, 1000, 15, watermark), (0x53, 3, 2000, 14, 0)):
        config = {"range_code": 1, "odr_code": odr_code, "watermark": samples}
        sensor = {"driver": "adxl355", "address": address, "bus": 0, "config": config}
        kind = "fifo_watermark" if samples else "data_ready"
        trigger = {"kind": kind, "pin": pin, "timestamps": timestamps}
        _add(sensors, streams, sensor, 9, samples or 10, period_us, trigger, samples or 1)
    _add(sensors, streams, _thermometer() | {"address": 0x48, "bus": 0}, 2, 1, 20_000, {"kind": "periodic"})
    return _plan([_i2c(0, 1_000_000, 3000 if watermark else 500)], sensors, streams) | changes


def make_kinds_plan(**changes):
    """A plan: a BME280 and an INA226 by its alert line on one I2C bus, an MH-Z19B on a UART, a counter by its pulses, an ADC."""
    sensors, streams = [], []
    buses = [_i2c(0), {"baud": 9600, "id": 1, "kind": "uart", "timeout_us": 100_000}]
    _add(sensors, streams, _sensor("bme280", 0, address=0x76), 8, 4, 100_000, {"kind": "periodic"})
    current = _sensor("ina226", 0, address=0x40, shunt_ohm=0.1, averages=4)
    _add(sensors, streams, current, 4, 4, 8800, {"kind": "data_ready", "pin": 15, "timestamps": "hardware"})
    _add(sensors, streams, _sensor("mhz19b", 1), 9, 1, 500_000, {"kind": "periodic"})
    _add(sensors, streams, _sensor("pulse_counter", None, pin=18), 16, 8, 1000, {"kind": "pulse"}, times=True)
    _add(sensors, streams, _sensor("adc", None, pin=26), 2, 8, 5000, {"kind": "periodic"})
    return _plan(buses, sensors, streams) | changes


def make_oximeter_plan(watermark=17, **changes):
    """A plan: a MAX30102 at 100 Hz, by its FIFO whose line rises once, or sample by sample with a watermark of 0."""
    sensors, streams = [], []
    sensor = _sensor("max30102", 0, watermark, sample_rate_hz=100)
    trigger = {"kind": "fifo_watermark" if watermark else "data_ready", "pin": 15, "timestamps": "interrupt"}
    _add(sensors, streams, sensor, 6, 17, 10_000, trigger, watermark or 1)
    return _plan([_i2c(0, timeout_us=5000)], sensors, streams) | changes


def _sensor(driver, bus, watermark=0, **options):
    """A sensor of the plan with the register codes of these options of its table, which its model wants too."""
    bus_name = {} if bus is None else {"bus": "bus"}
    table = SENSORS[driver].table.model_validate({"driver": driver, **bus_name, **options})
    return {"driver": driver, "bus": bus, "config": table.config(watermark), "table": table, **table.place()}


def _i2c(number, freq_hz=400_000, timeout_us=1000):
    return {"freq_hz": freq_hz, "id": number, "kind": "i2c", "timeout_us": timeout_us}


def _thermometer():
    return {"driver": "tmp117", "config": {"averages_code": 0}}


def _add(sensors, streams, sensor, sample_len, samples, period_us, trigger, step=1, times=False):
    streams.append(
        {
            "apid": APID + 1 + len(streams), "sensor": len(sensors), "sample_len": sample_len, "samples_per_packet": samples,
            "packet_len": codec.stream_packet_length(samples, sample_len), "period_us": period_us, "ring_depth": 64,
            "max_latency_ms": 50, "trigger": trigger, "samples_per_read": step, "sample_times": times,
        }
    )  # fmt: skip
    sensors.append(sensor)


def _plan(buses, sensors, streams):
    return {
        "format": 3, "apid": APID, "buses": buses, "sensors": sensors, "streams": streams, "housekeeping_ms": 1000,
        "link": {"transport": "uart0", "baud": 921_600}, "watchdog_ms": 0, "name": "bench",
    }  # fmt: skip


class Bench:
    """A payload on the virtual port; `packets` and what else follows from them are what left by its link."""

    def __init__(self, plan, boot_count=9, start_us=0):
        self.clock = SimulatedClock(start_us * 1000)
        self.start_us = start_us
        self.octets = bytearray()
        self.port = Port(self.clock, self.octets.extend)
        i2c = {bus["id"]: [] for bus in plan["buses"] if bus["kind"] == "i2c"}
        spi = {bus["id"]: {} for bus in plan["buses"] if bus["kind"] == "spi"}
        uart, analog = {}, {}
        self.models = []
        for number, sensor in enumerate(plan["sensors"]):
            self.models.append(model := self._model(plan, number, sensor))
            if sensor["bus"] is None:
                analog[sensor["config"]["pin"]] = model
                continue
            bus = plan["buses"][sensor["bus"]]
            if bus["kind"] == "i2c":
                i2c[bus["id"]].append(model)
            elif bus["kind"] == "spi":
                spi[bus["id"]][sensor["cs"]] = model
            else:
                uart[bus["id"]] = model
        self.port.connect(i2c, spi, uart, analog)
        self.coefficients = tuple(SENSORS[sensor["driver"]].table.COEFFICIENTS for sensor in plan["sensors"])
        self.plan = plan
        self._packets = []  # decoded so far
        self.payload = Payload(copy.deepcopy(plan), DEFINITION_ID, self.port, Boot(boot_count))

    def _model(self, plan, number, sensor):
        triggers = [stream["trigger"] for stream in plan["streams"] if stream["sensor"] == number]
        lines = {trigger["kind"]: self.port.line(trigger["pin"]) for trigger in triggers if "pin" in trigger}
        if "pin" in sensor["config"]:
            lines["pin"] = self.port.line(sensor["config"]["pin"])
        kind = SENSORS[sensor["driver"]]
        return kind.model(Wiring(self.clock, sensor.get("address"), lines, number, kind.signals, sensor.get("table")))

    def send(self, *packets):
        """Telecommands, up the link."""
        for packet in packets:
            self.port.send(b"\0" + codec.encode_frame(packet) + b"\0")

    def reboot(self):
        """What the payload that restarted is followed by; it is started."""
        boot = Boot(self.payload._boot.count + 1)
        self.payload = Payload(copy.deepcopy(self.plan), DEFINITION_ID, self.port, boot)
        self.payload.start()

    def run(self, duration_ms):
        """The loop for so long."""
        end_ns = self.clock.now_ns() + duration_ms * MS
        while self.clock.now_ns() < end_ns:
            if not self.payload.step():
                self.port.idle(1000)

    def settle(self):
        """Until the reports of a moment after the present one are there."""
        self.run(self.plan["housekeeping_ms"] + 500)

    @property
    def packets(self):
        """Every packet that left, whole."""
        assert self.octets[:1] == b"\0", "a delimiter before the first frame"
        whole = [encoded for encoded in self.octets.split(b"\0")[:-1] if encoded]  # another boot begins with a delimiter
        for encoded in whole[len(self._packets) :]:
            packet, reason = codec.judge_frame(bytes(encoded))
            assert reason is None
            self._packets.append(packet)
        return self._packets

    @property
    def service_packets(self):
        """Those that are reports."""
        return [packet for packet in self.packets if codec.parse_primary_header(packet)["apid"] == APID]

    @property
    def reports(self):
        """(kind, fields) of every service packet, where kind is what kind of report it is and which of its kind."""
        found = []
        for packet in self.service_packets:
            settings = len(self.plan.get("settings", ()))
            fields = codec.parse_report(
                packet, len(self.plan["streams"]), len(self.coefficients), self.coefficients, settings
            )
            assert fields is not None
            what = next(name for name in ("event", "sid", "parameter", "verification", "alive") if name in fields)
            found.append(((what, fields[what]), fields))
        return found

    @property
    def kinds(self):
        """The kinds of the reports."""
        return [kind for kind, _ in self.reports]

    def of(self, *kind):
        """The fields of the reports of a kind."""
        return [fields for found, fields in self.reports if found == kind]

    def ledger(self, stream):
        """The last ledger of a stream, which must close."""
        last = self.of("sid", 256 + stream)[-1]
        assert (last["taken"] + last["bus_errors"] + last["overruns"] - last["seen"]) % 2**30 == 0
        assert (last["framed"] + last["pending"] - last["taken"]) % 2**30 == 0
        assert (last["samples_sent"] + last["samples_dropped"] - last["framed"]) % 2**30 == 0
        return last

    def samples(self, stream):
        """(index, time in us of its packet's first sample, its place in the packet, octets) of every sample that left."""
        sample_len = self.plan["streams"][stream]["sample_len"]
        found = []
        for packet in self.packets:
            if codec.parse_primary_header(packet)["apid"] != APID + 1 + stream:
                continue
            said = codec.parse_stream_packet(packet, sample_len)
            time_us = said["seconds"] * 10**6 + said["microseconds"]
            found += [(said["index"] + place, time_us, place, octets) for place, octets in enumerate(said["samples"])]
        return found

    def check_against_model(self, stream):
        """AssertionError unless each sample that left is the one of its number, made when its packet says; returns their indexes.

        For streams of an ADXL355: numbers count what the part made.
        """
        period_us = self.plan["streams"][stream]["period_us"]
        made = [(sample.time_ns // 1000 - self.start_us, sample.raw) for sample in self.models[stream].produced]
        samples = self.samples(stream)
        index, _, _, octets = samples[0]
        offset = [raw for _, raw in made].index(unmarked(octets)) - index
        for index, time_us, place, octets in samples:
            assert (time_us + place * period_us, unmarked(octets)) == made[index + offset], index
        return [index for index, *_ in samples]

    @property
    def stream_apids(self):
        """Of the streams that sent anything."""
        return {codec.parse_primary_header(packet)["apid"] for packet in self.packets} - {APID}


def unmarked(octets):
    """A sample of three axes of 20 bits, without what lies below them: entries of the FIFO carry marks there."""
    return bytes(octet & 0xF0 if i % 3 == 2 else octet for i, octet in enumerate(octets))


def one_set(streams):
    """The kinds of one set of housekeeping reports: SID 1 closes it."""
    return [*(("sid", 256 + number) for number in range(streams)), ("sid", BOARD)]
