"""Sample octets to columns of raw and engineering values; whole packets or more at a time, never per sample."""

from dataclasses import dataclass

import numpy as np

from ..definition import Stream
from ..sensors.channels import Compensated
from ..sensors.validity import affects


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Samples of one stream, one row each: raw int64 (n,) and values float64 (n,) by channel name.

    A value is nan where nobody can tell it: the sample failed a check that concerns the channel, the channel's table has no such
    raw value, its compensation no coefficients. failed: bool (n,) by the reason of a check, for every reason the stream has.
    """

    raw: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    failed: dict[str, np.ndarray]

    @classmethod
    def of(cls, stream: Stream, samples: np.ndarray, coefficients: bytes | None = None) -> "Columns":
        """Of sample octets, uint8 (n, stream.sensor_len), of a part with these coefficients."""
        raw = raw_columns(stream, samples)
        values = engineering_columns(stream, raw, coefficients)
        failed: dict[str, np.ndarray] = {}
        for check in stream.checks:
            fails = ~check.valid(samples)
            failed[check.reason] = failed[check.reason] | fails if check.reason in failed else fails
            if fails.any():
                for channel in stream.channels:
                    if affects(check, channel):
                        values[channel.name] = np.where(fails, np.nan, values[channel.name])
        return cls(raw, values, failed)

    @classmethod
    def joined(cls, parts: "list[Columns]") -> "Columns":
        """One after the other; at least one, all of one stream."""
        return cls(*(_joined([getattr(part, name) for part in parts]) for name in cls.__slots__))


def raw_columns(stream: Stream, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Raw values, int64 (n,) by channel name, of sample octets: uint8 (n, stream.sensor_len)."""
    return {channel.name: channel.raw.values(samples) for channel in stream.channels}


def engineering_columns(stream: Stream, raw: dict[str, np.ndarray], coefficients: bytes | None = None) -> dict[str, np.ndarray]:
    """Engineering values, float64 (n,) by channel name, of raw ones: by calibration, or by the driver's own compensation."""
    values = {}
    # Raw values that no part delivers may divide by zero, or be too much for a polynomial.
    with np.errstate(all="ignore"):
        compensated = {}
        if any(isinstance(channel.calibration, Compensated) for channel in stream.channels):
            compensated = stream.compensation(raw, coefficients)
        for channel in stream.channels:
            calibration, value = channel.calibration, raw[channel.name]
            if isinstance(calibration, Compensated):
                value = np.asarray(compensated[channel.name], np.float64)
                calibration = calibration.after
            values[channel.name] = _finite(calibration.apply(value) if calibration else value)
    return values


def _finite(values: np.ndarray) -> np.ndarray:
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.nan)


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
