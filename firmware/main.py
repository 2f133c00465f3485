import freefall_loader

freefall_loader.main()
