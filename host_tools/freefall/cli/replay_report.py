"""What a replay says at its end, for people and for programs."""

from dataclasses import asdict

from ..port.faults import Faults
from ..port.timeline import Schedule
from ..replay import Played
from .summary import count

_NS, _NS_PER_MS = 1e9, 1e6


def lines(played: Played, file: str, url: str, schedule: Schedule, faults: Faults) -> list[str]:
    """Sentences, one a line; only of what there is to say."""
    timeline = played.timeline
    what = f"{played.octets} octets in {count(played.blocks, 'block')}"
    if played.packets is not None:
        what += f", as {played.packets.packets} packets of {played.sent} octets"
        what += f" ({played.packets.rejected} stretches were no frame)" * bool(played.packets.rejected)
    elif played.sent != played.octets:
        what += f", {played.sent} octets sent"
    passes = f", {timeline.passes} times" * (schedule.loop != 1)
    speed = "max" if schedule.speed is None else f"{float(schedule.speed):g}x"
    said = [
        f"{file} to {url}: {what}{passes}, {timeline.recorded_ns / _NS:.2f} s of the recording in {played.took_ns / _NS:.2f} s "
        f"at {speed}{', interrupted' * played.interrupted}"
    ]
    late = played.lateness
    if late.count:
        p50, p99, most, last = _late_ms(played)
        said.append(f"late by p50 {p50:.3f} ms, p99 {p99:.3f} ms, at most {most:.3f} ms; the last block by {last:.3f} ms")
    elif played.took_ns:
        said.append(f"{played.sent / played.took_ns * _NS / 1e6:.1f} MB/s; nothing is due at top speed")
    if timeline.gaps:
        limit = schedule.gap_limit_ns / _NS
        said.append(f"{count(timeline.gaps, 'silence')} shortened to {limit:g} s, {timeline.gaps_ns / _NS:.3f} s left out")
    if timeline.steps_back:
        said.append(
            f"the recorder's clock was set back {count(timeline.steps_back, 'time')}, by {timeline.steps_back_ns / _NS:.3f} s: "
            "there is no pause in its place"
        )
    if counts := played.faults:
        said.append(
            f"faults with seed {faults.seed}: of {count(counts.frames, 'frame')} {counts.dropped} dropped, "
            f"{counts.duplicated} duplicated, {counts.cut} cut; "
            f"{count(counts.bits, 'bit')} flipped in {count(counts.stretches, 'place')}"
        )
    if played.problem:
        said.append(played.problem)
    return said


def as_dict(played: Played, file: str, url: str, schedule: Schedule, faults: Faults) -> dict:
    """The same facts; times in seconds, lateness in ms."""
    timeline = played.timeline
    names = ("p50", "p99", "max", "last")
    return {
        "type": "replay",
        "recording": file,
        "to": url,
        "speed": None if schedule.speed is None else float(schedule.speed),
        "blocks": played.blocks,
        "octets": played.octets,
        "sent": played.sent,
        "packets": played.packets and {"sent": played.packets.packets, "rejected": played.packets.rejected},
        "passes": timeline.passes,
        "recorded_s": timeline.recorded_ns / _NS,
        "due_s": played.due_ns / _NS,
        "took_s": played.took_ns / _NS,
        "late_ms": dict(zip(names, _late_ms(played), strict=True)) if played.lateness.count else None,
        "gaps": {"shortened": timeline.gaps, "left_out_s": timeline.gaps_ns / _NS},
        "clock_set_back": {"times": timeline.steps_back, "by_s": timeline.steps_back_ns / _NS},
        "faults": played.faults and {"seed": faults.seed} | asdict(played.faults),
        "interrupted": played.interrupted,
        "problem": played.problem,
    }


def _late_ms(played: Played) -> tuple[float, float, float, float]:
    late = played.lateness
    return tuple(ns / _NS_PER_MS for ns in (late.percentile_ns(50), late.percentile_ns(99), late.max_ns, late.last_ns))
