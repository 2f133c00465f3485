"""I2C0 with a memory at address 0x1D, set up as MicroPython does for 1 MHz; registers of the RP2040 data sheet, 4.3.17."""

from freefall.board.emulated.i2c import fit_i2c
from unit.board.emulated.bus_targets import Memory
from unit.board.emulated.wired_chip import BYTE, RAM, US, WORD, Chip

BASE = 0x40044000
CON, TAR, DATA_CMD, HCNT, LCNT = BASE, BASE + 0x04, BASE + 0x10, BASE + 0x1C, BASE + 0x20
INTR_MASK, RAW_INTR_STAT, RX_TL, CLR_TX_ABRT, ENABLE = BASE + 0x30, BASE + 0x34, BASE + 0x38, BASE + 0x54, BASE + 0x6C
STATUS, TXFLR, RXFLR, SDA_HOLD, ABRT_SOURCE = BASE + 0x70, BASE + 0x74, BASE + 0x78, BASE + 0x7C, BASE + 0x80
DMA_CR, TDLR, RDLR, ENABLE_STATUS = BASE + 0x88, BASE + 0x8C, BASE + 0x90, BASE + 0x9C
READ, STOP, RESTART = 1 << 8, 1 << 9, 1 << 10
RX_UNDER, RX_OVER, RX_FULL, TX_OVER, TX_EMPTY, TX_ABRT, STOP_DET, START_DET = (1 << bit for bit in (0, 1, 2, 3, 4, 6, 9, 10))
ABORT = 1 << 1
TX_EMPTY_CTRL = 1 << 8
FAST_MASTER = TX_EMPTY_CTRL | 1 << 6 | 1 << 5 | 2 << 1 | 1 << 0  # as pico-sdk sets IC_CON
HOLD_WHEN_FULL = 1 << 9
BIT = 1 * US


def commands(register, length):
    words = [register, READ | RESTART] + [READ] * (length - 1)
    words[-1] |= STOP
    return words


class I2CChip(Chip):
    def __init__(self):
        super().__init__()
        self.memory = Memory(0x1D, self.clock)
        fit_i2c(self.mcu, 0, [self.memory])
        self.set_up_i2c(0)

    def set_up_i2c(self, number):
        at = 0x4000 * number
        self.poke(ENABLE + at, 0)
        for address, value in ((CON, FAST_MASTER), (HCNT, 50), (LCNT, 75), (TAR, 0x1D), (DMA_CR, 3), (TDLR, 8)):
            self.poke(address + at, value)
        self.poke(ENABLE + at, 1)

    def start_read(self, register, length, number=0):
        """Channel 0 feeds the commands, channel 1 stores at RAM + 0x2000."""
        data = DATA_CMD + 0x4000 * number
        self.load(0, commands(register, length))
        self.channel(0, read=RAM, write=data, count=length + 1, size=WORD, treq=32 + 2 * number, read_inc=True)
        self.channel(1, read=data, write=RAM + 0x2000, count=length, size=BYTE, treq=33 + 2 * number, write_inc=True)
        self.trigger(0, 1)
