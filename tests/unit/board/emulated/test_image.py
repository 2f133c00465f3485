"""Getting a MicroPython image: order of the ways, the cache, the messages, the download.

No network, no apt, no compiler: StrictComputer plays the computer and refuses what it was not told.
"""

import os
import threading
from pathlib import Path

import pytest

from freefall.board.emulated import image
from freefall.board.emulated.uf2 import to_uf2
from unit.board.emulated.strict_computer import FIRMWARE, SYMBOLS, failure, names_in

OFFICIAL = to_uf2(b"official" * 100)

# -- the order of the ways ------------------------------------------------------------------------


def test_user_file_comes_before_everything(computer, cache, tmp_path, monkeypatch):
    mine = tmp_path / "mine.uf2"
    mine.write_bytes(b"mine")
    monkeypatch.setenv("FREEFALL_IMAGE", str(mine))
    assert image.get_image(computer=computer) == mine
    assert not cache.exists() and not computer.fetches and not computer.commands


def test_user_file_that_is_missing_is_an_error_and_nothing_is_tried(computer, cache, monkeypatch):
    image.get_image(computer=computer)
    monkeypatch.setenv("FREEFALL_IMAGE", "/no/such.uf2")
    with pytest.raises(image.ImageUnavailable, match=r"FREEFALL_IMAGE names /no/such\.uf2") as caught:
        image.get_image(computer=computer)
    assert caught.value.exit_code == 4


def test_download_is_kept_and_the_next_call_asks_nobody(computer, cache):
    computer.official = OFFICIAL
    path = image.get_image(computer=computer)
    assert path.parent == cache and path.read_bytes() == OFFICIAL
    assert image.MICROPYTHON_VERSION in path.name and "official" in path.name
    assert image.get_image(computer=computer) == path == image.cached_image()
    assert computer.fetches == 1 and not computer.commands


def test_build_follows_a_failed_download_and_says_what_it_does(computer, cache):
    said: list[str] = []
    path = image.get_image(said.append, computer=computer)
    assert path.read_bytes() == to_uf2(FIRMWARE)
    assert image.MICROPYTHON_VERSION in path.name and "debian-" in path.name
    assert names_in(cache) == {path.name, f"{path.stem}.symbols.json", f"{path.name}.log", "lock"}
    assert computer.manifest == 'freeze("$(PORT_DIR)/modules")\ninclude("$(MPY_DIR)/extmod/asyncio")\n'
    assert "Name or service not known" in said[1]
    assert said[-1] == f"The image is {path}."
    assert all(sentence.endswith(".") for sentence in said)


def test_cached_official_image_comes_before_a_cached_build(computer):
    built = image.get_image(computer=computer)
    official = built.with_name(f"micropython-{image.MICROPYTHON_VERSION}-RPI_PICO-official.uf2")
    official.write_bytes(OFFICIAL)
    assert image.cached_image() == official


@pytest.mark.parametrize("page", [b"<html>please log in</html>", OFFICIAL[:-512], OFFICIAL[:-1], b""])
def test_download_that_is_no_whole_image_is_not_kept(computer, page):
    computer.official = page
    assert "debian" in image.get_image(computer=computer).name


def test_cached_image_is_taken_without_writing_to_the_cache(computer, cache):
    path = image.get_image(computer=computer)
    (cache / "lock").unlink()
    assert image.get_image(computer=computer) == path
    assert not (cache / "lock").exists()


def test_image_of_another_recipe_or_a_cut_write_is_not_taken(cache):
    cache.mkdir()
    (cache / f"micropython-{image.MICROPYTHON_VERSION}-RPI_PICO-debian-000000000000.uf2").touch()
    (cache / ".part-1").touch()
    assert image.cached_image() is None


# -- the symbols ----------------------------------------------------------------------------------


def test_built_image_has_its_symbols_and_is_preferred_to_the_official_one_by_who_wants_them(computer):
    computer.official = OFFICIAL
    official = image.get_image(computer=computer)
    built = image.get_image_with_symbols(computer=computer)
    assert built != official and built.read_bytes() == to_uf2(FIRMWARE)
    assert image.symbols_of(built) == SYMBOLS
    assert image.get_image_with_symbols(computer=computer) == built
    assert image.get_image(computer=computer) == official
    assert computer.fetches == 1 and sum(command[0] == "cmake" for command in computer.commands) == 1


def test_build_that_lost_its_symbols_is_built_again(computer):
    built = image.get_image(computer=computer)
    built.with_suffix(".symbols.json").unlink()
    assert image.cached_image() is None
    assert image.get_image(computer=computer) == built
    assert image.symbols_of(built) == SYMBOLS


