"""A virtual board whose processor takes time, and which others make pause: what a feasibility report is about, made to happen.

The costs are those that the report goes by (definition/feasibility/costs.py); the pauses are those that the definition declares,
by turns, at moments drawn from a seed, and no closer together than the report supposes. Nothing here knows what the report says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from freefall_board.ports.virtual import Port
from freefall_board.ports.virtual_interrupts import InterruptController, Line
from freefall_wire import frame, packet

from ..definition import Definition
from ..definition.buses import BITS_PER_SPI_OCTET
from ..definition.feasibility import costs
from ..definition.feasibility.work import STALL_SHARE
from ..errors import BoardError
from ..sensors.pico import spi_hz
from .scenario import Signals
from .virtual import VirtualBoard

_US = 1_000
_MS = 1_000_000
# A pause that is due while an interrupt runs begins when that is over, looked at so often.
_AGAIN_NS = 1_000
# Later than it may, by up to so much of its length, so that pauses meet the streams in every phase.
_JITTER = 0.25
_PATIENCE_NS = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Stalls:
    """What disturbs a board. clock: by how much of its tolerance each sensor's clock is off, 1 as fast as may be, -1 as slow."""

    interrupts_off_ms: float = 0.0
    foreground_ms: float = 0.0
    clock: float = 0.0

    @classmethod
    def declared(cls, definition: Definition, clock: float = 1.0) -> "Stalls":
        """Those of a definition's [stalls]."""
        return cls(definition.stalls.interrupts_off_ms, definition.stalls.foreground_ms, clock)


class Processor(InterruptController):
    """Interrupts that take time, one at a time, during which the loop stands still; and the loop, whose work takes time too."""

    def __init__(self, clock):
        super().__init__()
        self.busy = False  # in an interrupt, or with interrupts off
        self._clock = clock
        self._waiting: list[Line] = []
        self._kept_ns = 0  # in all that the loop was kept from working
        self._paused_ns = 0  # of that, by pauses

    def request(self, line: Line) -> None:
        """An edge on a line; see InterruptController."""
        if line.waiting:
            line.merged += 1
            return
        line.waiting = True
        self._waiting.append(line)
        if not self.busy:
            self._serve()

    def spend(self, duration_us: float) -> None:
        """Let the time of an interrupt's work pass; of the loop's with interrupts off, too."""
        self._clock.advance_to(self._clock.now_ns() + round(duration_us * _US))

    def interrupts_off(self) -> bool:
        """Let interrupts wait; whether they did not wait before."""
        were_on, self.busy = not self.busy, True
        return were_on

    def interrupts_on(self, were_on: bool) -> None:
        """As they were before interrupts_off()."""
        if were_on:
            self.busy = False
            self._serve()

    def work(self, duration_us: float) -> None:
        """Let the time of the loop's work pass, and that of the interrupts and pauses that break in."""
        left_ns = round(duration_us * _US)
        latest_ns = self._clock.now_ns() - self._paused_ns + _PATIENCE_NS
        while left_ns > 0:
            now_ns, kept_ns = self._clock.now_ns(), self._kept_ns
            if now_ns - self._paused_ns > latest_ns:
                raise BoardError(f"interrupts leave the loop no time, {now_ns / 1e9:.3f} s after power-up")
            self._clock.advance_to(now_ns + left_ns)
            left_ns -= self._clock.now_ns() - now_ns - (self._kept_ns - kept_ns)

    def stop_loop(self, duration_ns: int) -> None:
        """Let time pass without the loop; interrupts go on."""
        now_ns, kept_ns = self._clock.now_ns(), self._kept_ns
        self._clock.advance_to(now_ns + duration_ns)
        self._kept_ns = kept_ns + self._clock.now_ns() - now_ns
        self._paused_ns += duration_ns

    def stop_all(self, duration_ns: int) -> None:
        """Let time pass with interrupts off, after the interrupts that wait already."""
        self._paused_ns += duration_ns
        self.request(Line(self, lambda line: self.spend(duration_ns / _US)))

    def _serve(self):
        if not self._waiting:
            return
        self.busy = True
        begun_ns = self._clock.now_ns()
        try:
            while self._waiting:
                line = self._waiting.pop(0)
                line.waiting = False
                line.handler(line)
        finally:
            self.busy = False
            self._kept_ns += self._clock.now_ns() - begun_ns


