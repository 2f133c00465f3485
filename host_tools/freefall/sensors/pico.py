"""The Raspberry Pi Pico as a payload board: which pin can do what (RP2040 data sheet, section 1.4.3), and what the chip has."""

from dataclasses import dataclass

HEADER_PINS = (*range(23), 26, 27, 28)  # 23..25 serve the board itself
ADC_PINS = (26, 27, 28)

STATE_MACHINES = 8  # of two PIO blocks
DMA_CHANNELS = 12

_CLK_PERI_HZ = 48_000_000  # under MicroPython
_SPI_PRESCALER = 2  # the least, and the one MicroPython uses at any pace above 47 kHz


@dataclass(frozen=True, slots=True)
class Controller:
    """A bus controller of the chip: its number among its kind, and for each of its wires the pins it can have on the header."""

    kind: str
    number: int
    pins: dict[str, tuple[int, ...]]


CONTROLLERS = {
    "i2c0": Controller("i2c", 0, {"scl": (1, 5, 9, 13, 17, 21), "sda": (0, 4, 8, 12, 16, 20)}),
    "i2c1": Controller("i2c", 1, {"scl": (3, 7, 11, 15, 19, 27), "sda": (2, 6, 10, 14, 18, 26)}),
    "spi0": Controller("spi", 0, {"sck": (2, 6, 18, 22), "mosi": (3, 7, 19), "miso": (0, 4, 16, 20)}),
    "spi1": Controller("spi", 1, {"sck": (10, 14, 26), "mosi": (11, 15, 27), "miso": (8, 12, 28)}),
    "uart0": Controller("uart", 0, {"tx": (0, 12, 16, 28), "rx": (1, 13, 17)}),
    "uart1": Controller("uart", 1, {"tx": (4, 8, 20), "rx": (5, 9, 21)}),
}
# Of those that may carry the telemetry.
UART_PINS = {name: controller.pins for name, controller in CONTROLLERS.items() if controller.kind == "uart"}
UART_DEFAULT_PINS = {uart: {function: pins[0] for function, pins in functions.items()} for uart, functions in UART_PINS.items()}


def spi_hz(freq_hz: int) -> float:
    """The fastest pace the chip can make that is at most `freq_hz` (100 kHz or more): 8, 6, 4.8, 4 MHz and slower."""
    fastest_hz = _CLK_PERI_HZ / _SPI_PRESCALER
    return fastest_hz / -(-fastest_hz // freq_hz)
