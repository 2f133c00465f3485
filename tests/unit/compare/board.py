"""A board's octets as frames, each with what it is, so that one can be left out or changed."""

from dataclasses import dataclass

from unit.decode import packets
from unit.decode.climate import PARTS, climate_sample


@dataclass(frozen=True)
class Frame:
    """stream: its name, or None of a service packet; boot, index, count: of its samples."""

    wire: bytes
    stream: str | None = None
    boot: int = 0
    index: int = 0
    count: int = 0


def begin_us(boot):
    """The on-board time of the first samples; another in each boot, or packets of two boots might be the same octets."""
    return 1000 + 137 * boot


def frames(climate, boots=((12, 0),), damage=None):
    """What a board sends in boots of (packets of each stream, samples it skips before the third packet).

    damage: (boot, index) of a sample of "climate" whose pressure is one more. Sample 0 comes at begin_us(boot).
    """
    sent = []
    for boot, (many, skipped) in enumerate(boots):
        sent.append(Frame(packets.boot(climate, boot + 1, time_us=100), boot=boot))
        sent.append(Frame(packets.coefficients(climate, 2, PARTS[boot % 2], 1, 200), boot=boot))
        begin = begin_us(boot)
        service = 2
        for n in range(many):
            late = skipped if n >= 2 else 0
            at = 10 * n + late
            sent.append(Frame(packets.samples(climate.streams[0], at, 10, begin + 1000 * at, n), "vibration", boot, at, 10))
            at = 5 * n + late
            places = [
                climate_sample(20 + (at + k) % 9, pressure=100 + (at + k) % 50 + (damage == (boot, at + k)), level=40)
                for k in range(5)
            ]
            sent.append(Frame(packets.given(climate.streams[2], at, places, begin + 20_000 * at, n), "climate", boot, at, 5))
            at = 2 * n + late
            places = [(20_000 * k).to_bytes(4, "big") + (at + k).to_bytes(2, "little") for k in range(2)]
            sent.append(Frame(packets.given(climate.streams[3], at, places, begin + 20_000 * at, n), "light", boot, at, 2))
            if n in (1, 4):
                kind = 3 if n == 1 else 4
                values = {"stream": 2, "spare": 0, "bus_errors": n}
                sent.append(Frame(packets.event(climate, kind, values, service, begin + 500 + 20_000 * at), boot=boot))
                service += 1
    return sent


def wire(sent):
    """Their octets."""
    return b"\0" + b"".join(frame.wire for frame in sent)
