"""mip puts on a board what is said to be the firmware: the file it reads is up to date, and its installer is content with it."""

import errno
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from freefall import __version__

_LOADED = importlib.util.spec_from_file_location("mip_package", Path(__file__).with_name("mip_package.py"))
mip_package = importlib.util.module_from_spec(_LOADED)
_LOADED.loader.exec_module(mip_package)

ROOT = mip_package.PACKAGE.parent
FIRMWARE = ROOT / "firmware"
# CPython's own ports, what is inside an image of ours, and the program, which its user puts at the root.
NOT_INSTALLED = (*(f"freefall_board/ports/{name}" for name in ("virtual", "linux", "rp2_boot.py")), "main.py")


def wanted() -> dict[str, bytes]:
    files = {path.relative_to(FIRMWARE).as_posix(): path.read_bytes() for path in FIRMWARE.rglob("*.py")}
    return {name: octets for name, octets in files.items() if not name.startswith(NOT_INSTALLED)}


def test_package_is_as_its_program_writes_it():
    assert mip_package.PACKAGE.read_text() == mip_package.text(), "python tests/repo/mip_package.py writes it anew"


def test_package_names_every_module_of_the_board_and_the_version_it_has():
    package = json.loads(mip_package.PACKAGE.read_text())
    assert package["version"] == __version__
    assert package["deps"] == []
    assert dict(package["urls"]) == {name: f"firmware/{name}" for name in wanted()}
    assert len(package["urls"]) == len(dict(package["urls"]))


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """/lib after `mpremote mip install`. The board's Python is this one, its file system a folder."""
    pytest.importorskip("mpremote", reason="mpremote is not installed")
    from mpremote.mip import do_mip
    from mpremote.transport import Transport, TransportExecError

    class Board(Transport):
        names: dict = {}

        def exec(self, command, data_consumer=None):
            self._try(exec, command)

        def eval(self, expression, parse=True):
            return self._try(eval, expression)

        def _try(self, run, text):
            try:
                return run(text, self.names)
            except OSError as error:
                raise TransportExecError(1, f"OSError: [Errno {error.errno}] {errno.errorcode[error.errno]}") from error

    monkeypatch.chdir(tmp_path)
    state = SimpleNamespace(transport=Board(), did_action=lambda: None, ensure_raw_repl=lambda: None)
    package = str(mip_package.PACKAGE)
    do_mip(state, SimpleNamespace(command=["install"], packages=[package], index=None, target="lib", mpy=None))
    return tmp_path / "lib"


def test_mip_installs_the_files_as_they_are(installed):
    files = {path.relative_to(installed).as_posix(): path.read_bytes() for path in installed.rglob("*") if path.is_file()}
    assert files == wanted()


def test_what_mip_installed_is_whole(installed):
    # Every module that does not need the hardware, from there and nowhere else.
    modules = [
        path.relative_to(installed).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in installed.rglob("*.py")
        if not path.name.startswith("rp2")
    ]
    program = f"import importlib\nfor name in {modules}:\n    print(importlib.import_module(name).__file__)"
    environment = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(modules) > 40
    assert all(line.startswith(str(installed)) for line in done.stdout.splitlines())
