"""NetCDF files are what the CF conventions ask for, and UDUNITS takes every unit of every payload for what it is."""

import re
from pathlib import Path

import h5netcdf
import h5py
import numpy as np
import pint
import pytest

from freefall.definition import load_definition
from freefall.definition.units import parsed
from freefall.export import export_tables
from freefall.export.udunits import udunits

PAYLOADS = sorted(path.parent for path in (Path(__file__).parents[3] / "payload_defs").glob("*/payload.toml"))
UNITS = sorted({channel.unit for folder in PAYLOADS for stream in load_definition(folder).streams for channel in stream.channels})

# Of units that definitions may have and none of ours has, by hand after UDUNITS 2.2.28 (udunits2 -H unit -W "").
KNOWN = {
    "g": "9.80665 m s-2", "ug": "9.80665e-06 m s-2", "gram": "g", "m/s^2": "m s-2", "degC": "degC", "degF": "degF",
    "degC/min": "K min-1", "%": "percent", "%RH": "percent", "ppm": "1e-06", "counts/s": "count s-1", "cps": "count s-1",
    "ml/min": "mL min-1", "dps": "0.0174532925199433 rad s-1", "gauss": "gauss", "mG": "mgauss", "hPa": "hPa", "mbar": "mbar",
    "pH": "1", "1": "1", "1/s": "s-1", "cell": "count", "mA*h": "mA h", "µT": "uT", "Ω": "ohm", "rad/s": "rad s-1",
    "inch": "0.0254 m", "dBm": None, "m^0.5": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def registry():
    return pint.UnitRegistry()


@pytest.fixture
def book(tmp_path, definition, make_table):
    paths = export_tables("nc", [make_table("vibration", range(5))], tmp_path, definition)
    with h5netcdf.File(paths[0]) as book:
        yield book


@pytest.mark.parametrize("unit", KNOWN)
def test_units_are_spelled_as_udunits_reads_them(unit):
    assert udunits(unit) == KNOWN[unit]


def test_no_other_words_than_those_of_udunits_are_used_for_the_payloads():
    known = {"m", "um", "s", "ms", "min", "mL", "uT", "nA", "A", "V", "Pa", "K", "lx", "ohm", "degC", "degree"}
    known |= {"count", "percent"}
    for unit in UNITS:
        words = [word for word in udunits(unit).split() if not re.fullmatch(r"[\d.e+-]+", word)]
        assert {re.fullmatch(r"([A-Za-z]+)(-?\d+)?", word)[1] for word in words} <= known, unit


@pytest.mark.parametrize("unit", UNITS)
def test_spelling_means_the_same_amount(unit, registry):
    """Read by pint with no definitions of ours, where a power is written **."""
    spelled = udunits(unit)
    if spelled == "degC":
        assert unit == "degC"
        return
    product = " * ".join(re.sub(r"^([A-Za-z]+)(-?\d+)$", r"\1**\2", word) for word in spelled.split())
    read = registry.Quantity(product).to_root_units()
    ours = (1.0 * parsed(unit)).to_root_units()
    assert dict(read.dimensionality) == dict(ours.dimensionality)
    assert read.magnitude == pytest.approx(ours.magnitude, rel=1e-12)


def test_file_says_what_it_is(book, definition):
    assert book.attrs["Conventions"] == "CF-1.11"
    assert book.attrs["title"] == "stream vibration of payload vibration"
    assert book.attrs["source"] == "adxl355 accel at 1000 Hz, read by freefall"
    assert book.attrs["history"].startswith("exported by freefall ")
    assert book.attrs["definition_id"] == f"{definition.definition_id:08x}"
    assert book.attrs["definition"] == definition.text
    assert book.attrs["stream"] == "vibration"


def test_every_variable_runs_along_the_unlimited_dimension(book):
    assert list(book.dimensions) == ["sample"]
    assert book.dimensions["sample"].isunlimited() and book.dimensions["sample"].size == 5
    assert all(variable.dimensions == ("sample",) for variable in book.variables.values())


def test_values_have_units_names_and_a_fill_value(book):
    x = book["x"].attrs
    assert (x["units"], x["unit"], x["long_name"]) == ("9.80665 m s-2", "g", "x of vibration, engineering value")
    assert np.isnan(x["_FillValue"])
    assert x["coordinates"] == "index time_ns boot"
    assert book["x_raw"].attrs["units"] == "1"
    assert "_FillValue" not in book["x_raw"].attrs


def test_time_says_which_clock_it_is_of(book):
    time = book["time_ns"]
    assert time.dtype == np.int64
    assert (time.attrs["units"], time.attrs["long_name"]) == ("ns", "on-board time of the sample")
    assert "starts at 0 when the board boots" in time.attrs["comment"]
    assert book["boot"].attrs["long_name"] == "ordinal of the boot in this recording, from 0"


def test_file_is_hdf5_that_other_readers_open(tmp_path, make_table):
    (path,) = export_tables("nc", [make_table("temperature", [1, 2])], tmp_path)
    with h5py.File(path) as book:
        assert book["temperature_raw"][:].tolist() == [1, 2]
        assert book["temperature"].dims[0][0] == book["sample"]
        assert book["temperature"].maxshape == (None,)


def test_hdf5_file_carries_units_and_the_definition(tmp_path, definition, make_table):
    paths = export_tables("h5", [make_table("vibration", [1, 2])], tmp_path, definition)
    with h5py.File(paths[0]) as book:
        assert book["definition"][()].decode() == definition.text
        assert dict(book.attrs) == {
            "stream": "vibration", "payload": "vibration", "definition_id": f"{definition.definition_id:08x}",
        }  # fmt: skip
        assert dict(book["x"].attrs) == {"meaning": "engineering value", "unit": "g"}
        assert dict(book["boot"].attrs) == {"meaning": "ordinal of the boot in this recording, from 0"}
        assert (book["x"].compression, book["x"].shuffle, book["x"].maxshape) == ("gzip", True, (None,))
    with h5py.File(paths[1]) as book:
        assert book["temperature"].shape == (0,)
