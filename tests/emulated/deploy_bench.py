"""What a board's flash holds after each of its changes, what a power-up makes of it, and what the board then says."""

import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from littlefs import LittleFS
from littlefs.context import UserContext

from freefall.board.emulated.filesystem import BLOCK_LEN, BLOCKS, pack
from freefall.decode.reports import BootEvent, parse_report
from freefall.device import first_frame
from freefall.device.command import Commands
from freefall.device.repl import Repl
from freefall.device.slots import MAIN, MANIFEST, MARK, SLOTS, SWITCH, BoardFiles
from freefall.port.reconnecting import Reconnecting
from freefall_wire import frame, packet, reports
from unit.device.folder_board import FolderBoard

_MS, _S = 1_000_000, 1_000_000_000
# As MicroPython's port for the RP2040 mounts its flash.
_PAGE_LEN = 256


def whole(files: BoardFiles) -> dict[str, bytes]:
    """The files of a slot that holds them, by path in it."""
    return {**files.slot, MANIFEST: files.manifest, MARK: files.mark}


def flash_of(files: BoardFiles, slots: Mapping[str, Mapping[str, bytes]], **state: str) -> bytes:
    """The flash of a board with the loader and main.py of these files, and these slots: letter -> path in it -> octets.

    state: what is in /state, by name.
    """
    everything = {MAIN[1:]: files.main, files.loader[0]: files.loader[1]}
    everything |= {f"{letter}/{path}": octets for letter, slot in slots.items() for path, octets in slot.items()}
    return pack(everything | {f"state/{name}": text.encode() for name, text in state.items()})


def prompt_of(device, wait_s: float = 5.0) -> Repl:
    """The device's console, what ran there stopped; a console that is not there is waited for, in the board's time."""
    return Repl.open(device.console_url, wait_s=wait_s, sleep=lambda pause_s: device.run_for(round(pause_s * _S)))


