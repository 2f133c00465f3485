"""The code of the board is typed as its ports have it: all of it as the RP2040, the portable part as ESP32 and STM32 too."""

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
CONFIGS = {"rp2": "pyrightconfig.json", "esp32": "pyright-esp32.json", "stm32": "pyright-stm32.json"}
ON_CPYTHON = ("virtual", "linux")


def checked_files(port: str) -> int:
    """How many files the port's configuration is to find."""
    other = ON_CPYTHON if port == "rp2" else (*ON_CPYTHON, "rp2")
    return sum(not (path.parent.name == "ports" and path.name.startswith(other)) for path in FIRMWARE.rglob("*.py"))


def pyright(port: str, firmware: Path = FIRMWARE) -> dict:
    """What pyright says, as it says it: generalDiagnostics and a summary."""
    if shutil.which("node") is None:
        pytest.skip("pyright needs node; next step: make tools")
    if not (STUBS / port / "ready").exists():
        pytest.skip(f"there are no stubs in {STUBS / port}; next step: make types")
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", firmware / CONFIGS[port]]
    # It would ask for a newer version of itself.
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return json.loads(done.stdout)


def findings(report: dict, firmware: Path = FIRMWARE) -> list[str]:
    return [
        f"{Path(found['file']).relative_to(firmware)}:{found['range']['start']['line'] + 1}: {found['message']}"
        for found in report["generalDiagnostics"]
    ]


@pytest.mark.parametrize("port", CONFIGS)
def test_code_of_the_board_is_typed_as_the_port_has_it(port):
    report = pyright(port)
    assert findings(report) == []
    assert report["summary"]["filesAnalyzed"] == checked_files(port)


WRONG = {
    "an attribute": ("freefall_board/core/clock.py", "\n\nimport struct\n\nstruct.pack_onto\n", "pack_onto", set(CONFIGS)),
    "an argument": ("freefall_wire/crc.py", "\n\nput_crc32(b'')\n", "start", set(CONFIGS)),
    "viper": ("freefall_board/core/ring.py", "\n\nmicropython.vipr\n", "vipr", set(CONFIGS)),
    "a pin": ("freefall_board/ports/rp2_pio.py", "\n\nmachine.Pin(0).valeu(1)\n", "valeu", {"rp2"}),
    "an instruction": ("freefall_board/ports/rp2_pio.py", '\n\njumpp(x_dec, "delay")\n', "jumpp", {"rp2"}),
    "another port's module": ("freefall_board/drivers/adc.py", "\n\nimport rp2\n", "rp2", {"esp32", "stm32"}),
    "a word too many": ("freefall_board/sampling.py", "\n\nx = 1  # pyright: ignore[reportCallIssue]\n", "Call", set(CONFIGS)),
}


@pytest.mark.parametrize("port", CONFIGS)
def test_every_mistake_that_is_planted_is_found_where_it_stands(port, tmp_path):
    firmware = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, firmware, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "typings").symlink_to(STUBS)
    expected = []
    for file, text, named, ports in WRONG.values():
        path = firmware / file
        path.write_text(path.read_text() + text)
        if port in ports:
            expected.append((file, named))
    found = findings(pyright(port, firmware), firmware)
    assert len(found) == len(expected), found
    for file, named in expected:
        assert any(line.startswith(f"{file}:") and named in line for line in found), (file, named, found)


def test_stubs_are_those_of_the_micropython_that_the_emulated_board_runs():
    minor = MICROPYTHON_VERSION.rpartition(".")[0]
    pins = re.findall(r"^STUBS_(\w+) := micropython-\1-stubs==(\d+\.\d+)\.", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert dict(pins) == dict.fromkeys(CONFIGS, minor)
