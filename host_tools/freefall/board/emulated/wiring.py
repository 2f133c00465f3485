"""What is on the pins of an emulated board: the sensor models of a definition, on buses that take time."""

import json

from ...definition import Definition
from ..scenario import Signals
from ..simulated import Models, attach_models
from .adc import fit_adc
from .dma import fit_dma
from .i2c import fit_i2c
from .machine import Machine
from .spi import fit_spi
from .uart import PacedUART, fit_uart
from .uart_target import fit_uart_target

_BUSES = 2  # of a kind


def fit_sensors(machine: Machine, definition: Definition, seed: int = 0, scenario: Signals | None = None) -> Models:
    """Put the models of the definition's sensors on the machine's pins and buses. scenario: what they feel, see scenario.py."""
    fit_dma(machine.mcu)
    models = attach_models(definition, machine.clock, machine.pin, seed, scenario)
    for bus in json.loads(definition.plan)["buses"]:
        if bus["kind"] == "i2c":
            fit_i2c(machine.mcu, bus["id"], models.i2c[bus["id"]])
            for line in ("scl", "sda"):
                machine.pin(bus[line]).set(True)  # its resistor holds it as long as it rests
    for number, targets in models.spi.items():
        fit_spi(machine.mcu, number, targets)
    for number, target in models.uart.items():
        fit_uart_target(machine.mcu, number, target)
    fit_adc(machine.mcu, {pin: source.counts for pin, source in models.analog.items()})
    return models


def fit_nothing(machine: Machine) -> None:
    """A board on an empty bench: its buses work, and nobody answers on them."""
    fit_dma(machine.mcu)
    for number in range(_BUSES):
        fit_i2c(machine.mcu, number, ())
        fit_spi(machine.mcu, number, {})
        fit_uart(machine.mcu, number)
    fit_adc(machine.mcu, {})


def link_uart(machine: Machine, definition: Definition) -> PacedUART | None:
    """The UART that is the definition's link, put in its place; None where the link is USB."""
    transport = json.loads(definition.plan)["link"]["transport"]
    return None if transport == "usb" else fit_uart(machine.mcu, int(transport[-1]))
