"""Each thing that can be wrong with a computer is found, and has its remedy."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from freefall.device.doctor import NOTE, OK, PROBLEM, examine
from freefall.device.system import System
from freefall.device.udev import RULE, RULE_FILE
from freefall.port.holder import Holder

IMAGE = Path("/cache/micropython.uf2")


class FakeSystem:
    """A computer on which all is well; a test says what is not. What it is not asked for, it does not have."""

    is_linux = True

    def __init__(self, **wrong):
        self._facts = {
            "python": "3.11.7 on Linux",
            "requirements": [
                "click>=8.1",
                "mpremote<1.30,>=1.26; extra == 'board'",
                "x==1; extra == 'all'",
                "y; extra == 'test'",
            ],
            "versions": {"freefall": "0.1.0", "click": "8.5.1", "mpremote": "1.29.0"},
            "accelerator": True,
            "crcmod_extension": True,
            "broken_sensors": {},
            "named_image": None,
            "files": {IMAGE},
            "cached_image": IMAGE,
            "cache_writable": (Path("/cache"), True),
            "ports": {"/dev/ttyACM0": True},
            "group": "dialout",
            "holders": [],
            "rules": "",
            "programs": {"init"},
        }
        assert wrong.keys() <= self._facts.keys()
        self._facts |= wrong

    def __getattr__(self, name):
        facts = self._facts
        return {
            "version": lambda package: facts["versions"].get(package),
            "usb_ports": lambda: [SimpleNamespace(device=port) for port in facts["ports"]],
            "may_use": lambda port: facts["ports"][port],
            "group_of": lambda port: facts["group"],
            "holders": lambda port: facts["holders"],
            "is_file": lambda path: path in facts["files"],
            **{name: (lambda value=value: value) for name, value in facts.items() if name not in ("holders", "ports")},
        }[name]


def found(name: str, system):
    """The only finding of that name."""
    (finding,) = (finding for finding in examine(system) if finding.name == name)
    return finding


def test_computer_on_which_all_is_well_has_nothing_to_do():
    findings = list(examine(FakeSystem()))
    assert {finding.verdict for finding in findings} == {OK}
    assert not any(finding.remedy for finding in findings)
    assert [finding.name for finding in findings] == [
        *("python", "packages", "extra board", "accelerator", "crcmod", "sensors", "image", "ports")
    ]


LESS = {"freefall": "0.1.0", "click": "8.5.1"}


@pytest.mark.parametrize(
    ("name", "wrong", "verdict", "text", "remedy"),
    [
        ("packages", {"versions": {"mpremote": "1.29"}}, PROBLEM, "not installed: click", 'pip install "freefall"'),
        ("packages", {"versions": LESS | {"click": "8.0.9"}}, PROBLEM, "click 8.0.9 is not >=8.1", 'pip install "freefall"'),
        ("packages", {"requirements": []}, NOTE, "runs uninstalled", "pip install freefall"),
        ("extra board", {"versions": LESS}, NOTE, "not installed: mpremote", 'pip install "freefall[board]"'),
        (
            *("extra board", {"versions": LESS | {"mpremote": "1.30.0"}}, PROBLEM),
            *("mpremote 1.30.0 is not <1.30,>=1.26", 'pip install "freefall[board]"'),
        ),
        ("extra board", {"versions": LESS | {"mpremote": "1.26"}}, OK, "mpremote 1.26", ""),
        ("accelerator", {"accelerator": False}, NOTE, "not built", "python -m freefall.decode.native"),
        ("accelerator", {"accelerator": None}, NOTE, "switched off", "unset FREEFALL_ACCELERATOR"),
        ("crcmod", {"crcmod_extension": False}, NOTE, "computes in Python, 20 times slower", "--force-reinstall"),
        ("crcmod", {"crcmod_extension": None}, OK, "not installed; only Freefall's own tests use it", ""),
        ("sensors", {"broken_sensors": {"foo": "it has no bar"}}, PROBLEM, '"foo" is lost: it has no bar', "uninstall"),
        ("image", {"named_image": Path("/x.uf2")}, PROBLEM, "FREEFALL_IMAGE names /x.uf2, and there is no", "or unset it"),
        ("image", {"named_image": IMAGE, "cached_image": None}, OK, "as FREEFALL_IMAGE says", ""),
        ("image", {"cached_image": None}, NOTE, "no MicroPython image in /cache", "freefall sim --board emulated"),
        (
            *("image", {"cached_image": None, "cache_writable": (Path("/cache"), False)}, PROBLEM),
            *("none can be put into /cache", "set FREEFALL_CACHE"),
        ),
        ("ports", {"ports": {}}, NOTE, "no serial port on USB", f"{RULE_FILE}, then plug the board in again:\n{RULE}"),
        ("ports", {"ports": {}, "rules": RULE}, NOTE, "no serial port on USB", "plug a board in to have its port looked at"),
        ("ports", {"holders": [Holder(7, "screen x")]}, NOTE, "held by pid 7 (screen x)", "end that program"),
        (
            *("ports", {"ports": {"/dev/ttyACM0": False}}, PROBLEM, "this user may not use /dev/ttyACM0"),
            f"{RULE_FILE}, then plug the board in again:\n{RULE}\nor, by ssh too: sudo usermod -aG dialout $USER",
        ),
        ("ports", {"ports": {"/dev/ttyACM0": False}, "rules": RULE}, PROBLEM, "may not use", "the udev rule is there: unplug"),
        ("ModemManager", {"programs": {"ModemManager"}}, NOTE, "sends it what is for modems", RULE),
        ("ModemManager", {"programs": {"ModemManager"}, "rules": RULE}, OK, "a udev rule keeps it off boards", ""),
        ("brltty", {"programs": {"brltty"}}, NOTE, "CH340", "sudo apt remove brltty"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_with_its_remedy(name, wrong, verdict, text, remedy):
    finding = found(name, FakeSystem(**wrong))
    assert finding.verdict == verdict
    assert text in finding.text
    assert remedy in finding.remedy and bool(finding.remedy) == bool(remedy)


def test_port_of_a_group_without_a_use_names_no_group():
    assert "usermod" not in found("ports", FakeSystem(ports={"/dev/ttyACM0": False}, group="root")).remedy


def test_other_systems_have_no_rules_and_no_services():
    system = FakeSystem(ports={"COM5": False}, programs={"ModemManager", "brltty"})
    system.is_linux = False
    assert found("ports", system).remedy == "give this user leave to read and write it"
    assert {"ModemManager", "brltty"}.isdisjoint(finding.name for finding in examine(system))


def test_this_computer_is_examined_without_a_fault():
    assert [finding.name for finding in examine(System())][:2] == ["python", "packages"]
