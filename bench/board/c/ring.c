#include "ring.h"

volatile uint32_t ring_reserved, ring_committed, ring_tail;
slot_t ring[RING_DEPTH];

static uint32_t seen;

bool ring_reserve(uint32_t stamp) {
    uint32_t number = seen++;
    uint32_t at = ring_reserved;
    if (at - ring_tail == RING_DEPTH) {
        return false;
    }
    slot_t *slot = ring_slot(at);
    slot->number = number;
    slot->stamp = stamp;
    ring_reserved = at + 1;
    return true;
}
