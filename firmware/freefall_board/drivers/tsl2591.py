"""ams TSL2591: light, two photodiodes, I2C. Registers and sections: data sheet v2-04 (DS000338)."""

from freefall_wire.const import const

_COMMAND = const(0xA0)  # "Command Register": CMD, normal operation; bits 4..0 are the register
_ENABLE = const(_COMMAND | 0x00)  # bit 1 AEN, bit 0 PON
_CONTROL = const(_COMMAND | 0x01)  # bits 5..4 AGAIN, 2..0 ATIME
_ID = const(_COMMAND | 0x12)  # reads 0x50
_STATUS = const(_COMMAND | 0x13)  # bit 0 AVALID: an integration has ended since AEN was set; C0DATAL..C1DATAH follow

_DEVICE_ID = const(0x50)
_OFF = const(0x00)
_ON = const(0x03)
_AVALID = const(0x01)
_AGAIN_SHIFT = const(4)
_STEP_MS = const(100)  # of ATIME; the longest is 108 ms ("Operating Characteristics")
_LATE_MS = const(150)


class Tsl2591:
    """STATUS, then the counts of channel 0 (broadband) and channel 1 (infrared), 2 octets each, little-endian."""

    sample_reads = ((bytes((_STATUS,)), 5),)

    def __init__(self, device, config):
        """config: gain_code and integration_code as the control register holds them."""
        self._read = device.read
        self._write = device.write
        self._control = config["gain_code"] << _AGAIN_SHIFT | config["integration_code"]
        self._integration_ms = _STEP_MS * (config["integration_code"] + 1)

    def identify(self):
        """See drivers/__init__.py."""
        identity = bytearray(1)
        self._read(_ID, identity)
        return identity[0] == _DEVICE_ID

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes one integration, up to 750 ms."""
        taken = bytearray(1)
        for register, value in ((_ENABLE, _OFF), (_CONTROL, self._control), (_ENABLE, _ON)):
            self._write(register, bytes((value,)))
            self._read(register, taken)
            if taken[0] != value:
                return False
        sleep_ms(self._integration_ms)
        for _ in range(_LATE_MS):
            self._read(_STATUS, taken)
            if taken[0] & _AVALID:
                return True
            sleep_ms(1)
        return False

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures since it was configured


DRIVER = Tsl2591
