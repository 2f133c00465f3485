// Stream packets as firmware/freefall_wire/SPEC.md, section 6, has them.
#pragma once

#include <stdint.h>

#define STREAM_FRAME_LEN 250  // a packet of 244 octets and what makes it a frame

// Take one sample from the ring, which must not be empty; the frame it filled, or NULL.
const uint8_t *stream_take(void);
