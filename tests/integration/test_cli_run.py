"""freefall run: a payload on this computer in real time, over smbus2 and a fake kernel."""

import signal
import socket
import threading
import time

import pytest

from fake_linux.i2c import Adapter, FakeI2C
from fake_linux.time import RealTime
from freefall.board.simulated import attach_models
from freefall.decode import Collector, Decoder
from freefall.definition import load_definition
from freefall.recording import open_recording

_DEF = """
[payload]
name = "bench"
apid = 64
[link]
transport = "usb"
[housekeeping]
period_ms = 200
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 400000
[sensor.air]
driver = "tmp117"
bus = "i2c0"
address = 0x48
averages = 1
[stream.air]
sensor = "air"
trigger = "periodic"
rate_hz = 20.0
"""


@pytest.fixture
def definition(tmp_path):
    path = tmp_path / "payload.toml"
    path.write_text(_DEF)
    return path


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def models(monkeypatch, definition):
    """The payload's sensor models, on /dev/i2c-1."""
    real = RealTime()
    found = attach_models(load_definition(definition), real.clock, None, 1)
    FakeI2C(real, {1: Adapter(found.i2c[0])}).install(monkeypatch)
    return found.all


def test_run_says_what_became_of_every_sample_and_records_what_the_part_gave(freefall, definition, models, tmp_path):
    recording = tmp_path / "run.mcap"
    done = freefall("run", definition, "--board", "linux", "--i2c", "i2c0=1", "--duration", 1.5, "-o", recording)
    assert done.code == 0, done.err
    assert "0 lost" in done.out and "1 boot" in done.out and f"Recorded in {recording}" in done.out
    decoder, collector = Decoder(load_definition(definition)), Collector(load_definition(definition))
    for _, octets in open_recording(recording).chunks():
        collector.add(decoder.feed(octets, 0))
    values = collector.table("air").raw["temperature"]
    given = [int.from_bytes(read.raw, "big", signed=True) for read in models[0].read_out]
    assert len(values) >= 20 and list(values) == given[-len(values) :]


def test_ctrl_c_ends_it_with_the_ledger_closed(freefall, definition, models):
    threading.Timer(1.0, signal.raise_signal, (signal.SIGINT,)).start()
    done = freefall("run", definition, "--i2c", "i2c0=1")
    assert done.code == 0, done.err
    assert "0 lost" in done.out


def test_who_connects_gets_the_octets_and_may_send_telecommands(freefall, definition, models, capsys):
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def listen():
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                connection = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.05)
        with connection:
            while octets := connection.recv(4096):
                heard.extend(octets)

    listener = threading.Thread(target=listen)
    listener.start()
    done = freefall("run", definition, "--i2c", "i2c0=1", "--duration", 1.5, "--tcp", f":{port}")
    listener.join(10)
    assert done.code == 0, done.err
    assert f"sending to socket://127.0.0.1:{port}" in done.err and "has connected" in done.err
    assert heard.count(0) > 5


def test_rate_is_changed_over_tcp_while_it_runs(freefall, definition, models, start_python, tmp_path):
    definition.write_text(_DEF + "[stream.air.adjustable]\nrate_hz = [5.0, 50.0]\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = []

    def change():
        url = f"socket://127.0.0.1:{port}"
        for arguments in (["set", "air.rate_hz=40"], ["set", "air.rate_hz=60"]):
            while True:  # until it listens
                process = start_python("-m", "freefall", "config", *arguments, "-p", url, "-d", definition)
                out, err = process.communicate(timeout=30)
                if b"cannot open" not in err:
                    break
            said.append((process.returncode, (out + err).decode()))
        signal.raise_signal(signal.SIGINT)

    changer = threading.Thread(target=change)
    changer.start()
    done = freefall("run", definition, "--i2c", "i2c0=1", "--tcp", f":{port}", "--duration", 60)
    changer.join(60)
    assert [code for code, _ in said] == [0, 5] and "it takes 5 to 50" in said[1][1], said
    assert done.code == 0, done.err
    assert "0 lost" in done.out and "2 boots" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 4, "there is no /dev/i2c-0, which i2c0 needs"),
        (("--i2c", "i2c1=1"), 2, "the payload has no bus i2c1: it has i2c0"),
        (("--i2c", "1"), 2, '"1" is no BUS=N, i2c0=1 for example'),
        (("--gpio", "x"), 2, '"x" is no number of a chip'),
        (("--tcp", "nonsense"), 2, '"nonsense" is no HOST:PORT'),
        (("--board", "pico"), 2, "'pico' is not 'linux'"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_its_exit_code(freefall, definition, models, arguments, code, said):
    done = freefall("run", definition, *arguments)
    assert done.code == code and said in done.err


def test_definition_that_is_wrong_is_exit_code_3(freefall, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(_DEF.replace("0x48", "0x77"))
    assert freefall("run", path).code == 3
