"""Runs on the board: tells the jig that main.py has begun."""

import machine

machine.mem32[0x40070000] = 1
