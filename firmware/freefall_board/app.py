"""The composition root of the board: a plan and a port in, a running payload out.

A port (ports/) provides: ticks_us, ticks_diff, sleep_ms, idle; seal(buf, packet_len); boot_count(), reset_cause(), i2c(plan),
on_edge(pin, handler), on_tick(period_us, handler), link(plan), watchdog(timeout_ms).
"""

from freefall_wire import PLAN_FORMAT, frame, reports

from .core.clock import OnBoardClock
from .core.link import LinkQueue
from .core.reporter import Identity, Reporter
from .core.stream import Stream
from .drivers import driver_class
from .version import __version__

# Frames that may wait for the link: 8 KB of RAM, 90 ms at 921600 baud.
_QUEUE_DEPTH = 32
# After this long a pass offers the link no further frame: a full UART buffer makes each wait for the line.
_PUMP_US = 5000


class Payload:
    """One boot of a payload: `start()` once, then `step()` for ever. After start() nothing allocates."""

    def __init__(self, plan, definition_id, port):
        """plan: the decoded plan; definition_id: 4 octets. Raises ValueError for a plan of another format."""
        if plan["format"] != PLAN_FORMAT:
            raise ValueError("this firmware runs plan format %d, not %d" % (PLAN_FORMAT, plan["format"]))
        self._plan = plan
        self._port = port
        clock = self._clock = OnBoardClock(port.ticks_us, port.ticks_diff)
        # A set of reports and an event find room in the queue whatever the streams do.
        queue = self._queue = LinkQueue(port.link(plan["link"]), _QUEUE_DEPTH, len(plan["streams"]) + 2)
        identity = Identity(port.boot_count(), __version__, definition_id, port.reset_cause())
        self._reporter = Reporter(plan["apid"], identity, clock, port.seal, queue)
        buses = [port.i2c(bus) for bus in plan["buses"]]
        self._drivers = [
            driver_class(sensor["driver"])(buses[sensor["bus"]], sensor["address"], sensor["config"])
            for sensor in plan["sensors"]
        ]
        self._streams = [
            Stream(number, stream, self._drivers[stream["sensor"]].read_into, clock, port.seal, queue)
            for number, stream in enumerate(plan["streams"])
        ]
        self._running = []
        self._housekeeping_us = plan["housekeeping_ms"] * 1000
        self._reported_at = 0
        self._longest_pass_us = 0
        self._feed = None

    def start(self):
        """Say what booted, set the sensors up and let them measure, then arm the triggers."""
        self._queue.put_report(bytes(frame.FRAME_ROOM), 1)  # the delimiter before the first frame
        self._queue.pump()
        self._clock.update()
        self._reporter.boot()
        self._queue.pump()  # so that a board that hangs while it sets its sensors up has said which it is
        ready = [self._prepared(number, self._set_up, driver) for number, driver in enumerate(self._drivers)]
        for number, driver in enumerate(self._drivers):
            ready[number] = ready[number] and self._prepared(number, self._begin, driver)
        # Only now: with the first trigger the buses belong to the interrupts, which would break into a transfer made here.
        for plan, stream in zip(self._plan["streams"], self._streams):
            if ready[plan["sensor"]]:
                self._arm(plan, stream)
                stream.armed(self._clock.update())
                self._running.append(stream)
        self._report(self._clock.update())
        timeout_ms = self._plan["watchdog_ms"]
        self._feed = self._port.watchdog(timeout_ms) if timeout_ms else None

    def step(self):
        """One pass of the foreground loop; returns whether there was anything to do.

        Allocates nothing. A link that is full may hold it for _PUMP_US and the rest of one frame (USB: 500 ms when a host stops
        reading).
        """
        now = self._clock.update()
        done = 0
        for stream in self._running:
            done += stream.poll(now)
            stream.watch(now, self._reporter)
        if self._clock.elapsed(now, self._reported_at) >= self._housekeeping_us:
            self._report(now)
        done += self._pump()
        took = self._clock.elapsed(self._clock.ticks_us(), now)
        if took > self._longest_pass_us:
            self._longest_pass_us = took
        # A pass that ends has emptied every ring and made every report that was due: that is the progress the watchdog wants.
        # A link nobody reads and a sensor that is silent are counted and reported, and no reset would cure them.
        if self._feed:
            self._feed()
        return done > 0

    def _pump(self):
        # All that the link takes at once; a link that makes the board wait gets no more than its share of the pass.
        clock = self._clock
        begin = clock.ticks_us()
        total = 0
        while True:
            octets = self._queue.pump()
            total += octets
            if not octets or clock.elapsed(clock.ticks_us(), begin) >= _PUMP_US:
                return total

    def run(self):
        """Run for ever."""
        port = self._port
        while True:
            if not self.step():
                port.idle()

    def _prepared(self, number, step, driver):
        """Whether a step of setting a sensor up succeeded; reported if not."""
        try:
            reason = step(driver)
        except OSError:
            reason = reports.NO_ANSWER
        if reason is None:
            return True
        self._clock.update()
        self._reporter.sensor_absent(number, reason)
        return False

    def _set_up(self, driver):
        if not driver.identify():
            return reports.WRONG_IDENTITY
        return None if driver.configure(self._port.sleep_ms) else reports.NOT_CONFIGURED

    def _begin(self, driver):
        driver.start()

    def _arm(self, plan, stream):
        trigger = plan["trigger"]
        if trigger["kind"] == "data_ready":
            self._port.on_edge(trigger["pin"], stream.sampler.trigger)
        else:
            self._port.on_tick(plan["period_us"], stream.sampler.trigger)

    def _report(self, now):
        self._reported_at = now
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
