// Frames to UART 0 by DMA, out of a ring of octets.
#pragma once

#include <stdbool.h>
#include <stdint.h>

void link_init(void);

// Queue octets; false, and nothing queued, when there is no room for all.
bool link_put(const uint8_t *octets, uint32_t size);

// Keep the line busy; call it often.
void link_pump(void);
