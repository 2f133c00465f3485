// Frames as firmware/freefall_wire/SPEC.md has them: COBS(packet || CRC-32), then the delimiter, made in place.
#pragma once

#include <stdint.h>

#define PACKET_AT 4  // as in freefall_wire.frame
#define FRAME_AT 3
#define FRAME_OVERHEAD 6
#define FRAME_ROOM 256

// Fill the tables of both; once, before any other call.
void frame_init(void);

// Make a frame of the packet at buf[PACKET_AT:], whose length is a multiple of 4; buf is word-aligned.
void seal_fused(uint8_t *buf, uint32_t packet_len);

// The same by the book: CRC by a table of octets, then COBS, an octet at a time.
void seal_plain(uint8_t *buf, uint32_t packet_len);
