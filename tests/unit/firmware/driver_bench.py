"""A driver and the strict register model of its part, on a bus of the virtual board."""

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue import adxl355 as adxl355_model
from freefall.sensors.catalogue import tmp117 as tmp117_model
from freefall_board.drivers.adxl355 import Adxl355
from freefall_board.drivers.tmp117 import Tmp117
from freefall_board.ports.virtual_i2c import I2CBus
from freefall_board.ports.virtual_interrupts import InterruptController
from freefall_board.ports.virtual_spi import SPIBus

MS = 1_000_000
_ADXL355_AT, _TMP117_AT = 0x1D, 0x48
_CS = 17
_FREQ_HZ = {"i2c": 400_000, "spi": 5_000_000}


class Bench:
    """A driver, and the model of its part alone on a bus."""

    def __init__(self, make_model, driver, config, bus="i2c"):
        self.clock = SimulatedClock()
        self.model = make_model(self.clock)
        plan = {"freq_hz": _FREQ_HZ[bus], "timeout_us": 1000, "mode": 0}
        interrupts = InterruptController()
        if bus == "i2c":
            wires = I2CBus(self.clock, interrupts, plan, [self.model])
            self.device = wires.device({"address": self.model.address}, driver)
        else:
            self.device = SPIBus(self.clock, interrupts, plan, {_CS: self.model}).device({"cs": _CS}, driver)
        self.driver = driver(self.device, config)

    def sleep_ms(self, duration_ms):
        self.clock.advance_to(self.clock.now_ns() + duration_ms * MS)

    def configure(self):
        return self.driver.configure(self.sleep_ms)

    def read(self, samples=1):
        ((command, count),) = self.driver.sample_reads
        sample = bytearray(samples * count)
        self.device.read(command[0], sample)
        return bytes(sample)

    def register(self, number):
        """A register of one octet."""
        value = bytearray(1)
        self.device.read(number, value)
        return value[0]


def make_adxl355(range_code=1, odr_code=2, watermark=0, bus="i2c", model=adxl355_model.Adxl355):
    address = _ADXL355_AT if bus == "i2c" else None
    return Bench(
        lambda clock: model(address, clock, None, lambda s: (0.1, -0.2, 1.0), 1),
        Adxl355,
        {"range_code": range_code, "odr_code": odr_code, "watermark": watermark},
        bus,
    )


def make_adxl355_on_spi(**options):
    return make_adxl355(bus="spi", **options)


def make_tmp117(averages_code=1, model=tmp117_model.Tmp117):
    return Bench(lambda clock: model(_TMP117_AT, clock, lambda s: 21.0, 1), Tmp117, {"averages_code": averages_code})
