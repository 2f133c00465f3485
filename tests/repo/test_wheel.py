"""What pip installs is whole: the firmware, its main program and the command are in the wheel."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from freefall.decode.native import build

ROOT = Path(__file__).parent.parent.parent


ACCELERATOR = "freefall/decode/_native.abi3.so"


def built(folder: Path, **environment: str) -> zipfile.ZipFile:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    (path,) = folder.glob("freefall-*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wheel"))


def test_wheel_holds_every_source_file_of_firmware_and_host_tools(wheel):
    names = set(wheel.namelist())
    for root in (ROOT / "firmware", ROOT / "host_tools"):
        for path in root.rglob("*.py"):
            if path != ROOT / "firmware" / "main.py":
                assert path.relative_to(root).as_posix() in names
    assert {"freefall_wire/SPEC.md", "freefall_board/main.py", "freefall/py.typed"} <= names


def test_wheel_holds_nothing_else(wheel):
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"freefall", "freefall_board", "freefall_wire"}


def test_wheel_holds_the_accelerator_where_a_compiler_is_and_its_name_says_so(wheel):
    there = build.compiler() is not None
    assert (ACCELERATOR in wheel.namelist()) == there
    assert Path(wheel.filename).match("freefall-*-cp311-abi3-*.whl" if there else "freefall-*-py3-none-any.whl")


@pytest.mark.parametrize("environment", [{"CC": "false"}, {"FREEFALL_ACCELERATOR": "0"}], ids=["compiler fails", "switched off"])
def test_wheel_is_for_every_machine_without_the_accelerator(tmp_path, environment):
    wheel = built(tmp_path, FREEFALL_REQUIRE_TOOLS="0", **environment)
    assert ACCELERATOR not in wheel.namelist()
    assert Path(wheel.filename).match("freefall-*-py3-none-any.whl")
