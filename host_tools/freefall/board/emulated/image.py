"""A MicroPython image (UF2) for the emulated RP2040: found, downloaded, or built from source.

The repository holds no binary. `get_image` takes the first that works of: the file the user names
in FREEFALL_IMAGE, the cache, the official download, a build from Debian's source packages. The
last two leave the image in the cache, so only the first call on a computer takes time.

An image that was built here has its symbols beside it; the official one has none, so `get_image_with_symbols` never downloads.
"""

import contextlib
import json
import os
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from ...errors import DeviceError
from . import debian
from .debian import MICROPYTHON_VERSION
from .uf2 import is_whole_uf2

try:
    import fcntl
except ImportError:  # not Unix: two first calls at once both download; neither can harm the other
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "MICROPYTHON_VERSION",
    "Computer",
    "ImageUnavailable",
    "cache_dir",
    "cached_image",
    "get_image",
    "get_image_with_symbols",
    "symbols_of",
]

_OFFICIAL_NAME = f"micropython-{MICROPYTHON_VERSION}-RPI_PICO-official.uf2"

_ANSWER_TIMEOUT_S = 5  # without a network the caller must get on to the build soon
_DOWNLOAD_LIMIT_BYTES = 4 << 20  # twice the flash of the board; an image is about 0.7 MB


class ImageUnavailable(DeviceError):
    """No image, and none could be made; the text says why for each way and what to do next."""


class _DownloadFailed(Exception):
    """There is no official image; the build may still work."""


class Computer(debian.BuildComputer):
    """What getting an image asks of this computer: all a build does, and a download. Tests hand in a strict fake."""

    def official_url(self) -> str:
        """Where the official image is, as rp2040py knows it. Raises LookupError if it does not."""
        # Its own `retrieve` waits 30 s for an answer and can leave half a file in its cache.
        try:
            from rp2040py.utils.firmware_retrieve import MICROPYTHON

            return str(MICROPYTHON.boards["pico"].fw[MICROPYTHON_VERSION])
        except (ImportError, AttributeError, KeyError, TypeError):
            raise LookupError("rp2040py is not installed or does not list it") from None

    def fetch(self, url: str) -> bytes:
        """The file behind url. Raises OSError, after _ANSWER_TIMEOUT_S if nothing answers."""
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(urlopen(url, timeout=_ANSWER_TIMEOUT_S))
            except (OSError, HTTPException, ValueError) as error:
                answers.put(error)

        # A thread, because urlopen's timeout does not cover a name server that never answers.
        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=_ANSWER_TIMEOUT_S)
            if isinstance(answer, Exception):
                raise answer
            with answer:
                return bytes(answer.read(_DOWNLOAD_LIMIT_BYTES))
        except queue.Empty:
            raise OSError(f"no answer within {_ANSWER_TIMEOUT_S} s") from None
        except (HTTPException, ValueError) as error:
            raise OSError(str(error)) from None


def cache_dir() -> Path:
    """Directory of the images, which may not exist yet: FREEFALL_CACHE, or below the user's."""
    if given := os.environ.get("FREEFALL_CACHE"):
        return Path(given).expanduser().absolute()
    user_cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not user_cache.is_absolute():  # the XDG rule: a relative path counts as not set
        user_cache = Path.home() / ".cache"
    return user_cache / "freefall" / "images"


def cached_image() -> Path | None:
    """The image an earlier call left, the official one first; whole, for it was put there whole."""
    official = cache_dir() / _OFFICIAL_NAME
    return official if official.is_file() else _cached_build()


def _cached_build() -> Path | None:
    path = cache_dir() / debian.IMAGE_NAME
    return path if path.is_file() and _symbols_path(path).is_file() else None


def _symbols_path(image: Path) -> Path:
    return image.with_suffix(".symbols.json")


def symbols_of(image: Path) -> dict[str, int]:
    """Name -> address of every global function and object of an image. Raises ImageUnavailable if they are not beside it."""
    path = _symbols_path(image)
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise ImageUnavailable(
            f"The image {image} has no symbols beside it ({path.name}); only images built from Debian's sources have. "
            "Unset FREEFALL_IMAGE to have one built."
        ) from None


def get_image(progress: Callable[[str], None] = lambda sentence: None, *, computer: Computer | None = None) -> Path:
    """Path of an image. May download or build for a minute, and as root install the toolchain.

    Processes and threads may call it at once: one works, the others wait and get its result.
    Raises ImageUnavailable.
    """
    return _get(cached_image, _new_image, progress, computer or Computer())


def get_image_with_symbols(progress: Callable[[str], None] = lambda sentence: None, *, computer: Computer | None = None) -> Path:
    """As get_image, but an image with symbols for `symbols_of`: built from Debian's sources, or FREEFALL_IMAGE if it has them."""
    image = _get(_cached_build, _new_build, progress, computer or Computer())
    symbols_of(image)
    return image


