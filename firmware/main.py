import sys

sys.path[:] = ("",)  # every module is a file of this board; to look elsewhere first takes time at each import

from freefall_board.app import main  # noqa: E402

main()
