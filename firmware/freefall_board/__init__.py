"""The payload board: samples sensors from interrupts and writes CRC-framed telemetry.

core/     the way of a sample: sampler (interrupt) -> ring -> packetizer -> link queue; portable, gets everything passed in
drivers/  one sensor each
ports/    what a kind of board provides; the only place that imports machine
app.py    builds the objects from a plan and runs them
"""
