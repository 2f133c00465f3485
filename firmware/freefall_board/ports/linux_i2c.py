"""I2C by Linux's i2c-dev and smbus2. The bus's pace is the computer's own (on a Raspberry Pi dtparam=i2c_arm_baudrate)."""

from fcntl import ioctl

from smbus2 import SMBus, i2c_msg
from smbus2.smbus2 import I2cFunc

from .linux_bus import Bus, Device

_I2C_TIMEOUT = 0x0702  # uapi/linux/i2c-dev.h: in units of 10 ms
_TIMEOUT_UNIT_US = 10000


class Adapter:
    """An I2C adapter of the kernel. Raises OSError, as its methods do, with the kernel's number: of a part that does not answer
    ENXIO or EREMOTEIO, by the adapter's driver; of lines that somebody holds ETIMEDOUT, EBUSY or EAGAIN.
    """

    def __init__(self, path, timeout_us):
        """path: /dev/i2c-1 for example. A transfer may take timeout_us, rounded up to what the kernel counts in."""
        self._smbus = SMBus(path)
        if not self._smbus.funcs & I2cFunc.I2C:
            self._smbus.close()
            raise OSError(95, "the adapter makes SMBus transfers only, and these parts need plain I2C", path)
        timeout = -(-timeout_us // _TIMEOUT_UNIT_US)
        ioctl(self._smbus.fd, _I2C_TIMEOUT, timeout)  # pyright: ignore[reportCallIssue, reportArgumentType]: it is open

    def close(self):
        """Let go of it."""
        self._smbus.close()

    def transfer(self, address, phases):
        """One transaction of (octets to send or None, buffer to fill or None), with repeated starts in between."""
        messages = []
        for octets, buf in phases:
            if octets is not None:
                messages.append(i2c_msg.write(address, octets))
            if buf is not None:
                messages.append(i2c_msg.read(address, len(buf)))
        self._smbus.i2c_rdwr(*messages)
        received = iter([message for message in messages if message.flags])
        for _, buf in phases:
            if buf is not None:
                buf[:] = bytes(next(received))


class I2CBus(Bus):
    """See ports/__init__.py."""

    def __init__(self, interrupts, plan, path):
        super().__init__(interrupts)
        self._adapter = Adapter(path, plan["timeout_us"])

    def device(self, sensor, driver):
        """The device at the sensor's address."""
        return I2CDevice(self, self._adapter, sensor["address"])

    def close(self):
        """Let go of the adapter."""
        self._adapter.close()


class I2CDevice(Device):
    """One address of a bus."""

    def __init__(self, bus, adapter, address):
        super().__init__(bus)
        self._adapter = adapter
        self._address = address

    def read(self, register, buf):
        """Registers from `register` on into buf. Raises OSError."""
        self.exchange(bytes((register,)), buf)

    def write(self, register, data):
        """data into registers from `register` on. Raises OSError."""
        self.send(bytes((register,)) + bytes(data))

    def _transfer(self, phases):
        self._adapter.transfer(self._address, phases)
