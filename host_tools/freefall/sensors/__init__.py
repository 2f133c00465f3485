"""What the host knows of sensors: for each kind its table in a definition, its data sheet's numbers, and a model of the part.

`registry.SENSORS` finds a `Sensor` by its driver's name; each is one file of `catalogue/`, or of somebody else's package.
table.py: what a definition's table must tell. channels.py, validity.py: what a sample holds, and when it is worth nothing.
part.py, i2c.py, spi.py, signals.py: what register-level models are made from. Models serve the virtual board and the emulated
RP2040 alike, and are strict: an access the real part would not answer sensibly raises ModelError, because a fake that forgives
hides the bug.
"""
