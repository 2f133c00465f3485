"""Sinks with real pipes, terminals and sockets: a slow reader loses nothing, one that leaves is noticed."""

import fcntl
import os
import random
import select
import socket
import termios
import threading
import time

import pytest
import serial

from freefall.errors import DeviceError
from freefall.port.timeline import Schedule
from freefall.replay import DescriptorSink, Player, PtySink, SerialSink, TcpSink, UdpSink, play, pty

MS = 1_000_000
FAST = Schedule(speed=None)


@pytest.fixture
def parts():
    """Half a megabyte in blocks of all sizes, no two stretches of it alike."""
    noise = random.Random(1)
    return [
        (noise.choice([0, 10_000, 200_000]), noise.randbytes(noise.choice([1, 7, 60, 300, 5_000, 70_000]))) for _ in range(40)
    ]


@pytest.fixture
def octets(parts):
    return b"".join(octets for _, octets in parts)


class Reader(threading.Thread):
    """Reads with `read` until it returns nothing or fails; slowly, in pieces of random size. join() gives what came."""

    def __init__(self, read, open=lambda: None, pause_s=0.0005, limit=None):
        super().__init__(daemon=True)
        self._read, self._open, self._pause_s, self._limit = read, open, pause_s, limit
        self.got = bytearray()
        self.start()

    def run(self):
        noise = random.Random(2)
        self._open()
        try:
            while self._limit is None or len(self.got) < self._limit:
                piece = self._read(noise.choice([1, 100, 4000, 30_000]))
                if not piece:
                    return
                self.got += piece
                if noise.random() < 0.2:
                    time.sleep(self._pause_s)
        except OSError:
            pass

    def join(self):
        super().join(20)
        assert not self.is_alive()
        return bytes(self.got)


@pytest.fixture
def brisk(monkeypatch):
    """Terminals rest as long as readers need that are threads of this test, not as long as any program may."""
    monkeypatch.setattr(pty, "_SETTLE_S", 0.1)
    monkeypatch.setattr(pty, "_EMPTY_FOR_S", 0.2)


def until_end(file, sink, schedule=FAST, **options):
    """Play and close; what became of it."""
    with sink:
        return play(file, sink, schedule, **options)


@pytest.mark.parametrize("speed", [None, 1, 20])
def test_a_pipe_carries_every_octet(recorded, parts, octets, speed):
    out, into = os.pipe()
    reader = Reader(lambda size: os.read(out, size))
    played = until_end(recorded(parts), DescriptorSink(into, "a pipe"), Schedule(speed, loop=2))
    assert os.get_blocking(into)
    os.close(into)
    assert reader.join() == 2 * octets
    assert played.sent == 2 * len(octets)
    os.close(out)


def test_a_pipe_without_a_reader_is_a_broken_pipe(recorded, parts):
    out, into = os.pipe()
    os.close(out)
    with pytest.raises(BrokenPipeError):
        until_end(recorded(parts), DescriptorSink(into, "a pipe"))
    os.close(into)


def test_a_replay_into_a_pipe_that_nobody_reads_can_be_stopped(recorded, parts):
    out, into = os.pipe()
    deadline = time.monotonic() + 0.3
    with DescriptorSink(into, "a pipe") as sink:
        played = Player(recorded(parts), sink, FAST).run(lambda: time.monotonic() > deadline)
    assert played.interrupted and 0 < played.sent < played.octets
    assert len(os.read(out, 1 << 20)) == played.sent
    os.close(into), os.close(out)


@pytest.mark.skipif(not hasattr(fcntl, "F_GETPIPE_SZ"), reason="only Linux tells how much a pipe holds")
@pytest.mark.parametrize(("before", "after"), [(1 << 16, 1 << 18), (1 << 12, 1 << 18), (1 << 19, 1 << 19)])
def test_a_pipe_is_made_to_hold_four_blocks_and_never_less_than_before(before, after):
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, before)
    with DescriptorSink(into, "a pipe") as sink:
        assert sink.offer(bytes(1 << 20)) == after
    assert fcntl.fcntl(into, fcntl.F_GETPIPE_SZ) == after
    os.close(into), os.close(out)


