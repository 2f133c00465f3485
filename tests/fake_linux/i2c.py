"""I2C adapters of a kernel at the level of its system calls, under the real smbus2: open, close and ioctl.

Strict: what i2c-dev refuses is refused with its errno, and what a sensor model refuses is an error of the test. A transfer takes
the time of its bits.
"""

import errno
import os
from ctypes import memmove, string_at
from dataclasses import dataclass, field

import smbus2.smbus2 as numbers

from freefall.sensors.i2c import I2CTarget

I2C_RETRIES, I2C_TIMEOUT = 0x0701, 0x0702
PLAIN_I2C = int(numbers.I2cFunc.I2C | numbers.I2cFunc.SMBUS_EMUL)
_DEVICES = ("/dev/i2c-", "/dev/gpiochip", "/dev/spidev", "/dev/serial")
_MOST_MESSAGES, _LONGEST = 42, 8192
_TIMEOUT_UNIT_NS = 10_000_000


@dataclass
class Adapter:
    """One adapter with what is wired to it. stuck: somebody holds a line low; nak: the errno of its driver for no acknowledge."""

    targets: list[I2CTarget] = field(default_factory=list)
    freq_hz: int = 400_000
    stuck: bool = False
    nak: int = errno.EREMOTEIO
    functions: int = PLAIN_I2C
    forbidden: bool = False
    taken: tuple[int, ...] = ()  # addresses that a driver of the kernel has
    timeout_ns: int = 1_000_000_000
    transfers: int = 0


class FakeI2C:
    """The kernel's side. time: SimulatedTime or RealTime; adapters by their number."""

    def __init__(self, time, adapters):
        self.time = time
        self.adapters = {f"/dev/i2c-{number}": adapter for number, adapter in adapters.items()}
        self.others = set()  # paths of other devices that are there
        self._files = {}  # adapter and address by descriptor

    def install(self, monkeypatch):
        """Put it under smbus2 and the port, in place of this computer's."""
        real_open, real_close = os.open, os.close

        def open_(path, flags, *more, **named):
            if path in self.others:
                return real_open(os.devnull, os.O_RDWR)
            if not str(path).startswith(_DEVICES):
                return real_open(path, flags, *more, **named)
            if path not in self.adapters:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            if self.adapters[path].forbidden:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            assert flags & os.O_RDWR, "i2c-dev is opened to read and write"
            descriptor = real_open(os.devnull, os.O_RDWR)
            self._files[descriptor] = [self.adapters[path], None]
            return descriptor

        def close(descriptor):
            self._files.pop(descriptor, None)
            real_close(descriptor)

        monkeypatch.setattr(os, "open", open_)
        monkeypatch.setattr(os, "close", close)
        monkeypatch.setattr(numbers, "ioctl", self.ioctl)
        monkeypatch.setattr("freefall_board.ports.linux_i2c.ioctl", self.ioctl)
        return self

    def ioctl(self, descriptor, request, argument=0):
        """As ioctl of i2c-dev."""
        if descriptor not in self._files:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        file = self._files[descriptor]
        adapter = file[0]
        if request == numbers.I2C_FUNCS:
            argument.value = adapter.functions
        elif request == I2C_TIMEOUT:
            adapter.timeout_ns = argument * _TIMEOUT_UNIT_NS
        elif request in (numbers.I2C_SLAVE, numbers.I2C_SLAVE_FORCE):
            if not 0 <= argument <= 0x7F:
                raise _error(errno.EINVAL)
            if argument in adapter.taken and request == numbers.I2C_SLAVE:
                raise _error(errno.EBUSY)
            file[1] = argument
        elif request == numbers.I2C_SMBUS:
            self._smbus(adapter, file[1], argument)
        elif request == numbers.I2C_RDWR:
            self._rdwr(adapter, argument)
        elif request != I2C_RETRIES:
            raise _error(errno.ENOTTY)
        return 0

    def _rdwr(self, adapter, argument):
        if not adapter.functions & numbers.I2cFunc.I2C:
            raise _error(errno.EOPNOTSUPP)
        if not 0 < argument.nmsgs <= _MOST_MESSAGES:
            raise _error(errno.EINVAL)
        messages = [argument.msgs[number] for number in range(argument.nmsgs)]
        for message in messages:
            if message.len > _LONGEST or message.addr > 0x7F or message.flags not in (0, numbers.I2C_M_RD):
                raise _error(errno.EINVAL)
        phases = [(m.addr, None if m.flags else string_at(m.buf, m.len), m.len) for m in messages]
        for message, octets in zip(messages, self._transaction(adapter, phases), strict=True):
            memmove(message.buf, octets, len(octets))

    def _smbus(self, adapter, address, argument):
        if address is None:
            raise _error(errno.EINVAL)
        reads = argument.read_write == numbers.I2C_SMBUS_READ
        data = argument.data.contents
        if argument.size == numbers.I2C_SMBUS_QUICK:
            phases = [(address, None if reads else b"", 0)]
        elif argument.size == numbers.I2C_SMBUS_BYTE:
            phases = [(address, None, 1) if reads else (address, bytes((argument.command,)), 1)]
        elif argument.size == numbers.I2C_SMBUS_BYTE_DATA:
            command = bytes((argument.command,))
            phases = [(address, command, 1), (address, None, 1)] if reads else [(address, command + bytes((data.byte,)), 2)]
        else:
            raise _error(errno.EOPNOTSUPP)
        octets = b"".join(self._transaction(adapter, phases))
        if octets:
            data.byte = octets[0]

    def _transaction(self, adapter, phases):
        """The octets received in each phase (address, octets sent or None, count), with one stop after all."""
        adapter.transfers += 1
        self.time.catch_up()
        if adapter.stuck:
            self._time_out(adapter)
        octet_ns = 9_000_000_000 // adapter.freq_hz
        received = []
        target = None
        try:
            for address, octets, count in phases:
                following = next((target for target in adapter.targets if target.address == address), None)
                if target and following is not target:
                    target.stop()
                target = following
                self._acknowledged(adapter, target, target and target.start(octets is None))
                for octet in octets or b"":
                    self._acknowledged(adapter, target, target.write(octet))
                    self.time.take(octet_ns)
                got = bytearray()
                for _ in range(count if octets is None else 0):
                    got.append(target.read())
                    self.time.take(octet_ns)
                received.append(bytes(got))
        finally:
            if target:
                target.stop()
        return received

    def _acknowledged(self, adapter, target, good):
        self.time.take(9_000_000_000 // adapter.freq_hz)
        if target and target.hung:
            self._time_out(adapter)
        if not good:
            raise _error(adapter.nak)

    def _time_out(self, adapter):
        self.time.take(adapter.timeout_ns)
        raise _error(errno.ETIMEDOUT)


def _error(number):
    return OSError(number, os.strerror(number))
