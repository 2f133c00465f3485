"""Fixtures of the emulated lane."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from freefall.board.emulated.image import ImageUnavailable, get_image_with_symbols, symbols_of


class Image(NamedTuple):
    """A MicroPython image; with symbols its allocator can be watched."""

    path: Path
    symbols: Mapping[str, int] | None


@pytest.fixture(scope="session")
def image(micropython_image) -> Image:
    """An image with symbols, or one without where none can be had."""
    try:
        path = get_image_with_symbols()
    except ImageUnavailable:
        return Image(micropython_image, None)
    return Image(path, symbols_of(path))


@pytest.fixture(scope="session")
def jitter() -> Path:
    """The folder of the jitter payload's definition."""
    return Path(__file__).parents[2] / "payload_defs" / "jitter"
