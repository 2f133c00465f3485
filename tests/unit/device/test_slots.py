"""The host looks for what the loader keeps where the loader keeps it."""

from freefall.device.slots import CRASH, MARK, RECORD, SLOTS, SWITCH
from freefall_loader import Loader


def test_loader_starts_the_slot_of_the_switch_and_tells_of_its_failure_where_the_host_reads_it(tmp_path):
    def at(path):
        return tmp_path / path.lstrip("/")

    started = []

    def start(folder, *told):
        started.append(folder)
        raise ValueError("no such sensor")

    for slot in SLOTS:
        at(f"{slot}/{MARK}").parent.mkdir()
        at(f"{slot}/{MARK}").write_text("{}")
    at(SWITCH).parent.mkdir()
    at(SWITCH).write_text(SLOTS[1])
    Loader(str(tmp_path), start, lambda: None, lambda duration_ms: None, lambda: 0, int.__sub__).run()
    assert started == [str(at(SLOTS[1]))]
    assert at(RECORD).read_text() == f"1 {SLOTS[1]} 1"
    assert at(CRASH).read_text().rstrip().endswith("ValueError: no such sensor")
