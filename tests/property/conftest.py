"""The faults are those of the bench, which is run from a checkout, not installed."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
