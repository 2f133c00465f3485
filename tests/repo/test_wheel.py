"""What pip installs is whole: the firmware, its main program and the command are in the wheel."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from freefall import __version__
from freefall.cli.verbs import Verbs
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
    roots = {"freefall", "freefall_board", "freefall_loader.py", "freefall_wire"}
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == roots


def test_wheel_holds_the_accelerator_where_a_compiler_is_and_its_name_says_so(wheel):
    there = build.compiler() is not None
    assert (ACCELERATOR in wheel.namelist()) == there
    assert Path(wheel.filename).match("freefall-*-cp311-abi3-*.whl" if there else "freefall-*-py3-none-any.whl")


@pytest.mark.parametrize("environment", [{"CC": "false"}, {"FREEFALL_ACCELERATOR": "0"}], ids=["compiler fails", "switched off"])
def test_wheel_is_for_every_machine_without_the_accelerator(tmp_path, environment):
    wheel = built(tmp_path, FREEFALL_REQUIRE_TOOLS="0", **environment)
    assert ACCELERATOR not in wheel.namelist()
    assert Path(wheel.filename).match("freefall-*-py3-none-any.whl")


def man_pages(wheel: zipfile.ZipFile) -> set[str]:
    """The names of its man pages, where pip and man look for them."""
    place = f"freefall-{__version__}.data/data/share/man/man1/"
    return {name.removeprefix(place) for name in wheel.namelist() if name.startswith(place)}


def test_wheel_holds_a_man_page_of_every_command(wheel):
    pytest.importorskip("click_man", reason="click-man is not installed")
    names = man_pages(wheel)
    assert {"freefall.1", "freefall-record.1"} <= names
    assert {f"freefall-{verb}.1" for verb in Verbs()} <= names
    (record,) = [name for name in wheel.namelist() if name.endswith("/freefall-record.1")]
    assert b"\n.SH OPTIONS\n" in wheel.read(record)


def test_wheel_holds_no_man_pages_where_click_man_is_not_and_is_refused_where_all_is_required(tmp_path):
    (tmp_path / "click_man.py").write_text("raise ImportError('no click-man here')")
    wheel = built(tmp_path, FREEFALL_REQUIRE_TOOLS="0", PYTHONPATH=str(tmp_path))
    assert man_pages(wheel) == set()
    assert "freefall/cli/manual.py" in wheel.namelist()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        built(tmp_path, FREEFALL_REQUIRE_TOOLS="1", PYTHONPATH=str(tmp_path))
    assert b"NotWritten" in refused.value.stderr and b"click" in refused.value.stderr
