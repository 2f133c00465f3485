"""The C header compiles without a warning, and its functions give the values that the decoder gives, to the bit."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from freefall.interop import c_header
from freefall.sensors.channels import Compensated


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """build(definition): the library of its header."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here")

    def build(definition):
        folder = tmp_path_factory.mktemp("c")
        (folder / "payload.h").write_text(c_header(definition), encoding="utf-8")
        # The functions are static inline, as a header's must be: a macro makes them visible.
        source = '#define static\n#define inline\n#include "payload.h"\n'
        (folder / "visible.c").write_text(source)
        (folder / "strict.c").write_text('#include "payload.h"\nint main(void) { return 0; }\n')
        strict = [compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wno-sign-conversion", "-pedantic"]
        subprocess.run([*strict, "-o", folder / "strict", folder / "strict.c"], check=True)
        library = [compiler, "-std=c99", "-O1", "-shared", "-fPIC", "-o", folder / "payload.so", folder / "visible.c"]
        subprocess.run(library, check=True)
        return ctypes.CDLL(str(folder / "payload.so"))

    return build


@pytest.fixture(scope="session")
def library(run, build):
    return build(run.definition)


def test_functions_give_the_same_samples(run, library):
    name = run.definition.name
    compared = 0
    for data, item, table in run.samples():
        own = f"{name}_stream_{item.stream.name}"
        count = getattr(library, f"{own}_count")
        count.restype = ctypes.c_uint32
        assert count(data) == len(table)
        for channel in item.stream.channels:
            raw_function = getattr(library, f"{own}_{channel.name}_raw")
            raw_function.restype = ctypes.c_int32 if channel.raw.signed else ctypes.c_uint32
            compensated = isinstance(channel.calibration, Compensated)
            function = None if compensated else getattr(library, f"{own}_{channel.name}_value")
            if function:
                function.restype = ctypes.c_double
            for sample in range(len(table)):
                assert raw_function(data, sample) == table.raw[channel.name][sample]
                value = table.values[channel.name][sample]
                if function and not np.isnan(value):
                    assert function(data, sample) == pytest.approx(value, rel=1e-15, abs=0)
                compared += 1
    assert compared > 0


def test_service_functions_give_the_same_ledgers(run, library):
    for data, report in run.ledgers():
        for name in ("seen", "taken", "bus_errors", "samples_sent"):
            function = getattr(library, f"{run.definition.name}_ledger_{report.stream.name}_{name}")
            function.restype = ctypes.c_uint32
            assert function(data) == getattr(report, name)


def test_service_functions_give_what_a_board_answers(settable, answers, build):
    library, name = build(settable), settable.name
    for data, packet, items in answers:
        for item, value in items.items():
            own = f"{name}_service" if item == "TIME_SECONDS" else f"{name}_{packet.lower()}"
            function = getattr(library, f"{own}_{item.lower()}")
            function.restype = ctypes.c_uint32
            assert function(data) == value, (packet, item)
