"""Where octets come from while they are made: whatever a port URL names, all with the same `chunks()`."""
