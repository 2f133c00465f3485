"""What the chip has only so many of: pins, addresses, state machines, DMA channels. Models: README.md, by those names."""

from collections.abc import Iterator

from ...sensors.pico import CONTROLLERS, DMA_CHANNELS, HEADER_PINS, STATE_MACHINES, UART_DEFAULT_PINS, UART_PINS
from ..diagnostics import table_name
from ..draft import Draft
from ..located import Path
from ..places import wires
from .margin import Margin

_I2C_ADDRESSES = 112  # 0x08 to 0x77; the rest are reserved (UM10204, 3.1.12)
_DMA_CHANNELS_OF = {"i2c": 2, "spi": 2, "uart": 1}  # a bus of each kind
_DMA_CHANNELS_OF_A_STAMP = 2


def pins(draft: Draft) -> Iterator[Margin]:
    """The pins that are used, of those on the header; one that is used twice is another check's."""
    used = {pin for path in wires(draft) if (pin := draft.value(path)) is not None}
    for function, default in UART_DEFAULT_PINS.get(draft.value(("link", "transport")), {}).items():
        used.add(draft.value(("link", function)) if draft.has(("link", function)) else default)
    count = len(used - {None})
    yield Margin(
        rule="pins",
        subject="board",
        path=(),
        value=count,
        limit=len(HEADER_PINS),
        unit="pins",
        sentence=f"{count} pins are used of {len(HEADER_PINS)} on the header",
    )


def addresses(draft: Draft) -> Iterator[Margin]:
    """The addresses that are used on each I2C bus; one that is used twice is another check's."""
    for bus in draft.names("bus"):
        if bus in CONTROLLERS and CONTROLLERS[bus].kind == "i2c":
            sensors = [sensor for sensor in draft.tables("sensor") if draft.value((*sensor, "bus")) == bus]
            count = len({address for sensor in sensors if (address := draft.value((*sensor, "address"))) is not None})
            yield Margin(
                rule="addresses",
                subject=bus,
                path=("bus", bus),
                value=count,
                limit=_I2C_ADDRESSES,
                unit="addresses",
                sentence=f"{count} addresses are used of {_I2C_ADDRESSES} on an I2C bus",
            )


def state_machines(draft: Draft) -> Iterator[Margin]:
    """The PIO's state machines: of periodic streams, streams with hardware time stamps, and pulse counters."""
    users = [stream for stream in draft.tables("stream") if draft.trigger(stream) == "periodic"] + _stamped(draft)
    users += [s for s in draft.tables("sensor") if (driver := draft.driver(s[1])) for _ in range(driver.STATE_MACHINES)]
    path = sorted(users, key=draft.findings.offset)[STATE_MACHINES] if len(users) > STATE_MACHINES else ()
    yield Margin(
        rule="state machines",
        subject="board",
        path=path,
        value=len(users),
        limit=STATE_MACHINES,
        unit="machines",
        sentence=f"the chip has {STATE_MACHINES} PIO state machines, and every periodic stream, stream with hardware time stamps "
        f"and pulse counter takes one, {len(users)} in all",
        complaint="is one too many",
        remedy=f"remove {table_name(path)} or another" if path else "",
    )


def dma_channels(draft: Draft) -> Iterator[Margin]:
    """The DMA channels: of buses, of hardware time stamps, of a UART that is the link."""
    stamped = _stamped(draft)
    buses = (CONTROLLERS[bus].kind for bus in draft.names("bus") if bus in CONTROLLERS)
    uart = draft.value(("link", "transport")) in UART_PINS
    needed = sum(map(_DMA_CHANNELS_OF.get, buses)) + _DMA_CHANNELS_OF_A_STAMP * len(stamped) + uart
    yield Margin(
        rule="DMA channels",
        subject="board",
        path=(*stamped[-1], "timestamps") if stamped else (),
        value=needed,
        limit=DMA_CHANNELS,
        unit="channels",
        sentence=f"{needed} DMA channels are needed, 2 by each I2C or SPI bus and each stream with hardware time stamps and 1 by "
        f"each UART, and the chip has {DMA_CHANNELS}",
        complaint="is too much",
        remedy='use "interrupt" or fewer buses',
    )


def _stamped(draft: Draft) -> list[Path]:
    return [stream for stream in draft.tables("stream") if draft.value((*stream, "timestamps")) == "hardware"]
