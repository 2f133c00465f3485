"""What a deploy puts on a board: the files of one slot, the loader beside the slots, and the program that starts it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from freefall_board.version import __version__

from ..board.firmware_files import ARCHITECTURE_CODE, MPY_VERSION, compiled_files, program, source_files
from ..board.own_drivers import driver_files
from ..definition import Definition
from ..errors import BoardError

SLOTS = ("a", "b")
SWITCH = "/state/slot"
RECORD = "/state/boot"  # of the boots, by the loader
CRASH = "/state/crash"  # the newest error, by the loader
MAIN = "/main.py"
MARK = "slot.json"  # in a slot: it is complete
MANIFEST = "manifest.json"
PLAN = "plan.json"

# In flight a board restarts itself after so long without progress, if the definition does not say how long.
FLIGHT_WATCHDOG_MS = 4000

_LOADER = "freefall_loader"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What a board runs. mpy: sys.implementation._mpy; machine: os.uname().machine; version: "1.26.1"."""

    mpy: int
    machine: str
    version: str

    def check(self) -> None:
        """Raises BoardError for a board that the firmware cannot run on."""
        if self.mpy & 0xFF != MPY_VERSION:
            raise BoardError(
                f"the board's MicroPython {self.version} reads compiled files of version {self.mpy & 0xFF}, and this firmware's "
                f"are of version {MPY_VERSION}: flash MicroPython 1.25 or later with freefall flash"
            )
        if self.mpy >> 10 != ARCHITECTURE_CODE:
            raise BoardError(
                f"the board is a {self.machine}, and this firmware runs on the RP2040: its reads, time stamps and links are that "
                "chip's; use a board with an RP2040"
            )


@dataclass(frozen=True, slots=True)
class BoardFiles:
    """slot: path in the slot -> octets, but for the manifest and the mark; loader: its name at the root, and octets."""

    slot: Mapping[str, bytes]
    mark: bytes
    loader: tuple[str, bytes]
    main: bytes

    @property
    def manifest(self) -> bytes:
        """The slot's own list of its files, with their sums."""
        return _json({path: sha256(octets) for path, octets in sorted(self.slot.items())})


def board_files(definition: Definition, flight: bool = False, sources: bool = False) -> BoardFiles:
    """All that the payload of a definition needs on a board. sources: modules as they are written, not compiled.

    Raises BoardError for an own driver that cannot be read or compiled, MissingExtra without the compiler.
    """
    watchdog_ms = json.loads(definition.plan)["watchdog_ms"] or (FLIGHT_WATCHDOG_MS if flight else 0)
    files = {**source_files(), **driver_files(definition)}
    if not sources:
        files = compiled_files(files)
    (loader,) = (name for name in files if name.startswith(_LOADER))
    mark = {
        "payload": definition.name,
        "definition_id": f"{definition.definition_id:08x}",
        "firmware": __version__,
        "watchdog_ms": watchdog_ms,
    }
    loader_octets = files.pop(loader)
    return BoardFiles({**files, PLAN: definition.plan}, _json(mark), (loader, loader_octets), program())


def sha256(octets: bytes) -> str:
    """The sum, in hex."""
    return hashlib.sha256(octets).hexdigest()


def _json(value) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
