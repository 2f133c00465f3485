"""The ledger, on the real board core: every line closes, whatever is lost and wherever the decoder joins."""

from unit.decode import packets
from unit.decode.fake_board import FakeBoard, frames_of
from unit.decode.runs import decoded, finish, started, wire_without


def test_ledger_of_a_good_run_closes_with_nothing_lost(bench):
    board = started(bench)
    board.run(0, 47)
    board.run(1, 8, 20_000)
    ledger = decoded(bench, finish(board).wire)
    vibration = ledger.stream("vibration")
    assert ledger.closed and not ledger.reasons and ledger.lost == 0
    assert all(line.difference == 0 for line in ledger.lines)
    totals = vibration.totals
    assert (totals.seen, totals.taken, totals.framed, totals.received) == (47, 47, 47, 47)
    assert (totals.pending, totals.gaps, totals.tail, totals.after_report) == (0, 0, 0, 0)
    assert ledger.stream("temperature").totals.pending == 2, "8 samples, packets of 3"
    assert (vibration.packets, vibration.joined_at, vibration.last_index) == (5, 0, 46)
    assert ledger.board.firmware == "0.1.0" and ledger.board.boot_count == 1 and ledger.board.service_lost == 0
    assert ledger.board.longest_pass_us == 123 and ledger.board.queue_octets == 1024
    assert ledger.board.most_queued_octets == 261, "of the start: delimiter, boot event, two ledgers, board"


def test_ledger_names_where_each_sample_went(bench):
    board = started(bench, queue_size=512, reserved=128)
    board.run(0, 25)  # 2 packets sent, 5 samples wait
    board.trigger(0, fails=True)
    board.trigger(0, fails=True)
    for _ in range(29):  # the ring holds 32
        board.wait(1000)
        board.trigger(0)
    board.poll()  # packets of 5, 10 and 10 samples; the queue has room for three
    for _ in range(80):
        board.wait(1000)
        board.trigger(0)
        board.poll()  # a packet of 7, up to the overruns, and 8 of 10
    board.send()
    totals = decoded(bench, finish(board).wire).stream("vibration").totals
    assert (totals.bus_errors, totals.overruns) == (2, 2)
    assert (totals.samples_sent, totals.samples_dropped, totals.packets_dropped) == (20 + 25, 7 + 80, 9)
    assert (totals.received, totals.lost, totals.pending) == (45, 0, 0)
    assert (totals.gaps, totals.tail) == (2, 7 + 2 + 80)


def test_ledger_counts_each_failed_read_however_many_and_none_besides(bench):
    board = started(bench)
    board.run(0, 10)
    for _ in range(40):
        board.wait(1000)
        board.trigger(0, fails=True)
    board.run(0, 30)
    ledger = decoded(bench, finish(board).wire)
    vibration = ledger.stream("vibration")
    assert ledger.closed and (vibration.packets, vibration.totals.late) == (4, 0)
    totals = vibration.totals
    assert (totals.seen, totals.taken, totals.bus_errors, totals.gaps) == (80, 40, 40, 40)


def test_ledger_counts_losses_on_the_way_to_the_sample(bench):
    board = started(bench)
    board.run(0, 100)
    finish(board)
    # Frames 0..3 are boot event, two ledgers, board; 4..13 the packets. First, inner and last ones are lost.
    ledger = decoded(bench, wire_without(board, 4, 8, 9, 13))
    assert ledger.closed and ledger.lost == 40
    totals = ledger.stream("vibration").totals
    assert (totals.packets_lost, totals.gaps, totals.tail) == (4, 30, 10)


def test_ledger_keeps_what_came_after_the_last_report_apart(bench):
    board = started(bench)
    board.run(0, 20)
    finish(board)
    board.run(0, 40)
    ledger = decoded(bench, wire_without(board, 11))
    totals = ledger.stream("vibration").totals
    assert ledger.closed and ledger.lost == 0
    assert (totals.received, totals.after_report, totals.missing_after_report) == (20, 30, 10)
    assert ledger.stream("vibration").samples == 50
    assert ledger.missing_after_report == ledger.stream("vibration").missing_after_report == 10
    told = ledger.as_dict()
    assert told["missing_after_report"] == told["streams"]["vibration"]["missing_after_report"] == 10
    assert told["streams"]["temperature"]["missing_after_report"] == 0


