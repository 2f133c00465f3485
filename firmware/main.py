from freefall_board.app import main

main()
