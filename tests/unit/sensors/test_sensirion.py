"""Sensirion's words: their CRC-8 on the host, on the board and in the models, against the data sheets and crcmod."""

import crcmod
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.board.clock import SimulatedClock
from freefall.sensors import sensirion
from freefall.sensors.part import ModelError
from freefall.sensors.sensirion import CommandTarget, words
from freefall.sensors.validity import Crc8
from freefall_board.core import crc8 as board

# "CRC-8 calculation" of the SLF3S and SCD4x; the SCD4x's examples of read_measurement and get_serial_number.
DATA_SHEET = {0xBEEF: 0x92, 0x01F4: 0x33, 0x6667: 0xA2, 0x5EB9: 0x3C, 0xF896: 0x31, 0x9F07: 0xC2, 0x3BBE: 0x89}
CRCMOD = crcmod.mkCrcFun(0x131, initCrc=0xFF, rev=False)


@pytest.mark.parametrize(("word", "crc"), DATA_SHEET.items())
def test_words_of_the_data_sheets_have_their_crc_everywhere(word, crc):
    octets = word.to_bytes(2, "big")
    assert sensirion.crc8(octets) == board.crc8(octets, 0, 2) == CRCMOD(octets) == crc
    assert words(word) == board.word(word) == octets + bytes((crc,))
    assert Crc8(0, 2, ()).valid(np.frombuffer(words(word), np.uint8)[None]).all()


@given(st.binary(min_size=0, max_size=12))
def test_crc_of_any_octets_is_crcmods(octets):
    assert sensirion.crc8(octets) == board.crc8(octets, 0, len(octets)) == CRCMOD(octets)


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=6), st.data())
def test_words_with_one_bit_spoiled_are_found_by_board_and_host(values, data):
    octets = bytearray(words(*values))
    assert board.words_good(octets)
    at, bit = data.draw(st.integers(0, len(octets) - 1)), data.draw(st.integers(0, 7))
    octets[at] ^= 1 << bit
    assert not board.words_good(octets)
    samples = np.frombuffer(bytes(octets), np.uint8)[None]
    good = [bool(Crc8(3 * n, 2, ()).valid(samples)[0]) for n in range(len(values))]
    assert good == [n != at // 3 for n in range(len(values))]


def test_negative_words_are_twos_complement():
    assert words(-1)[:2] == b"\xff\xff" and words(-32500)[:2] == b"\x81\x0c"


class Echo(CommandTarget):
    """Answers with what it was told last."""

    part, section = "ECHO", "1"

    def __init__(self):
        super().__init__(0x08, SimulatedClock())
        self.told = ()

    def _takes(self, command):
        return command != 0xDEAD

    def _on_command(self, command, arguments):
        self.told = (command, *arguments)

    def _answer(self):
        return words(*self.told) if self.told else None


@pytest.fixture
def echo(controller):
    return controller(Echo())


def test_a_command_and_its_arguments_arrive_when_the_write_ends(echo):
    echo.write(0x12, 0x34, *words(0xBEEF, 7))
    assert echo.target.told == (0x1234, 0xBEEF, 7)
    assert echo.read_on(9) == words(0x1234, 0xBEEF, 7)
    assert echo.read_on(4) == words(0x1234, 0xBEEF, 7)[:4], "a controller may end a read early"


def test_a_repeated_start_ends_a_command_too(echo):
    echo.target.start(read=False)
    for octet in (0x12, 0x34):
        assert echo.target.write(octet)
    assert echo.target.start(read=True)
    assert echo.target.told == (0x1234,)
    echo.target.stop()


def test_a_refused_command_is_not_acknowledged_and_not_carried_out(echo, nacked):
    with pytest.raises(nacked):
        echo.write(0xDE, 0xAD)
    assert echo.target.told == ()


def test_a_read_with_nothing_to_say_is_not_acknowledged(echo, nacked):
    with pytest.raises(nacked):
        echo.read_on(1)


def test_an_address_alone_is_a_probe(echo):
    echo.write()
    assert echo.target.told == ()


@pytest.mark.parametrize("octets", [(0x12,), (0x12, 0x34, 0x56), (0x12, 0x34, 0x56, 0x78), (0x12, 0x34, 1, 2, 3, 4)])
def test_what_is_no_command_with_words_is_refused(echo, octets):
    with pytest.raises(ModelError, match="are no command"):
        echo.write(*octets)


def test_an_argument_with_a_wrong_crc_is_refused(echo):
    with pytest.raises(ModelError, match="CRC is wrong"):
        echo.write(0x12, 0x34, 0xBE, 0xEF, 0x93)


def test_a_read_beyond_the_answer_is_refused(echo):
    echo.write(0x12, 0x34)
    with pytest.raises(ModelError, match="after the 3 that there are"):
        echo.read_on(4)


def test_a_command_cut_off_by_the_loss_of_power_is_forgotten(echo):
    class Cut(Echo):
        def _on_power_cycle(self, off_ns):
            pass

    part = Cut()
    part.start(read=False)
    part.write(0x12)
    part.power_cycle(1)
    part.stop()
    part.clock.advance_to(2)
    part.start(read=False)
    part.write(0x56)
    part.write(0x78)
    part.stop()
    assert part.told == (0x5678,)
