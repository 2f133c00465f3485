"""After a deploy: the board restarts, and the new payload says who it is; or why it does not."""

import time
from collections.abc import Callable
from contextlib import suppress

from ..decode import BootEvent, Decoder, PlatformReport, SamplePacket
from ..definition import Definition
from ..errors import BoardError, DeviceError, FreefallError
from ..port.port import Port
from ..port.reconnecting import Reconnecting
from .command import Commands
from .repl import Repl
from .slots import CRASH, SWITCH

# From the reset until the payload answers: USB has to be found again, and sensors set up, some of which take seconds.
START_S = 20.0
# What a start may take besides what the sensors need, and the heap that should be left: a third of what an RP2040 has.
START_BUDGET_MS = 2000
HEAP_BUDGET_LEN = 64 * 1024

_PAUSE_S = 0.1
# A payload that starts does not take its port away; the first that was opened may have been the one from before the reset.
_MOST_OPENINGS = 2


def restart(repl: Repl) -> None:
    """Reset the board, and have it forget the error of a payload before: what it has afterwards is of the one it starts now."""
    if repl.stat(CRASH):
        repl.remove(CRASH)
    repl.hard_reset()


def await_payload(
    open_port: Callable[[], Port], definition: Definition, limit_s: float = START_S, now_s: Callable[[], float] = time.monotonic
) -> PlatformReport:
    """What the payload at a console answers once it runs. Raises WrongDefinition when it is another; BoardError, DeviceError.

    One that restarts before it answers has failed, also when another of the same definition would answer in its place.
    """
    end_s = now_s() + limit_s
    openings = 0

    def opened() -> Port:
        nonlocal openings
        openings += 1
        if openings > _MOST_OPENINGS:
            raise BoardError("the board restarts again and again, and no payload answers in between: it fails as it starts")
        return _opened(open_port, end_s, now_s)

    with Reconnecting(opened) as link:
        return Commands(link, definition, now_s=now_s).identify(end_s - now_s())


def _opened(open_port: Callable[[], Port], end_s: float, now_s: Callable[[], float]) -> Port:
    """The port, as soon as it is back: on USB it has gone with the reset."""
    while True:
        try:
            return open_port()
        except DeviceError:
            if now_s() >= end_s:
                raise
            time.sleep(_PAUSE_S)


def await_samples(
    port: Port, definition: Definition, slot: str, limit_s: float = START_S, now_s: Callable[[], float] = time.monotonic
) -> SamplePacket:
    """The first samples at a port after a boot of that slot. Raises BoardError when none come, and what decoding raises."""
    decoder = Decoder(definition)
    end_s = now_s() + limit_s
    booted = False
    for host_ns, octets in port.chunks():
        for item in decoder.feed(octets, host_ns):
            if isinstance(item, BootEvent):
                booted = True
                if item.slot != slot:
                    raise BoardError(
                        f"the board runs slot {item.slot} again after {item.failed_boots} boots of slot {slot} that failed"
                    )
            if booted and isinstance(item, SamplePacket):
                return item
        if now_s() >= end_s:
            break
    if booted:
        what, remedy = "a boot event and no samples", "ask the sensors with freefall probe, or look on with freefall monitor"
    else:
        what, remedy = "no boot event of this payload", "check --baud and the wire from the board's tx pin"
    raise BoardError(f"{port.url} gave {what} within {limit_s:g} s after the restart: {remedy}")


def why_not(repl: Repl, error: FreefallError) -> FreefallError:
    """The error, or a better one where the board knows why its payload does not run."""
    with suppress(BoardError, DeviceError):
        if repl.stat(CRASH):
            last = repl.read(CRASH).decode(errors="replace").strip().splitlines()[-1]
            return BoardError(
                f"the new payload failed when it started: {last}. All of it is in {CRASH} on the board, which goes back to the "
                "payload before it after three failed boots"
            )
        slot, _, failed = repl.read(SWITCH).decode(errors="replace").partition(" ")
        if failed:
            return BoardError(
                f"the new payload hung when it started, in {failed} boots, and the board is back to the one before it, in slot "
                f"{slot}: what it waits for may be a sensor (freefall probe) or a loop in a driver of your own"
            )
    return error
