"""`python -m freefall` is `freefall`."""

from freefall.cli import main

main()
