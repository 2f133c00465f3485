"""Build hook: uPlot from npm into the package, so that `freefall monitor --web` works without network.

Where npm or network is missing the build goes on without it; FREEFALL_REQUIRE_TOOLS=1 (CI, releases) makes that a failure.
"""

import importlib.util
import os
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FetchUPlot(BuildHookInterface):
    """For wheels, editable installs and source archives alike: a wheel built from a source archive has it from there."""

    PLUGIN_NAME = "custom"

    def initialize(self, version, build_data):
        """Before hatchling collects the files."""
        path = Path(self.root, "host_tools", "freefall", "monitor", "uplot.py")
        spec = importlib.util.spec_from_file_location("freefall_uplot", path)
        uplot = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(uplot)
        try:
            uplot.fetch()
        except uplot.NotFetched as error:
            if os.environ.get("FREEFALL_REQUIRE_TOOLS") == "1":
                raise
            self.app.display_warning(f"freefall monitor --web will not work: {error}")
