"""A run in one line."""

from freefall.cli.summary import one_line
from unit.decode.climate import climate_sample


def test_one_line_names_invalid_samples_only_when_there_are_some(climate, fed):
    good, bad = climate_sample(20), climate_sample(20, damage=1)
    assert one_line(fed(climate, [good] * 3)).startswith("3 samples, 0 lost, 0 rejected, 0 duplicates, 1 boot, ")
    assert one_line(fed(climate, [good, bad])).startswith("2 samples, 1 invalid, 0 lost, 0 rejected, ")
