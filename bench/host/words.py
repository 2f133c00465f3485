"""Sample words that can be told again from where they belong: of a stream, a boot and an index there is one value."""

from dataclasses import dataclass

import numpy as np

from freefall.definition import Stream

_ODD = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)


@dataclass(frozen=True, slots=True)
class Words:
    """Values of a payload of payload.py. bits: how many each stream's take, in the order of the streams."""

    name: str
    bits: tuple[int, int, int, int]

    def of(self, stream: Stream, boot: int, index: np.ndarray) -> np.ndarray:
        """The words of these samples (indexes of any shape, any integers), as they travel: in the stream's width and order."""
        mixed = index.astype(np.uint32)
        mixed += np.uint32((boot * 8 + stream.number) * 0x01000193 % 2**32)
        for shift, odd in zip((15, 13), _ODD, strict=True):
            mixed *= odd
            mixed ^= mixed >> np.uint32(shift)
        word = wire_dtype(stream)
        unused = 32 - self.bits[stream.number]
        # Of a signed word the shift keeps the sign.
        return (mixed.view(np.int32) >> np.int32(unused) if word.kind == "i" else mixed >> np.uint32(unused)).astype(word)


def wire_dtype(stream: Stream) -> np.dtype:
    """Of the one word that a sample of that stream is."""
    raw = stream.channels[0].raw
    return np.dtype(f"{'>' if raw.order == 'big' else '<'}{'i' if raw.signed else 'u'}{raw.octets}")


# Of a part at rest, with an octet in seven or so zero: the hard case for COBS.
ADC = Words("adc", (10, 12, 18, 24))
# As random as can be.
UNI = Words("uni", (16, 16, 32, 32))
