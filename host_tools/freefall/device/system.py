"""This computer as `freefall doctor` sees it. Tests hand in a strict fake."""

import contextlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from ..board.emulated.image import cache_dir, cached_image
from ..decode import accelerator
from ..decode.native.build import SWITCH
from ..port.by_id import UsbPort, usb_ports
from ..port.holder import Holder, holders
from ..sensors.registry import BROKEN

_RULES = tuple(Path(folder, "udev", "rules.d") for folder in ("/etc", "/run", "/usr/lib", "/lib"))
_PROC = Path("/proc")


class System:
    """Facts, and no judgement. Nothing raises: what cannot be told is empty."""

    def python(self) -> str:
        """ "3.11.7 on Linux"."""
        return f"{platform.python_version()} on {platform.system()}"

    @property
    def is_linux(self) -> bool:
        """Whether there are udev rules, /proc, and services that take ports."""
        return sys.platform == "linux"

    def requirements(self) -> list[str]:
        """Those of freefall, as its metadata has them."""
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.requires("freefall") or []
        return []

    def version(self, package: str) -> str | None:
        """That of an installed package."""
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(package)
        return None

    def accelerator(self) -> bool | None:
        """Whether the accelerator is in use; None: it is switched off."""
        return None if os.environ.get(SWITCH) == "0" else accelerator.active()

    def crcmod_extension(self) -> bool | None:
        """Whether crcmod computes in C; None: it is not installed."""
        try:
            import crcmod  # noqa: F401 - its package attribute "crcmod" is itself; the module is in sys.modules alone
        except ImportError:
            return None
        return bool(getattr(sys.modules.get("crcmod.crcmod"), "_usingExtension", False))

    def broken_sensors(self) -> dict[str, str]:
        """Name -> why it could not be loaded."""
        return dict(BROKEN)

    def named_image(self) -> Path | None:
        """What FREEFALL_IMAGE says."""
        named = os.environ.get("FREEFALL_IMAGE")
        return Path(named).expanduser() if named else None

    def cached_image(self) -> Path | None:
        """The MicroPython image of the emulated board."""
        return cached_image()

    def cache_writable(self) -> tuple[Path, bool]:
        """The folder of images, and whether an image can be put there."""
        folder = cache_dir()
        above = next((path for path in (folder, *folder.parents) if path.exists()), folder)
        return folder, above.is_dir() and os.access(above, os.W_OK | os.X_OK)

    def is_file(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.is_file()

    def usb_ports(self) -> list[UsbPort]:
        """The serial ports on USB."""
        return usb_ports()

    def may_use(self, port: str) -> bool:
        """Whether this user may open a port."""
        return os.access(port, os.R_OK | os.W_OK)

    def group_of(self, port: str) -> str | None:
        """The group that may, where it has a name."""
        try:
            import grp

            return grp.getgrgid(os.stat(port).st_gid).gr_name
        except (ImportError, OSError, KeyError):
            return None

    def holders(self, port: str) -> list[Holder]:
        """Who has a port open."""
        return holders(port)

    def rules(self) -> str:
        """All udev rules, one behind the other, without comments."""
        lines = []
        for path in (path for folder in _RULES for path in sorted(folder.glob("*.rules"))):
            with contextlib.suppress(OSError):
                lines += path.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("#"))

    def programs(self) -> set[str]:
        """The names of all processes."""
        names = set()
        with contextlib.suppress(OSError):
            for entry in _PROC.iterdir():
                if entry.name.isdecimal():
                    with contextlib.suppress(OSError):
                        names.add((entry / "comm").read_text().strip())
        return names