def test_image_without_symbols_says_so_and_what_to_do(computer, tmp_path, monkeypatch):
    mine = tmp_path / "mine.uf2"
    mine.write_bytes(b"mine")
    monkeypatch.setenv("FREEFALL_IMAGE", str(mine))
    with pytest.raises(
        image.ImageUnavailable, match=r"mine\.uf2 has no symbols beside it \(mine\.symbols\.json\).*Unset FREEFALL_IMAGE"
    ):
        image.get_image_with_symbols(computer=computer)
    mine.with_suffix(".symbols.json").write_text('{"gc_alloc": 4}')
    assert image.symbols_of(image.get_image_with_symbols(computer=computer)) == {"gc_alloc": 4}


def test_computer_that_cannot_build_is_told_that_a_download_has_no_symbols(computer):
    computer.debian, computer.official = False, OFFICIAL
    with pytest.raises(image.ImageUnavailable) as caught:
        image.get_image_with_symbols(computer=computer)
    assert str(caught.value).splitlines() == [
        "There is no MicroPython 1.25.0 image with symbols; the official one has none.",
        "It could not be built from Debian's sources: there is no apt-get, so this is not a Debian system.",
        "Next step: build one on a Debian system and copy what it leaves in its cache.",
    ]
    assert not computer.fetches


# -- the cache ------------------------------------------------------------------------------------


def test_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("FREEFALL_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert image.cache_dir() == tmp_path / ".cache/freefall/images"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert image.cache_dir() == tmp_path / ".cache/freefall/images"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert image.cache_dir() == tmp_path / "xdg/freefall/images"
    monkeypatch.setenv("FREEFALL_CACHE", str(tmp_path / "own"))
    assert image.cache_dir() == tmp_path / "own"


def test_failed_write_leaves_no_image(computer, cache, monkeypatch):
    computer.official = OFFICIAL

    def full_disk(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(image.ImageUnavailable, match=r"No space left.*FREEFALL_CACHE"):
        image.get_image(computer=computer)
    assert names_in(cache) == {"lock"}


def test_cache_that_cannot_be_made_is_named(computer, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FREEFALL_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(image.ImageUnavailable, match="file/cache cannot be used"):
        image.get_image(computer=computer)


def test_callers_at_once_share_one_download(computer):
    waiting = threading.Event()

    def slow_fetch(_url: str) -> bytes:
        computer.fetches += 1
        assert waiting.wait(5)  # until the second caller has said that it waits
        return OFFICIAL

    computer.fetch = slow_fetch
    paths: list[Path] = []

    def call() -> None:
        paths.append(image.get_image(lambda s: "Waiting" in s and waiting.set(), computer=computer))

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(5)
    assert len(paths) == 2 and paths[0] == paths[1]
    assert computer.fetches == 1 and paths[0].read_bytes() == OFFICIAL


# -- the messages ---------------------------------------------------------------------------------


def test_machine_without_apt_is_told_both_reasons_and_the_next_step(computer):
    computer.debian = False
    assert failure(computer).splitlines() == [
        "There is no MicroPython 1.25.0 image for the emulated RP2040.",
        "The official image could not be downloaded: Name or service not known.",
        "It could not be built from Debian's sources: there is no apt-get, so this is not a Debian system.",
        "Next step: get the UF2 of MicroPython 1.25.0 for the Raspberry Pi Pico (RPI_PICO) on a "
        "computer with a network and set FREEFALL_IMAGE to its path.",
    ]


def test_program_prints_the_path_alone_on_stdout(cache, capsys, tmp_path, monkeypatch):
    (tmp_path / "mine.uf2").touch()
    monkeypatch.setenv("FREEFALL_IMAGE", str(tmp_path / "mine.uf2"))
    assert image.main() == 0
    assert capsys.readouterr() == (f"{tmp_path / 'mine.uf2'}\n", "")
    monkeypatch.setenv("FREEFALL_IMAGE", "/no/such.uf2")
    assert image.main() == 4
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("FREEFALL_IMAGE names /no/such.uf2")


# -- the download ---------------------------------------------------------------------------------


def test_fetch_gives_up_on_a_name_server_that_never_answers(monkeypatch):
    never = threading.Event()
    monkeypatch.setattr(image, "urlopen", lambda url, timeout: never.wait(10))
    monkeypatch.setattr(image, "_ANSWER_TIMEOUT_S", 0.05)
    with pytest.raises(OSError, match=r"no answer within 0\.05 s"):
        image.Computer().fetch("https://official.test/image.uf2")
    never.set()


def test_official_address_is_that_of_the_pinned_version():
    pytest.importorskip("rp2040py", reason="rp2040py, which knows the address, is not installed")
    url = image.Computer().official_url()
    assert url.startswith("https://") and f"v{image.MICROPYTHON_VERSION}.uf2" in url