class Terminal(Reader):
    """Opens a pseudo terminal as a program does that throws nothing away, and later than the replay would like to begin."""

    def __init__(self, url, **options):
        self.descriptor = None

        def open():
            time.sleep(0.2)
            self.descriptor = os.open(url, os.O_RDWR | os.O_NOCTTY)

        super().__init__(lambda size: os.read(self.descriptor, size), open, **options)

    def run(self):
        super().run()
        os.close(self.descriptor)


def test_a_slow_reader_of_a_terminal_gets_every_octet(recorded, parts, octets):
    sink = PtySink()
    reader = Terminal(sink.url)
    played = until_end(recorded(parts), sink)
    assert reader.join() == octets
    assert played.sent == len(octets)


def test_a_reader_that_rests_before_the_last_octets_gets_them_too(recorded, brisk):
    sink = PtySink()
    rested = []

    class Resting(Terminal):
        def run(self):
            self._open()
            self.got += os.read(self.descriptor, 10)
            time.sleep(0.5)
            rested.append(time.monotonic())
            while len(self.got) < 3000:
                self.got += os.read(self.descriptor, 100)
            os.close(self.descriptor)

    reader = Resting(sink.url)
    until_end(recorded([(0, bytes(3000))]), sink)
    assert time.monotonic() > rested[0], "the terminal was closed before its reader had read"
    assert len(reader.join()) == 3000


@pytest.mark.parametrize("attempt", range(3))
def test_pyserial_which_throws_away_what_came_before_it_gets_the_first_octet_too(recorded, parts, octets, attempt):
    sink = PtySink()
    port = serial.Serial(timeout=0.2, exclusive=True)
    port.port = sink.url
    reader = Reader(lambda size: port.read(size), port.open)
    begun = time.monotonic()
    until_end(recorded(parts), sink)
    assert reader.join() == octets
    assert time.monotonic() - begun < 15
    port.close()


def test_a_program_that_takes_its_time_to_throw_away_what_came_before_loses_nothing_after(recorded, parts, octets):
    sink = PtySink()

    class Slow(Terminal):
        def run(self):
            self.descriptor = os.open(sink.url, os.O_RDWR | os.O_NOCTTY)
            time.sleep(0.4)
            termios.tcflush(self.descriptor, termios.TCIFLUSH)
            super(Terminal, self).run()
            os.close(self.descriptor)

    reader = Slow(sink.url)
    reader._open = lambda: None
    until_end(recorded(parts), sink)
    assert reader.join() == octets


def test_a_terminal_forgets_what_its_user_sends(recorded, brisk):
    sink = PtySink()
    reader = Terminal(sink.url)
    while reader.descriptor is None:
        time.sleep(0.01)
    writer = threading.Thread(target=lambda: [os.write(reader.descriptor, bytes(1000)) for _ in range(200)], daemon=True)
    writer.start()
    until_end(recorded([(MS, b"%05d" % i) for i in range(500)]), sink, Schedule())
    assert reader.join() == b"".join(b"%05d" % i for i in range(500))
    writer.join(5)
    assert not writer.is_alive(), "whoever sends must not be kept waiting"


@pytest.mark.parametrize("limit", [1, 100_000])
def test_a_reader_of_a_terminal_who_leaves_ends_the_replay(recorded, parts, brisk, limit):
    sink = PtySink()
    reader = Terminal(sink.url, limit=limit)
    with pytest.raises(DeviceError, match=f"reader of {sink.url} has left"):
        until_end(recorded(parts), sink)
    reader.join()


def connect(sink, before=lambda connection: None, **options):
    """A connection, and its reader, which has something to do before it reads."""
    connection = socket.create_connection(tuple(sink.url.removeprefix("socket://").rsplit(":", 1)))

    def read(size):
        octets = connection.recv(size)
        if not octets:
            connection.close()  # as programs do, so that nobody waits for it
        return octets

    return connection, Reader(read, lambda: before(connection), **options)


def test_every_client_gets_everything_and_the_slowest_sets_the_pace(recorded, parts, octets):
    events = []
    sink = TcpSink("127.0.0.1", 0, events.append)
    clients = [connect(sink, pause_s=pause) for pause in (0, 0.002)]
    while sum("connected" in event for event in events) < 2:
        sink.connected()
    # More than the buffers of the sockets hold, or nobody would have to wait.
    until_end(recorded(parts), sink, Schedule(speed=None, loop=40))
    assert [reader.join() == 40 * octets for _, reader in clients] == [True, True]
    for connection, _ in clients:
        connection.close()


