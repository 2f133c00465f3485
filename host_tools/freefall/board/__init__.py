"""Boards a payload definition runs on (virtual, emulated, serial) and the sensor models they share."""
