"""Texas Instruments INA219: shunt and bus voltage, 12 bits each, I2C. Registers and sections: data sheet SBOS448G (8.6)."""

from freefall_wire.const import const

_CONFIGURATION = const(0x00)  # 8.6.2.1: BRNG in bit 13, PG in 12..11, BADC in 10..7, SADC in 6..3, MODE in 2..0
_SHUNT_VOLTAGE = const(0x01)  # 8.6.3.1: 10 uV in every range
_BUS_VOLTAGE = const(0x02)  # 8.6.3.2: 4 mV in bits 15..3, then CNVR and OVF

_RESET = const(0x8000)
_AFTER_RESET = const(0x399F)
_BOTH_CONTINUOUSLY = const(0x7)
_BUS_RANGE_SHIFT = const(13)
_SHUNT_RANGE_SHIFT = const(11)
_BUS_ADC_SHIFT = const(7)
_SHUNT_ADC_SHIFT = const(3)

_READY = const(0x02)  # CNVR: set from the first conversion on, for the power register, which clears it, is not read
_LONGEST_CONVERSION_MS = const(160)  # both voltages at 68.1 ms, at most 10 % slow


class Ina219:
    """Shunt voltage (two's complement), then bus voltage with its flags: 2 octets each, big-endian."""

    sample_reads = ((bytes((_SHUNT_VOLTAGE,)), 2), (bytes((_BUS_VOLTAGE,)), 2))

    def __init__(self, device, config):
        """config: bus_code, shunt_code and adc_code (of both ADCs) as the configuration holds them."""
        self._read = device.read
        self._write = device.write
        self._settings = (
            config["bus_code"] << _BUS_RANGE_SHIFT
            | config["shunt_code"] << _SHUNT_RANGE_SHIFT
            | config["adc_code"] << _BUS_ADC_SHIFT
            | config["adc_code"] << _SHUNT_ADC_SHIFT
            | _BOTH_CONTINUOUSLY
        )

    def identify(self):
        """See drivers/__init__.py. The part has no identity: what its configuration reads after a reset stands for one."""
        self._set(_CONFIGURATION, _RESET)
        return self._word(_CONFIGURATION) == _AFTER_RESET

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 160 ms."""
        self._set(_CONFIGURATION, self._settings)
        if self._word(_CONFIGURATION) != self._settings:
            return False
        for _ in range(_LONGEST_CONVERSION_MS):
            sleep_ms(1)
            if self._word(_BUS_VOLTAGE) & _READY:
                return True
        return False

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures from power-up

    def _word(self, register):
        octets = bytearray(2)
        self._read(register, octets)
        return octets[0] << 8 | octets[1]

    def _set(self, register, word):
        self._write(register, bytes((word >> 8, word & 0xFF)))


DRIVER = Ina219
