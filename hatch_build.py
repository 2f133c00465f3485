"""Build hook: what the package holds and git does not. Each is left out, with a line that says why, where it cannot be had here.

uPlot from npm, so that `freefall monitor --web` works without network; the accelerator, from C; man pages, by click-man, where it
and what freefall needs are at hand: pip's --no-build-isolation. FREEFALL_REQUIRE_TOOLS=1 (CI, releases) makes leaving out a
failure. A source archive holds uPlot and man pages, as a wheel is then built from it, but nothing compiled.
"""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = Path("host_tools", "freefall")


class NotWritten(Exception):
    """There can be no man pages; the reason in one sentence."""


class Fetched(BuildHookInterface):
    """For wheels, editable installs and source archives alike."""

    PLUGIN_NAME = "custom"
    _temporary = None

    def initialize(self, version, build_data):
        """Before hatchling collects the files."""
        uplot = self._load(PACKAGE / "monitor" / "uplot.py")
        self._try(uplot.fetch, uplot.NotFetched, "freefall monitor --web will not work")
        if self.target_name == "wheel":
            self._accelerate(build_data, editable=version == "editable")
        if version != "editable":
            self._document(build_data)

    def finalize(self, version, build_data, artifact_path):
        """After the wheel was written."""
        if self._temporary:
            self._temporary.cleanup()

    def _accelerate(self, build_data, editable):
        native = self._load(PACKAGE / "decode" / "native" / "build.py")
        if os.environ.get(native.SWITCH) == "0":
            return
        artifact = native.ARTIFACT
        if not editable:  # what a wheel gets is no business of the tree's, which may be installed as it is
            artifact = self._outside(artifact.name)
        if self._try(lambda: native.build(artifact), native.NotBuilt, "recordings are decoded without C") and not editable:
            build_data["force_include"][str(artifact)] = f"freefall/decode/{artifact.name}"
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"cp311-abi3-{platform}"

    def _document(self, build_data):
        folder = Path(self.root, "man")  # in a source archive
        if not folder.is_dir():
            folder = self._outside("man")
            if not self._try(lambda: self._write_pages(folder), NotWritten, "there are no man pages"):
                return
        wheel = self.target_name == "wheel"
        included, place = (build_data["shared_data"], "share/man/man1") if wheel else (build_data["force_include"], "man")
        included.update({str(page): f"{place}/{page.name}" for page in folder.glob("*.1")})

    def _write_pages(self, folder):
        sources = [str(Path(self.root, name)) for name in ("host_tools", "firmware")]
        path = os.pathsep.join(filter(None, [*sources, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "freefall.cli.manual", folder]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
        if done.returncode:
            raise NotWritten((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])

    def _outside(self, name):
        """A path for what is made for this build alone."""
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory()
        return Path(self._temporary.name, name)

    def _load(self, path):
        """A module of the package, alone: the package's own needs are not met in a build."""
        spec = importlib.util.spec_from_file_location(f"freefall_{path.stem}", Path(self.root) / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _try(self, make, refusal, otherwise):
        try:
            make()
        except refusal as error:
            if os.environ.get("FREEFALL_REQUIRE_TOOLS") == "1":
                raise
            self.app.display_warning(f"{otherwise}: {error}")
            return False
        return True
