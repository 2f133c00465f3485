"""The members of the SLF3S family."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variant:
    """One of them: its product number with a revision, its scale factor, the flow it is made for and the one it saturates at."""

    product: int
    lsb_per_ml_min: int
    full_scale_ml_min: float
    limit_ml_min: float


VARIANTS = {
    "1300F": Variant(product=0x07030202, lsb_per_ml_min=500, full_scale_ml_min=40.0, limit_ml_min=65.0),
    "0600F": Variant(product=0x07030302, lsb_per_ml_min=10_000, full_scale_ml_min=2.0, limit_ml_min=3.25),
}
