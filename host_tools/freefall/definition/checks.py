"""What no single table can tell: references, triggers, pins, places on buses, counts; and the loads."""

from freefall_wire import reports

from .channel_checks import channels
from .diagnostics import Findings
from .draft import Draft
from .feasibility import LOADS, RESOURCES, Margin, judge
from .model import LAST_APID
from .places import functions, pins, places, uarts
from .settings import settings_checked
from .triggers import triggers
from .watermarks import watermarks

_LIMITS = {"sensor": reports.MAX_SENSORS, "stream": reports.MAX_STREAMS}
# So many times more than the board can have are refused for that alone: what each leaves to the others is then beside the point.
_CROWD = 4


def check(data: dict, findings: Findings, infeasible: bool = False) -> tuple[Margin, ...]:
    """Report every fault between the tables of `data`; `findings` already has those inside them. The feasibility report.

    infeasible: what the report says cannot work is no fault.
    """
    draft = Draft(data, findings)
    for look in (triggers, functions, uarts, places, channels, watermarks, settings_checked):
        look(draft)
    # Loads before what no rate depends on: a pin used twice, say, does not take its stream out of the sums.
    crowded = any(len(draft.names(section)) > _CROWD * limit for section, limit in _LIMITS.items())
    loads = () if crowded else judge(draft, LOADS, refuse=not infeasible)
    _counts(draft)
    resources = () if crowded else judge(draft, RESOURCES)
    pins(draft)
    return (*resources, *loads)


def _counts(draft: Draft):
    for section, limit in _LIMITS.items():
        names = draft.names(section)
        if len(names) > limit:
            message = f"there are {len(names)} {section}s; the limit is {limit}"
            draft.findings.add((section, names[limit]), message, at_key=True)
    streams = len(draft.names("stream"))
    if not streams and not draft.findings.doubtful(("stream",)):
        draft.findings.add(("stream",), "the definition has no stream; add a [stream.NAME] section")
    apid = draft.value(("payload", "apid"))
    if apid is not None and streams <= _LIMITS["stream"] and apid + streams > LAST_APID:
        most = LAST_APID - streams
        draft.refuse(("payload", "apid"), f"leaves no APIDs for {streams} streams; the most is {most}")
