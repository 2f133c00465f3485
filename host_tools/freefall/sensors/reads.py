"""What a part is asked for at one trigger, in octets: what a bus needs to know to say how long that takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reads:
    """The transactions of one trigger: each (octets written, octets read) of `parts`.

    The last one's octets read are those of one sample where a FIFO gives several. head: octets of the read before its samples,
    which do not travel. settle_us: the part needs so long from the octets written to the octets read, which are then two
    transactions. answer_us: on a UART, the longest from the request to the beginning of the answer.
    """

    parts: tuple[tuple[int, int], ...]
    head: int = 0
    settle_us: int = 0
    answer_us: int = 0

    def transactions(self, samples: int) -> tuple[tuple[int, int], ...]:
        """(octets written, octets read) of each transaction of a read of so many samples."""
        *first, (written, read) = self.parts
        # A head inside the transaction of the samples comes once, however many they are.
        head_here = max(0, self.head - sum(octets for _, octets in first))
        return (*first, (written, head_here + samples * (read - head_here)))

    def octets(self, samples: int) -> int:
        """Octets that a read of so many samples brings, its head among them."""
        return sum(read for _, read in self.transactions(samples))
