"""An empty cache, and the computer that fills it."""

from pathlib import Path

import pytest

from unit.board.emulated.strict_machine import DEBIAN_SOURCES, StrictMachine


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    for name in ("FREEFALL_IMAGE", "FREEFALL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FREEFALL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def machine(tmp_path, cache) -> StrictMachine:
    (tmp_path / "etc/sources.list.d").mkdir(parents=True)
    (tmp_path / "etc/sources.list.d/debian.sources").write_text(DEBIAN_SOURCES)
    return StrictMachine(tmp_path / "etc")
