"""A bench for `freefall flash`: boards whose boot ROM takes blocks as the real one does, on a computer with a clock of its own.

Strict: what a real volume, port or boot ROM would refuse is refused; whatever is not synced has not reached the board.
"""

import errno
import os
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

from freefall.device.computer import Computer, Uname
from freefall.device.volumes import Volume
from freefall.errors import BoardError, DeviceError
from unit.device.uf2_blocks import ABSOLUTE, BLOCK_LEN, RP2040, RP2350_ARM_NS, RP2350_ARM_S, RP2350_RISCV

RP2_VID = 0x2E8A
_TAKES = {"RP2040": {RP2040}, "RP2350": {RP2350_ARM_S, RP2350_ARM_NS, RP2350_RISCV, ABSOLUTE}}
_LABEL = {"RP2040": "RPI-RP2", "RP2350": "RP2350"}
MEDIA = Path("/media/engineer")


def _error(number):
    return OSError(number, os.strerror(number))


@dataclass
class Board:
    """A board on USB. build: of the MicroPython that runs on it, None: it is in its bootloader.

    What may go wrong: volume: "mounted", "unmounted", "none", "read-only", "foreign" (of another user); holds: octets its disk
    takes, late: only a sync tells; unplugged_at: octets after which somebody pulls it; deaf: its boot ROM takes no block;
    returns: "running", "forbidden" (its port to this user), "mute" (its MicroPython), "gone"; rebooted_as: the build it runs
    then, None: the written one.
    """

    chip: str = "RP2040"
    build: str | None = "v1.24.0 on 2024-10-25"
    serial: str = "E6605838835F2C2C"
    folder: str = ""
    port: str = "/dev/ttyACM0"
    back_port: str = "/dev/ttyACM1"
    vid: int = RP2_VID
    machine: str | None = None
    volume: str = "mounted"
    mounts_after_s: float = 1.5
    restarts_after_s: float = 2.0
    holds: int = 1 << 40
    late: bool = False
    unplugged_at: int | None = None
    deaf: bool = False
    abrupt: bool = True
    returns: str = "running"
    rebooted_as: str | None = None

    pages: dict = field(default_factory=dict)
    state: str = ""
    at_s: float = 0.0  # when it will be there in that state

    def __post_init__(self):
        self.state = "running" if self.build else "bootloader"
        self.machine = self.machine or f"Raspberry Pi Pico with {self.chip}"

    def path(self):
        return MEDIA / (self.folder or _LABEL[self.chip])

    def take(self, raw, now_s):
        """One sector written to the disk, as the boot ROM looks at it."""
        if self.deaf:
            return
        start0, start1, flags, address, size, number, blocks, family = struct.unpack_from("<8I", raw)
        genuine = (start0, start1, raw[508:]) == (0x0A324655, 0x9E5D5157, b"\x30\x6f\xb1\x0a")
        if not genuine or flags & 1 or not flags & 0x2000 or size != 256 or family not in _TAKES[self.chip]:
            return
        if family == ABSOLUTE:
            return
        self.pages[address] = raw[32 : 32 + size]
        if len(self.pages) == blocks:
            self.state, self.at_s = self.returns, now_s + self.restarts_after_s
            self.build = self.rebooted_as or self._built()

    def _built(self):
        content = b"".join(self.pages[address] for address in sorted(self.pages))
        found = re.search(rb"MicroPython (v[ -:<-~]+)", content)
        return found[1].decode() if found else None


@dataclass
class Port:
    device: str
    serial_number: str | None
    vid: int | None


