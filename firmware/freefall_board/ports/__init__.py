"""What a kind of board provides; one module each.

A port has, besides ticks_us, ticks_diff and sleep_ms as MicroPython has them (ticks modulo 2^30):

    idle(duration_us)            sleep about so long
    seal(buf, packet_len)        frame.seal_in_place or its faster equal
    reset_cause()
    collect(), free_heap()       collect garbage; octets of heap that are free. Not while sampling
    platform()                   what the payload runs on, for people: "micropython 1.26.1 rp2"
    kept_settings()              octets as keep_settings kept them, in a boot before this; None if there are none
    keep_settings(octets)        whole or not at all, whatever happens to the power; whether it could. Not while sampling
    bus(plan)                    a bus of the plan: device(sensor plan, driver class), arm(), poll()
    counter(pin), adc(pin)       devices of the board itself, see below
    on_edge(pin, handler, active_low), on_tick(period_us, handler)  hard interrupts, never one inside another
    level(pin, active_low)       a function: 1 while the line is active, else 0; interrupt-safe
    STAMPS_EDGES                 whether every stream by edges is to have edge_stamps: where they cost nothing
    edge_stamps(pin, active_low) hardware time stamps of edges: count() since the last call, newest(); interrupt-safe
    EDGE_LATENCY_US, TICK_LATENCY_US  from the trigger to the first line of its handler
    interrupts_off() -> state, interrupts_on(state)
    link(plan)                   a function (octets, start, size, waiting) -> octets of octets[start:] it is done with; `waiting`
                                 counts those after them too. It never waits.
    uplinks()                    after link(): (receive, interrupt, echo) of each way in. receive(buf) -> octets put into buf; it
                                 never waits. interrupt() is what Ctrl-C there is for, and may raise. echo(octets) takes what
                                 answers it, besides the link, and waits for nobody longer than 10 ms; None where that leads to
                                 the same place
    watchdog(timeout_ms)         starts it; returns what feeds it
    stop()                       no trigger from now on
    restart(), leave()           end the boot: begin the next; hand over to whoever started the payload. Neither returns

An edge is where a line becomes active: it rises or, active_low (True or False), it falls; the board's resistor pulls it the other
way. A device has

    reads(driver, ring, ended) -> start(slot)

whose start begins, from an interrupt and without waiting, to read ring.read_len octets into that slot of the ring: what
`segments` says, on I2C as one transaction with repeated starts in between. ended(good) is called once when the read is over, from
an interrupt or with interrupts off; of a read that failed, or takes longer than the bus's timeout, when the bus's poll() or, in
an interrupt, the device's check() finds it. good is 1; 0 of a read that failed; -1 of one that took too long, so that the part
may have given samples away. With the driver's SETTLE_US the command is a transaction of its own; the rest is begun by the first
poll() at least so long after one that saw it over, and has a timeout of its own. The bus is the read's meanwhile.

check(), of the device's newest read, is for the next trigger: a read that has still not begun is ended by it, and one under way
will be not good, for what it gets may be the sensor's next sample, or parts of two.

A device on a bus has besides, before that is armed and raising OSError where nobody answers (on SPI nobody can tell):

    send(octets), receive(buf)   a transaction of its own each; on a UART, receive waits for len(buf) octets
    exchange(command, buf)       both in one transaction, on I2C with a repeated start; on a UART what came before it is forgotten
    read(register, buf), write(register, data)  with a register of one octet, on SPI shifted and marked as the driver class says

A counter's read is over at once. Its sample is 12 octets, little-endian: the edges since it began to count, and the edges and the
microseconds since the last read of the same `reads` or, before the first, since it began; each modulo 2^32. That of adc is over
at once, too: the pin's voltage against the board's reference, 12 bits in 2 octets, little-endian.
"""


def segments(driver, ring):
    """What a read of a driver's samples into a ring is made of: (octets sent, count of octets received) one after the other.

    Raises ValueError where driver and plan do not fit.
    """
    reads = list(driver.sample_reads)
    total = 0
    for _, count in reads:
        total += count
    settles = getattr(driver, "SETTLE_US", 0)
    if total != ring.head_len + ring.sample_len or settles and len(reads) != 1:
        raise ValueError("the driver reads %d octets a sample, the plan %d + %d" % (total, ring.head_len, ring.sample_len))
    command, count = reads[-1]
    # All samples of a FIFO come by the last.
    reads[-1] = (command, ring.read_len - total + count)
    return reads
