"""The host measured: how fast it decodes, beside others on the same octets, and what it makes of a bad link."""
