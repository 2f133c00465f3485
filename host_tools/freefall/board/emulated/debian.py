"""A MicroPython image built from Debian's source packages, which the computer's own apt archive vouches for."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import freefall_board

from .elf import global_symbols
from .uf2 import to_uf2

MICROPYTHON_VERSION = "1.25.0"

_SUITE = "trixie"  # a released suite: its MicroPython stays at MICROPYTHON_VERSION
_SOURCES = ("micropython", "mbedtls")
_SOURCE_DEBS = ("pico-sdk-source", "tinyusb-source")
_TOOLCHAIN = (
    "build-essential", "cmake", "dpkg-dev", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi",
    "libstdc++-arm-none-eabi-newlib", "python3",
)  # fmt: skip
# The official boards/manifest.py less its four `require`s (onewire, ds18x20, dht, neopixel): they
# come from micropython-lib, which Debian does not have.
_MANIFEST = 'freeze("$(PORT_DIR)/modules")\ninclude("$(MPY_DIR)/extmod/asyncio")\n'
_CMAKE_OPTIONS = ("-DMICROPY_BOARD=RPI_PICO", "-DPICO_BUILD_DOCS=0", "-DPICO_NO_PICOTOOL=1", "-DPICO_NO_UF2=1")
# Fixed version text, date (that of the release) and order of sets: the same sources and compiler
# give the same bytes, and a git repository around the cache cannot put its own tag into the image.
_BUILD_ENV = {"MICROPY_GIT_TAG": f"v{MICROPYTHON_VERSION}", "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "1744675200"}
_STEPS = 2  # raise it when build changes what comes out in a way the constants above do not show
# In the place of MicroPython's own, which formats what it cannot mount.
_BOOT = (Path(freefall_board.__file__).parent / "ports" / "rp2_boot.py").read_text()
_RECIPE = repr((_SUITE, _SOURCES, _SOURCE_DEBS, _MANIFEST, _CMAKE_OPTIONS, _BUILD_ENV, _BOOT, _STEPS))
_RECIPE_HASH = hashlib.sha256(_RECIPE.encode()).hexdigest()[:12]

# The image's name in the cache: an image of another recipe has another one.
IMAGE_NAME = f"micropython-{MICROPYTHON_VERSION}-RPI_PICO-debian-{_RECIPE_HASH}.uf2"

_WORK_PREFIX = "freefall-build-"  # no other directory in the cache may start so: it is removed
_COMMAND_TIMEOUT_S = 1800  # the longest command takes half a minute on two cores; this one is stuck


class BuildFailed(Exception):
    """There is no image from Debian's sources; the text says why, next_step what the user can do, if anything."""

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(reason)
        self.next_step = next_step


@dataclass(frozen=True)
class BuiltImage:
    """What a build gives: the image, and the address of everything global in it by its name in MicroPython's source."""

    uf2: bytes
    symbols: dict[str, int]


class BuildComputer:
    """What a build asks of this computer."""

    apt_etc = Path("/etc/apt")

    def has(self, command: str) -> bool:
        """Whether a command is on the PATH."""
        return shutil.which(command) is not None

    def is_root(self) -> bool:
        """Whether packages can be installed."""
        return os.geteuid() == 0

    def installed(self, packages: Sequence[str]) -> set[str]:
        """Those of the Debian packages that are installed completely."""
        command = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *packages]
        # It exits 1 when any package is unknown and still lists the others.
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        rows = (line.split() for line in answer.stdout.splitlines())
        return {row[0] for row in rows if row[1:] == ["ii"]}

    def run(self, command: Sequence[str], cwd: Path, log: Path) -> int:
        """Exit code of a command that can ask nothing; all it prints is added to log."""
        # Only what a build needs: CFLAGS, MAKEFLAGS or PICO_SDK_PATH would change the image.
        kept = r"PATH|HOME|TMPDIR|APT_CONFIG|(?i:(https?|ftp|all|no)_proxy)"
        env = {name: value for name, value in os.environ.items() if re.fullmatch(kept, name)}
        env["PATH"] = f"{env.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # dpkg refuses without
        env |= _BUILD_ENV | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        with log.open("ab") as out:
            out.write(f"\n$ {' '.join(command)}\n".encode())
            out.flush()
            try:
                return subprocess.run(
                    command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    timeout=_COMMAND_TIMEOUT_S, check=False,
                ).returncode  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as error:  # not started, or stuck
                out.write(f"{error}\n".encode())
                return 127


