"""registers: the driver, the table and the model of a part that only the definition knows."""

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder, SamplePacket
from freefall.definition import parse_definition
from freefall.sensors.catalogue.registers import SENSOR, RegisterFile
from freefall.sensors.part import ModelError
from freefall_board.drivers.registers import Registers
from unit.definition.sample import findings, spoiled
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

TABLE = {
    "address": 0x19,
    "identity": {"at": 0x0F, "octets": [0x33, 0x44]},
    "setup": [
        {"at": 0x20, "octets": [0x57]},
        {"at": 0x22, "octets": [0x10, 0x08]},
        {"at": 0x2F, "octets": [0x80], "verify": False},
    ],
    "read": {"at": 0xA8, "octets": 6},
    "rate_hz": 100,
}
GAS = """\
[sensor.gas]
driver = "registers"
bus = "i2c0"
address = 0x19
identity = {at = 0x0F, octets = [0x33]}
setup = [
    {at = 0x20, octets = [0x57]},
    {at = 0x24, octets = [0x80], verify = false},
]
read = {at = 0xA8, octets = 6}
rate_hz = 100
[stream.gas]
sensor = "gas"
trigger = "periodic"
rate_hz = 10
[stream.gas.field.number]
octet = 2
octets = 4
"""
QUIET = ("odr_hz = 1000", "odr_hz = 125")


def make(lines=None, **options):
    return Bench(SENSOR, Registers, {**TABLE, **options}, lines=lines or {})


def test_both_halves_say_the_same_of_a_read():
    assert_halves_agree(make())


def test_driver_sets_the_part_up_as_the_definition_says():
    bench = make()
    assert bench.run()
    assert [bench.register(at) for at in (0x20, 0x22, 0x23, 0x2F)] == [0x57, 0x10, 0x08, 0x00]


def test_driver_refuses_a_part_of_another_identity():
    class Other(RegisterFile):
        def _read_register(self, register):
            return 0x45 if register == 0x10 else super()._read_register(register)

    bench = make()
    bench.model.__class__ = Other
    assert bench.driver.identify() is False
    assert not bench.run()


def test_driver_without_an_identity_takes_who_answers():
    bench = make(identity=None)
    assert bench.driver.identify()
    bench.model.absent = True
    with pytest.raises(OSError):
        bench.driver.identify()


@pytest.mark.parametrize("at", [0x20, 0x23])
def test_driver_refuses_a_part_that_does_not_take_its_setup(at):
    class Stubborn(RegisterFile):
        def _write_register(self, register, value):
            super()._write_register(register, 0 if register == at else value)

    bench = make()
    bench.model.__class__ = Stubborn
    assert bench.driver.identify() and not bench.configure()


def test_a_sample_is_the_number_of_samples_made():
    bench = make()
    assert bench.run()
    bench.sleep_ms(995 - bench.clock.now_ns() / MS)
    assert bench.read() == (99).to_bytes(6, "big")
    bench.sleep_ms(10)
    assert bench.read() == (100).to_bytes(6, "big")
    assert [made.raw for made in bench.model.produced[-2:]] == [bench.model.read_out[-2].raw, bench.model.read_out[-1].raw]
    assert bench.model.produced[-1].time_ns == 1_000_000_000


def test_a_short_sample_counts_round():
    bench = make(read={"at": 0xA8, "octets": 1}, rate_hz=1000)
    bench.sleep_ms(300.5)
    assert bench.read() == bytes([300 % 256])


@pytest.mark.parametrize("active_low", [False, True])
def test_a_line_tells_of_every_sample_by_a_pulse(active_low):
    line = LineRecorder()
    bench = make(lines={"data_ready": line}, active_low=active_low)
    assert bench.driver.ACTIVE_LOW is active_low
    bench.sleep_ms(30.5)
    assert len(line.edges(not active_low)) == 3 and line.level is active_low


def test_a_line_that_holds_waits_for_the_read():
    line = LineRecorder()
    bench = make(lines={"data_ready": line}, line_holds=True)
    assert bench.driver.LINE_HOLDS
    bench.sleep_ms(35)
    assert line.level is True and len(line.edges(True)) == 1
    assert bench.run()  # which reads what waits
    assert line.level is False
    bench.sleep_ms(10)
    assert line.level is True


def test_the_model_refuses_what_the_definition_does_not_say():
    bench = make()
    with pytest.raises(ModelError, match="does not say what it reads"):
        bench.register(0x30)
    with pytest.raises(ModelError, match="does not write it"):
        bench.device.write(0x30, b"\0")
    bench = make()
    bench.read()
    with pytest.raises(ModelError, match="no register was named"):
        bench.device.receive(bytearray(1))


def test_a_part_that_lost_its_power_has_lost_its_setup():
    bench = make()
    assert bench.run()
    bench.model.power_cycle(5 * MS)
    bench.sleep_ms(5)
    assert bench.register(0x20) == 0
    assert bench.run() and bench.register(0x20) == 0x57


def test_it_runs_on_the_virtual_board_with_fields_of_the_definitions_own():
    definition = parse_definition(spoiled(QUIET) + GAS, "payload.toml")
    board, decoder = VirtualBoard(definition, seed=1), Decoder(definition)
    items = decoder.feed(board.advance(3_000_000_000))
    packets = [item for item in items if isinstance(item, SamplePacket) and item.stream.name == "gas"]
    numbers = [int(raw) for packet in packets for raw in packet.raw[:, 2:6].copy().view(">u4")[:, 0]]
    assert len(numbers) >= 20
    assert {after - before for before, after in zip(numbers, numbers[1:], strict=False)} <= {9, 10, 11}
    assert definition.stream("gas").channels[0].name == "number"


FAULTS = {
    "no fields": (
        ("[stream.gas.field.number]\noctet = 2\noctets = 4\n", ""),
        "42:9: [stream.gas] has no channel: registers makes none by itself; say what its octets mean in [stream.gas.field.NAME]",
    ),
    "no octet": (("octets = [0x33]", "octets = [300]"), "35:34: 300 in octets is too large; the most is 255"),
    "no octets": (("octets = [0x33]", "octets = []"), "35:33: octets = [] has too few elements; the least is 1"),
    "no table": (
        ("{at = 0x20, octets = [0x57]}", "[0x20, [0x57]]"),
        "37:5: [0x20, [0x57]] in setup must be a table in braces: {key = value, ...}",
    ),
    "misspelt key in a list": (
        ("verify", "verfy"),
        '38:34: unknown key "verfy" in entry 2 of [sensor.gas.setup]; did you mean "verify"?',
    ),
    "nothing to read": (
        ("read = {at = 0xA8, octets = 6}\n", ""),
        '31:9: [sensor.gas] needs read with driver = "registers": {at, octets}: what is read for a sample',
    ),
    "reserved address": (("0x19", "0x04"), "34:11: address = 0x04 is too small; the least is 8"),
    "field outside what is read": (
        ("octet = 2", "octet = 3"),
        "47:9: octet = 3 is outside: the field is in octets 3 to 6, counted from 0, and a sample of [sensor.gas] has 6 octets",
    ),
    "faster than the part": (
        ("rate_hz = 10\n", "rate_hz = 101\n"),
        "45:11: rate_hz = 101 is too fast: one conversion of [sensor.gas] takes 10 ms, so the most is 100; lower it or change "
        "rate_hz of [sensor.gas]",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_where_it_stands(edit, expected):
    assert findings(spoiled(QUIET) + spoiled(edit, text=GAS)) == [expected]