def test_ledger_counts_late_triggers_which_end_a_packet_and_leave_no_gap(bench):
    board = started(bench)
    board.run(0, 4)
    for late_us in (1500, 1501, 9000):  # at 1 kHz
        board.run(0, 1, late_us)
        board.run(0, 2)
    board.trigger(0, fails=True)
    board.run(0, 1, 9000)  # the failed read has ended the packet before this one already; it is late all the same
    board.run(0, 9)  # late is counted once it is in a packet
    ledger = decoded(bench, finish(board).wire)
    vibration = ledger.stream("vibration")
    assert ledger.closed and vibration.totals.late == 3
    assert (vibration.totals.gaps, vibration.totals.seen, vibration.packets) == (1, 24, 4), "7, 3, 3 and 10 samples"
    assert vibration.as_dict()["totals"]["late"] == 3


def test_ledger_counts_late_triggers_from_where_its_books_begin(bench):
    stream = bench.streams[0]
    counters = {"seen": 10, "taken": 10, "framed": 10, "samples_sent": 10, "packets_sent": 1}
    wire = packets.samples(stream, 0, 10, 0)
    wire += packets.ledger(bench, 0, 1, 1, late=2**30 - 1, **counters) + packets.ledger(bench, 0, 2, 2, late=3, **counters)
    vibration = decoded(bench, b"\0" + wire).stream("vibration")
    assert vibration.closed and vibration.totals.late == 4


def test_ledger_for_json_has_the_definition_id_as_it_is_told_elsewhere(bench):
    assert decoded(bench, packets.boot(bench)).as_dict()["board"]["definition_id"] == f"{bench.definition_id:08x}"


def test_ledger_without_any_report_is_not_closed_and_says_so(bench):
    ledger = decoded(bench, packets.samples(bench.streams[0], 0, 10, 0))
    assert not ledger.closed and ledger.stream("vibration").lost is None
    assert "vibration: boot 0: no ledger report arrived" in ledger.reasons
    assert ledger.as_dict()["streams"]["temperature"]["lost"] is None


def test_ledger_of_a_decoder_that_joined_late_begins_with_its_first_report(bench):
    board = started(bench)
    board.run(0, 33)
    first_set = len(frames_of(board.wire))
    finish(board)
    board.run(0, 47)
    board.trigger(0, fails=True)
    board.run(0, 10)
    finish(board)
    # Joined at every frame before the report that is the last possible base.
    for skipped in range(1, first_set + 1):
        ledger = decoded(bench, wire_without(board, *range(skipped)))
        vibration = ledger.stream("vibration")
        assert vibration.closed, vibration.reasons
        assert vibration.totals.lost == 0
        assert all(line.difference == 0 for line in ledger.lines)
    # One packet after the base is lost, the rest of the run is there.
    ledger = decoded(bench, wire_without(board, 0, 1, 2, 3, 4, 5, 12))
    totals = ledger.stream("vibration").totals
    assert ledger.stream("vibration").joined_at == 20
    assert (totals.seen, totals.lost, totals.pending_before) == (58, 10, 3)
    assert totals.gaps + totals.tail == 11


def test_ledger_of_late_books_starts_with_the_samples_pending_then(bench):
    board = started(bench)
    board.run(0, 13)
    for _ in range(3):
        board.wait(100)
        board.trigger(0)
    finish(board)
    base = len(frames_of(board.wire)) - 3
    board.run(0, 30)
    finish(board)
    ledger = decoded(bench, wire_without(board, *range(base)))
    totals = ledger.stream("vibration").totals
    assert ledger.stream("vibration").closed and totals.pending_before == 6
    assert dict(ledger.stream("vibration").lines[1].terms)["pending before"] == -6
    assert totals.samples_sent == totals.received and totals.lost == 0


