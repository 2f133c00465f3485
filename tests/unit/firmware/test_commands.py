"""Telecommands to a payload on the virtual port, written and read by the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall_board.core.settings import Settings
from freefall_board.ports.virtual_common import Left, Restarted
from oracle import codec
from unit.firmware.app_bench import APID, BOARD, BOOT, DEFINITION_ID, MS, Bench, make_plan, one_set

SETTINGS = [
    {"stream": 1, "what": "period_us", "least": 5_000, "most": 100_000, "value": 10_000},
    {"stream": 1, "what": "on", "least": 0, "most": 1, "value": 1},
]
NO_SUCH_SERVICE, WRONG_FORM, NO_SUCH_SETTING, BELOW_LEAST, ABOVE_MOST, NOT_KEPT, NO_SUCH_FUNCTION = range(1, 8)


@pytest.fixture
def bench():
    bench = Bench(make_plan(settings=SETTINGS))
    bench.payload.start()
    bench.run(50)
    return bench


def command(service, subtype, data=b"", count=0):
    return codec.telecommand(service, subtype, data, apid=APID, sequence_count=count)


def set_values(*values):
    return codec.set_settings(list(values), apid=APID, sequence_count=77)


def verifications(bench):
    """What became of telecommands: (word, code, number, value, limit), and that each names its request."""
    found = [fields for kind, fields in bench.reports if kind[0] == "verification"]
    return [tuple(fields[name] for name in ("verification", "code", "number", "value", "limit")) for fields in found]


def done(word):
    return (word, 0, 0, 0, 0)


def ends(bench, how):
    """The payload ends so within a second."""
    with pytest.raises(how):
        bench.run(1000)


def test_test_of_the_connection_is_accepted_answered_and_completed(bench):
    request = command(17, 1, count=5)
    bench.send(request)
    bench.run(40)
    kinds = [kind for kind, _ in bench.reports]
    at = kinds.index(("alive", 1))
    assert kinds[at - 1 : at + 2] == [("verification", "accepted"), ("alive", 1), ("verification", "completed")]
    assert {fields["request"] for (kind, _), fields in bench.reports if kind == "verification"} == {
        int.from_bytes(request[:4], "big")
    }
    assert verifications(bench) == [done("accepted"), done("completed")]


def test_settings_are_reported_at_the_start_with_every_set_and_when_asked(bench):
    assert bench.kinds == [("event", BOOT), ("parameter", 1024), ("parameter", 1024), *one_set(2)]
    bench.send(command(20, 1))
    bench.run(40)
    reports = bench.of("parameter", 1024)
    assert len(reports) == 3
    assert {fields["octets"] for fields in reports} == {(10_000).to_bytes(4, "big") + (1).to_bytes(4, "big")}


def test_payload_without_settings_has_none_to_report():
    bench = Bench(make_plan())
    bench.payload.start()
    bench.send(command(20, 1))
    bench.run(40)
    assert verifications(bench) == [("refused", NO_SUCH_SETTING, 0, 0, 0)]
    assert bench.of("parameter", 1024) == []


def test_identify_names_payload_and_platform_and_reports_the_board(bench):
    bench.send(command(8, 1, b"\x03"))
    bench.run(40)
    at = bench.kinds.index(("parameter", 769))
    assert bench.kinds[at - 2 : at + 3] == [
        ("verification", "accepted"), ("verification", "completed"), ("parameter", 769), ("parameter", 768), ("sid", BOARD),
    ]  # fmt: skip
    assert bench.of("parameter", 769)[0]["text"] == bench.plan["name"]
    assert bench.of("parameter", 768)[0]["text"] == "cpython virtual"


def test_setting_ends_the_boot_with_its_ledger_closed_and_is_in_effect_in_the_next(bench):
    bench.run(500)
    bench.send(set_values((0, 20_000)))
    ends(bench, Restarted)
    before = len(bench.reports)
    last = [bench.of("sid", 256 + stream)[-1] for stream in (0, 1)]
    assert [ledger["seen"] - ledger["samples_sent"] for ledger in last] == [0, 0], "every sample announced was sent"
    assert [ledger["pending"] for ledger in last] == [0, 0]
    assert [len(bench.samples(stream)) for stream in (0, 1)] == [ledger["seen"] for ledger in last]
    assert verifications(bench) == [done("accepted"), done("completed")]
    assert bench.kinds[-len(one_set(2)) :] == one_set(2)
    bench.reboot()
    bench.settle()
    after = [kind for kind, _ in bench.reports][before:]
    assert after[0] == ("event", BOOT)
    assert bench.reports[before][1]["boot_count"] == 10
    assert bench.of("parameter", 1024)[-1]["octets"][:4] == (20_000).to_bytes(4, "big")
    assert bench.ledger(1)["seen"] in (49, 50, 51), "50 a second"


def test_stream_is_switched_off_and_on_again(bench):
    bench.send(set_values((1, 0)))
    ends(bench, Restarted)
    bench.reboot()
    bench.run(300)
    assert (bench.ledger(1)["seen"], len(bench.port.ticks)) == (0, 0)
    bench.send(set_values((1, 1), (0, 5_000)))
    ends(bench, Restarted)
    bench.reboot()
    bench.settle()
    assert bench.ledger(1)["seen"] > 100


def test_last_set_leaves_whole_by_the_slowest_link():
    bench = Bench(make_plan(thermometers=8, accelerometer=False, period_us=1_000_000, link={"transport": "uart0", "baud": 9600}))
    bench.payload.start()
    bench.run(8000)
    bench.send(command(8, 1, b"\x01"))
    begin_ns = bench.clock.now_ns()
    ends(bench, Restarted)
    assert bench.clock.now_ns() - begin_ns > 1000 * MS, "a second and more"
    assert bench.kinds[-9:] == one_set(8)
    assert {bench.of("sid", 256 + stream)[-1]["pending"] for stream in range(8)} == {0}


def test_payload_waits_a_second_for_a_link_that_takes_nothing_and_ends():
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(100)
    bench.port.wire.open = False
    bench.send(command(8, 1, b"\x01"))
    begin_ns = bench.clock.now_ns()
    ends(bench, Restarted)
    assert 1000 * MS <= bench.clock.now_ns() - begin_ns < 1100 * MS


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ([(0, 4_999)], (BELOW_LEAST, 0, 4_999, 5_000)),
        ([(0, 100_001)], (ABOVE_MOST, 0, 100_001, 100_000)),
        ([(0, 2**32 - 1)], (ABOVE_MOST, 0, 2**32 - 1, 100_000)),
        ([(1, 2)], (ABOVE_MOST, 1, 2, 1)),
        ([(2, 0)], (NO_SUCH_SETTING, 2, 0, 2)),
        ([(255, 0)], (NO_SUCH_SETTING, 255, 0, 2)),
        ([(0, 20_000), (1, 7)], (ABOVE_MOST, 1, 7, 1)),
    ],
)
def test_value_out_of_range_is_refused_with_the_limit_and_nothing_changes(bench, values, refusal):
    bench.send(set_values(*values))
    bench.run(100)
    assert verifications(bench) == [("refused", *refusal)]
    assert bench.port.kept_settings() is None


@pytest.mark.parametrize(
    ("packet", "code", "number"),
    [
        (command(3, 1), NO_SUCH_SERVICE, 0),
        (command(17, 2), NO_SUCH_SERVICE, 0),
        (command(17, 1, bytes(12)), WRONG_FORM, 0),
        (command(17, 1, b"\1"), WRONG_FORM, 0),
        (command(20, 3), WRONG_FORM, 0),
        (command(20, 3, b"\0\0\0\0" + codec.setting(0, 10_000)), WRONG_FORM, 0),
        (command(20, 3, b"\2\0\0\0" + codec.setting(0, 10_000)), WRONG_FORM, 0),
        (command(20, 3, b"\1\0\0\1" + codec.setting(0, 10_000)), WRONG_FORM, 0),
        (command(20, 3, b"\1\0\0\0\0\0\1\0" + (10_000).to_bytes(4, "big")), WRONG_FORM, 0),
        (command(20, 3, b"\1\0\0\0" + codec.setting(0, 10_000) * 2), WRONG_FORM, 0),
        (command(8, 1, b"\0"), NO_SUCH_FUNCTION, 0),
        (command(8, 1, b"\4"), NO_SUCH_FUNCTION, 4),
        (command(8, 1, b"\3\1"), WRONG_FORM, 0),
    ],
)
def test_telecommand_that_is_not_as_the_page_has_it_is_refused(bench, packet, code, number):
    bench.send(packet)
    bench.run(100)
    assert verifications(bench) == [("refused", code, number, 0, 0)]


def test_spare_octet_and_pus_version_are_checked(bench):
    for at, octet in ((11, 1), (6, 0x19)):
        packet = bytearray(command(17, 1))
        packet[at] = octet
        bench.send(bytes(packet))
    bench.run(100)
    assert verifications(bench) == [("refused", WRONG_FORM, 0, 0, 0)] * 2


def test_values_that_cannot_be_kept_fail_and_the_next_boot_has_the_old(bench):
    bench.port.keep_settings = lambda octets: False
    bench.send(set_values((0, 20_000)))
    ends(bench, Restarted)
    assert verifications(bench) == [done("accepted"), ("failed", NOT_KEPT, 0, 0, 0)]
    bench.reboot()
    assert bench.payload._settings.values == [10_000, 1]


@pytest.mark.parametrize(("function", "how"), [(1, Restarted), (2, Left)])
def test_functions_that_end_the_boot_say_so_first_and_close_the_ledger(bench, function, how):
    bench.send(command(8, 1, bytes([function])))
    ends(bench, how)
    assert verifications(bench) == [done("accepted"), done("completed")]
    assert bench.kinds[-3:] == one_set(2)
    assert bench.ledger(0)["seen"] == len(bench.samples(0))


def test_ctrl_c_and_the_enquiry_are_told_from_telecommands(bench):
    bench.port.send(b"\x05\x05")
    bench.run(40)
    assert bench.of("parameter", 769) and not verifications(bench)
    bench.port.send(b"\r\x03")
    ends(bench, Left)


# Set, with octets 3 and 5 wherever they can be: no setting of it ends the payload or makes it say who it is.
@given(
    st.lists(st.tuples(st.sampled_from([0, 3, 5]), st.sampled_from([3, 5, 0x0303, 0x0503, 0x03030303])), min_size=1, max_size=11),
    st.integers(0, 16383),
)
def test_octets_of_a_telecommand_are_never_taken_for_a_wish(values, count):
    seen = []
    uplink = uplink_of(seen)
    packet = codec.set_settings(values, apid=3, sequence_count=count)
    feed(uplink, b"\0" + codec.encode_frame(packet) + b"\0")
    assert seen == [packet]


@pytest.mark.parametrize("count", [0, 3, 5, 0x0303, 0x0500, 0x3FFF])
def test_telecommand_of_any_application_begins_with_no_wish(count):
    for apid in range(2047):
        seen = []
        uplink = uplink_of(seen)
        packet = codec.telecommand(17, 1, apid=apid, sequence_count=count)
        encoded = codec.encode_frame(packet)
        assert encoded[0] in (2, 4, 5)
        assert 0x18 <= encoded[1] <= 0x1F
        feed(uplink, b"\0" + encoded + b"\0")
        assert seen == [packet]


# Whatever came before, two octets of Ctrl-C after a silence end the payload.
@given(st.binary(max_size=300))
def test_ctrl_c_ends_the_payload_whatever_was_typed_before(before):
    seen = []
    uplink = uplink_of(seen)
    feed(uplink, before)
    for _ in range(20):
        feed(uplink, b"")
    seen.clear()
    feed(uplink, b"\x03")
    assert seen == ["interrupt"]


def uplink_of(seen):
    from freefall_board.core.uplink import Uplink

    uplink = Uplink(None, seen.append, lambda: seen.append("identify"), lambda: seen.append("interrupt"))
    uplink.waiting = bytearray()

    def receive(buf):
        octets = uplink.waiting[: len(buf)]
        del uplink.waiting[: len(octets)]
        buf[: len(octets)] = octets
        return len(octets)

    uplink._receive = receive
    return uplink


def feed(uplink, octets):
    uplink.waiting += octets
    uplink.poll()
    while uplink.waiting:
        uplink.poll()


@given(st.binary(max_size=40), st.data())
def test_settings_that_are_damaged_or_of_another_definition_are_not_used(rubbish, data):
    plan = {"settings": SETTINGS}
    kept = Settings(plan, DEFINITION_ID, None).to_keep([(0, 20_000)])
    assert Settings(plan, DEFINITION_ID, kept).values == [20_000, 1]
    assert Settings(plan, b"abcd", kept).values == [10_000, 1]
    at = data.draw(st.integers(0, 8 * len(kept) - 1))
    flipped = bytearray(kept)
    flipped[at // 8] ^= 1 << at % 8
    for damaged in (bytes(flipped), kept[: at // 8], rubbish):
        assert Settings(plan, DEFINITION_ID, damaged).values == [10_000, 1]


def test_kept_values_that_the_definition_no_longer_allows_are_not_used():
    kept = Settings({"settings": SETTINGS}, DEFINITION_ID, None).to_keep([(0, 50_000)])
    narrower = [{**SETTINGS[0], "most": 40_000}, SETTINGS[1]]
    assert Settings({"settings": narrower}, DEFINITION_ID, kept).values == [10_000, 1]
