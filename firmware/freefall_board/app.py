"""The composition root of the board: a plan and a port in, a running payload out.

ports/__init__.py says what a port provides.
"""

from freefall_wire import PLAN_FORMAT, frame, reports
from freefall_wire.native import micropython

from .core.clock import OnBoardClock
from .core.link import LinkQueue
from .core.reporter import Identity, Reporter
from .version import __version__

# Octets that may wait for the link: 90 ms at 921600 baud. The last are for reports: a set of them, and two events.
_QUEUE_SIZE = 8192
_EVENTS_RESERVED = 2
# A pass that found nothing to do is followed by the next after so long, or up to a millisecond more.
_IDLE_US = 1000
# How often the buses, the sensors and the clock are looked after.
_LOOK_US = 5000


class Sensor:
    """A sensor of the plan: what it is on, and the driver at work on that."""

    def __init__(self, number, config, device, driver):
        self.number = number
        self.config = config
        self.device = device
        self.driver = driver
        self.ready = False  # it is set up and measures


class Payload:
    """One boot of a payload: `start()` once, then `step()` for ever. After start() nothing allocates."""

    def __init__(self, plan, definition_id, port):
        """plan: the decoded plan; definition_id: 4 octets. Raises ValueError for a plan of another format."""
        if plan["format"] != PLAN_FORMAT:
            raise ValueError("this firmware runs plan format %d, not %d" % (PLAN_FORMAT, plan["format"]))
        self._plan = plan
        self._port = port
        clock = self._clock = OnBoardClock(port.ticks_us, port.ticks_diff)
        self._ticks_us = port.ticks_us
        self._elapsed = port.ticks_diff
        self._idle = port.idle
        # A set of reports finds room in the queue whatever the streams do.
        reserved = (len(plan["streams"]) + 1 + _EVENTS_RESERVED) * (reports.LEDGER_LEN + frame.FRAME_OVERHEAD)
        self._queue = LinkQueue(port.link(plan["link"]), _QUEUE_SIZE, reserved)
        identity = Identity(port.boot_count(), __version__, definition_id, port.reset_cause())
        self._reporter = Reporter(plan["apid"], identity, clock, port.seal, self._queue)
        self._buses = []
        self._streams = []
        self._running = []
        self._coefficients = []  # (sensor number, octets)
        self._housekeeping_us = plan["housekeeping_ms"] * 1000
        self._reported_at = self._looked_at = 0
        self._longest_pass_us = 0
        self._feed = None

    def start(self):
        """Say what booted, set the sensors up and let them measure, then arm the triggers."""
        self._queue.put_report(frame.DELIMITER, 0, 1)
        self._clock.update()
        self._reporter.boot()
        self._queue.pump()  # so that a board that hangs while it sets its sensors up has said which it is
        # Only now, for to load these takes longer than all that has happened so far.
        from .drivers import driver_class
        from .sampling import arm, build_stream

        port, plan = self._port, self._plan
        # What was needed to load these lies between what stays, and rings need room in one piece.
        port.collect()
        self._buses = [port.bus(bus) for bus in plan["buses"]]
        sensors = [self._sensor(number, sensor, driver_class) for number, sensor in enumerate(plan["sensors"])]
        port.collect()
        self._streams = [
            build_stream(number, stream, sensors[stream["sensor"]], port, self._clock, self._queue)
            for number, stream in enumerate(plan["streams"])
        ]
        for sensor in sensors:
            sensor.ready = self._prepared(sensor, self._set_up)
        for sensor in sensors:
            sensor.ready = sensor.ready and self._prepared(sensor, self._begin)
        self._collect_coefficients(sensors)
        # Only now: from here on the buses belong to the interrupts, which would break into a transfer made here.
        for bus in self._buses:
            bus.arm()
        for stream_plan, stream in zip(plan["streams"], self._streams):
            sensor = sensors[stream_plan["sensor"]]
            if sensor.ready:
                arm(stream_plan, stream, sensor, port)
                stream.armed(self._clock.update())
                self._running.append(stream)
        self._looked_at = self._clock.update()
        self._report(self._looked_at)
        timeout_ms = self._plan["watchdog_ms"]
        self._feed = self._port.watchdog(timeout_ms) if timeout_ms else None

    @micropython.native
    def step(self):
        """One pass of the foreground loop; returns whether the next should follow at once.

        Allocates nothing and waits for nothing.
        """
        now = self._ticks_us()
        sent = 0
        for stream in self._running:
            if stream.due(now):
                sent += stream.send()
        taken = self._queue.pump()
        if self._elapsed(now, self._looked_at) >= _LOOK_US:
            self._look(now)
        took = self._elapsed(self._ticks_us(), now)
        if took > self._longest_pass_us:
            self._longest_pass_us = took
        return sent > 0 or taken > 0

    @micropython.native
    def _look(self, now):
        """What need not be done in every pass."""
        self._looked_at = now
        self._clock.update()
        for bus in self._buses:
            bus.poll()
        for stream in self._running:
            stream.watch(now, self._reporter)
        if self._elapsed(now, self._reported_at) >= self._housekeeping_us:
            self._report(now)
        # A pass that ends has sent what was due and made every report that was due: that is the progress the watchdog wants.
        # A link nobody reads and a sensor that is silent are counted and reported, and no reset would cure them.
        if self._feed:
            self._feed()

    def run(self):
        """Run for ever. In bytecode, for that is where MicroPython looks for Ctrl-C and serves USB."""
        while True:
            if not self.step():
                self._idle(_IDLE_US)

    def _sensor(self, number, plan, driver_class):
        driver, config = driver_class(plan["driver"]), plan["config"]
        if plan["bus"] is None:
            device = driver.board_device(self._port, config)
        else:
            device = self._buses[plan["bus"]].device(plan, driver)
        return Sensor(number, config, device, driver(device, config))

    def _prepared(self, sensor, step):
        """Whether a step of setting a sensor up succeeded; reported if not."""
        try:
            reason = step(sensor.driver)
        except OSError:
            reason = reports.NO_ANSWER
        if reason is None:
            return True
        self._clock.update()
        self._reporter.sensor_absent(sensor.number, reason)
        return False

    def _set_up(self, driver):
        halt = getattr(driver, "halt", None)
        if halt:
            halt(self._port.sleep_ms)
        if not driver.identify():
            return reports.WRONG_IDENTITY
        return None if driver.configure(self._port.sleep_ms) else reports.NOT_CONFIGURED

    def _begin(self, driver):
        driver.start()

    def _collect_coefficients(self, sensors):
        for sensor in sensors:
            octets = bytes(getattr(sensor.driver, "coefficients", b"")) if sensor.ready else b""
            if octets:
                self._coefficients.append((sensor.number, octets))
        self._queue.reserve(len(self._coefficients) * (reports.COEFFICIENTS_LEN + frame.FRAME_OVERHEAD))
        self._clock.update()
        self._report_coefficients()

    @micropython.native
    def _report_coefficients(self):
        for sensor, octets in self._coefficients:
            self._reporter.coefficients(sensor, octets)

    @micropython.native
    def _report(self, now):
        self._reported_at = now
        self._report_coefficients()
        for stream in self._streams:
            self._reporter.ledger(stream.number, stream.sampler, stream.packetizer)
        self._reporter.board(len(self._streams), self._longest_pass_us)


def build(port):
    """The payload of the plan that lies beside this board's files. Raises OSError without a plan, ValueError for a bad one."""
    from hashlib import sha256
    from json import loads

    with open("plan.json", "rb") as file:
        text = file.read()
    return Payload(loads(text), sha256(text).digest()[:4], port)


def main():
    """Build and run on the board this interpreter runs on; never returns."""
    from .ports.rp2 import Port

    payload = build(Port())
    payload.start()
    payload.run()
