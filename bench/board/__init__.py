"""The board's figures, measured on the emulated RP2040, beside the same job in C."""
