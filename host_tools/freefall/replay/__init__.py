"""Replay: what a recording holds, sent to whoever listens, when it is due.

from freefall.replay import PtySink, Schedule, play

with PtySink() as sink:
    print(sink.url)
    played = play("run.mcap", sink, Schedule(speed=2))
"""

from ..port.faults import FaultCounts, Faults, FaultyStream
from ..port.pace import Clock
from ..port.timeline import Moment, Schedule, Timeline
from .descriptor import DescriptorSink
from .lateness import Lateness
from .network import TcpSink, UdpSink
from .packets import PacketStream
from .player import Played, Player, play
from .pty import PtySink
from .serial import SerialSink
from .sink import Sink

__all__ = [
    "Clock",
    "DescriptorSink",
    "FaultCounts",
    "Faults",
    "FaultyStream",
    "Lateness",
    "Moment",
    "PacketStream",
    "Played",
    "Player",
    "PtySink",
    "Schedule",
    "SerialSink",
    "Sink",
    "TcpSink",
    "Timeline",
    "UdpSink",
    "play",
]
