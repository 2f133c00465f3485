"""NetCDF-4 after the CF conventions. Needs h5netcdf and h5py (extra "science")."""

import math

from .. import __version__
from ..errors import MissingExtra
from .columns import Column
from .hdf5 import FILTERS, BookWriter
from .identity import identity
from .udunits import udunits

_CONVENTIONS = "CF-1.11"
_COORDINATES = ("index", "time_ns", "boot")
_TIME_COMMENT = (
    "Nanoseconds on the board's own clock, which starts at 0 when the board boots and counts no calendar time; "
    "with more than one boot in the run it starts again: boot says which one a sample is of."
)


class NetcdfWriter(BookWriter):
    """One stream into one NetCDF-4 file after CF-1.11; see TableWriter. Raises MissingExtra without h5netcdf and h5py.

    A variable a column along the unlimited dimension `sample`, int64 or float64 (_FillValue nan), with `units` as UDUNITS writes
    them and `long_name`; an engineering value's own unit, as the definition has it, is in `unit`. index, time_ns and boot are
    auxiliary coordinates. Global attributes: Conventions, title, source, history, stream, and with a definition payload,
    definition_id and definition.
    """

    suffix = ".nc"

    def _load(self):
        try:
            import h5netcdf
            import h5py  # noqa: F401 -- h5netcdf wants it only when a file is opened
        except ImportError as error:
            raise MissingExtra("NetCDF export", "science") from error
        return h5netcdf

    def _describe(self) -> None:
        own = identity(self.stream, self._definition)
        title = f"stream {self.stream.name}" + (f" of payload {own['payload']}" if "payload" in own else "")
        source = f"{self.stream.driver} {self.stream.sensor} at {self.stream.rate_hz:g} Hz, read by freefall"
        history = f"exported by freefall {__version__}"
        self._book.attrs.update({"Conventions": _CONVENTIONS, "title": title, "source": source, "history": history, **own})
        self._book.dimensions = {"sample": None}

    def _column(self, column: Column):
        fill = {"fillvalue": math.nan} if column.engineering else {}
        variable = self._book.create_variable(column.name, ("sample",), column.dtype, **fill, **FILTERS)
        variable.attrs.update(_attributes(column, self.stream.name))
        return variable

    def _grow(self, rows: int) -> None:
        self._book.resize_dimension("sample", rows)


def _attributes(column: Column, stream: str) -> dict[str, str]:
    channel = column.name.removesuffix("_raw") if not column.engineering else column.name
    long_name = column.meaning if column.name in _COORDINATES else f"{channel} of {stream}, {column.meaning}"
    attributes = {"long_name": long_name}
    if units := udunits(column.unit or "1"):
        attributes["units"] = units
    if column.engineering:
        attributes["unit"] = column.unit
    if column.name == "time_ns":
        attributes["comment"] = _TIME_COMMENT
    if column.name not in _COORDINATES:
        attributes["coordinates"] = " ".join(_COORDINATES)
    return attributes
