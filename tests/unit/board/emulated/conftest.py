"""An empty cache, and the computer that fills it."""

from pathlib import Path

import pytest

from unit.board.emulated.strict_computer import DEBIAN_SOURCES, StrictComputer


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    for name in ("FREEFALL_IMAGE", "FREEFALL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FREEFALL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def computer(tmp_path, cache) -> StrictComputer:
    (tmp_path / "etc/sources.list.d").mkdir(parents=True)
    (tmp_path / "etc/sources.list.d/debian.sources").write_text(DEBIAN_SOURCES)
    return StrictComputer(tmp_path / "etc")
