"""A Linux computer as far as a payload sees it, for tests: its clock, its I2C adapters, and the sensor models on them."""
