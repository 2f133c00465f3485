"""The payloads of the catalogue: every folder of payload_defs, with its vectors and what its sensors feel."""

import json
from pathlib import Path

from freefall.board.scenario import FILE_NAME, Signals, load_scenario
from freefall.definition import Definition
from oracle import make_payload_vectors

FOLDERS = sorted(path.parent for path in make_payload_vectors.PAYLOADS.glob("*/payload.toml"))

# How far our values may be from the oracle's. Elsewhere both do the same arithmetic in floating point; of the BME280 the oracle
# has the data sheet's integers, with temperature in steps of 0.01 degC and, underway, of 8 steps of the converter.
TOLERANCES = {
    ("bme280", "temperature"): 0.006,  # degC
    ("bme280", "pressure"): 0.1,  # Pa
    ("bme280", "humidity"): 0.01,  # %RH
}
RELATIVE = 1e-12
ABSOLUTE = 1e-9  # of values near zero that are small differences of larger ones: resistances, 0 degC


def vectors_of(folder: Path) -> dict:
    """What vectors.json of a payload holds."""
    return json.loads((folder / make_payload_vectors.FILE).read_text(encoding="utf-8"))


def scenario_of(folder: Path, definition: Definition) -> Signals | None:
    """The scenario beside a definition, as `freefall sim` takes it."""
    path = folder / FILE_NAME
    return load_scenario(path, definition) if path.exists() else None


def agrees(driver: str, channel: str, ours: float, oracle: float | None) -> bool:
    """Whether a value of ours is the oracle's: nan for None."""
    if oracle is None or ours != ours:
        return oracle is None and ours != ours
    return abs(ours - oracle) <= max(TOLERANCES.get((driver, channel), ABSOLUTE), RELATIVE * abs(oracle))
