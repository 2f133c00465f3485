#include "frame.h"

#define POLYNOMIAL 0xEDB88320u

// What an octet does to the CRC once it is through: the table of the version by the book.
static uint32_t table[256];

// Slicing by four: what an octet does to the CRC when it is through and 1, 2 and 3 octets later, side by side, so that one base
// register serves all four look-ups.
typedef struct {
    uint32_t later[4];
} slice_t;
static slice_t slices[256];

void frame_init(void) {
    for (uint32_t octet = 0; octet < 256; octet++) {
        uint32_t crc = octet;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        }
        table[octet] = crc;
    }
    for (uint32_t octet = 0; octet < 256; octet++) {
        uint32_t crc = table[octet];
        for (int later = 0; later < 4; later++) {
            slices[octet].later[later] = crc;
            crc = crc >> 8 ^ table[crc & 0xFF];
        }
    }
}

// COBS over the octets from `at` to `stop`; the code octet still open is *code. Returns the one open after them.
static inline uint8_t *cobs(uint8_t *code, uint8_t *at, const uint8_t *stop) {
    for (; at < stop; at++) {
        if (*at == 0) {
            *code = (uint8_t)(at - code);
            code = at;
        }
    }
    return code;
}

static inline void close_frame(uint8_t *code, uint8_t *stop) {
    *code = (uint8_t)(stop - code);
    *stop = 0;
}

// Tells the compiler which way is straight on: a branch taken costs a Cortex-M0+ one cycle more than one not taken.
#define RARELY(condition) __builtin_expect(!!(condition), 0)

// As cobs(), for the four octets of a word that the caller has in a register. No test of the whole word before them: three words
// in five of an accelerometer's packet hold a zero, and what the test saves on the others it costs on those.
static inline uint8_t *cobs_word(uint8_t *code, uint8_t *at, uint32_t octets) {
    if (RARELY(!(octets << 24))) {
        *code = (uint8_t)(at - code);
        code = at;
    }
    if (RARELY(!(octets << 16 >> 24))) {
        *code = (uint8_t)(at + 1 - code);
        code = at + 1;
    }
    if (RARELY(!(octets << 8 >> 24))) {
        *code = (uint8_t)(at + 2 - code);
        code = at + 2;
    }
    if (RARELY(!(octets >> 24))) {
        *code = (uint8_t)(at + 3 - code);
        code = at + 3;
    }
    return code;
}

// Makes the compiler keep a constant in a register; left alone, GCC builds it anew for every look-up.
#define KEEP(constant) __asm("" : "+r"(constant))

void seal_fused(uint8_t *buf, uint32_t packet_len) {
    uint32_t *word = (uint32_t *)(buf + PACKET_AT);
    uint32_t *const stop = (uint32_t *)(buf + PACKET_AT + packet_len);
    uint8_t *code = buf + FRAME_AT;
    uint32_t crc = 0xFFFFFFFFu;
    const char *base = (const char *)slices;
    uint32_t mask = 0xFFu * sizeof(slice_t);  // of an octet shifted to where it is the offset of its slice
    KEEP(base);
    KEEP(mask);
    while (word < stop) {
        uint32_t octets = *word++;
        code = cobs_word(code, (uint8_t *)(word - 1), octets);
        crc ^= octets;
        uint32_t next = ((const slice_t *)(base + (crc << 4 & mask)))->later[3];
        next ^= ((const slice_t *)(base + (crc >> 4 & mask)))->later[2];
        next ^= ((const slice_t *)(base + (crc >> 12 & mask)))->later[1];
        next ^= ((const slice_t *)(base + (crc >> 20 & mask)))->later[0];
        crc = next;
    }
    *stop = __builtin_bswap32(~crc);
    code = cobs_word(code, (uint8_t *)stop, *stop);
    close_frame(code, (uint8_t *)(stop + 1));
}

void seal_plain(uint8_t *buf, uint32_t packet_len) {
    uint8_t *const stop = buf + PACKET_AT + packet_len;
    uint32_t crc = 0xFFFFFFFFu;
    for (const uint8_t *at = buf + PACKET_AT; at < stop; at++) {
        crc = crc >> 8 ^ table[(crc ^ *at) & 0xFF];
    }
    crc = ~crc;
    stop[0] = (uint8_t)(crc >> 24);
    stop[1] = (uint8_t)(crc >> 16);
    stop[2] = (uint8_t)(crc >> 8);
    stop[3] = (uint8_t)crc;
    close_frame(cobs(buf + FRAME_AT, buf + PACKET_AT, stop + 4), stop + 4);
}
