"""freefall doctor: what on this computer is in the way, and the remedy."""

import json
import shutil
from dataclasses import asdict

import rich_click as click

from ..device.doctor import NOTE, PROBLEM, Finding, examine
from ..device.system import System
from .summary import count
from .text import say

_PROBLEMS_FOUND = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, one for each check.")
def doctor(as_json: bool) -> int:
    """Look for what keeps Freefall or a board from working on this computer, and say the remedy.

    Packages and extras, the C parts, sensors of other packages, the MicroPython image, ports and who may use or holds them, and
    services that take ports. Nothing is changed and no board is asked. Exit code 1 if there is a problem.
    """
    findings = []
    for finding in examine(System()):
        findings.append(finding)
        if as_json:
            click.echo(json.dumps({"schema": "freefall/1", "type": "check"} | asdict(finding)))
        else:
            _tell(finding)
    problems, notes = (sum(finding.verdict == verdict for finding in findings) for verdict in (PROBLEM, NOTE))
    if not as_json:
        click.echo(f"{count(problems, 'problem')}, {count(notes, 'note')}.")
    return _PROBLEMS_FOUND if problems else 0


def _tell(finding: Finding) -> None:
    say(f"{finding.verdict:<8}{finding.name}: {finding.text}", shutil.get_terminal_size().columns)
    for line in finding.remedy.splitlines():
        click.echo(f"        -> {line}")  # in one piece, to be copied
