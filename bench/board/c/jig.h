// The bench's own device on the emulated bus (bench/board/jig.py): it stamps marks with the cycle they were written in, puts
// packets into memory and takes frames out of it. A write costs the cycles of a store to a peripheral.
#pragma once

#include <stdint.h>

typedef struct {
    volatile uint32_t mark;   // write: note this number and the cycle
    volatile uint32_t load;   // write: copy the next packet to this address. read: octets of it, 0 when there are no more
    volatile uint32_t take;   // write: the frame at this address, up to its delimiter, is the result
} jig_t;

#define JIG ((jig_t *)0x40070000)
