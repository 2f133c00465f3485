"""ams AS7341: spectral channels of light, I2C. Registers: data sheet DS000504 v3, 10.2; SMUX: application note AN000666."""

from freefall_wire.const import const

_ENABLE = const(0x80)  # bit 4 SMUXEN, until done; bit 1 SP_EN; bit 0 PON
_ATIME = const(0x81)
_ID = const(0x92)  # bits 7..2 read 001001
_ASTATUS = const(0x94)  # reading it latches the data of six ADCs that follow
_STATUS2 = const(0xA3)  # bit 6 AVALID: an integration has ended
_CFG1 = const(0xAA)  # AGAIN
_CFG6 = const(0xAF)  # bits 4..3 SMUX_CMD
_ASTEP = const(0xCA)  # two octets, little-endian

_PART = const(0x24)
_PART_MASK = const(0xFC)
_PON = const(0x01)
_CONNECT = const(0x11)  # PON, SMUXEN
_MEASURE = const(0x03)  # PON, SP_EN
_SMUX_WRITE = const(0x10)  # from RAM, at addresses 0x00..0x13, to the multiplexer
_AVALID = const(0x40)
_SMUX_TRIES = const(50)
_EARLIEST_MS = const(15)  # it zeroes itself before its first integration
_LATE_MS = const(60)

# F5, F6, F7, F8, clear and near infrared on ADC 0 to 5: half an octet, 1 to 6, for each photodiode; most have two.
_SMUX = b"\x00\x00\x00\x40\x02\x00\x10\x03\x50\x10\x03\x00\x00\x00\x24\x00\x00\x50\x00\x06"


class As7341:
    """ASTATUS, then the counts of F5, F6, F7, F8, clear and near infrared, 2 octets each, little-endian."""

    sample_reads = ((bytes((_ASTATUS,)), 13),)

    def __init__(self, device, config):
        """config: gain_code, atime and astep as the registers hold them."""
        self._read = device.read
        self._write = device.write
        self._gain = config["gain_code"]
        self._atime = config["atime"]
        self._astep = config["astep"]

    def identify(self):
        """See drivers/__init__.py."""
        return self._get(_ID) & _PART_MASK == _PART

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes one integration and 30 ms, up to 1.1 s."""
        self._put(_ENABLE, _PON)
        if not self._connect(sleep_ms):
            return False
        step = self._astep & 0xFF, self._astep >> 8
        for register, value in ((_ATIME, self._atime), (_ASTEP, step[0]), (_ASTEP + 1, step[1]), (_CFG1, self._gain)):
            self._put(register, value)
            if self._get(register) != value:
                return False
        self._put(_ENABLE, _MEASURE)
        sleep_ms(_EARLIEST_MS + (self._atime + 1) * (self._astep + 1) * 278 // 100000)
        for _ in range(_LATE_MS):
            if self._get(_STATUS2) & _AVALID:
                return self._get(_ENABLE) == _MEASURE
            sleep_ms(1)
        return False

    def _connect(self, sleep_ms):
        self._put(_CFG6, _SMUX_WRITE)
        for address in range(len(_SMUX)):
            self._put(address, _SMUX[address])
        self._put(_ENABLE, _CONNECT)
        for _ in range(_SMUX_TRIES):
            if self._get(_ENABLE) == _PON:
                return True
            sleep_ms(1)
        return False

    def _get(self, register):
        value = bytearray(1)
        self._read(register, value)
        return value[0]

    def _put(self, register, value):
        self._write(register, bytes((value,)))

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures since it was configured


DRIVER = As7341
