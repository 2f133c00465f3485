"""Tab: what is offered for every parameter that means a file, a port or a name, and that a real bash takes it."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import rich_click as click
from click.shell_completion import ShellComplete

from freefall.cli.app import freefall
from freefall.cli.shells import VARIABLE, complete
from freefall.cli.verbs import Verbs
from freefall.definition import load_definition
from freefall.recording import Recorder
from freefall.sensors.registry import SENSORS

DEFINITIONS = ["defs/fluids", "defs/vibration"]
PORTS = ["/dev/ttyACM0", "/dev/ttyUSB1"]
STREAMS = ["vibration", "temperature"]
BOARDS = [f"sim://{path}" for path in DEFINITIONS]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, vibration):
    """A folder with two definitions, recordings and other things, and a computer with two serial ports."""
    for name in DEFINITIONS:
        shutil.copytree(vibration, tmp_path / name)
        with open(tmp_path / name / "payload.toml", "a") as file:
            file.write("\n[stream.temperature.adjustable]\nrate_hz = [0.1, 4.0]\non = true\n")
    (tmp_path / "my runs" / "empty.mcap").mkdir(parents=True)
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".hidden.mcap").touch()
    monkeypatch.chdir(tmp_path)
    Recorder("one.mcap", load_definition("defs/vibration"), "a test", start_ns=0).close()
    shutil.copy("one.mcap", "my runs/the two.mcap")
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: map(FakePort, reversed(PORTS)))
    monkeypatch.delenv("FREEFALL_DEF", raising=False)
    return tmp_path


class FakePort(SimpleNamespace):
    """What pyserial tells of a port, as far as it is asked."""

    def __init__(self, device: str):
        super().__init__(device=device)

    def __lt__(self, other):
        return self.device < other.device


def offered(*words: str) -> list[str]:
    """What is offered for the last word; ask(...) of the shell itself for other files stands as <dir> or <file>."""
    *arguments, incomplete = words
    items = ShellComplete(freefall, {}, "freefall", VARIABLE).get_completions(arguments, incomplete)
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in items]


def test_every_verb_is_offered_and_none_is_imported_for_it():
    program = (
        "import sys; from freefall.cli.app import freefall; from click.shell_completion import ShellComplete;"
        "print([item.value for item in ShellComplete(freefall, {}, 'freefall', '').get_completions([], '')]);"
        "print([name for name in sys.modules if name in ('freefall.decode', 'freefall.definition', 'numpy', 'pydantic')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{sorted(Verbs())}\n[]\n"


def test_a_begun_verb_and_option_are_offered():
    assert offered("re") == ["record", "replay"]
    assert offered("--ver") == ["--version", "--verbose"]
    assert offered("replay", "--ud") == ["--udp"]
    assert offered("export", "one.mcap", "--to", "pa") == ["parquet"]


# By what a parameter is called on help pages. What comes of an output path is the shell's business.
EXPECTED = {
    "DEF": DEFINITIONS,
    "SRC": ["one.mcap", "<dir>", *PORTS],
    "FILE.mcap": ["one.mcap", "<dir>"],
    "FILE": ["one.mcap", "<dir>"],
    "A": ["one.mcap", "<dir>"],
    "B": ["one.mcap", "<dir>"],
    "[NAME=]DRIVER": sorted(SENSORS),
    "STREAM": STREAMS,
    "[NAME]": ["temperature.rate_hz", "temperature.on"],
    "NAME=VALUE": [*(f"temperature.rate_hz={rate}" for rate in ("0.1", "1", "4")), "temperature.on=on", "temperature.on=off"],
}
URL = {"record": [*PORTS, *BOARDS, "replay:one.mcap"]}


def parameters(command: click.Command, path: tuple[str, ...] = ()):
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from parameters(inner, (*path, name))
        return
    for parameter in command.params:
        kind = (parameter.metavar or "").removesuffix("...")
        if parameter.name not in ("output", "html") and kind in (*EXPECTED, "URL"):
            yield pytest.param(path, parameter, kind, id=f"{' '.join(path)} {parameter.name}")


@pytest.mark.parametrize(("path", "parameter", "kind"), [*parameters(freefall)])
def test_parameter_offers_what_it_can_mean(path, parameter, kind):
    context = click.Context(click.Command("one"))
    context.params = {"definition": "defs/vibration"}
    expected = URL.get(path[0], PORTS) if kind == "URL" else EXPECTED[kind]
    items = parameter.shell_complete(context, "")
    assert [item.value if item.type == "plain" else f"<{item.type}>" for item in items] == expected


def test_parameters_of_all_kinds_were_looked_at():
    assert {parameter.values[2] for parameter in parameters(freefall)} == {*EXPECTED, "URL"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["check", "de"], DEFINITIONS),
        (["check", "defs/v"], ["defs/vibration"]),
        (["check", "defs/vibration/"], ["defs/vibration/payload.toml"]),
        (["check", "my"], ["<dir>"]),
        (["check", "no/such/folder/"], ["<dir>"]),
        (["info", "my runs/"], ["my runs/the two.mcap", "<dir>"]),
        (["info", "one.mcap", "o"], ["one.mcap", "<dir>"]),
        (["record", "-p", "/dev/ttyU"], ["/dev/ttyUSB1"]),
        (["record", "-p", "si"], BOARDS),
        (["record", "--port=sim://defs/v"], ["sim://defs/vibration"]),
        (["record", "-p", "replay:my runs/"], ["replay:my runs/the two.mcap"]),
        (["record", "-p", "x"], []),
        (["stats", "sim:"], ["<dir>", *BOARDS]),
        (["decode", "one.mcap", "-a", ""], STREAMS),
        (["decode", "one.mcap", "-a", "vi"], ["vibration"]),
        (["decode", "-d", "defs/fluids", "-", "-a", "t"], ["temperature"]),
        (["decode", "notes.txt", "-a", ""], []),
        (["decode", "-a", ""], []),
        (["new", "-s", "acc=adx"], ["acc=adxl355"]),
        (["config", "ge"], ["get"]),
        (["config", "set", "-d", "defs/fluids", "temperature.on=of"], ["temperature.on=off"]),
        (["config", "set", "x"], []),
    ],
    ids=" ".join,
)
def test_value_is_completed(words, expected):
    assert offered(*words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # As bash hands them over: a colon or an equals sign is a word of its own, and stays where it is.
        (["freefall", "record", "-p", "sim", ":", "//defs/v"], ["plain,//defs/vibration"]),
        (["freefall", "record", "-p", "sim", ":"], ["plain,//defs/fluids", "plain,//defs/vibration"]),
        (["freefall", "record", "--port", "=", "sim", ":", "//defs/v"], ["plain,//defs/vibration"]),
        (["freefall", "record", "--port", "="], [f"plain,{url}" for url in (*PORTS, *BOARDS, "replay:one.mcap")]),
        (["freefall", "new", "-s", "acc", "=", "adx"], ["plain,adxl355"]),
        (["freefall", "info", "my\\ runs/"], ["plain,my runs/the two.mcap", "dir,my runs/"]),
        (["freefall", "info", "'my runs/"], ["plain,my runs/the two.mcap", "dir,my runs/"]),
        (["freefall", "info", ""], ["plain,one.mcap", "dir,"]),
        (["freefall", "dec"], ["plain,decode"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_bash_gets_what_follows_the_last_colon(words, expected, monkeypatch, capsys):
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    assert complete(freefall, "bash_complete") == 0
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_a_script(shell, capsys):
    assert complete(freefall, f"{shell}_source") == 0
    assert f"_FREEFALL_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_what_fails_while_it_completes_prints_nothing(monkeypatch, capsys):
    def fail():
        raise RuntimeError("a fault")

    monkeypatch.setattr("serial.tools.list_ports.comports", fail)
    monkeypatch.setenv("COMP_WORDS", "freefall record -p /dev")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert complete(freefall, "bash_complete") == 70
    assert capsys.readouterr() == ("", "")


class Bash:
    """An interactive bash on a terminal, with freefall's completion."""

    def __init__(self):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "TERM": "dumb", "INPUTRC": os.devnull, "HOME": os.getcwd()}
        self._terminal, its = pty.openpty()
        command = ["bash", "--norc", "--noprofile", "-i"]
        self._process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True)
        os.close(its)
        self.type('eval "$(_FREEFALL_COMPLETE=bash_source freefall)"; echo be""gun\n', "\nbegun")

    def type(self, text: str, answer: str) -> None:
        """Type it, and see the answer come; a bash that is silent for a minute has failed."""
        os.write(self._terminal, text.encode())
        seen = ""
        end = time.monotonic() + 60
        while answer not in seen.replace("\r", "").replace("\a", ""):
            assert time.monotonic() < end and select.select([self._terminal], [], [], 60)[0], f"{text!r} gave {seen!r}"
            seen += os.read(self._terminal, 4096).decode()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


@pytest.fixture
def bash():
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    bash = Bash()
    yield bash
    bash.close()


def test_real_bash_completes(bash):
    clear = "\x15"
    bash.type("freefall deco\t", "freefall decode ")
    bash.type(clear + "freefall info on\t", "freefall info one.mcap ")
    bash.type(clear + "freefall info my\t", "freefall info my\\ runs/")
    bash.type("t\t", "the\\ two.mcap ")
    bash.type(clear + "freefall record -p sim:\t", "sim://defs/")
    bash.type("v\t", "vibration ")
    bash.type(clear + "freefall check defs/v\t", "freefall check defs/vibration ")
    bash.type(clear + "freefall check my\t", "freefall check my\\ runs/")
    bash.type(clear + "freefall check ~/defs/f\t", "freefall check ~/defs/fluids ")
    bash.type(clear + "freefall decode one.mcap -a v\t", "-a vibration ")
