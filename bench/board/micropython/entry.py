# ruff: noqa: F821
"""Runs on the board: hard interrupts of a pin, their first statement taking the time, over three kinds of foreground."""

import gc
import time

import machine
import micropython

JIG = 0x40070000
PHASE_US = 100000

stamps = bytearray(4)
live = [[number] for number in range(2000)]  # so that a collection has something to mark
ticks_us = time.ticks_us


def bytecode(pin):
    global stamp
    stamp = ticks_us()


@micropython.viper
def viper(pin):
    now = ptr32(0x40054028)[0]
    ptr32(stamps)[0] = now


def sleep():
    machine.idle()


def collect():
    gc.collect()


def talk():
    print("The quick brown fox jumps over the lazy dog 0123456789")


def phase(handler, load, mark):
    line = machine.Pin(15, machine.Pin.IN)
    line.irq(handler, machine.Pin.IRQ_RISING, hard=True)
    machine.mem32[JIG] = mark
    begin = ticks_us()
    while time.ticks_diff(ticks_us(), begin) < PHASE_US:
        load()
    machine.mem32[JIG] = mark + 1
    line.irq(None)


stamp = 0
mark = 2
for handler in (bytecode, viper):
    for load in (sleep, collect, talk):
        phase(handler, load, mark)
        mark += 2
machine.mem32[JIG] = 0
