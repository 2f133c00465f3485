"""The code of the board is typed as its ports have it: as the RP2040 and, where it is portable, ESP32 and STM32; as CPython."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from freefall.board.emulated.image import MICROPYTHON_VERSION

ROOT = Path(__file__).parent.parent.parent
FIRMWARE, STUBS = ROOT / "firmware", ROOT / "build" / "typings"
MICROPYTHON = {"rp2": "pyrightconfig.json", "esp32": "pyright-esp32.json", "stm32": "pyright-stm32.json"}
CONFIGS = {**MICROPYTHON, "cpython": "pyright-cpython.json"}
ON_CPYTHON = ("virtual", "linux")


def checked_files(port: str) -> int:
    """How many files the port's configuration is to find."""
    ports = [path.name for path in (FIRMWARE / "freefall_board" / "ports").glob("*.py")]
    others = (*ON_CPYTHON, "rp2") if port in ("esp32", "stm32") else ON_CPYTHON
    left_out = sum(name.startswith(others) for name in ports)
    return left_out if port == "cpython" else sum(1 for _ in FIRMWARE.rglob("*.py")) - left_out


def pyright(port: str, firmware: Path) -> dict:
    """What pyright says, as it says it: generalDiagnostics and a summary."""
    if shutil.which("node") is None:
        pytest.skip("pyright needs node; next step: make tools")
    if port in MICROPYTHON and not (STUBS / port / "ready").exists():
        pytest.skip(f"there are no stubs in {STUBS / port}; next step: make types")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", firmware / CONFIGS[port]]
    # It would ask for a newer version of itself.
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return json.loads(done.stdout)


def findings(report: dict, firmware: Path) -> list[str]:
    return [
        f"{Path(found['file']).relative_to(firmware)}:{found['range']['start']['line'] + 1}: {found['message']}"
        for found in report["generalDiagnostics"]
    ]


# What is wrong, added to the end of a file; a word of what pyright says of it; where it is found.
PLANTED = {
    "an attribute": ("freefall_board/core/clock.py", "\n\nimport struct\n\nstruct.pack_onto\n", "pack_onto", set(MICROPYTHON)),
    "an argument": ("freefall_wire/crc.py", "\n\nput_crc32(b'')\n", "start", set(MICROPYTHON)),
    "viper": ("freefall_board/core/ring.py", "\n\nmicropython.vipr\n", "vipr", set(MICROPYTHON)),
    "a pin": ("freefall_board/ports/rp2_pio.py", "\n\nmachine.Pin(0).valeu(1)\n", "valeu", {"rp2"}),
    "an instruction": ("freefall_board/ports/rp2_pio.py", '\n\njumpp(x_dec, "delay")\n', "jumpp", {"rp2"}),
    "a computer's": ("freefall_board/ports/linux.py", "\n\nos.fsyncs(1)\n", "fsyncs", {"cpython"}),
    "another port's module": ("freefall_board/drivers/adc.py", "\n\nimport rp2\n", "rp2", {"esp32", "stm32"}),
    "an ignore": ("freefall_board/sampling.py", "\n\nx = 1  # pyright: ignore[reportCallIssue]\n", "Call", set(MICROPYTHON)),
}


@pytest.mark.parametrize("port", CONFIGS)
def test_every_mistake_that_is_planted_is_found_and_there_is_no_other(port, tmp_path):
    firmware = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, firmware, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "typings").symlink_to(STUBS)
    expected = []
    for file, text, named, ports in PLANTED.values():
        path = firmware / file
        path.write_text(path.read_text() + text)
        if port in ports:
            expected.append((file, named))
    report = pyright(port, firmware)
    found = findings(report, firmware)
    for file, named in expected:
        (line,) = [line for line in found if line.startswith(f"{file}:") and named in line]
        found.remove(line)
    assert expected
    assert found == []
    assert report["summary"]["filesAnalyzed"] == checked_files(port)


def test_stubs_are_those_of_the_micropython_that_the_emulated_board_runs():
    minor = MICROPYTHON_VERSION.rpartition(".")[0]
    pins = re.findall(r"^STUBS_(\w+) := micropython-\1-stubs==(\d+\.\d+)\.", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert dict(pins) == dict.fromkeys(MICROPYTHON, minor)
