"""`freefall sim --board emulated`, as a user calls it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.emulated


def test_sim_on_the_emulated_board_ends_with_the_ledger_closed(micropython_image, vibration, tmp_path):
    # It ends with the first set of reports that the board sends at all.
    command = ["sim", vibration, "--board", "emulated", "--duration", "0.01", "-o", tmp_path / "run.mcap"]
    done = subprocess.run([sys.executable, "-m", "freefall", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Ledger closes, difference 0." in done.stdout
    assert (tmp_path / "run.mcap").stat().st_size > 1000
