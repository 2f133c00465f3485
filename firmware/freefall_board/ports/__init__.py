"""What a kind of board provides; one module each.

A port has, besides ticks_us, ticks_diff and sleep_ms as MicroPython has them (ticks modulo 2^30):

    idle(duration_us)            sleep about so long
    seal(buf, packet_len)        frame.seal_in_place or its faster equal
    boot_count(), reset_cause()
    bus(plan)                    a bus of the plan: device(sensor plan, driver class), arm(), poll()
    counter(pin)                 a device that counts rising edges
    on_edge(pin, handler), on_tick(period_us, handler)  hard interrupts, never one inside another
    level(pin)                   a function: the pin's level, 0 or 1; interrupt-safe
    edge_stamps(pin)             hardware time stamps of rising edges: count() since the last call, newest(); interrupt-safe
    EDGE_LATENCY_US, TICK_LATENCY_US  from the trigger to the first line of its handler
    interrupts_off() -> state, interrupts_on(state)
    link(plan)                   a function (octets, start, size, waiting) -> octets of octets[start:] it is done with; `waiting`
                                 counts those after them too. It never waits.
    watchdog(timeout_ms)         starts it; returns what feeds it

A device has, before its bus is armed, read(register, buf) and write(register, data), which raise OSError; and

    reads(register, ring, ended) -> start(slot)

whose start begins, from an interrupt and without waiting, to read ring.read_len octets from a register into that slot of the
ring. ended(good) is called once when the read is over, from an interrupt or with interrupts off; of a read that failed, or takes
longer than the bus's timeout, when the bus's poll() or, in an interrupt, the device's check() finds it.

check(), of the device's newest read, is for the next trigger: a read that has still not begun is ended by it, and one under way
will be not good, for what it gets may be the sensor's next sample, or parts of two.
"""
