"""Recordings: the octets of a run as they were read, with host times and the definition, in one MCAP file.

SPEC.md beside this file is the contract.
"""

from .profile import RECORDING_FORMAT
from .reader import Recording, is_recording, open_recording
from .writer import Recorder

__all__ = ["RECORDING_FORMAT", "Recorder", "Recording", "is_recording", "open_recording"]
