"""From acceleration to the ADXL355's words: noise, quantisation, offset, saturation; and when samples are."""

from collections.abc import Callable, Mapping

from ...part import Signal
from .registers import FILTER, OFFSET_X_H, OFFSET_Z_L, RANGE

LSB_PER_G = {1: 256_000, 2: 128_000, 3: 64_000}  # by RANGE[1:0]: 2, 4, 8 g
NOISE_G_PER_RTHZ = 22.5e-6
_FASTEST_PERIOD_NS = 250_000  # 4000 Hz


def signal_chain(
    registers: Mapping[int, int], signal: Signal, gauss: Callable[[float, float], float]
) -> Callable[[int], tuple[int, int, int]]:
    """A function of the instant in ns that returns the X, Y and Z words, 20 bits left-justified in 24.

    registers: the settings at the moment measuring begins. Each call draws three numbers from `gauss`.
    """
    lsb_per_g = LSB_PER_G[registers[RANGE] & 0x03]
    bandwidth_hz = 4000 / 2 ** (registers[FILTER] & 0x0F) / 4
    sigma_lsb = NOISE_G_PER_RTHZ * bandwidth_hz**0.5 * lsb_per_g
    # OFFSET[15:0] has the significance of DATA[19:4].
    octets = bytes(registers[r] for r in range(OFFSET_X_H, OFFSET_Z_L + 1))
    offset_x, offset_y, offset_z = (int.from_bytes(octets[n : n + 2], "big", signed=True) << 4 for n in (0, 2, 4))

    def convert(time_ns: int) -> tuple[int, int, int]:
        x, y, z = signal(time_ns * 1e-9)  # type: ignore[misc]
        return (
            _word(round(x * lsb_per_g + gauss(0.0, sigma_lsb)) + offset_x),
            _word(round(y * lsb_per_g + gauss(0.0, sigma_lsb)) + offset_y),
            _word(round(z * lsb_per_g + gauss(0.0, sigma_lsb)) + offset_z),
        )

    return convert


def half_period_times(began_ns: int, odr_code: int, rate_error_ppm: float) -> Callable[[int], int]:
    """A function of n that returns the instant, in ns, n half sample periods after `began_ns`.

    Counted from the beginning, so that no rounding adds up however long the run.
    """
    half_ns = (_FASTEST_PERIOD_NS << odr_code) // 2
    if not rate_error_ppm:
        return lambda n: began_ns + n * half_ns
    rate_ppb = 10**9 + round(rate_error_ppm * 1000)
    return lambda n: began_ns + n * half_ns * 10**9 // rate_ppb


def _word(value: int) -> int:
    if value > 0x7FFFF:
        value = 0x7FFFF
    elif value < -0x80000:
        value = -0x80000
    return (value & 0xFFFFF) << 4