def test_a_client_that_talks_and_one_that_says_it_will_not_get_everything(recorded, parts, octets):
    sink = TcpSink("127.0.0.1", 0)
    talking, reader = connect(sink, before=lambda connection: connection.sendall(bytes(20_000_000)))
    quiet, other = connect(sink)
    quiet.shutdown(socket.SHUT_WR)
    for _ in range(2):
        sink.connected()
    until_end(recorded(parts), sink, Schedule(speed=None, loop=40))
    assert reader.join() == other.join() == 40 * octets
    talking.close(), quiet.close()


def test_a_client_that_leaves_is_told_and_the_others_go_on(recorded, parts, octets):
    events = []
    sink = TcpSink("127.0.0.1", 0, events.append)
    leaving, _ = connect(sink, limit=1)
    staying, reader = connect(sink)
    for _ in range(2):
        sink.connected()
    threading.Thread(target=lambda: (time.sleep(0.05), leaving.close()), daemon=True).start()
    until_end(recorded(parts), sink, Schedule(loop=3))
    assert reader.join() == 3 * octets
    assert sum("has left" in event for event in events) == 1
    staying.close()


def test_the_last_client_that_leaves_ends_the_replay(recorded, parts):
    sink = TcpSink("127.0.0.1", 0)
    leaving, reader = connect(sink, limit=1)
    threading.Thread(target=lambda: (reader.join(), leaving.close()), daemon=True).start()
    with pytest.raises(DeviceError, match=f"last client of {sink.url} has left"):
        until_end(recorded(parts), sink, Schedule(loop=100))


def test_datagrams_are_blocks_and_long_blocks_are_cut(recorded):
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(5)
    sizes = [1, 500, 1400, 1401, 3000]
    played = until_end(
        recorded([(MS, bytes([i]) * size) for i, size in enumerate(sizes)]), UdpSink(*receiver.getsockname()), Schedule()
    )
    got = [receiver.recv(65536) for _ in range(8)]
    assert [len(datagram) for datagram in got] == [1, 500, 1400, 1400, 1, 1400, 1400, 200]
    assert b"".join(got) == b"".join(bytes([i]) * size for i, size in enumerate(sizes))
    assert played.sent == sum(sizes)
    receiver.close()


def test_a_serial_port_is_written_to_and_what_it_says_is_forgotten(recorded, parts, octets):
    master, slave = os.openpty()
    url = os.ttyname(slave)
    os.set_blocking(master, False)

    def read(size):
        if not select.select([master], [], [], 2)[0]:
            return b""
        return os.read(master, size)

    sink = SerialSink(url)
    os.write(master, b"who is there?")
    reader = Reader(read)
    until_end(recorded(parts), sink)
    os.close(slave)
    assert reader.join() == octets
    os.close(master)


def test_a_connection_to_a_server_is_written_to(recorded, parts, octets):
    server = socket.create_server(("127.0.0.1", 0))
    sink = SerialSink(f"socket://127.0.0.1:{server.getsockname()[1]}")
    connection, _ = server.accept()
    connection.sendall(bytes(50_000))
    reader = Reader(connection.recv)
    until_end(recorded(parts), sink)
    assert reader.join() == octets
    connection.close(), server.close()


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: SerialSink("/dev/no-such"), DeviceError, "No such file"),
        (lambda: SerialSink("replay:x"), ValueError, "can only be read"),
        (lambda: SerialSink("sim://x"), ValueError, "can only be read"),
        (lambda: TcpSink("192.0.2.1", 9), DeviceError, "cannot listen at 192.0.2.1:9: "),
        (lambda: TcpSink("no.such.host.invalid", 9), DeviceError, "cannot listen at no.such.host.invalid:9: "),
        (lambda: UdpSink("no.such.host.invalid", 9), DeviceError, "cannot send to no.such.host.invalid:9: "),
    ],
)
def test_a_sink_that_is_not_to_be_had_says_why(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_a_port_in_use_is_named():
    with TcpSink("127.0.0.1", 0) as sink:
        number = int(sink.url.rpartition(":")[2])
        with pytest.raises(DeviceError, match=f"127.0.0.1:{number}: Address already in use"):
            TcpSink("127.0.0.1", number)