class Bench(Computer):
    """A computer with such boards; `asked` and `ran` are what was done to them. Nothing of the real computer is reached."""

    def __init__(self, *boards, extra_ports=(), tools=(), tool_code=0):
        self.boards = boards
        self.time_s = 100.0
        self.extra_ports = list(extra_ports)
        self.tools = {"mpremote", *tools}
        self.tool_code = tool_code
        self.asked, self.sent, self.ran, self.files = [], [], [], []

    def now_s(self):
        return self.time_s

    def sleep(self, seconds):
        assert 0 < seconds < 5
        self.time_s += seconds

    def volumes(self):
        there = [board for board in self.boards if board.state == "bootloader" and board.volume != "none"]
        found = [self._volume(board) for board in there]
        return sorted(found, key=lambda volume: volume.path is None)

    def _volume(self, board):
        mounted = board.volume != "unmounted" and self.time_s >= board.at_s + (board.mounts_after_s if board.at_s else 0)
        path = board.path() if mounted else None
        return Volume(_LABEL[board.chip], f"Raspberry Pi {board.chip}", path, "/dev/sdx1", board.volume == "read-only")

    def volume_at(self, path):
        for volume in self.volumes():
            if volume.path == path:
                return volume
        raise DeviceError(f"{path} is no bootloader volume")

    def is_there(self, volume):
        return any(volume.path == found.path for found in self.volumes())

    def create(self, path):
        (board,) = [board for board in self.boards if board.state == "bootloader" and board.path() == path.parent]
        if board.volume == "read-only":
            raise _error(errno.EROFS)
        if board.volume == "foreign":
            raise _error(errno.EACCES)
        assert len(path.stem) <= 8 and path.suffix == ".UF2" and path.name.isupper(), "no name for FAT"
        self.files.append(File(self, board))
        return self.files[-1]

    def ports(self):
        running = [b for b in self.boards if b.state in ("running", "mute", "forbidden") and self.time_s >= b.at_s]
        return [*self.extra_ports, *(Port(self._port_of(board), board.serial, board.vid) for board in running)]

    def _port_of(self, board):
        return board.back_port if board.at_s else board.port

    def _at(self, port):
        for board in self.boards:
            if board.state in ("running", "mute", "forbidden") and self._port_of(board) == port and self.time_s >= board.at_s:
                return board
        raise DeviceError(f"cannot open {port}: No such file or directory. Is the board there?")

    def may_use(self, port):
        return self._at(port).state != "forbidden"

    def ask(self, port):
        self.asked.append(port)
        board = self._at(port)
        if board.state == "forbidden":
            raise DeviceError(f"cannot open {port}: Permission denied")
        if board.state == "mute":
            raise BoardError(f"the board at {port} does not answer")
        return Uname(board.machine, board.build)

    def to_bootloader(self, port):
        self.sent.append(port)
        board = self._at(port)
        board.state, board.at_s = "bootloader", self.time_s

    def has_module(self, name):
        return name in self.tools

    def has_program(self, name):
        return name in self.tools

    def run(self, command):
        self.ran.append(command)
        return self.tool_code


class File:
    """The file on a boot ROM's disk. The disk goes away with the last block, or when somebody pulls the cable."""

    def __init__(self, bench, board):
        self._bench = bench
        self._board = board
        self._cached = b""
        self._on_board = 0
        self.closed = False

    def write(self, octets):
        assert not self.closed
        self._check_there()
        room = self._board.holds - self._on_board - len(self._cached)
        if room <= 0 and not self._board.late:
            raise _error(errno.ENOSPC)
        taken = octets[: min(10_000, 10_000 if self._board.late else room)]
        self._cached += taken
        return len(taken)

    def sync(self):
        assert not self.closed
        self._check_there()
        if self._on_board + len(self._cached) > self._board.holds:
            raise _error(errno.ENOSPC)
        self._bench.time_s += len(self._cached) / 300_000  # octets a second, about what a boot ROM takes
        while len(self._cached) >= BLOCK_LEN:  # half a sector is written again with its other half: alone it is no block
            sector, self._cached = self._cached[:BLOCK_LEN], self._cached[BLOCK_LEN:]
            self._on_board += len(sector)
            if self._board.unplugged_at is not None and self._on_board > self._board.unplugged_at:
                self._board.state = "gone"
            self._check_there()
            self._board.take(sector, self._bench.time_s)
        if self._board.abrupt:
            self._check_there()

    def close(self):
        assert not self.closed, "closed twice"
        self.closed = True
        if self._board.abrupt:
            self._check_there()

    def _check_there(self):
        if self._board.state != "bootloader":
            raise _error(errno.EIO)
