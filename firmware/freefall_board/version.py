"""The one version number of Freefall: what is installed on the host and what the board reports."""

__version__ = "0.1.0"
