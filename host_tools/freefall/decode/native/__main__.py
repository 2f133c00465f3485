"""Builds the accelerator, and says where it is or why not."""

import sys

from .build import ARTIFACT, NotBuilt, build


def main() -> int:
    """Exit code 1 if it cannot be built."""
    try:
        build()
    except (NotBuilt, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"the accelerator is in {ARTIFACT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
