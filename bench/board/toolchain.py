"""The C programs of the bench: the Raspberry Pi Pico SDK from Debian's sources, and images built with it, both in the cache."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from freefall.board.emulated import debian
from freefall.board.emulated.image import cache_dir
from freefall.board.emulated.uf2 import to_uf2

SOURCES = Path(__file__).parent / "c"
SDK_PACKAGE = "pico-sdk-source"
CMAKE_OPTIONS = ("-DPICO_BOARD=pico", "-DPICO_NO_PICOTOOL=1", "-DPICO_NO_UF2=1", "-DCMAKE_BUILD_TYPE=Release")

_DEB = "source.deb"  # kept in the SDK's directory: its hash says which SDK it is


def c_programs(progress: Callable[[str], None], computer: debian.BuildComputer | None = None) -> Path:
    """Directory with the image (UF2) of every C program; built unless these sources were before.

    May fetch the SDK and, as root, install the compiler. Raises debian.BuildFailed.
    """
    computer = computer or debian.BuildComputer()
    archive = debian.debian_archive(computer.apt_etc) if computer.has("apt-get") else None
    if archive is None:
        raise debian.BuildFailed("the C programs need a Debian system, with an archive to take the Pico SDK from")
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    log = cache / "bench.log"
    debian._install_toolchain(computer, lambda *command: _run(computer, log, cache, *command), progress)
    sdk = _sdk(computer, archive, cache, log, progress)
    programs = cache / f"bench-{_key(computer, sdk)}"
    if not programs.is_dir():
        progress("Building the C programs.")
        with _workshop(cache) as name:
            _build(computer, sdk, Path(name), log)
            _place(Path(name) / "images", programs)
    return programs


def _sdk(
    computer: debian.BuildComputer, archive: debian.Archive, cache: Path, log: Path, progress: Callable[[str], None]
) -> Path:
    sdk = cache / f"{SDK_PACKAGE}-{debian._SUITE}"
    if sdk.is_dir():
        return sdk
    progress(f"Fetching the Pico SDK from the Debian archive, suite {debian._SUITE}.")
    with _workshop(cache) as name:
        work = Path(name)
        private = ("-q", "-c", str(debian._private_apt(work / "apt", archive)))
        _run(computer, log, work, "apt-get", "update", *private)
        _run(computer, log, work, "apt-get", "download", SDK_PACKAGE, *private)
        (deb,) = work.glob("*.deb")
        _run(computer, log, work, "dpkg-deb", "-x", deb.name, "unpacked")
        tree = work / "unpacked" / "usr" / "src" / "pico-sdk"
        deb.rename(tree / _DEB)
        _place(tree, sdk)
    return sdk


def _build(computer: debian.BuildComputer, sdk: Path, work: Path, log: Path) -> None:
    _run(computer, log, work, "cmake", "-S", str(SOURCES), "-B", "build", f"-DPICO_SDK_PATH={sdk}", *CMAKE_OPTIONS)
    _run(computer, log, work, "make", "-C", "build", f"-j{len(os.sched_getaffinity(0))}")
    (work / "images").mkdir()
    for binary in (work / "build").glob("*.bin"):
        (work / "images" / f"{binary.stem}.uf2").write_bytes(to_uf2(binary.read_bytes()))


def _key(computer: debian.BuildComputer, sdk: Path) -> str:
    """Of everything the images are made from."""
    parts = [path.name.encode() + path.read_bytes() for path in sorted(SOURCES.iterdir())]
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "log")
        computer.run(("arm-none-eabi-gcc", "--version"), Path(name), log)
        parts += [log.read_bytes(), (sdk / _DEB).read_bytes(), repr(CMAKE_OPTIONS).encode()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:12]


def _workshop(cache: Path) -> tempfile.TemporaryDirectory:
    # In the cache, so that what it holds can be moved into place at once.
    return tempfile.TemporaryDirectory(dir=cache, prefix="bench-work-", ignore_cleanup_errors=True)


def _place(made: Path, path: Path) -> None:
    try:
        made.rename(path)
    except OSError:
        if not path.is_dir():
            raise
        shutil.rmtree(made)  # another process was first


def _run(computer: debian.BuildComputer, log: Path, cwd: Path, *command: str) -> None:
    if code := computer.run(command, cwd, log):
        raise debian.BuildFailed(f"the command `{' '.join(command)}` failed with exit code {code}; all it printed is in {log}")
