// The ring between the interrupts that read the sensor and the foreground: single producer, single consumer, no locks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_LEN 9
#define RING_DEPTH 256  // a power of two

typedef struct {
    uint32_t number;  // of the trigger, from 0
    uint32_t stamp;   // microseconds
    uint8_t octets[12];
} slot_t;

// Indexes run freely. Slots from committed to reserved wait for their read to begin or end.
extern volatile uint32_t ring_reserved, ring_committed, ring_tail;
extern slot_t ring[RING_DEPTH];

static inline slot_t *ring_slot(uint32_t index) {
    return &ring[index % RING_DEPTH];
}

// Count an edge and keep its time in the next slot; false when the ring is full, and the sample is lost. Producer only.
bool ring_reserve(uint32_t stamp);
