"""The MAX30102's FIFO: 32 samples of 6 octets, its pointers as the registers show them."""

DEPTH = 32
_POINTER_MASK = DEPTH - 1
_MOST_COUNTED = 0x1F


class Fifo:
    """An empty FIFO. `lost`: samples that found it full, or were overwritten in it, since the part was made."""

    def __init__(self) -> None:
        self.lost = 0
        self._samples: list[bytes] = [bytes(6)] * DEPTH
        self._write = self._read = self._count = self._overflow = 0

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """As after a reset."""
        self._write = self._read = self._count = self._overflow = 0

    def put(self, sample: bytes, rolls_over: bool) -> bool:
        """Whether the sample was taken; a full FIFO takes it in the place of the oldest, if it rolls over."""
        if self._count == DEPTH:
            self.lost += 1
            self._overflow = min(self._overflow + 1, _MOST_COUNTED)
            if not rolls_over:
                return False
            self._read = (self._read + 1) & _POINTER_MASK
            self._count -= 1
        self._samples[self._write] = sample
        self._write = (self._write + 1) & _POINTER_MASK
        self._count += 1
        return True

    def pop(self) -> bytes | None:
        """The oldest sample; the overflow counter begins anew. None when there is none."""
        if not self._count:
            return None
        sample = self._samples[self._read]
        self._read = (self._read + 1) & _POINTER_MASK
        self._count -= 1
        self._overflow = 0
        return sample

    def pointers(self) -> tuple[int, int, int]:
        """Write pointer, overflow counter, read pointer: registers 0x04 to 0x06."""
        return self._write, self._overflow, self._read

    def set_pointer(self, at: int, value: int) -> None:
        """One of them is written. With equal pointers it is empty; one sample back, the last that was read comes again."""
        if at == 0:
            self._write = value
        elif at == 1:
            self._overflow = value
            return
        else:
            self._read = value
        self._count = (self._write - self._read) & _POINTER_MASK
