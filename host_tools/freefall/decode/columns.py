"""Sample octets to columns of raw and engineering values; whole packets or more at a time, never per sample."""

import numpy as np

from ..definition import Stream


def raw_columns(stream: Stream, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Raw values, int64 (n,) by channel name, of sample octets: uint8 (n, stream.sample_len)."""
    return {channel.name: channel.raw.values(samples) for channel in stream.channels}


def engineering_columns(stream: Stream, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Engineering values, float64 (n,) by channel name, of raw ones: raw * scale + offset."""
    return {
        channel.name: raw[channel.name] * float(channel.calibration.scale) + channel.calibration.offset
        for channel in stream.channels
    }
