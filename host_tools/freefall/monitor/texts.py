"""Events in words."""

from ..decode import SensorEvent, reason_text
from ..definition import Channel
from .levels import OK, Crossing
from .snapshot import shown


def sensor_text(event: SensorEvent) -> str:
    """What has become of a sensor."""
    if event.kind == "absent":
        return f"sensor {event.sensor.name} is absent: {reason_text(event.reason)}"
    state = "has stopped answering" if event.kind == "stopped" else "answers again"
    return f"sensor {event.stream.sensor} of {event.stream.name} {state}, {event.bus_errors} bus errors so far"


def crossing_text(name: str, crossing: Crossing, channel: Channel) -> str:
    """A channel, `name` with its stream's, that went beyond a limit or came back."""
    if crossing.value is None:
        within = crossing.before if crossing.level == OK else f"{crossing.before}, still outside {crossing.level}"
        return f"{name} is back within {within}"
    low, high = getattr(channel.limits, crossing.level)
    return f"{name} {shown(crossing.value)} {channel.unit} is outside {crossing.level}, {low:g} .. {high:g}"


def rejected_text(reason: str, number: int) -> str:
    """Stretches of octets that were no packets."""
    return f"{number} rejected on the link ({reason})"


def missing_text(stream: str, samples: int) -> str:
    """A gap, or several."""
    return f"{stream}: {samples} sample{'s' * (samples != 1)} missing"
