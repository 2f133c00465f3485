"""The log: bounded, and bursts as one event."""

from freefall.monitor.events import EventLog

S = 1_000_000_000


def text(count):
    return f"{count} gone"


def test_a_burst_is_one_event_that_grows_for_a_second():
    log = EventLog()
    for at in range(20):
        log.burst("gaps", at * S // 10, "warning", 3, text)
    log.settle()
    assert [(event.host_ns, event.count, event.text) for event in log.events] == [(0, 30, "30 gone"), (S, 30, "30 gone")]
    assert [event.number for event in log.events] == [0, 1]


def test_bursts_of_different_kinds_are_apart_also_with_others_between():
    log = EventLog()
    log.burst("a", 0, "watch", 1, text)
    log.add(1, "info", "boot")
    log.burst("b", 2, "watch", 1, text)
    log.burst("a", 3, "watch", 1, text)
    log.settle()
    assert [(event.text, event.count) for event in log.events] == [("2 gone", 2), ("boot", 1), ("1 gone", 1)]


def test_log_keeps_the_newest_200_and_numbers_them_all():
    log = EventLog()
    log.burst("a", 0, "watch", 1, text)
    for number in range(1, 500):
        log.add(number, "info", str(number))
    log.burst("a", 500, "watch", 1, text)  # of the same second, but long gone from the log
    log.settle()
    assert [event.number for event in log.events] == list(range(301, 501))
    assert log.events[-1].text == "1 gone"


def test_events_added_together_are_entered_by_their_time():
    log = EventLog()
    log.add(3, "info", "c")
    log.add(1, "info", "a")
    log.burst("gaps", 2, "warning", 1, text)
    log.settle()
    log.add(0, "info", "late")
    log.settle()
    assert [event.text for event in log.events] == ["a", "1 gone", "c", "late"]
    assert [event.number for event in log.events] == [0, 1, 2, 3]
