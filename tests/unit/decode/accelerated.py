"""Fixtures that need the deframer in C."""

import os
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from freefall.decode import accelerator
from freefall.decode.native import build


@pytest.fixture(scope="session")
def in_c():
    """The deframer in C is there. Where no compiler is, or it is switched off: skipped; where it only was not built: failed."""
    if accelerator.active():
        return
    if build.compiler() is None or os.environ.get(build.SWITCH) == "0":
        pytest.skip(f"there is no C compiler here, or {build.SWITCH}=0")
    pytest.fail("there is a C compiler and no accelerator: pip install --editable ., or python -m freefall.decode.native")


@pytest.fixture
def with_tables(in_c, tmp_path, monkeypatch):
    """The deframer in C as it is on processors without carry-less products."""
    monkeypatch.setattr(accelerator, "_NATIVE", built(tmp_path / build.ARTIFACT.name, "-DFREEFALL_TABLES"))


def built(artifact, *flags):
    """The extension, built anew with these flags besides."""
    build.build(artifact, (*build.FLAGS, *flags))
    loader = ExtensionFileLoader("_native", str(artifact))
    module = module_from_spec(spec_from_file_location("_native", artifact, loader=loader))
    loader.exec_module(module)
    return module
