"""freefall flash, called as a user calls it: what it does to a board, and every way in which it fails."""

import pytest

from freefall.device.computer import Uname
from freefall.device.uf2 import read_uf2
from freefall.errors import BoardError
from unit.device.flash_bench import MEDIA, Bench, Board, Port
from unit.device.uf2_blocks import NRF52840, RP2350_ARM_S, e10_block, micropython, uf2

CONTENT = micropython()
PICO2 = micropython("v1.26.1 on 2025-09-11")
VOLUME = MEDIA / "RPI-RP2"


@pytest.fixture
def image(tmp_path):
    """image(octets, name): a file with them; without octets a MicroPython for the RP2040 (v1.25.0)."""

    def write(octets=None, name="pico.uf2"):
        path = tmp_path / name
        path.write_bytes(uf2(CONTENT) if octets is None else octets)
        return path

    return write


@pytest.fixture
def on(monkeypatch, freefall):
    """on(bench, *arguments): the outcome of freefall flash on that computer."""

    def call(bench, *arguments):
        monkeypatch.setattr("freefall.cli.flash.Computer", lambda: bench)
        outcome = freefall("flash", *arguments)
        assert all(file.closed for file in bench.files)
        return outcome

    return call


def flash_of(board):
    """What the boot ROM has written, from the start of flash on."""
    content = b"".join(board.pages[address] for address in sorted(board.pages))
    assert not board.pages or sorted(board.pages) == [*range(0x10000000, 0x10000000 + len(content), 256)]
    return content


def untouched(bench):
    """Whether no board got an octet or was sent anywhere."""
    return not bench.files and not bench.sent and not bench.ran and not any(board.pages for board in bench.boards)


def esp32(chip=0, offset=0x1000, partitions=b"\xaa\x50"):
    """The head of an image for an ESP chip, with bootloader and partitions."""
    head = b"\xe9\x03\x02\x20" + bytes(4) + b"\xee\0\0\0" + bytes([chip, 0])
    return head.ljust(0x8000 - offset, b"\xff") + partitions + bytes(30)


DONE = "family RP2040 ok · 10 kB written · back as /dev/ttyACM1 in 2.1 s · MicroPython 1.25.0\n"
BLANK = {"build": None}


def test_blank_board_is_written_and_says_its_version(on, image):
    board = Board(**BLANK)
    outcome = on(Bench(board), image())
    assert (outcome.code, outcome.out) == (0, DONE)
    assert flash_of(board) == CONTENT


@pytest.mark.parametrize("abrupt", [True, False])
def test_volume_may_go_away_with_the_last_block_or_after_it(on, image, abrupt):
    board = Board(**BLANK, abrupt=abrupt)
    assert on(Bench(board), image()).out == DONE
    assert flash_of(board) == CONTENT


@pytest.mark.parametrize(
    "arguments",
    [(), ("--board", "E6605838835F2C2C"), ("--board", "e660"), ("--board", "id:2C2C"), ("-p", "/dev/ttyACM0"), ("-p", "id:2c2c")],
    ids=" ".join,
)
def test_running_board_is_asked_sent_to_its_bootloader_written_and_met_again(on, image, arguments):
    board = Board()
    bench = Bench(board)
    outcome = on(bench, image(), *arguments)
    assert (outcome.code, outcome.out) == (0, DONE)
    assert flash_of(board) == CONTENT
    assert bench.sent == ["/dev/ttyACM0"] and bench.asked == ["/dev/ttyACM0", "/dev/ttyACM1"]
    assert outcome.err.splitlines() == [
        "Sending the board at /dev/ttyACM0 to its bootloader.",
        f"Writing {image()} to {VOLUME}.",
        "Waiting for the board to come back.",
    ]


def test_board_is_met_again_by_its_serial_number_whatever_else_is_plugged_in(on, image):
    late = Board(port="/dev/ttyACM7", serial="E66058388364AAAA", returns="running")
    late.at_s, late.back_port = 102.0, "/dev/ttyACM7"
    outcome = on(Bench(Board(), late), image(), "-p", "/dev/ttyACM0")
    assert (outcome.code, outcome.out) == (0, DONE)