def _get(
    cached: Callable[[], Path | None],
    new: Callable[[Computer, Callable[[str], None]], Path],
    progress: Callable[[str], None],
    computer: Computer,
) -> Path:
    if given := os.environ.get("FREEFALL_IMAGE"):
        if (path := Path(given).expanduser().absolute()).is_file():
            return path
        raise ImageUnavailable(
            f"FREEFALL_IMAGE names {path}, and there is no such file. Correct it, or unset it to "
            "have an image downloaded or built."
        )
    try:
        if found := cached():
            return found
        with _only_one_at_work(cache_dir(), progress):
            return cached() or new(computer, progress)
    except OSError as error:
        raise ImageUnavailable(
            f"The image cache {cache_dir()} cannot be used: {error}. Make room or set "
            "FREEFALL_CACHE to a directory that can be written."
        ) from None


@contextlib.contextmanager
def _only_one_at_work(directory: Path, progress: Callable[[str], None]) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:  # the system frees it even if we are killed
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("Waiting for another process that is getting the image.")
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _new_image(computer: Computer, progress: Callable[[str], None]) -> Path:
    progress(f"Downloading the official MicroPython {MICROPYTHON_VERSION} image.")
    try:
        image = _download(computer)
    except _DownloadFailed as failure:
        no_download = failure
    else:
        return _announced(_place(image, _OFFICIAL_NAME), progress)
    progress(f"That failed ({no_download}). Building it from Debian's sources instead.")
    try:
        return _build(computer, progress)
    except debian.BuildFailed as no_build:
        raise ImageUnavailable(
            f"There is no MicroPython {MICROPYTHON_VERSION} image for the emulated RP2040.\n"
            f"The official image could not be downloaded: {no_download}.\n"
            f"It could not be built from Debian's sources: {no_build}.\n"
            f"Next step: {_first_step(no_build, 'or get')} the UF2 of MicroPython {MICROPYTHON_VERSION} for the Raspberry "
            "Pi Pico (RPI_PICO) on a computer with a network and set FREEFALL_IMAGE to its path."
        ) from None


def _new_build(computer: Computer, progress: Callable[[str], None]) -> Path:
    progress(f"Building MicroPython {MICROPYTHON_VERSION} from Debian's sources, for the symbols.")
    try:
        return _build(computer, progress)
    except debian.BuildFailed as no_build:
        raise ImageUnavailable(
            f"There is no MicroPython {MICROPYTHON_VERSION} image with symbols; the official one has none.\n"
            f"It could not be built from Debian's sources: {no_build}.\n"
            f"Next step: {_first_step(no_build, 'or build')} one on a Debian system and copy what it leaves in its cache."
        ) from None


def _first_step(no_build: debian.BuildFailed, otherwise: str) -> str:
    return f"{no_build.next_step} and try again, {otherwise}" if no_build.next_step else otherwise.removeprefix("or ")


def _build(computer: Computer, progress: Callable[[str], None]) -> Path:
    built = debian.build(computer, cache_dir(), progress)
    # The image last: where it is, its symbols are.
    symbols = json.dumps(built.symbols, indent=0, sort_keys=True).encode()
    _place(symbols, _symbols_path(Path(debian.IMAGE_NAME)).name)
    return _announced(_place(built.uf2, debian.IMAGE_NAME), progress)


def _announced(image: Path, progress: Callable[[str], None]) -> Path:
    progress(f"The image is {image}.")
    return image


def _place(octets: bytes, name: str) -> Path:
    """Puts a file into the cache: under its name there is a whole one or none, always."""
    handle, part = tempfile.mkstemp(dir=cache_dir(), prefix=".part-")
    try:
        with open(handle, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(handle)  # before the rename: a power cut must not leave the name alone
        Path(part).chmod(0o644)  # temporary files start private
        return Path(part).replace(cache_dir() / name)
    finally:
        Path(part).unlink(missing_ok=True)  # only there if something failed


def _download(computer: Computer) -> bytes:
    try:
        image = computer.fetch(computer.official_url())
    except (LookupError, OSError) as error:
        raise _DownloadFailed(str(getattr(error, "reason", error))) from None
    if not is_whole_uf2(image):  # such as the log-in page of a guest network
        raise _DownloadFailed(f"what came, {len(image)} bytes, is not a whole RP2040 image")
    return image


def main() -> int:
    """Prints the path of an image, progress on stderr; 0, or 4 when there is none to be had."""
    try:
        print(get_image(lambda sentence: print(sentence, file=sys.stderr)))
    except ImageUnavailable as unavailable:
        print(unavailable, file=sys.stderr)
        return unavailable.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
