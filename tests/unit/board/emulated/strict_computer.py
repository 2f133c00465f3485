"""A computer for the tests of the image: it plays network, apt and compiler, and refuses what it was not told."""

import struct
from pathlib import Path
from urllib.error import URLError

import pytest

from freefall.board.emulated import image

FIRMWARE = bytes(range(256)) * 2 + b"tail"
SYMBOLS = {"gc_alloc": 0x100095F8}
DEBIAN_SOURCES = """\
# The usual file of a fresh installation.
Types: deb
URIs: http://archive.test/debian
# a comment does not end an entry
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/debian-archive-keyring.gpg

Types: deb
URIs: http://archive.test/debian-security
Suites: bookworm-security
Components: main
Signed-By: /keys/debian-archive-keyring.gpg
"""


class StrictComputer:
    """A Debian computer whose commands only leave the files the real ones would leave."""

    def __init__(self, apt_etc: Path) -> None:
        self.apt_etc = apt_etc
        self.official: bytes | OSError = URLError("Name or service not known")
        self.commands: list[tuple[str, ...]] = []
        self.fetches = 0
        self.root = True
        self.debian = True
        self.missing: set[str] = set()
        self.failing = ""  # a command that starts so exits with 2
        self.source_version = f"{image.MICROPYTHON_VERSION}+ds-1"
        self.apt_sources = self.apt_conf = self.manifest = ""

    def has(self, command: str) -> bool:
        assert command == "apt-get"
        return self.debian

    def is_root(self) -> bool:
        return self.root

    def installed(self, packages: tuple[str, ...]) -> set[str]:
        return set(packages) - self.missing

    def official_url(self) -> str:
        return "https://official.test/image.uf2"

    def fetch(self, url: str) -> bytes:
        assert url == self.official_url()
        self.fetches += 1
        if isinstance(self.official, OSError):
            raise self.official
        return self.official

    def run(self, command: tuple[str, ...], cwd: Path, log: Path) -> int:
        self.commands.append(command)
        with log.open("a") as out:
            out.write(f"{command[0]} says hello\n")
        if self.failing and " ".join(command).startswith(self.failing):
            return 2
        match command:
            case ["apt-get", "update", "-q", "-o", _]:
                pass
            case ["apt-get", "install", "-y", "--no-install-recommends", *packages]:
                self.missing -= set(packages)
            case ["apt-get", "update", "-q", "-c", conf]:
                self.apt_conf = Path(conf).read_text()
                self.apt_sources = (Path(conf).parent / "sources/freefall.sources").read_text()
            case ["apt-get", "source", "--download-only", *_]:
                (cwd / f"micropython_{self.source_version}.dsc").touch()
                (cwd / "mbedtls_3.6.dsc").touch()
            case ["apt-get", "download", *packages, "-q", "-c", _]:
                for package in packages:
                    (cwd / f"{package}_1_all.deb").touch()
            case ["dpkg-source", "-x", dsc, target]:
                assert (cwd / dsc).is_file()
                for directory in (
                    "ports/rp2/modules",
                    "lib/mbedtls",
                    "lib/pico-sdk",
                    "lib/micropython-lib",
                ):
                    (cwd / target / directory).mkdir(parents=True)
            case ["dpkg-deb", "-x", deb, target]:
                name = deb.split("-source_")[0]
                (cwd / target / "usr/src" / name).mkdir(parents=True)
                (cwd / target / "usr/src" / name / "here").touch()
            case ["make", _, "-C", path] if path.endswith("/mpy-cross"):
                pass
            case ["cmake", "-S", ".", "-B", "build", *options]:
                (manifest,) = (o for o in options if o.startswith("-DMICROPY_FROZEN_MANIFEST="))
                self.manifest = Path(manifest.partition("=")[2]).read_text()
                assert "formats nothing" in (cwd / "modules/_boot.py").read_text()
                assert cwd.parts[-2:] == ("ports", "rp2")
                assert (cwd / "../../lib/pico-sdk/here").is_file()
                assert (cwd / "../../lib/micropython-lib/README.md").is_file()
                (cwd / "build").mkdir()
            case ["make", _, "-C", "build"]:
                (cwd / "build/firmware.bin").write_bytes(FIRMWARE)
                rows = [(name, address, 0x10, 1) for name, address in SYMBOLS.items()]
                (cwd / "build/firmware.elf").write_bytes(elf_of(rows))
            case _:
                raise AssertionError(f"nobody should run {command}")
        return 0


def elf_of(rows: list[tuple[str, int, int, int]]) -> bytes:
    """An ELF file with two sections behind the null one: a symbol table of rows (name, value, info, section), and its names."""
    names, symbols = b"\0", bytes(16)
    for name, value, info, section in rows:
        symbols += struct.pack("<IIIBBH", len(names), value, 0, info, 0, section)
        names += name.encode() + b"\0"
    header_len, table_at = 52, 52 + 3 * 40
    header = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 40, 1, 0, 0, header_len, 0, header_len, 0, 0, 40, 3, 2)
    table = struct.pack("<10I", 0, 2, 0, 0, table_at, len(symbols), 2, 1, 4, 16)
    strings = struct.pack("<10I", 0, 3, 0, 0, table_at + len(symbols), len(names), 0, 0, 1, 0)
    return header + bytes(40) + table + strings + symbols + names


def names_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def failure(computer: StrictComputer) -> str:
    with pytest.raises(image.ImageUnavailable) as caught:
        image.get_image(computer=computer)
    return str(caught.value)