def test_blank_board_beside_the_one_that_is_meant_stays_blank(on, image):
    blank, meant = Board(**BLANK, serial="E6FF"), Board(folder="RPI-RP21")
    assert on(Bench(blank, meant), image(), "-p", "/dev/ttyACM0").out == DONE
    assert flash_of(meant) == CONTENT and not blank.pages


def test_pico_2_takes_its_own_image_with_the_block_of_erratum_e10(on, image):
    board = Board("RP2350", build=None)
    octets = e10_block() + uf2(PICO2, RP2350_ARM_S)
    outcome = on(Bench(board), image(octets), "--volume", "/media/engineer/RP2350")
    assert outcome.code == 0
    assert outcome.out.startswith("family RP2350 (Arm) ok · 10 kB written") and outcome.out.endswith("MicroPython 1.26.1\n")
    assert flash_of(board) == read_uf2(octets, "").content == PICO2


WRONG = {
    "for RP2350 (Arm), the board at {place} is an RP2040": uf2(PICO2, RP2350_ARM_S),
    "for nRF52840, the board at {place} is an RP2040": uf2(CONTENT, NRF52840),
    "for an unknown chip (family 0x00c0ffee), the board at {place} is an RP2040": uf2(CONTENT, 0xC0FFEE),
    "for RP2040, but there is no MicroPython in it": uf2(bytes(1024)),
}


@pytest.mark.parametrize("sentence", WRONG)
@pytest.mark.parametrize("build", [None, "v1.24.0 on 2024-10-25"], ids=["blank", "running"])
@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["write", "dry run"])
def test_image_for_another_chip_is_refused_with_nothing_written(on, image, sentence, build, options):
    bench = Bench(Board(build=build))
    path = image(WRONG[sentence])
    outcome = on(bench, path, *options)
    if build and options:
        assert outcome.code == 0 and "if the board is one for" in outcome.out  # it is not asked, as that stops what it runs
    else:
        assert outcome.code == 5
        assert f"error: {path} is {sentence.format(place='/dev/ttyACM0' if build else VOLUME)}" in outcome.err
        assert "Nothing was written.\n  try: " in outcome.err
    assert untouched(bench)


@pytest.mark.parametrize(
    ("name", "octets", "what"),
    [("esp.bin", esp32(), "ESP32"), ("s3.bin", esp32(9, 0), "ESP32-S3"), ("stm.dfu", b"DfuSe\x01" + bytes(300), "STM32 (DfuSe)")],
)
@pytest.mark.parametrize(
    "arguments", [("--volume", VOLUME), ("-p", "/dev/ttyACM0"), ("--board", "E660"), ()], ids=lambda a: str(a[:1])
)
def test_images_for_other_makes_never_reach_an_rp2_board(on, image, name, octets, what, arguments):
    bench = Bench(Board(build=None if arguments[:1] == ("--volume",) else "v1.24.0"), tools=["esptool"])
    outcome = on(bench, image(octets, name), *arguments)
    if what.startswith("STM32") and not arguments:
        assert outcome.code == 2 and "dfu-util" in outcome.err  # it would not go to that board
    else:
        assert outcome.code == 5
        assert f"is for {what}, the board at " in outcome.err and "Nothing was written." in outcome.err
    assert untouched(bench)