def test_ledger_needs_a_second_report_when_joined_late(bench):
    board = started(bench)
    board.run(0, 20)
    finish(board)
    ledger = decoded(bench, wire_without(board, *range(4)))
    assert not ledger.closed and "two are needed" in ledger.stream("vibration").reasons[0]


def test_ledger_unwraps_counters_past_2_to_30(bench):
    stream = bench.streams[0]
    top = 2**30
    wire = b"\0"
    for k in range(3):
        # Half a range between reports, so that the counters come round once.
        count = k * (top // 2 + 5)
        counters = {"seen": count % top, "taken": count % top, "framed": count % top, "samples_sent": count % top}
        counters |= {"packets_sent": k}
        wire += packets.samples(stream, count, 10, 10**6 * (k + 1), k)
        wire += packets.ledger(bench, 0, k, 10**6 * (k + 1), **counters)
    vibration = decoded(bench, wire).stream("vibration")
    assert vibration.totals.seen == vibration.totals.samples_sent == top + 10
    assert vibration.totals.received == 20
    assert vibration.closed, vibration.reasons


def test_ledger_shows_what_does_not_close(bench):
    wire = packets.boot(bench) + packets.samples(bench.streams[0], 0, 10, 0)
    wire += packets.ledger(
        bench, 0, 1, 1, seen=12, taken=10, bus_errors=1, framed=10, samples_sent=8, samples_dropped=2, packets_sent=1
    )
    vibration = decoded(bench, b"\0" + wire).stream("vibration")
    assert not vibration.closed
    assert [line.difference for line in vibration.lines] == [1, 0, 0, -2, -1, 0]
    assert vibration.reasons[0] == "boot 0: seen 12 = taken 10 + bus errors 1 + overruns 0, +1 unexplained"


def test_ledger_counts_service_packets_built_dropped_and_lost(bench):
    board = started(bench)
    finish(board)
    finish(board)
    board_ledger = decoded(bench, wire_without(board, 1, 4)).board
    # 4 of the boot, 3 + 3 after it; the last board report does not count itself.
    assert board_ledger.lines[0].left == 9
    assert board_ledger.service_lost == 2 and board_ledger.service_received == 8
    short = FakeBoard(bench, queue_size=64, reserved=0)  # delimiter and boot event
    short.boot()
    short.send()
    short.wait(1000)
    short.reporter.board(2, 0)
    short.send()
    terms = dict(decoded(bench, short.wire).board.lines[0].terms)
    assert terms == {"received": 1, "dropped": 3, "lost": 0}


def test_samples_lost_just_before_a_report_are_counted_once_when_more_arrive_after_it(bench):
    board = started(bench)
    board.run(0, 30)
    before = len(frames_of(board.wire))
    board.run(0, 10)
    lost = range(before, len(frames_of(board.wire)))
    finish(board)
    board.run(0, 20)
    ledger = decoded(bench, wire_without(board, *lost))
    assert lost and ledger.stream("vibration").lost > 0
    assert ledger.stream("vibration").missing_after_report == 0
    assert ledger.stream("vibration").totals.after_report > 0


def test_overruns_before_the_first_report_that_arrives_do_not_open_the_ledger(bench):
    """Boot event and first report are lost, the first samples are not: the books begin with a tail, which becomes a gap."""
    stream = bench.streams[0]
    before = {"seen": 12, "taken": 10, "overruns": 2, "framed": 10, "samples_sent": 10, "packets_sent": 1}
    after = {"seen": 22, "taken": 20, "overruns": 2, "framed": 20, "samples_sent": 20, "packets_sent": 2}
    wire = packets.samples(stream, 0, 10, 0) + packets.ledger(bench, 0, 1, 1, **before)
    wire += packets.samples(stream, 12, 10, 1) + packets.ledger(bench, 0, 2, 2, **after)
    ledger = decoded(bench, b"\0" + wire)
    assert ledger.stream("vibration").closed, ledger.reasons
