"""uPlot, the plots of `monitor --web`: taken from npm when freefall is built or installed, never kept in git.

`python -m freefall.monitor.uplot` fetches it into an installation that was made without npm or network. The build hook
(hatch_build.py) loads this file alone, in an environment that holds nothing else: it imports the standard library only.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "uplot@1.6.32"
# Of its tarball, as package-lock.json has it.
INTEGRITY = "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="
FOLDER = Path(__file__).parent / "static" / "uplot"
_FILES = {
    "uPlot.iife.min.js": "package/dist/uPlot.iife.min.js",
    "uPlot.min.css": "package/dist/uPlot.min.css",
    "LICENSE": "package/LICENSE",
    # Last: with it the folder is whole, and of this version.
    "VERSION": None,
}
# An installation must not hang where no network answers.
_NPM = ("npm", "pack", "--loglevel=error", "--ignore-scripts", "--fetch-retries=0", "--fetch-timeout=20000")
_PATIENCE_S = 60


class NotFetched(Exception):
    """uPlot could not be had; the reason in one sentence."""


def is_there(folder: Path = FOLDER) -> bool:
    """Whether the folder holds uPlot, of the version wanted."""
    version = folder / "VERSION"
    return version.is_file() and version.read_text() == PACKAGE and all((folder / name).is_file() for name in _FILES)


def fetch(folder: Path = FOLDER, npm: tuple[str, ...] = _NPM) -> None:
    """Fill the folder by npm, unless it is filled. Raises NotFetched."""
    if is_there(folder):
        return
    program = shutil.which(npm[0])
    if program is None:
        raise NotFetched("there is no npm on this machine")
    with tempfile.TemporaryDirectory() as temporary:
        command = [program, *npm[1:], "--pack-destination", temporary, PACKAGE]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, cwd=temporary)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotFetched(f"npm did not end well: {error}") from error
        tarballs = list(Path(temporary).glob("*.tgz"))
        if done.returncode or len(tarballs) != 1:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise NotFetched(f"npm could not get {PACKAGE}: {said[0] if said else f'exit code {done.returncode}'}")
        _unpack(tarballs[0], folder)


def _unpack(tarball: Path, folder: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise NotFetched(f"what npm gave as {PACKAGE} is not that: its sha512 is {digest}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(tarball) as archive:
            for name, member in _FILES.items():
                octets = archive.extractfile(member).read() if member else PACKAGE.encode()
                # Another build may be doing the same.
                with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                    file.write(octets)
                Path(file.name).chmod(0o644)
                Path(file.name).replace(folder / name)
    except OSError as error:
        raise NotFetched(f"cannot write {folder}: {error.strerror or error}") from error


def main() -> int:
    """Fetch it, and say where it is or why not."""
    try:
        fetch()
    except NotFetched as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{PACKAGE} is in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
