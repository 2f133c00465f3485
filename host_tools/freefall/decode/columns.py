"""Sample octets to columns of raw and engineering values; whole packets or more at a time, never per sample."""

import numpy as np

from ..definition import RawWord, Stream


def raw_columns(stream: Stream, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Raw values, int64 (n,) by channel name, of sample octets: uint8 (n, stream.sample_len)."""
    return {channel.name: raw_values(channel.raw, samples) for channel in stream.channels}


def engineering_columns(stream: Stream, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Engineering values, float64 (n,) by channel name, of raw ones: raw * scale + offset."""
    return {
        channel.name: raw[channel.name] * float(channel.calibration.scale) + channel.calibration.offset
        for channel in stream.channels
    }


def raw_values(word: RawWord, samples: np.ndarray) -> np.ndarray:
    """The values of one raw word, int64 (n,), in sample octets: uint8 (n, sample_len)."""
    octets = range(word.offset, word.offset + word.octets)
    values = np.zeros(len(samples), np.int64)
    for octet in octets if word.order == "big" else reversed(octets):
        values <<= 8
        values |= samples[:, octet]
    values >>= word.shift
    values &= (1 << word.width) - 1
    if word.signed:
        sign = 1 << word.width - 1
        values = (values ^ sign) - sign
    return values
