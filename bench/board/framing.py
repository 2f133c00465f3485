"""Framing: cycles per octet of CRC-32 and COBS on whole packets, in every version there is."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.adxl355 import Adxl355
from freefall.sensors.signals import station_vibration
from freefall_wire import frame, packet

from .jig import Jig
from .machines import NS_PER_CYCLE, BenchFailed, Machine, c_machine, python_machine, run_until
from .table import Figure

# Version by the mark its program writes before; the next number is the mark after.
C_VERSIONS = {2: "C, fused", 4: "C, by the book"}
PYTHON_VERSIONS = {2: "assembler", 4: "viper", 6: "bytecode"}

_CALL = ("framing a full packet, the call included", "cycles/octet")
_FURTHER = ("framing, an octet more", "cycles/octet")
_DONE = 0
_SHORT = 20
_LIMIT_MS = 3000


class _NoPin:
    def set(self, level: bool) -> None:
        pass


def packets() -> dict[str, bytes]:
    """Name -> a full packet: 25 samples of the accelerometer model, and the zeros that make framing slow in three doses."""
    random = Random(1)

    def with_zeros(share: float) -> bytes:
        octets = (0 if random.random() < share else random.randint(1, 255) for _ in range(packet.MAX_LEN))
        return bytes(octets)

    return {
        "accelerometer": _accelerometer(),
        "no zeros": with_zeros(0),
        "a third zeros": with_zeros(1 / 3),
        "all zeros": with_zeros(1),
    }


def _accelerometer() -> bytes:
    clock = SimulatedClock()
    sensor = Adxl355(0x1D, clock, _NoPin(), station_vibration(), seed=1)
    sensor.start(read=False)
    for octet in (0x2D, 0x00):  # POWER_CTL: measure
        sensor.write(octet)
    sensor.stop()
    clock.advance_to(100_000_000)
    samples = b"".join(produced.raw for produced in sensor.produced[:25])
    buf = bytearray(packet.padded(packet.SAMPLES_AT + len(samples)))
    packet.put_primary(buf, 0, 65, 1, len(buf))
    packet.put_stream(buf, 0, 25, 0, 1000)
    buf[packet.SAMPLES_AT : packet.SAMPLES_AT + len(samples)] = samples
    return bytes(buf)


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """Cycles per octet, of the whole call and of every further octet. Raises BenchFailed when a frame is wrong."""
    for version, machine in (
        (C_VERSIONS, c_machine(programs, "framing")),
        (PYTHON_VERSIONS, python_machine(image, "framing")),
    ):
        yield from _rows(machine, version)


def _rows(machine: Machine, versions: dict[int, str]) -> Iterator[Figure]:
    full = packets()
    # A short packet beside each full one: what lies between them is the octets alone, without call and epilogue.
    given = [octets for whole in full.values() for octets in (whole, whole[:_SHORT])]
    jig = Jig(machine.mcu, given)
    run_until(machine, lambda: bool(jig.marks) and jig.marks[-1].number == _DONE, _LIMIT_MS)
    expected = [frame.encode(octets) for octets in given] * len(versions)
    if jig.frames != expected:
        raise BenchFailed("a frame differs from freefall_wire's")
    cycles = {number: iter(_stretches(jig, number)) for number in versions}
    for number, version in versions.items():
        for name, whole in full.items():
            long, short = next(cycles[number]), next(cycles[number])
            yield Figure(*_CALL, name, version, round(long / len(whole), 2))
            yield Figure(*_FURTHER, name, version, round((long - short) / (len(whole) - _SHORT), 2))


def _stretches(jig: Jig, number: int) -> list[int]:
    begins = [mark.time_ns for mark in jig.marks if mark.number == number]
    ends = [mark.time_ns for mark in jig.marks if mark.number == number + 1]
    return [(end - begin) // NS_PER_CYCLE for begin, end in zip(begins, ends, strict=True)]