class FlashJournal:
    """What the flash of a device held after each change since this was made, until `end()` or until it is unplugged."""

    def __init__(self, device):
        self._device = device
        self._begin = self._last = device.flash
        self._changes: list[dict[int, bytes]] = []  # block -> what it held then, of those that changed
        self._told = device.machine.flash_chip.on_change
        device.machine.flash_chip.on_change = self._changed

    def __len__(self) -> int:
        return len(self._changes)

    def end(self) -> None:
        """What changes from now on is not of interest."""
        self._device.machine.flash_chip.on_change = self._told

    def states(self) -> Iterator[tuple[str, bytearray]]:
        """(when, the flash if the power had gone then): after each change, and in the middle of each."""
        flash = bytearray(self._begin)
        yield "before", flash
        for number, blocks in enumerate(self._changes, 1):
            for block, octets in blocks.items():
                at = block * BLOCK_LEN
                before = flash[at : at + BLOCK_LEN]
                differing = [place for place in range(BLOCK_LEN) if before[place] != octets[place]]
                middle = differing[len(differing) // 2]
                flash[at : at + middle] = octets[:middle]
                yield f"in change {number}", flash
                flash[at : at + BLOCK_LEN] = octets
            yield f"after change {number}", flash

    def _changed(self) -> None:
        flash = self._device.flash
        pieces = (slice(at, at + BLOCK_LEN) for at in range(0, len(flash), BLOCK_LEN))
        changed = {number: flash[piece] for number, piece in enumerate(pieces) if flash[piece] != self._last[piece]}
        if changed:
            self._changes.append(changed)
        self._last = flash
        self._told()


class _Flash(UserContext):
    """A flash that is read, and noted which blocks of it."""

    def __init__(self, octets: bytes):
        super().__init__(buffer=bytearray(octets))
        self.read_blocks: set[int] = set()

    def read(self, cfg, block: int, off: int, size: int) -> bytearray:
        self.read_blocks.add(block)
        return super().read(cfg, block, off, size)


def _mounted(flash: _Flash) -> LittleFS:
    return LittleFS(
        flash, block_size=BLOCK_LEN, block_count=BLOCKS, read_size=_PAGE_LEN, prog_size=_PAGE_LEN, cache_size=BLOCK_LEN
    )


def _tree(mounted: LittleFS) -> dict[str, bytes]:
    """Every file, by its path from the root."""
    files = {}
    for folder, _, names in mounted.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with mounted.open(path, "rb") as file:
                files[path] = file.read()
    return files


def _written_to(flash: bytes) -> bytes:
    """The flash after a power-up that writes, which first puts right what was left half done: the loader's record."""
    mounted = _mounted(_Flash(flash))
    mounted.makedirs("/state", exist_ok=True)
    with mounted.open("/state/boot.new", "wb") as file:
        file.write(b"1 a 1")
    mounted.rename("/state/boot.new", "/state/boot")
    return mounted.context.buffer


class PowerUp(NamedTuple):
    """What a power-up makes of a flash: files by path in their slot.

    started: of the payload that is started, None for the prompt; to_start: of every slot that the loader takes for complete.
    """

    started: dict[str, bytes] | None
    to_start: list[dict[str, bytes]]


class PowerUps:
    """Power-ups by the real loader, on the files as LittleFS finds them in a flash. Equal files are looked at once."""

    def __init__(self):
        self._known: dict[tuple, PowerUp] = {}
        self.looks = 0

    def of(self, flash: bytes) -> PowerUp:
        """The power-up from this flash."""
        return self._of(_tree(_mounted(_Flash(flash))))

    def all_of(self, journal: FlashJournal) -> Iterator[tuple[str, PowerUp]]:
        """(when, the power-up) of every state; looked at again only when a block has changed that was read."""
        read: dict[int, bytes] | None = None
        for when, flash in journal.states():
            if read is None or any(flash[n * BLOCK_LEN : (n + 1) * BLOCK_LEN] != octets for n, octets in read.items()):
                self.looks += 1
                noted = _Flash(flash)
                found = self._of(_tree(_mounted(noted)))
                assert self.of(_written_to(flash)) == found, f"{when}: the first write of a power-up changes what is started"
                read = {n: bytes(flash[n * BLOCK_LEN : (n + 1) * BLOCK_LEN]) for n in noted.read_blocks}
            yield when, found

    def _of(self, tree: dict[str, bytes]) -> PowerUp:
        tree.pop("/state/boot", None)
        key = tuple(sorted(tree.items()))
        if key not in self._known:
            slots = (_below(tree, f"/{slot}/") for slot in SLOTS)
            with tempfile.TemporaryDirectory() as folder:
                for path, octets in tree.items():
                    file = Path(folder, path[1:])
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(octets)
                self._known[key] = PowerUp(FolderBoard(Path(folder)).booted(), [files for files in slots if MARK in files])
        return self._known[key]


def _below(tree: dict[str, bytes], folder: str) -> dict[str, bytes]:
    return {path.removeprefix(folder): octets for path, octets in tree.items() if path.startswith(folder)}


def in_board_time(monkeypatch, device) -> None:
    """Have the command line count its patience in the device's time, so that a slow computer changes no outcome."""

    def now_s() -> float:
        return device.now_ns() / _S

    def sleep(duration_s: float) -> None:
        device.run_for(round(duration_s * _S))

    for name in ("await_payload", "await_samples"):
        monkeypatch.setattr(f"freefall.cli.deploy.{name}", partial(getattr(first_frame, name), now_s=now_s))
    monkeypatch.setattr("freefall.device.first_frame.time.sleep", sleep)
    monkeypatch.setattr("freefall.cli.config.Commands", partial(Commands, now_s=now_s))
    monkeypatch.setattr("freefall.cli.config.Reconnecting", partial(Reconnecting, sleep=sleep))


def looked_at(flash: bytes) -> tuple[bytes | None, ...]:
    """What the loader decides by; flashes with the same of it boot the same slot."""
    tree = _tree(_mounted(_Flash(flash)))
    marks = (f"/{slot}/{MARK}" for slot in SLOTS)
    return tuple(tree.get(path) for path in (MAIN, "/freefall_loader.mpy", SWITCH, *marks))


def boot_event(device, baud: int, limit_ms: int = 4000) -> BootEvent:
    """The next boot event on the device's link, of whatever definition; what else comes is passed over."""
    frames = frame.FrameDecoder()
    with device.link(baud, timeout=0.02) as link:
        end_ns = device.now_ns() + limit_ms * _MS
        while device.now_ns() < end_ns:
            for stretch in frames.feed(link.read(4096)):
                if stretch.packet and _is_boot(stretch.packet):
                    return parse_report(stretch.packet, None)
    raise AssertionError(f"no boot event in {limit_ms} ms; on the console: {bytes(device.machine.console[-400:])!r}")


def _is_boot(data: bytes) -> bool:
    _, service, _, _ = packet.service_of(data)
    number = int.from_bytes(data[packet.SOURCE_DATA_AT : packet.SOURCE_DATA_AT + 2], "big")
    return (service, number) == (reports.EVENT, reports.BOOT)
