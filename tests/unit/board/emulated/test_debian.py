"""The build from Debian's sources: its commands, its messages, and the apt archive it takes them from.

No network, no apt, no compiler: StrictComputer plays the computer and refuses what it was not told.
"""

import shutil
import sys

import pytest

from freefall.board.emulated import debian, image
from unit.board.emulated.strict_computer import DEBIAN_SOURCES, failure, names_in

# -- the build ------------------------------------------------------------------------------------


def test_build_removes_what_a_killed_build_left_and_nothing_else(computer, cache):
    (cache / "freefall-build-dead/src").mkdir(parents=True)
    (cache / "build-of-the-user").mkdir()
    image.get_image(computer=computer)
    assert (cache / "build-of-the-user").is_dir()
    assert not (cache / "freefall-build-dead").exists()


def test_build_stays_out_of_a_path_make_cannot_handle(computer, cache, monkeypatch):
    monkeypatch.setenv("FREEFALL_CACHE", str(cache / "two words"))
    image.get_image(computer=computer)
    assert not any(" " in word for command in computer.commands for word in command)


@pytest.mark.parametrize("command", ["apt-get update", "apt-get source", "dpkg-source", "dpkg-deb", "cmake", "make"])
def test_failed_command_is_named_with_its_log_and_leaves_nothing_behind(computer, cache, command):
    computer.failing = command
    message = failure(computer)
    (log,) = cache.glob("*.log")
    assert f"the command `{command}" in message and "failed with exit code 2" in message
    assert f"'{command.split()[0]} says hello'" in message and str(log) in message
    assert names_in(cache) == {log.name, "lock"}


def test_archive_that_moved_to_another_version_is_not_built(computer):
    computer.source_version = "1.26.1-1"
    assert "the archive has micropython_1.26.1-1.dsc where 1.25.0 was expected" in failure(computer)


def test_user_who_is_not_root_is_given_the_command_to_run(computer):
    computer.root, computer.missing = False, {"cmake", "gcc-arm-none-eabi"}
    command = "sudo apt-get install -y --no-install-recommends cmake gcc-arm-none-eabi"
    assert f"Next step: run `{command}` and try again, or get the UF2" in failure(computer)
    assert not computer.commands


def test_root_installs_what_is_missing_even_if_some_source_is_broken(computer):
    computer.missing, computer.failing = {"cmake"}, "apt-get update -q -o"
    image.get_image(computer=computer)
    install = computer.commands[1]
    assert install[:5] == ("apt-get", "install", "-y", "--no-install-recommends", "cmake")


def test_command_runs_unattended_in_a_clean_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CFLAGS", "-march=native")
    monkeypatch.setenv("https_proxy", "http://proxy.test")
    script = "import os, sys; print(sorted(os.environ), repr(sys.stdin.read())); sys.exit(3)"
    log = tmp_path / "log"
    assert debian.BuildComputer().run((sys.executable, "-c", script), tmp_path, log) == 3
    assert "'DEBIAN_FRONTEND'" in log.read_text() and "'https_proxy'" in log.read_text()
    assert "CFLAGS" not in log.read_text() and log.read_text().endswith(" ''\n")
    assert debian.BuildComputer().run(("no-such-program",), tmp_path, log) == 127
    assert "No such file" in log.read_text()


# -- the apt archive ------------------------------------------------------------------------------


def test_machine_without_a_debian_archive_is_told(computer):
    shutil.rmtree(computer.apt_etc)
    assert f"{computer.apt_etc} lists no Debian archive" in failure(computer)


def test_private_apt_sees_one_signed_suite_of_the_machines_archive(computer):
    image.get_image(computer=computer)
    assert computer.apt_sources.splitlines() == [
        "Types: deb deb-src",
        "URIs: http://archive.test/debian",
        "Suites: trixie",
        "Components: main",
        "Targets: Packages Sources",
        "Signed-By: /keys/debian-archive-keyring.gpg",
    ]
    for must_be_off in ("Acquire::AllowInsecureRepositories", "APT::Get::AllowUnauthenticated"):
        assert f'{must_be_off} "false";' in computer.apt_conf


KEYRING = "/keys/debian-archive-keyring.gpg"
ONE_LINE = f"deb [arch=amd64 signed-by={KEYRING}] http://a.test/debian/ bookworm main"
THIRD_PARTY = """\
Types: deb
URIs: http://php.test/php
Suites: bookworm
Components: main
Signed-By: /keys/php.gpg
"""
THIRD_PARTY_LINE = "deb [signed-by=/keys/php.gpg] http://php.test/debian bookworm main"
MIRROR_LINE = f"deb [signed-by={KEYRING}] http://mirror.test/debian-remote bookworm main"
EMBEDDED_KEY = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ=="
LOWER_CASE = f"""\
types: deb deb-src
uris: http://a.test/debian
suites: sid
components: contrib main
signed-by:{EMBEDDED_KEY}
"""
DISABLED = DEBIAN_SOURCES.replace("Types:", "Enabled: no\nTypes:")
SOURCES_ONLY = DEBIAN_SOURCES.replace("Types: deb", "Types: deb-src")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"sources.list": "deb http://a.test/debian sid main # c"}, ("http://a.test/debian", "")),
        (
            {"sources.list.d/a.list": f"# deb http://no.test/debian sid main\n{ONE_LINE}\n"},
            ("http://a.test/debian/", KEYRING),
        ),
        (
            {"sources.list.d/a.sources": THIRD_PARTY, "sources.list.d/z.sources": DEBIAN_SOURCES},
            ("http://archive.test/debian", KEYRING),
        ),
        (
            {"sources.list": THIRD_PARTY_LINE, "sources.list.d/z.list": MIRROR_LINE},
            ("http://mirror.test/debian-remote", KEYRING),
        ),
        (
            {"sources.list": f"{THIRD_PARTY_LINE}\ndeb http://second.test/debian sid main\n"},
            ("http://php.test/debian", "/keys/php.gpg"),
        ),
        ({"sources.list.d/a.sources": LOWER_CASE}, ("http://a.test/debian", EMBEDDED_KEY)),
        ({"sources.list.d/a.sources": DISABLED}, None),
        ({"sources.list.d/a.sources": SOURCES_ONLY}, None),
        ({"sources.list.d/a.sources.off": DEBIAN_SOURCES}, None),
        ({"sources.list": "deb http://a.test/debian-security bookworm-security main"}, None),
        ({"sources.list": "deb http://docker.test/linux/debian bookworm stable"}, None),
        ({"sources.list": "deb cdrom:[Debian 12 DVD]/ bookworm main"}, None),
        ({}, None),
    ],
    ids=[
        "one-line", "one-line-with-options", "third-party-beside-it",
        "keyring-outweighs-path", "first-of-equals", "embedded-key", "disabled",
        "sources-only", "other-file", "security-only", "other-component", "cdrom", "nothing",
    ],
)  # fmt: skip
def test_archive_is_found_however_it_is_written(tmp_path, files, expected):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert debian.debian_archive(tmp_path) == (expected and debian.Archive(*expected))
