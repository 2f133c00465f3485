"""Recordings: the octets of a run as they were read, with host times and the definition, in MCAP files.

SPEC.md beside this file is the contract.
"""

from .link import LinkBack, LinkEvent, LinkGap, LinkLost
from .piped import raw_only
from .profile import RECORDING_FORMAT
from .reader import Recording, is_recording, open_recording
from .recover import Rescue, recover
from .rotation import RotatingRecorder, Rotation, part_path, part_paths
from .run import Run, open_run
from .survey import Survey, survey
from .writer import Recorder

__all__ = [
    "RECORDING_FORMAT",
    "LinkBack",
    "LinkEvent",
    "LinkGap",
    "LinkLost",
    "Recorder",
    "Recording",
    "Rescue",
    "RotatingRecorder",
    "Rotation",
    "Run",
    "Survey",
    "is_recording",
    "open_recording",
    "open_run",
    "part_path",
    "part_paths",
    "raw_only",
    "recover",
    "survey",
]
