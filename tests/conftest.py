"""Fixtures every lane may use."""

import errno
import os
from pathlib import Path

import pytest

from freefall.board.emulated.image import ImageUnavailable, get_image

ROOT = Path(__file__).parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where CI must not skip, a skip is a failure that says what was skipped."""
    report = yield
    if report.skipped and os.environ.get("FREEFALL_REQUIRE_EMULATED") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and FREEFALL_REQUIRE_EMULATED=1: {report.longrepr}"
    return report


def _skip(reason: str, unless: str) -> None:
    """Skip, or fail where that environment variable is 1, as in CI: there nothing may be skipped."""
    if os.environ.get(unless) == "1":
        pytest.fail(f"{unless}=1, and {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def micropython_image() -> Path:
    """A MicroPython image for the emulated board. Without one: skipped with the reason, or failed where CI must not skip."""
    try:
        return get_image()
    except ImageUnavailable as error:
        _skip(f"no emulated board: {error}", unless="FREEFALL_REQUIRE_EMULATED")


@pytest.fixture(scope="session")
def need():
    """need(there, what): where a tool of others is not there, skipped, or failed where it has to be."""

    def need(there: bool, what: str) -> None:
        if not there:
            _skip(f"{what} is not there", unless="FREEFALL_REQUIRE_TOOLS")

    return need


@pytest.fixture
def forbid(monkeypatch):
    """forbid(path): nobody may read that file; root, whom no mode keeps from it, is refused by the call that opens it."""

    def forbid(path: Path) -> None:
        path.chmod(0)
        if os.geteuid() == 0:
            real = Path.open

            def refusing(self, *arguments, **options):
                if self == path:
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
                return real(self, *arguments, **options)

            monkeypatch.setattr(Path, "open", refusing)

    return forbid


@pytest.fixture(scope="session")
def vibration() -> Path:
    """The folder of the demo's payload definition."""
    return ROOT / "payload_defs" / "vibration"
