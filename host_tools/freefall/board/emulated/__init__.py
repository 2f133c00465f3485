"""A real MicroPython image on an emulated RP2040 (rp2040py), with our sensor models on its pins."""
