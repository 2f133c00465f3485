#include "crc32.h"

static uint32_t TABLES[CRC_BLOCK][256]; /* [k][octet]: of an octet with k octets of 0 after it */

static void make_tables(void)
{
    for (uint32_t octet = 0; octet < 256; octet++) {
        uint32_t crc = octet;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        TABLES[0][octet] = crc;
    }
    for (int k = 1; k < CRC_BLOCK; k++)
        for (int octet = 0; octet < 256; octet++)
            TABLES[k][octet] = TABLES[k - 1][octet] >> 8 ^ TABLES[0][TABLES[k - 1][octet] & 0xFF];
}

uint32_t crc32_tables(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (; len >= CRC_BLOCK; len -= CRC_BLOCK, data += CRC_BLOCK) {
        uint32_t next = 0;
        for (int i = 0; i < CRC_BLOCK; i++)
            next ^= TABLES[CRC_BLOCK - 1 - i][data[i] ^ (i < 4 ? crc >> 8 * i & 0xFF : 0)];
        crc = next;
    }
    while (len--)
        crc = crc >> 8 ^ TABLES[0][(crc ^ *data++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(FREEFALL_TABLES)
#include <immintrin.h>

/* "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009, the constants for this polynomial. */
#define LOAD(at) _mm_loadu_si128((const __m128i *)(at))
#define FOLD(crc, by, next) \
    _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(crc, by, 0x00), _mm_clmulepi64_si128(crc, by, 0x11)), next)

static const uint8_t INITIAL[2 * CRC_BLOCK] = {[CRC_BLOCK] = 0xFF, 0xFF, 0xFF, 0xFF};

__attribute__((target("pclmul,sse4.1"))) static uint32_t crc32_products(const uint8_t *data, size_t len)
{
    const __m128i by_4_blocks = _mm_set_epi64x(0x1C6E41596, 0x154442BD4), by_block = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
    const __m128i by_word = _mm_set_epi64x(0, 0x163CD6124), polynomial = _mm_set_epi64x(0x1F7011641, 0x1DB710641);
    const __m128i low = _mm_set_epi32(0, -1, 0, -1);
    const uint8_t *end = data + len;
    size_t lead = -len % CRC_BLOCK; /* zeros taken in to make whole blocks; the initial value belongs behind them */
    data -= lead;
    __m128i a = _mm_xor_si128(LOAD(data), LOAD(INITIAL + CRC_BLOCK - lead));
    data += CRC_BLOCK;
    if (end - data >= 7 * CRC_BLOCK) {
        __m128i b = LOAD(data), c = LOAD(data + 16), d = LOAD(data + 32);
        for (data += 48; end - data >= 64; data += 64) {
            a = FOLD(a, by_4_blocks, LOAD(data));
            b = FOLD(b, by_4_blocks, LOAD(data + 16));
            c = FOLD(c, by_4_blocks, LOAD(data + 32));
            d = FOLD(d, by_4_blocks, LOAD(data + 48));
        }
        a = FOLD(a, by_block, b);
        a = FOLD(a, by_block, c);
        a = FOLD(a, by_block, d);
    }
    for (; data < end; data += CRC_BLOCK)
        a = FOLD(a, by_block, LOAD(data));
    /* 128 bits to 96, to 64, and by Barrett to 32. */
    a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by_block, 0x10));
    a = _mm_xor_si128(_mm_srli_si128(a, 4), _mm_clmulepi64_si128(_mm_and_si128(a, low), by_word, 0x00));
    __m128i quotient = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low), polynomial, 0x10), low);
    a = _mm_xor_si128(a, _mm_clmulepi64_si128(quotient, polynomial, 0x00));
    return ~(uint32_t)_mm_extract_epi32(a, 1);
}

Crc32 *crc32_chosen(void)
{
    make_tables();
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1") ? crc32_products : crc32_tables;
}

#else

Crc32 *crc32_chosen(void)
{
    make_tables();
    return crc32_tables;
}

#endif
