"""The ADS1256's driver on the RP2040's own SPI device: the time that its part needs between a command and the octets for it."""

import pytest

from emulated.script_bench import ScriptBench
from freefall.sensors.catalogue.ads1256 import SENSOR, Ads1256Table
from freefall.sensors.part import Wiring

pytestmark = pytest.mark.emulated

T6_NS = 50 * 1e9 / 7.68e6  # data sheet SBAS288K, Timing Characteristics
TABLE = Ads1256Table(driver="ads1256", bus="spi0", cs=17, input="a0-a1", rate_hz=1000, gain=2)
BUS = {"kind": "spi", "id": 0, "sck": 18, "mosi": 19, "miso": 16, "freq_hz": 1_920_000, "timeout_us": 1000, "mode": 1}

SCRIPT = f"""
import sys
sys.path[:] = ("",)
from freefall_board.ports.rp2 import Port
from freefall_board.drivers.ads1256 import DRIVER

device = Port().bus({BUS}).device({{"cs": 17}}, DRIVER)
driver = DRIVER(device, {TABLE.config(0)})
driver.halt(time.sleep_ms)
say("identified", driver.identify())
say("configured", driver.configure(time.sleep_ms))
driver.start()
time.sleep_ms(2)
sample = bytearray(3)
device.receive(sample)
say("sample", sample)
say("end")
"""


class Bench(ScriptBench):
    """`gaps_ns`: from the last clock of a command to the first of the octets that are read for it."""

    def __init__(self, image):
        from freefall.board.emulated.spi import fit_spi

        super().__init__(image, SCRIPT)
        self.part = SENSOR.model(Wiring(self.clock, None, {}, 1, {"voltage": lambda t_s: 0.75}, TABLE))
        self.gaps_ns = []
        self._begun_ns = 0
        self._answers = False
        self._exchange, self.part.exchange = self.part.exchange, self._exchanged
        fit_spi(self.machine.mcu, 0, {17: self.part})
        self._spi = self.machine.mcu.spi[0]
        self.run()

    def _exchanged(self, octet):
        answered, self._answers = self._answers, bool(self.part._out)
        before_ns, self._begun_ns = self._begun_ns, self.clock.now_ns()
        if self._answers and not answered:
            self.gaps_ns.append(self._begun_ns - before_ns - 8 * self._spi.bit_ns)
        return self._exchange(octet)


@pytest.fixture(scope="module")
def bench(micropython_image):
    return Bench(micropython_image)


def test_driver_sets_the_part_up_and_a_conversion_is_read(bench):
    assert bench.values("identified") == bench.values("configured") == [(True,)]
    ((sample,),) = bench.values("sample")
    assert sample == bench.part.read_out[-1].raw
    assert int.from_bytes(sample, "big", signed=True) * 2.5 / ((1 << 23) - 1) == pytest.approx(0.75, abs=1e-4)


def test_part_has_its_time_between_a_command_and_the_octets_for_it(bench):
    assert len(bench.gaps_ns) == 2  # identify(), and a look at what configure() wrote
    assert min(bench.gaps_ns) > T6_NS, "exchange() is two transfers, and Python takes so long between them"
