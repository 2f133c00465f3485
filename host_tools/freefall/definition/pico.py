"""The Raspberry Pi Pico as a payload board: which pin can do what (RP2040 data sheet, section 1.4.3)."""

HEADER_PINS = (*range(23), 26, 27, 28)  # 23..25 serve the board itself

# Peripheral -> function -> pins the RP2040 can give it, on the header.
I2C_PINS = {
    "i2c0": {"sda": (0, 4, 8, 12, 16, 20), "scl": (1, 5, 9, 13, 17, 21)},
    "i2c1": {"sda": (2, 6, 10, 14, 18, 26), "scl": (3, 7, 11, 15, 19, 27)},
}
UART_PINS = {
    "uart0": {"tx": (0, 12, 16, 28), "rx": (1, 13, 17)},
    "uart1": {"tx": (4, 8, 20), "rx": (5, 9, 21)},
}
UART_DEFAULT_PINS = {uart: {function: pins[0] for function, pins in functions.items()} for uart, functions in UART_PINS.items()}
BUS_ID = {"i2c0": 0, "i2c1": 1}
