"""A board by script at the other end of a serial port, in time of its own."""

import errno
from collections.abc import Callable

import serial

RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"


class ScriptedPort:
    """An open port. answer(octets written) -> octets that can be read then; None: the board goes away at this moment.

    Waiting takes time only on `monotonic`. talk: octets that come whenever nothing else does. A use after close is an error.
    """

    def __init__(self, answer: Callable[[bytes], bytes | None], talk: bytes = b"", takes: bool = True):
        self.timeout = self.write_timeout = None
        self.baudrate = 921_600
        self.written = b""
        self.closed = False
        self._answer = answer
        self._talk = talk
        self._takes = takes
        self._here = b""
        self._gone = False
        self._now_s = 0.0

    def monotonic(self) -> float:
        return self._now_s

    @property
    def in_waiting(self) -> int:
        self._check()
        return len(self._here)

    def read(self, size: int = 1) -> bytes:
        self._check()
        if not self._here:
            self._now_s += self.timeout
            self._here = self._talk
        octets, self._here = self._here[:size], self._here[size:]
        return octets

    def write(self, octets: bytes) -> int:
        self._check()
        if not self._takes:
            self._now_s += self.write_timeout
            raise serial.SerialTimeoutException("Write timeout")
        self.written += octets
        answer = self._answer(bytes(octets))
        if answer is None:
            self._gone = True
        else:
            self._here += answer
        return len(octets)

    def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        assert not self.closed, "a closed port is used"
        if self._gone:
            raise serial.SerialException(errno.EIO, "read failed: [Errno 5] Input/output error")