class BusyPort(Port):
    """The virtual port on a Processor: what the firmware does takes as long as on the chip."""

    def __init__(self, plan: dict, clock, on_octets: Callable[[bytes], None]):
        self.processor = Processor(clock)
        super().__init__(clock, on_octets, self.processor)
        self._read_costs = iter(_read_costs(plan))
        self._samples = {stream["apid"]: stream["sample_len"] for stream in plan["streams"]}  # octets of one
        self._looked_ns = clock.now_ns()
        self._made = False  # a packet or a report in this pass

    def passed(self) -> None:
        """After a pass of the loop."""
        # The cost of a packet has the pass that makes it in it.
        if not self._made:
            self.processor.work(costs.PASS_US)
        self._made = False
        if self._clock.now_ns() - self._looked_ns >= costs.LOOK_PERIOD_US * _US:
            self._looked_ns = self._clock.now_ns()
            self.processor.work(costs.look_us(len(self._samples)))

    def seal(self, buf: bytearray, packet_len: int) -> None:
        """See ports/__init__.py; with all the work on a packet."""
        data = bytes(buf[frame.PACKET_AT : frame.PACKET_AT + packet_len])
        frame.seal_in_place(buf, packet_len)
        self._made = True
        sample_len = self._samples.get(packet.apid_of(data))
        if sample_len is None:
            self.processor.work(costs.REPORT_US)
        else:
            samples, _ = packet.stream_of(data)
            self.processor.work(costs.packet_us(samples, sample_len))

    def interrupts_off(self) -> bool:
        """See ports/__init__.py."""
        return self.processor.interrupts_off()

    def interrupts_on(self, state: bool) -> None:
        """See ports/__init__.py."""
        self.processor.interrupts_on(state)

    def bus(self, plan: dict):
        """See ports/__init__.py."""
        bus = super().bus(plan)
        bus.octet_ns = round(bus.octet_ns * costs.STRETCH[plan["kind"]])
        if plan["kind"] == "spi":
            bus.octet_ns = round(BITS_PER_SPI_OCTET * 1e9 / spi_hz(plan["freq_hz"]))
        on_end, device = bus.line.handler, bus.device

        def on_costly_end(line):
            self.processor.spend(costs.NEXT_US)
            on_end(line)

        bus.line.handler = on_costly_end
        bus.device = lambda sensor, driver: self._costly(device(sensor, driver), costs.NEXT_US)
        return bus

    def counter(self, pin: int):
        """See ports/__init__.py."""
        return self._costly(super().counter(pin), 0)

    def adc(self, pin: int):
        """See ports/__init__.py."""
        return self._costly(super().adc(pin), 0)

    def link(self, plan: dict):
        """See ports/__init__.py."""
        take = super().link(plan)
        if plan["transport"] != "usb":
            return take

        def take_blocks(octets, start, size, waiting):
            taken = take(octets, start, size, waiting)
            self.processor.work(taken * costs.USB_BLOCK_US / costs.USB_BLOCK_OCTETS)
            return taken

        return take_blocks

    def _costly(self, device, next_us: float):
        """The device, whose streams' reads take their interrupts' time; of the end's, next_us is spent already."""
        reads = device.reads

        def costly_reads(driver, ring, ended):
            cost = next(self._read_costs)

            def costly_ended(good):
                state = self.processor.interrupts_off()
                self.processor.spend(cost.end_us - next_us)
                ended(good)
                self.processor.interrupts_on(state)

            start = reads(driver, ring, ended if cost.end_us <= next_us else costly_ended)

            def costly_start(slot):
                self.processor.spend(cost.trigger_us)
                start(slot)

            return costly_start

        device.reads = costly_reads
        return device


class StalledBoard(VirtualBoard):
    """A VirtualBoard that is disturbed, from when it samples on. Same stalls as well, same octets."""

    def __init__(
        self, definition: Definition, stalls: Stalls, seed: int = 0, boot_count: int = 1, scenario: Signals | None = None
    ):
        super().__init__(definition, seed, boot_count, scenario)
        self._stalls = _StallMaker(stalls, self.clock, self.port.processor, seed)
        for model, sensor in zip(self.models, definition.sensors, strict=True):
            if hasattr(model, "rate_error_ppm"):  # counts from when it begins to measure
                model.rate_error_ppm = stalls.clock * sensor.table.RATE_TOLERANCE * 1e6

    def _make_port(self, plan: dict) -> BusyPort:
        return BusyPort(plan, self.clock, self._octets.extend)

    def _on_start(self) -> None:
        self._stalls.begin()

    def _on_pass(self) -> None:
        self.port.passed()


class _StallMaker:
    """Makes stalls by turns, each followed by a rest."""

    def __init__(self, stalls: Stalls, clock, processor: Processor, seed: int):
        self._clock = clock
        self._processor = processor
        self._random = Random(f"stalls {seed}")
        kinds = ((stalls.foreground_ms, processor.stop_loop), (stalls.interrupts_off_ms, processor.stop_all))
        self._kinds = [(round(length_ms * _MS), stop) for length_ms, stop in kinds if length_ms]
        self._made = 0

    def begin(self) -> None:
        """From now on there are stalls."""
        if self._kinds:
            self._plan_next()

    def _plan_next(self) -> None:
        length_ns, _ = self._kinds[self._made % len(self._kinds)]
        rest_ns = length_ns * (1 / STALL_SHARE - 1 + _JITTER * self._random.random())
        self._clock.call_at(self._clock.now_ns() + round(rest_ns), self._stall)

    def _stall(self) -> None:
        if self._processor.busy:
            self._clock.call_at(self._clock.now_ns() + _AGAIN_NS, self._stall)
            return
        length_ns, stop = self._kinds[self._made % len(self._kinds)]
        stop(length_ns)
        self._made += 1
        self._plan_next()


def _read_costs(plan: dict) -> Iterator[costs.ReadCost]:
    """Of each stream, in the order in which their reads are set up."""
    for stream in plan["streams"]:
        bus = plan["sensors"][stream["sensor"]]["bus"]
        kind = None if bus is None else plan["buses"][bus]["kind"]
        yield costs.read_cost(kind, stream["trigger"]["kind"], stream["trigger"].get("timestamps"))
