"""An emulated device for other programs: its ports as ptys or on TCP, in our time, by a thread.

    with served(EmulatedDevice(image)) as urls:
        subprocess.run(["mpremote", "connect", urls.console, "ls"])

python -m freefall.board.emulated.served [DEF] serves one until Ctrl-C: a blank Pico, with the sensors of DEF on its pins.
"""

import queue
import select
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from pathlib import Path

from serial import SerialBase, SerialException, serial_for_url

from ...definition import load_definition
from ...errors import BoardError
from .device import EmulatedDevice
from .ends import End, PtyEnd, TcpEnd
from .image import get_image
from .protocol_emulated import CABLES

_NS = 1_000_000_000
_STRETCH_NS = 2_000_000  # of board time, before programs are looked after again
_BOOT_NS = 100_000_000
_LAG_NS = 50_000_000  # further behind, it is not caught up: the board is slower than our time
_IDLE_S = 0.01
_BUSY_S = 0.001
_BUSY_FOR_S = 0.2
_LINK_BAUD = 921_600
_READ_LEN = 4096


class _Line:
    """A port of the device and its end on this computer, kept in step."""

    def __init__(self, url: str, end: End, baud: int):
        self.end = end
        self.there = False
        self._url = url
        self._cable = CABLES[url]
        self._plugged = self._cable.plugged
        self._baud = baud
        self._port: SerialBase | None = None
        self._left = b""  # came from the board and was not taken yet

    def step(self) -> bool:
        """Move octets both ways; whether there were any."""
        if self._plugged != self._cable.plugged:  # away, and maybe back
            self.vanish()
            self._plugged = self._cable.plugged
        if not self.there and self._cable.present:
            self.end.appear()
            self.there = True
        if not self.there or not self._taken():
            return False
        if octets := self.end.read():
            try:
                self._port.write(octets)
            except SerialException:
                return True  # it left the bus while it was taking them
        self._left = self._left or self._port.read(_READ_LEN)
        if self._left and self.end.taken():
            self._left = self._left[self.end.write(self._left) :]
        return bool(octets or self._left)

    @property
    def watched(self) -> bool:
        """Whether the end can be waited for: a pty that nobody has open is always ready."""
        return self._port is not None or (self.there and isinstance(self.end, TcpEnd))

    def vanish(self) -> None:
        """Take the end away, if it is there."""
        if self.there:
            self._close()
            self.end.vanish()
            self.there = False

    def _taken(self) -> bool:
        """Whether a program has the end open, and so the port."""
        if not self.end.taken():
            self._close()
        elif self._port is None:
            self._port = serial_for_url(self._url, baudrate=self._baud, timeout=0)
        return self._port is not None

    def _close(self) -> None:
        self._left = b""
        port, self._port = self._port, None
        if port is not None:
            port.close()


class Served:
    """What `served` gives. console, link: port URLs for any program on this computer; no link where the device has none."""

    def __init__(self, device: EmulatedDevice, lines: list[_Line]):
        self.console = lines[0].end.url
        self.link = lines[1].end.url if len(lines) > 1 else None
        self._device = device
        self._lines = lines
        self._calls: queue.SimpleQueue = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def do(self, function: Callable[[EmulatedDevice], object]) -> object:
        """The result of a function that is called with the device between two stretches of its time. Raises what it raises."""
        future: Future = Future()
        self._calls.put((function, future))
        while not wait([future], timeout=_IDLE_S).done:
            if not self._thread.is_alive():
                raise BoardError(f"the device is served no more: {self._failure or 'it was stopped'}") from self._failure
        return future.result()

    def start(self) -> None:
        """Begin to serve, with a board that has booted."""
        self._device.run_for(_BOOT_NS)
        for line in self._lines:
            line.step()
        self._thread.start()

    def stop(self) -> None:
        """End; raises what ended it before."""
        self._stopping.set()
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:
            self._failure = error
        finally:
            for line in self._lines:
                line.vanish()

    def _serve(self) -> None:
        device = self._device
        ahead_ns = device.now_ns() - time.monotonic_ns()
        busy_until = 0.0
        while not self._stopping.is_set():
            while not self._calls.empty():
                function, future = self._calls.get()
                try:
                    future.set_result(function(device))
                except Exception as error:
                    future.set_exception(error)
            moved = [line.step() for line in self._lines]
            if any(moved):
                busy_until = time.monotonic() + _BUSY_FOR_S
            lag_ns = time.monotonic_ns() + ahead_ns - device.now_ns()
            if lag_ns > _LAG_NS:
                ahead_ns -= lag_ns - _LAG_NS
            if lag_ns > 0:
                device.run_for(min(lag_ns, _STRETCH_NS))
            if lag_ns <= _STRETCH_NS:
                wait_s = _BUSY_S if time.monotonic() < busy_until else _IDLE_S
                select.select([line.end for line in self._lines if line.watched], [], [], wait_s)


@contextmanager
def served(device: EmulatedDevice, tcp: bool = False, baud: int = _LINK_BAUD) -> Iterator[Served]:
    """Serve the device's ports until the end of the block; meanwhile it belongs to a thread, see `Served.do`.

    A port that the board takes away is gone for the program that has it, and is there again under its name when it comes back.
    baud: of the link's adapter.
    """
    with tempfile.TemporaryDirectory(prefix="freefall-") as folder:
        names = {"console": device.console_url, "link": device.link_url}
        lines = [_Line(url, TcpEnd() if tcp else PtyEnd(Path(folder, name)), baud) for name, url in names.items() if url]
        urls = Served(device, lines)
        urls.start()
        try:
            yield urls
        finally:
            urls.stop()


def main(arguments: list[str]) -> None:
    """Serve a blank device until Ctrl-C."""
    definition = load_definition(arguments[0]) if arguments else None
    device = EmulatedDevice(get_image(lambda sentence: print(sentence, file=sys.stderr)), definition=definition)
    with served(device) as urls:
        print(f"console {urls.console}", f"link    {urls.link}" if urls.link else "no link", sep="\n", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
