"""What a kind of board provides. The only place that imports machine, rp2 or smbus2."""
