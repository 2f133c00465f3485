/* CRC-32 as SPEC 2.1 has it: by tables, 16 octets a step, or by carry-less products where the processor has them. */
#ifndef FREEFALL_CRC32_H
#define FREEFALL_CRC32_H

#include <stddef.h>
#include <stdint.h>

enum { CRC_BLOCK = 16 };

/* crc32_blocks wants whole blocks: so many octets of 0 before the data, which do not count. */
typedef uint32_t Crc32(const uint8_t *data, size_t len);

/* The fastest one here. len: a multiple of 4, at least 20; CRC_BLOCK octets of 0 stand before the data. Call it once at first. */
Crc32 *crc32_chosen(void);

/* The plain one. */
Crc32 crc32_tables;

#endif