@dataclass(frozen=True)
class Archive:
    """The Debian archive a computer uses, as its apt sources spell it."""

    uris: str
    signed_by: str  # a keyring's path, or a key as deb822 embeds it; "" for apt's trusted keys


def debian_archive(apt_etc: Path) -> Archive | None:
    """The archive among the enabled sources below apt_etc that looks most like Debian's own.

    A wrong guess is harmless: the suite is not found there, or its signature does not match.
    """
    best: tuple[int, Archive] | None = None
    for entry in _apt_entries(apt_etc):
        suites = entry.get("suites", "").split()
        if (
            "deb" not in entry.get("types", "").split()
            or entry.get("enabled", "yes").lower() in ("no", "false", "0")
            or "main" not in entry.get("components", "").split()
            or not any(re.fullmatch("[a-z]+", suite) for suite in suites)  # not *-security
            or entry.get("uris", "cdrom:").startswith("cdrom:")
        ):
            continue
        archive = Archive(entry["uris"], entry.get("signed-by", ""))
        named = any(uri.rstrip("/").endswith("/debian") for uri in archive.uris.split())
        likeness = 2 * ("debian-archive" in archive.signed_by) + named
        if best is None or likeness > best[0]:
            best = likeness, archive
    return best and best[1]


def _apt_entries(apt_etc: Path) -> Iterator[dict[str, str]]:
    """Every source entry with deb822's field names in lower case, whichever format it is in."""
    parts = apt_etc / "sources.list.d"
    for path in sorted(parts.glob("*.sources")):
        lines = path.read_text(errors="replace").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("#"))
        for stanza in re.split(r"\n\s*\n", text):
            fields = re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
            yield {name.lower(): value.strip(" \t") for name, value in fields}
    for path in [apt_etc / "sources.list", *sorted(parts.glob("*.list"))]:
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            one_line = r"\s*(deb(?:-src)?)\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)"
            if found := re.match(one_line, line):
                kind, options, uri, suite, components = found.groups(default="")
                signed_by = re.search(r"(?i)signed-by=(\S+)", options)
                yield {
                    "types": kind, "uris": uri, "suites": suite, "components": components,
                    "signed-by": signed_by[1] if signed_by else "",
                }  # fmt: skip


def build(computer: BuildComputer, cache: Path, progress: Callable[[str], None]) -> BuiltImage:
    """The image made from Debian's sources. Leaves a log in the cache, which the caller has locked, and nothing else.

    Raises BuildFailed.
    """
    if not computer.has("apt-get"):
        raise BuildFailed("there is no apt-get, so this is not a Debian system")
    archive = debian_archive(computer.apt_etc)
    if archive is None:
        raise BuildFailed(f"{computer.apt_etc} lists no Debian archive")
    log = cache / f"{IMAGE_NAME}.log"
    log.unlink(missing_ok=True)
    for stale in cache.glob(f"{_WORK_PREFIX}*"):  # of a killed build
        shutil.rmtree(stale, ignore_errors=True)
    # make cannot handle blanks and a few other characters in a path.
    parent = cache if re.fullmatch(r"[\w/.+-]+", str(cache)) else None
    with tempfile.TemporaryDirectory(dir=parent, prefix=_WORK_PREFIX, ignore_cleanup_errors=True) as name:
        work = Path(name)

        def run(*command: str, cwd: Path = work) -> None:
            if code := computer.run(command, cwd, log):
                last = log.read_text(errors="replace").strip().rpartition("\n")[2]
                raise BuildFailed(
                    f"the command `{' '.join(command)}` failed with exit code {code} and the last "
                    f"words '{last}'; all it printed is in {log}"
                )

        _install_toolchain(computer, run, progress)
        progress(f"Fetching the sources from the Debian archive, suite {_SUITE}.")
        private = ("-q", "-c", str(_private_apt(work / "apt", archive)))
        run("apt-get", "update", *private)
        run("apt-get", "source", "--download-only", "--only-source", *_SOURCES, *private)
        run("apt-get", "download", *_SOURCE_DEBS, *private)
        progress("Unpacking the sources.")
        top = _unpacked(run, work)
        jobs = f"-j{len(os.sched_getaffinity(0))}"
        progress("Building the bytecode compiler mpy-cross.")
        run("make", jobs, "-C", str(top / "mpy-cross"))
        progress("Building the firmware, which takes longest.")
        (top / "manifest.py").write_text(_MANIFEST)
        (top / "ports" / "rp2" / "modules" / "_boot.py").write_text(_BOOT)
        frozen = f"-DMICROPY_FROZEN_MANIFEST={top / 'manifest.py'}"
        port = top / "ports" / "rp2"
        run("cmake", "-S", ".", "-B", "build", *_CMAKE_OPTIONS, frozen, cwd=port)
        run("make", jobs, "-C", "build", cwd=port)
        firmware = port / "build" / "firmware"
        symbols = global_symbols(firmware.with_suffix(".elf").read_bytes())
        return BuiltImage(to_uf2(firmware.with_suffix(".bin").read_bytes()), symbols)


