"""What pip installs is whole: the firmware, its main program and the command are in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = folder.glob("freefall-*.whl")
    return zipfile.ZipFile(path)


def test_wheel_holds_every_source_file_of_firmware_and_host_tools(wheel):
    names = set(wheel.namelist())
    for root in (ROOT / "firmware", ROOT / "host_tools"):
        for path in root.rglob("*.py"):
            if path != ROOT / "firmware" / "main.py":
                assert path.relative_to(root).as_posix() in names
    assert {"freefall_wire/SPEC.md", "freefall_board/main.py", "freefall/py.typed"} <= names


def test_wheel_holds_nothing_else(wheel):
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"freefall", "freefall_board", "freefall_wire"}
