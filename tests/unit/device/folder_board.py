"""A board whose file system is a folder: what a deploy does to it, counted, and cut off at any operation; and what it boots."""

import ast
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from freefall.device.repl import Entry
from freefall.errors import DeviceError
from freefall_loader import Loader

PICO = (6 | 3 << 8 | 4 << 10, "Raspberry Pi Pico with RP2040", (1, 26, 1))


class FolderBoard:
    """What a deploy needs of a Repl, strictly: no file without its folder, no name that is no path from the root.

    operations: those that change something, done so far; `cut_at`: the number of the one that is cut off, a write in its middle.
    """

    def __init__(self, root: Path, interpreter=PICO, blocks_free=350):
        self.root = root
        self.operations = 0
        self.cut_at = None
        self.written = 0
        self._interpreter = interpreter
        self._blocks_free = blocks_free

    def _at(self, path):
        assert path.startswith("/") and "//" not in path, path
        return self.root / path[1:]

    def _change(self):
        if self.operations == self.cut_at:
            raise DeviceError("the board went away")
        self.operations += 1

    def eval(self, expression):
        if "statvfs" in expression:
            return (4096, 4096, 352, self._blocks_free, self._blocks_free, 0, 0, 0, 0, 255)
        return self._interpreter

    def exec(self, code):
        """The copy, as the board does it: whole or not at all."""
        assert code.startswith("import os\nwith open(")
        source, target = (ast.literal_eval(part.split(", ")[0].split(" + ")[0]) for part in code.split("open(")[1:3])
        octets = self._at(source).read_bytes()
        self.write(target + ".new", octets)
        self.rename(target + ".new", target)
        return ""

    def read(self, path):
        return self._at(path).read_bytes()

    def write(self, path, octets, progress=lambda written: None):
        if self.operations == self.cut_at:
            self._at(path).write_bytes(octets[: len(octets) // 2])
        self._change()
        self._at(path).write_bytes(octets)
        self.written += len(octets)
        progress(len(octets))

    def sha256_of(self, paths):
        return {path: hashlib.sha256(self.read(path)).hexdigest() if self._at(path).is_file() else None for path in paths}

    def tree(self, path):
        files = [found for found in sorted(self._at(path).rglob("*")) if found.is_file()]
        return {f"/{found.relative_to(self.root).as_posix()}": found.stat().st_size for found in files}

    def stat(self, path):
        return Entry(path, self._at(path).is_dir(), 0) if self._at(path).exists() else None

    def mkdir(self, path):
        if not self._at(path).is_dir():
            self._change()
            self._at(path).mkdir(parents=True)

    def remove(self, path):
        self._change()
        self._at(path).unlink()

    def rename(self, old, new):
        self._change()
        os.replace(self._at(old), self._at(new))

    def booted(self):
        """The files of the payload that a power-up starts, by path in its slot; None for the prompt."""
        main = self._at("/main.py")
        if not main.exists() or "freefall_loader" not in main.read_text():
            return None
        assert any(self.root.glob("freefall_loader.*py")), "main.py starts a loader that is not there"
        found = {}

        def start(folder, *told):
            paths = [path for path in Path(folder).rglob("*") if path.is_file()]
            found.update((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)

        with tempfile.TemporaryDirectory() as copy:
            Loader(str(shutil.copytree(self.root, copy, dirs_exist_ok=True)), start, None, None, None, None).run()
        return found