def _install_toolchain(computer: BuildComputer, run: Callable[..., None], progress: Callable[[str], None]) -> None:
    installed = computer.installed(_TOOLCHAIN)
    missing = [package for package in _TOOLCHAIN if package not in installed]
    if not missing:
        return
    install = ("apt-get", "install", "-y", "--no-install-recommends", *missing)
    if not computer.is_root():
        raise BuildFailed(
            f"it needs packages that only root can install: {', '.join(missing)}",
            f"run `sudo {' '.join(install)}`",
        )
    progress(f"Installing {', '.join(missing)}.")
    patient = ("-q", "-o", "DPkg::Lock::Timeout=300")  # another apt may be at work
    with contextlib.suppress(BuildFailed):  # one broken source must not stop us: install decides
        run("apt-get", "update", *patient)
    run(*install, *patient)


def _private_apt(root: Path, archive: Archive) -> Path:
    """An apt configuration that sees one suite, and leaves the computer's own lists untouched.

    Signatures stay on: the archive's keyring must vouch for the index, and the index holds the
    hash of every file. Passed by -c it is read last, so no setting of the computer loosens that.
    """
    for directory in ("lists/partial", "archives/partial", "sources"):
        (root / directory).mkdir(parents=True)
    (root / "status").touch()  # as if nothing were installed
    (root / "sources" / "freefall.sources").write_text(
        f"Types: deb deb-src\nURIs: {archive.uris}\nSuites: {_SUITE}\nComponents: main\n"
        "Targets: Packages Sources\n" + (f"Signed-By: {archive.signed_by}\n" if archive.signed_by else "")
    )
    settings = {
        "Dir::State": root, "Dir::State::lists": root / "lists", "Dir::State::status": root / "status",
        "Dir::Cache": root, "Dir::Cache::archives": root / "archives",
        "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": root / "sources",
        "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
        "Acquire::AllowDowngradeToInsecureRepositories": "false",
        "APT::Get::AllowUnauthenticated": "false",
        "APT::Sandbox::User": "root",  # root's cache is closed to apt's download user
        "APT::Update::Error-Mode": "any",  # else update reports success without a network
    }  # fmt: skip
    # The computer's hooks look after its own lists; they have no business with ours.
    hooks = ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success")
    lines = [f'{name} "{value}";' for name, value in settings.items()]
    lines += [f"#clear APT::Update::{hook};" for hook in hooks]
    path = root / "apt.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def _unpacked(run: Callable[..., None], work: Path) -> Path:
    """The MicroPython tree with the sources it wants below lib/ in place."""
    top = work / "micropython"
    if not any(work.glob(f"micropython_{MICROPYTHON_VERSION}*.dsc")):
        found = ", ".join(path.name for path in work.glob("micropython_*.dsc")) or "nothing"
        raise BuildFailed(f"the archive has {found} where {MICROPYTHON_VERSION} was expected")
    for source in _SOURCES:
        (dsc,) = work.glob(f"{source}_*.dsc")
        run("dpkg-source", "-x", dsc.name, source)
    for package in _SOURCE_DEBS:
        (deb,) = work.glob(f"{package}_*.deb")
        run("dpkg-deb", "-x", deb.name, "debs")
    unpacked = work / "debs" / "usr" / "src"
    for tree in (work / "mbedtls", unpacked / "pico-sdk", unpacked / "tinyusb"):
        shutil.rmtree(top / "lib" / tree.name, ignore_errors=True)  # Debian leaves it empty
        tree.rename(top / "lib" / tree.name)
    (top / "lib" / "micropython-lib" / "README.md").touch()  # cmake looks for this file
    return top
