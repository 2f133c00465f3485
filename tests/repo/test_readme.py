"""The README keeps its promises: its commands run, its Python runs, its octets are right."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.definition import load_definition
from freefall_wire import frame

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(tmp_path):
    """A folder that looks like the repository's root to a reader of the README."""
    (tmp_path / "payload_defs").symlink_to(ROOT / "payload_defs")
    (tmp_path / "build").mkdir()
    return tmp_path


def test_make_demo_and_make_test_are_shown_and_exist():
    shown = [line for block in blocks("sh") for line in block.splitlines()]
    assert {"make demo", "make test"} <= set(shown)
    assert re.search(r"^demo:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_commands_by_hand_run_as_shown(checkout):
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("freefall ")]
    assert len(lines) >= 5
    for line in lines:
        arguments = shlex.split(line, comments=True)[1:]
        done = subprocess.run([sys.executable, "-m", "freefall", *arguments], cwd=checkout, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_python_runs_as_shown(checkout):
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_worked_frame_is_the_frame_of_the_worked_packet():
    octets = {
        name: bytes.fromhex(text) for name, text in re.findall(r"^(packet|frame) +((?:[0-9a-f]{2} ?)+)", README, re.MULTILINE)
    }
    assert frame.encode(octets["packet"]) == octets["frame"]
    # make demo runs with seed 1.
    sent = VirtualBoard(load_definition(ROOT / "payload_defs" / "vibration"), seed=1).advance(2_000_000_000)
    assert b"\0" + octets["frame"] + b"\0" in sent


def test_every_file_the_readme_links_to_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_payload_readme_shows_what_check_says(tmp_path):
    source = ROOT / "payload_defs" / "vibration"
    readme = (source / "README.md").read_text()
    good, bad = re.findall(r"^```toml\n(.*)\n^```", readme, re.MULTILINE)
    (answer,) = re.findall(r"^```text\n(.*)\n^```", readme, re.MULTILINE)
    payload = tmp_path / "payload_defs" / "vibration" / "payload.toml"
    payload.parent.mkdir(parents=True)
    for change, returncode, said in ((good, 0, set()), (bad, 3, {answer})):
        text, changes = re.subn(rf"^{change.split()[0]} = .*", change, (source / "payload.toml").read_text(), flags=re.MULTILINE)
        assert changes == 1
        payload.write_text(text)
        (command,) = re.findall(r"`freefall (check .*?)`", readme)
        done = subprocess.run(
            [sys.executable, "-m", "freefall", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == returncode
        assert said <= set(done.stderr.splitlines())