@pytest.mark.parametrize(
    ("octets", "name", "sentence"),
    [
        (uf2(CONTENT)[:-100], "a.uf2", "the file is cut short"),
        (uf2(CONTENT)[:-512], "a.uf2", "says there are 40 blocks, and there are 39"),
        (b"<!DOCTYPE html><html>", "a.uf2", "the file is cut short"),
        (b"<!DOCTYPE html><html>", "a.bin", "is a web page, not the file behind it"),
        (b"\x7fELF\x01\x01", "a.elf", "is an ELF program"),
        (b":020000040800F2", "a.hex", "is an Intel HEX file"),
        (b"PK\x03\x04rest", "a.zip", "is a zip archive"),
        (b"", "a.bin", "is no firmware image that freefall knows"),
        (bytes(600), "a.bin", "begins with 00 00 00 00"),
        (esp32(99), "a.bin", "does not know the chip's number (99)"),
        (esp32(9), "a.app-bin", "is an application for ESP32-S3 without its bootloader and partitions"),
    ],
)
def test_file_that_is_no_image_is_refused(on, image, octets, name, sentence):
    bench = Bench(Board())
    outcome = on(bench, image(octets, name))
    assert outcome.code == 6
    assert sentence in outcome.err and "nothing was written" in outcome.err
    assert untouched(bench)


def test_file_that_is_not_there_is_told(on, tmp_path):
    outcome = on(Bench(Board()), tmp_path / "none.uf2")
    assert (outcome.code, outcome.err) == (6, f"error: cannot read {tmp_path / 'none.uf2'}: No such file or directory\n")


