"""Drivers that come with other packages' sensors, for the boards that run them: as modules here, as files of a board's flash."""

import importlib.util
import sys
from pathlib import Path

from ..definition import Definition
from ..errors import BoardError
from ..sensors.registry import SENSORS

_PACKAGE = "freefall_board.drivers"


def load_drivers(definition: Definition) -> None:
    """Let the firmware on this computer find them. Raises BoardError for one that cannot be loaded."""
    for name, path in _own(definition).items():
        module_name = f"{_PACKAGE}.{name}"
        if module_name in sys.modules:
            continue
        spec = importlib.util.spec_from_file_location(module_name, path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # somebody else's file may fail in any way
            raise BoardError(f'the board\'s driver of "{name}", {path}, cannot be loaded: {error}') from error
        sys.modules[module_name] = module


def driver_files(definition: Definition) -> dict[str, bytes]:
    """Path on the board -> source. Raises BoardError for one that cannot be read."""
    files = {}
    for name, path in _own(definition).items():
        try:
            files[f"{_PACKAGE.replace('.', '/')}/{name}.py"] = path.read_bytes()
        except OSError as error:
            raise BoardError(f'the board\'s driver of "{name}", {path}, cannot be read: {error.strerror}') from error
    return files


def _own(definition: Definition) -> dict[str, Path]:
    files = {sensor.driver: SENSORS[sensor.driver].driver_file for sensor in definition.sensors}
    return {name: path for name, path in files.items() if path}
