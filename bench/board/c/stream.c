#include "stream.h"

#include <stddef.h>
#include <string.h>

#include "frame.h"
#include "ring.h"

#define APID 65
#define SAMPLES 25
#define SAMPLES_AT 18
#define PACKET_LEN (STREAM_FRAME_LEN - FRAME_OVERHEAD)
#define SECOND 1000000u

static uint32_t words[(FRAME_AT + FRAME_ROOM + 3) / 4];
static uint32_t count, first_number, first_stamp, last_number, sequence;
static uint32_t seconds, second_began;  // on-board time: seconds, and the tick at which the present one began

static void put_big_endian(uint8_t *at, uint32_t value, int octets) {
    while (octets--) {
        *at++ = (uint8_t)(value >> 8 * octets);
    }
}

static void put_time(uint8_t *at, uint32_t stamp) {
    while (stamp - second_began >= SECOND) {
        second_began += SECOND;
        seconds++;
    }
    // The fraction nearest to micros * 2^24 / 10^6, without 64 bits: see freefall_wire/timecode.py.
    uint32_t micros = stamp - second_began;
    uint32_t a = micros / 15625, b = micros % 15625;
    put_big_endian(at, seconds, 4);
    put_big_endian(at + 4, (a << 18) + 16 * b + (12144 * b + 7812) / 15625, 3);
}

static const uint8_t *close_packet(void) {
    uint8_t *packet = (uint8_t *)words + PACKET_AT;
    put_big_endian(packet, 0x0800 | APID, 2);
    put_big_endian(packet + 2, 0xC000 | (sequence++ & 0x3FFF), 2);
    put_big_endian(packet + 4, PACKET_LEN - 7, 2);
    put_time(packet + 6, first_stamp);
    packet[13] = (uint8_t)count;
    put_big_endian(packet + 14, first_number, 4);
    memset(packet + SAMPLES_AT + count * SAMPLE_LEN, 0, PACKET_LEN - SAMPLES_AT - count * SAMPLE_LEN);
    seal_fused((uint8_t *)words, PACKET_LEN);
    count = 0;
    return (uint8_t *)words + FRAME_AT;
}

// A packet holds consecutive samples and leaves when it is full. The firmware's also leaves when a sample in it is old.
const uint8_t *stream_take(void) {
    const slot_t *slot = ring_slot(ring_tail);
    if (count && slot->number != last_number + 1) {
        return close_packet();
    }
    if (!count) {
        first_number = slot->number;
        first_stamp = slot->stamp;
    }
    last_number = slot->number;
    memcpy((uint8_t *)words + PACKET_AT + SAMPLES_AT + count * SAMPLE_LEN, slot->octets, SAMPLE_LEN);
    ring_tail = ring_tail + 1;
    return ++count == SAMPLES ? close_packet() : NULL;
}
