"""A definition's own calibrations, by hand: what a [stream.NAME.calibration.CHANNEL] table gives for one raw code."""


def calibrated(calibration: dict, code: int | None) -> float | None:
    """The value; None of a code that there is not, and outside a table's points."""
    if code is None:
        return None
    if "points" in calibration:
        return between(calibration["points"], code)
    if "coefficients" in calibration:
        return sum(coefficient * code**power for power, coefficient in enumerate(calibration["coefficients"]))
    return code * calibration["scale"] + calibration["offset"]


def between(points: list[list[float]], code: int) -> float | None:
    """On the straight line between the two points about it."""
    for (low, first), (high, last) in zip(points, points[1:], strict=False):
        if low <= code <= high:
            return first + (last - first) * (code - low) / (high - low)
    return None
