/* CRC-32 as SPEC 2.1 has it: by tables, 16 octets a step, or by carry-less products where the processor has them. */
#ifndef FREEFALL_CRC32_H
#define FREEFALL_CRC32_H

#include <stddef.h>
#include <stdint.h>

enum { CRC_BLOCK = 16 };

typedef uint32_t Crc32(const uint8_t *data, size_t len);

/* Makes the tables; to be called first. The fastest one here: it wants a length that is a multiple of 4 and at least 20, and
   CRC_BLOCK octets of 0 before the data. */
Crc32 *crc32_chosen(void);

/* By tables: of any data. */
Crc32 crc32_tables;

#endif