HOLD = "Hold BOOTSEL while plugging the board in, and try again"
FAILURES = {
    "unmounted": (
        {**BLANK, "volume": "unmounted"}, 4,
        "the bootloader volume RPI-RP2 is there (/dev/sdx1) but not mounted; nothing was written. Mount it, and try again: "
        "udisksctl mount -b /dev/sdx1",
    ),
    "unmounted after it was sent": ({"volume": "unmounted"}, 4, "is there (/dev/sdx1) but not mounted; nothing was written."),
    "no volume after it was sent": (
        {"volume": "none"}, 4,
        f"the board at /dev/ttyACM0 was sent to its bootloader, but no volume came in 15 s; nothing was written. {HOLD}",
    ),
    "read-only": (
        {**BLANK, "volume": "read-only"}, 4,
        f"{VOLUME} is mounted read-only; nothing was written. {HOLD}. If it stays so: ",
    ),
    "another user's": (
        {**BLANK, "volume": "foreign"}, 4,
        f"this user may not write to {VOLUME}; nothing was written. Unmount it and mount it as this user: sudo umount {VOLUME}; "
        "udisksctl mount -b /dev/sdx1",
    ),
    "full": (
        {**BLANK, "holds": 7000}, 4, f"{VOLUME} takes no more (No space left on device): 7000 of 20480 octets were written."
    ),
    "full, told late": (
        {**BLANK, "holds": 20_200, "late": True}, 4, f"{VOLUME} takes no more (No space left on device): 20000 of 20480 octets"
    ),
    "full at once": ({**BLANK, "holds": 0}, 4, f"{VOLUME} takes no more (No space left on device): nothing was written."),
    "unplugged": (
        {**BLANK, "unplugged_at": 15_000}, 4,
        "the board was unplugged while copying (Input/output error): 10000 of 20480 octets were written. Nothing is lost: the "
        f"bootloader is in the chip's ROM. {HOLD}",
    ),
    # Nobody can tell this from the restart of a board that has everything, until it does not come back.
    "unplugged at the very end": ({**BLANK, "unplugged_at": 20_400}, 4, "did not come back in 30 s. Unplug"),
    "not taken": (
        {**BLANK, "deaf": True}, 5,
        f"after 10 s the board is still in its bootloader ({VOLUME}): it has not taken every block. Nothing is lost. {HOLD}",
    ),
    "gone": ({"returns": "gone"}, 4, "but the board with the serial number E6605838835F2C2C did not come back in 30 s. Unplug"),
    "gone, unknown": ({**BLANK, "returns": "gone"}, 4, "the image is written, but the board did not come back in 30 s. Unplug"),
    "forbidden": (
        {"returns": "forbidden"}, 4,
        "the image is written and the board is back as /dev/ttyACM1, but this user may not use it: put this line into "
        '/etc/udev/rules.d/60-freefall.rules, then plug the board in again: SUBSYSTEM=="tty", ATTRS{idVendor}=="2e8a"',
    ),
    "mute": (
        {"returns": "mute"}, 5,
        "back as /dev/ttyACM1, but not verified: the board at /dev/ttyACM1 does not answer",
    ),
    "another build": (
        {"rebooted_as": "v1.24.0 on 2024-10-25"}, 5,
        "the board that came back as /dev/ttyACM1 runs MicroPython v1.24.0 on 2024-10-25, ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_whatever_goes_wrong_is_a_sentence_with_the_next_step(on, image, case):
    options, code, sentence = FAILURES[case]
    bench = Bench(Board(**options))
    outcome = on(bench, image())
    assert outcome.code == code and not outcome.out
    assert sentence in outcome.err
    assert outcome.err.count("error: ") == 1
    assert bench.time_s < 150  # every wait has an end


def test_board_that_was_unplugged_while_copying_is_written_the_next_time(on, image):
    board = Board(**BLANK, unplugged_at=9_000)
    assert on(Bench(board), image()).code == 4
    board.state, board.unplugged_at, board.pages = "bootloader", None, {}
    assert on(Bench(board), image()).out == DONE
    assert flash_of(board) == CONTENT


def test_no_board_and_several_are_told_apart(on, image):
    nothing = on(Bench(), image())
    assert nothing.code == 4 and "there is no board: neither a bootloader volume nor a port of an RP2 board. Hold" in nothing.err
    two = Bench(Board(), Board(**BLANK, serial="E6"))
    several = on(two, image())
    assert several.code == 4
    assert f"there are 2 boards: RPI-RP2 at {VOLUME}, E6605838835F2C2C at /dev/ttyACM0; say which" in several.err
    assert untouched(two)


def test_serial_number_that_is_nobodys_or_two_boards_is_told(on, image):
    two = Bench(Board(), Board(serial="E6605838835FFFFF", port="/dev/ttyACM5"))
    nobody = on(two, image(), "--board", "ABC")
    assert nobody.code == 4
    assert 'no board has the serial number "ABC": there is E6605838835F2C2C, E6605838835FFFFF' in nobody.err
    either = on(two, image(), "--board", "e6605")
    assert either.code == 4 and '"e6605" may be E6605838835F2C2C or E6605838835FFFFF; give more of it' in either.err
    assert on(Bench(), image(), "--board", "E6").code == 4
    assert untouched(two)


def test_port_that_is_not_there_and_volume_that_is_none_are_told(on, image, tmp_path):
    assert "cannot open /dev/ttyACM9" in on(Bench(Board()), image(), "-p", "/dev/ttyACM9").err
    real = Bench(Board())
    real.volume_at = lambda path: super(Bench, real).volume_at(path)
    assert "it has no INFO_UF2.TXT; hold BOOTSEL" in on(real, image(), "--volume", tmp_path).err
    outcome = on(real, image(), "--volume", tmp_path / "none")
    assert outcome.code == 4 and "there is no such folder" in outcome.err


def test_running_board_of_another_make_is_refused_by_what_it_says(on, image):
    bench = Bench(Board(machine="ESP32 module with ESP32S3", vid=0x303A))
    outcome = on(bench, image(), "-p", "/dev/ttyACM0")
    assert outcome.code == 5 and "is for RP2040, the board at /dev/ttyACM0 is an ESP32S3. Nothing was written." in outcome.err
    nameless = on(Bench(Board(machine="minimal")), image())
    assert nameless.code == 5 and 'says it is "minimal", which names no chip' in nameless.err
    assert untouched(bench)


def test_bootloader_has_the_last_word_on_the_chip(on, image):
    bench = Bench(Board("RP2350", machine="Raspberry Pi Pico with RP2040"))
    outcome = on(bench, image())
    assert outcome.code == 5
    assert "is for RP2040, the board at /media/engineer/RP2350 is an RP2350. Nothing was written." in outcome.err
    assert bench.sent and not bench.files


def test_running_board_without_a_prompt_is_told_the_way_by_hand(on, image):
    board = Board()
    board.state = "mute"
    bench = Bench(board)
    outcome = on(bench, image())
    assert outcome.code == 5
    assert "the board at /dev/ttyACM0 does not answer. Without a prompt, the bootloader is there by hand. Hold" in outcome.err
    assert untouched(bench)


def test_dry_run_says_what_it_would_do_and_touches_nothing(on, image):
    blank, running = Bench(Board(**BLANK)), Bench(Board())
    assert on(blank, image(), "--dry-run").out == f"family RP2040 ok · would write 10 kB to {VOLUME}\n"
    assert on(blank, "--dry-run").out == f"would write the image for an RP2040 to {VOLUME}\n"
    told = on(running, image(), "--dry-run")
    assert told.out == (
        f"would send the board at /dev/ttyACM0 to its bootloader and write {image()}, if the board is one for RP2040\n"
    )
    assert untouched(blank) and untouched(running) and not running.asked
    assert on(Bench(Board(**BLANK, volume="unmounted")), image(), "--dry-run").code == 4
    assert on(Bench(Board("RP2350", **BLANK)), "--dry-run").code == 5


def test_unverified_board_is_written_and_left_alone(on, image):
    board = Board(**BLANK, returns="gone")
    outcome = on(Bench(board), image(uf2(bytes(1024))), "--no-verify")
    assert (outcome.code, outcome.out) == (0, "family RP2040 ok · 1 kB written · not verified\n")
    assert flash_of(board) == bytes(1024)


def test_what_asks_a_board_its_version_is_missed_before_anything_is_written(on, image):
    for bench, arguments in (
        (Bench(Board()), [image()]),
        (Bench(Board(**BLANK)), [image()]),
        (Bench(extra_ports=USB, tools=["esptool"]), [image(esp32(), "esp.bin"), *ESP]),
    ):
        bench.tools.remove("mpremote")
        outcome = on(bench, *arguments)
        assert outcome.code == 2
        assert 'its version afterwards (or --no-verify) needs the "board" extra: pip install "freefall[board]"' in outcome.err
        assert untouched(bench)


def test_interrupted_copy_is_told_and_leaves_the_board_in_its_bootloader(on, image, monkeypatch):
    board = Board(**BLANK)
    monkeypatch.setattr(board, "take", lambda raw, now_s: _press())
    outcome = on(Bench(board), image())
    assert outcome.code == 130 and board.state == "bootloader"
    assert "Interrupted. A board whose image is not whole waits in its bootloader: flash it again." in outcome.err


def _press():
    raise KeyboardInterrupt


def test_without_an_image_an_rp2040_gets_that_of_the_emulated_board(on, image, monkeypatch):
    monkeypatch.setenv("FREEFALL_IMAGE", str(image()))
    board = Board()
    outcome = on(Bench(board))
    assert (outcome.code, outcome.out) == (0, DONE)
    assert "No IMAGE is given: taking the MicroPython for an RP2040 that freefall's emulated board runs." in outcome.err
    assert flash_of(board) == CONTENT
    for other in (Board("RP2350"), Board("RP2350", build=None)):
        bench = Bench(other)
        refused = on(bench)
        assert refused.code == 5
        assert (
            "an image of its own for the RP2040 alone, and the board is an RP2350.\n  try: the UF2 of MicroPython" in refused.err
        )
        assert untouched(bench)


ESP = ("-p", "/dev/ttyUSB0")
USB = [Port("/dev/ttyUSB0", "0001", 0x10C4)]


class Adapter(Bench):
    """A board behind an adapter, whose port is always there; it answers the second time it is asked."""

    def ask(self, port):
        self.asked.append(port)
        if len(self.asked) < 2:
            raise BoardError(f"the board at {port} does not answer")
        return Uname("Generic ESP32 module with ESP32", "v1.26.1 on 2025-09-11")


@pytest.mark.parametrize(
    ("octets", "chip", "offset", "name"),
    [
        (esp32(), "esp32", "0x1000", "ESP32"),
        (esp32(9, 0), "esp32s3", "0x0", "ESP32-S3"),
        (esp32(18, 0x2000), "esp32p4", "0x2000", "ESP32-P4"),
    ],
)  # fmt: skip
def test_esp32_is_written_by_esptool_or_the_command_is_told(on, image, octets, chip, offset, name):
    path = image(octets, "esp.bin")
    arguments = f"--chip {chip} --port /dev/ttyUSB0 write-flash {offset} {path}"
    missing = on(Bench(extra_ports=USB), path, *ESP)
    assert missing.code == 2
    assert missing.err == (
        f'error: {path} is for {name}, which esptool writes, and it is not installed: pip install "freefall[esp32]".\n'
        f"  then: esptool {arguments}\n"
    )
    dry = Bench(extra_ports=USB, tools=["esptool"])
    assert f"-m esptool {arguments}\n" in on(dry, path, *ESP, "--dry-run").out and not dry.ran


def test_esp32_is_asked_its_version_when_esptool_is_done(on, image):
    bench = Adapter(extra_ports=USB, tools=["esptool"])
    outcome = on(bench, image(esp32(), "esp.bin"), *ESP)
    assert (outcome.code, outcome.out) == (0, "ESP32 written by esptool · back as /dev/ttyUSB0 in 0.1 s · MicroPython 1.26.1\n")
    assert [command[1:3] for command in bench.ran] == [["-m", "esptool"]]
    assert on(bench, image(esp32(), "esp.bin"), *ESP, "--no-verify").out == "ESP32 written by esptool · not verified\n"


def test_tool_that_fails_or_has_no_port_is_told(on, image):
    path = image(esp32(), "esp.bin")
    failed = on(Bench(extra_ports=USB, tools=["esptool"], tool_code=2), path, *ESP)
    assert failed.code == 4 and "esptool ended with code 2; what it said is above. If it found no board: hold BOOT" in failed.err
    nowhere = on(Bench(tools=["esptool"]), path)
    assert nowhere.code == 4 and "which is written through its serial port: name that with -p" in nowhere.err


def test_stm32_is_written_by_dfu_util_or_the_command_is_told(on, image):
    path = image(b"DfuSe\x01" + bytes(300), "pyb.dfu")
    command = ["dfu-util", "-a", "0", "-d", "0483:df11", "-D", str(path)]
    missing = on(Bench(), path)
    assert missing.code == 2
    assert "is for STM32 (DfuSe), which dfu-util writes, and it is not installed: install it (apt install dfu-util" in missing.err
    assert missing.err.endswith(f"  then: {' '.join(command)}\n")
    # In its boot ROM it is beside an RP2 board, which is left alone.
    bench = Bench(Board(), tools=["dfu-util"])
    assert on(bench, path).out == "written by dfu-util · not verified: press RESET, then freefall devices shows the board\n"
    assert bench.ran == [command] and not bench.sent
    running = Bench(Board(vid=0xF055, machine="PYBv1.1 with STM32F405RG"), tools=["dfu-util"])
    assert on(running, path, "-p", "/dev/ttyACM0").code == 0
    assert running.sent == ["/dev/ttyACM0"] and running.ran == [command]
    assert on(running, path, "--dry-run").out == f"would run {' '.join(command)}\n"
    assert len(running.ran) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--board", "E6", "--volume", "/media/x"), "Of --board, --volume and -p, give one."),
        (("-p", "/dev/ttyACM0", "--board", "E6"), "Of --board, --volume and -p, give one."),
        (("-p", "sim://vibration"), "sim://vibration is no board that could be written"),
        (("-p", "replay:a.mcap"), "replay:a.mcap is no board that could be written"),
    ],
)
def test_wrong_usage_is_told(on, image, arguments, sentence):
    outcome = on(Bench(Board()), image(), *arguments)
    assert outcome.code == 2 and sentence in outcome.err


def test_port_of_the_environment_gives_way_to_what_is_said(on, image, monkeypatch):
    monkeypatch.setenv("FREEFALL_PORT", "/dev/ttyACM9")
    assert on(Bench(Board()), image(), "--board", "E660").out == DONE
    assert "cannot open /dev/ttyACM9" in on(Bench(Board()), image()).err
