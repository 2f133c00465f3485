"""The composition root of the board: a plan and a port in, a running payload out.

ports/__init__.py says what a port provides.
"""

import struct

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
# How often the buses, the sensors and the clock are looked after; and, in looks, what comes up the link.
_LOOK_US = 5000
_UPLINK_LOOKS = 4
# What a payload that ends waits for, at most: reads under way, and a link that takes nothing of what is left.
_END_US = 1000000
_MOST_MS = 0xFFFF


class Payload:
    """One boot of a payload: `start()` once, then `step()` for ever. After start() nothing allocates."""

    def __init__(self, plan, definition_id, port, boot):
        """plan: the decoded plan; definition_id: 4 octets; boot: see boot.py. Raises ValueError for a plan of another format."""
        if plan["format"] != PLAN_FORMAT:
            raise ValueError("this firmware runs plan format %d, not %d" % (PLAN_FORMAT, plan["format"]))
        self._plan = plan
        self._port = port
        self._boot = boot
        self._begun_ms = min(port.ticks_us() // 1000, _MOST_MS)
        self._sampling_ms = self._free_heap = 0
        clock = self._clock = OnBoardClock(port.ticks_us, port.ticks_diff)
        self._ticks_us = port.ticks_us
        self._elapsed = port.ticks_diff
        self._idle = port.idle
        # A set of reports finds room in the queue whatever the streams do.
        reserved = (len(plan["streams"]) + 1 + _EVENTS_RESERVED) * (reports.LEDGER_LEN + frame.FRAME_OVERHEAD)
        self._queue = LinkQueue(port.link(plan["link"]), _QUEUE_SIZE, reserved)
        identity = Identity(boot.count, __version__, definition_id, port.reset_cause(), boot.slot, boot.failed)
        self._definition_id = definition_id
        self._reporter = Reporter(plan["apid"], identity, clock, port.seal, self._queue)
        self._buses = []
        self._streams = []
        self._running = []
        self._coefficients = []  # (sensor number, octets)
        self._setting_octets = b""  # as they are reported
        self._housekeeping_us = plan["housekeeping_ms"] * 1000
        self._reported_at = self._looked_at = 0
        self._longest_pass_us = 0
        self._feed = _nothing
        self._uplinks = []
        self._looks = 0

    def start(self):
        """Say what booted, set the sensors up and let them measure, then arm the triggers."""
        self._queue.put_report(frame.DELIMITER, 0, 1)
        self._clock.update()
        self._reporter.boot()
        self._queue.pump()  # so that a board that hangs while it sets its sensors up has said which it is
        # Only now, for to load these takes longer than all that has happened so far.
        from .core.settings import Settings
        from .sampling import arm, build_stream
        from .sensor import build_sensor

        port, plan = self._port, self._plan
        self._settings = Settings(plan, self._definition_id, port.kept_settings())
        self._settings.apply(plan)
        timeout_ms = plan["watchdog_ms"] if self._boot.watchdog_ms is None else self._boot.watchdog_ms
        if timeout_ms:
            self._feed = port.watchdog(timeout_ms)
        # What was needed to load these lies between what stays, and rings need room in one piece.
        port.collect()
        self._buses = [port.bus(bus) for bus in plan["buses"]]
        sensors = []
        for number, sensor in enumerate(plan["sensors"]):
            sensors.append(build_sensor(number, sensor, self._buses, port))
            self._feed()  # to load a driver takes tens of milliseconds
        port.collect()
        for number, stream in enumerate(plan["streams"]):
            self._streams.append(build_stream(number, stream, sensors[stream["sensor"]], port, self._clock, self._queue))
            self._feed()
        for sensor in sensors:
            sensor.ready = self._prepared(sensor, lambda: sensor.set_up(port.sleep_ms, self._feed))  # noqa: B023 - called at once
        self._listen()
        self._free_heap = port.free_heap()
        self._feed()
        self._boot.started()  # which may write flash
        # From the first start on nothing may take long: FIFOs fill, and no trigger is armed yet.
        for sensor in sensors:
            sensor.ready = sensor.ready and self._prepared(sensor, sensor.driver.start)
        self._collect_parameters(sensors)
        # Only now: from here on the buses belong to the interrupts, which would break into a transfer made here.
        for bus in self._buses:
            bus.arm()
        for stream_plan, stream in zip(plan["streams"], self._streams):
            sensor = sensors[stream_plan["sensor"]]
            if sensor.ready and stream_plan.get("on", 1):
                arm(stream_plan, stream, sensor, port)
                stream.armed(self._clock.update())
                self._running.append(stream)
        self._looked_at = self._clock.update()
        self._sampling_ms = min(port.ticks_us() // 1000, _MOST_MS)
        self._report(self._looked_at)

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
        self._feed()
        self._looks += 1
        if self._looks == _UPLINK_LOOKS:
            self._looks = 0
            for uplink in self._uplinks:
                uplink.poll()

    def run(self):
        """Run for ever. In bytecode, for that is where MicroPython looks for Ctrl-C and serves USB."""
        while True:
            if not self.step():
                self._idle(_IDLE_US)

    def _prepared(self, sensor, step):
        """Whether a step of setting a sensor up succeeded; reported if not."""
        self._feed()
        try:
            reason = step()
        except OSError:
            reason = reports.NO_ANSWER
        if reason is None:
            return True
        self._clock.update()
        self._reporter.sensor_absent(sensor.number, reason)
        return False

    def _listen(self):
        """Take telecommands from now on."""
        from freefall_wire import telecommands

        from .core.commander import Commander
        from .core.uplink import Uplink

        functions = {
            telecommands.RESTART: self._restart,
            telecommands.LEAVE: self._leave,
            telecommands.IDENTIFY: self._identify,
        }
        commander = Commander(self._plan["apid"], self._reporter, self._settings, functions, self._keep)

        def uplink(receive, interrupt, echo):
            def answered(what):
                def act(*arguments):
                    self._clock.update()
                    self._reporter.echo_to(echo)
                    what(*arguments)
                    self._reporter.echo_to(None)

                return act

            return Uplink(receive, answered(commander.execute), answered(self._identify), interrupt)

        self._uplinks = [uplink(*found) for found in self._port.uplinks()]

    def _identify(self):
        octets = struct.pack(reports.PLATFORM_LAYOUT, self._begun_ms, self._sampling_ms, self._free_heap)
        self._reporter.identify(octets + self._port.platform().encode(), self._plan["name"].encode())
        self._reporter.board(len(self._streams), self._longest_pass_us)

    def _keep(self, changes):
        """End sampling, for flash is written with interrupts off, and keep settings; whether they could be kept."""
        self._end_sampling()
        return self._port.keep_settings(self._settings.to_keep(changes))

    def _restart(self):
        """End this boot with its ledger closed, and begin the next."""
        self._end_sampling()
        self._report(self._clock.update())
        self._flush()
        self._port.restart()

    def _leave(self):
        """End this boot and hand the board over to whoever is at its console."""
        self._end_sampling()
        self._report(self._clock.update())
        self._flush()
        self._port.leave()

    def _end_sampling(self):
        """No trigger from now on; every sample read is sent."""
        self._port.stop()
        begun = self._clock.update()
        reading = True
        while reading and self._elapsed(self._ticks_us(), begun) < _END_US:
            self._feed()
            self._idle(_IDLE_US)
            for bus in self._buses:
                bus.poll()
            reading = any(stream.reading() for stream in self._running)
            for stream in self._running:
                while stream.packetizer.send():
                    self._queue.pump()
        self._clock.update()

    def _flush(self):
        """Wait until all that was queued has left, or the link takes nothing any more."""
        taken_at = self._ticks_us()
        while self._queue.waiting() and self._elapsed(self._ticks_us(), taken_at) < _END_US:
            self._feed()
            if self._queue.pump():
                taken_at = self._ticks_us()
            else:
                self._idle(_IDLE_US)

    def _collect_parameters(self, sensors):
        for sensor in sensors:
            octets = bytes(getattr(sensor.driver, "coefficients", b"")) if sensor.ready else b""
            if octets:
                self._coefficients.append((sensor.number, octets))
        self._setting_octets = self._settings.octets()
        reported = len(self._coefficients) + bool(self._setting_octets)
        self._queue.reserve(reported * (reports.PARAMETER_LEN + frame.FRAME_OVERHEAD))
        self._clock.update()
        self._report_parameters()

    @micropython.native
    def _report_parameters(self):
        for sensor, octets in self._coefficients:
            self._reporter.coefficients(sensor, octets)
        if self._setting_octets:
            self._reporter.settings(self._setting_octets)

    @micropython.native
    def _report(self, now):
        self._reported_at = now
        self._report_parameters()
        for stream in self._streams:
            self._reporter.ledger(stream.number, stream.sampler, stream.packetizer)
        self._reporter.board(len(self._streams), self._longest_pass_us)


def _nothing():
    pass


def build(port, boot):
    """The payload of the plan that lies beside this board's files. Raises OSError without a plan, ValueError for a bad one."""
    from hashlib import sha256
    from json import loads

    with open("plan.json", "rb") as file:
        text = file.read()
    return Payload(loads(text), sha256(text).digest()[:4], port, boot)


def main(boot):
    """Build and run on the board this interpreter runs on; returns only by an exception, Ctrl-C's KeyboardInterrupt above all."""
    from .ports.rp2 import Port

    port = Port()
    try:
        payload = build(port, boot)
        payload.start()
        payload.run()
    finally:
        port.close()
