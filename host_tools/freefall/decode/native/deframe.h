/* Octets of a link to packets of streams: the judgement of SPEC 8, frame by frame. No Python here. */
#ifndef FREEFALL_DEFRAME_H
#define FREEFALL_DEFRAME_H

#include <stddef.h>
#include <stdint.h>

#include "crc32.h"

/* SPEC 2, 3 and 6, as freefall_wire has them. */
enum { MIN_LEN = 20, MAX_LEN = 248, CRC_LEN = 4, SAMPLES_AT = 18 };
enum { ENCODED_OVERHEAD = 1 + CRC_LEN, MAX_ENCODED = MAX_LEN + ENCODED_OVERHEAD };

/* Columns of a stream's packets: one past the delimiter of each, and what their headers say. */
enum { END, INDEX, TIME_NS, COUNT, SEQUENCE, COLUMNS };

/* Why a stretch is not taken; SOUND: there is no reason, or not here. */
enum Reason { OVERSIZE, COBS, CRC, LENGTH, HEADER, APID, SIZE, REASONS, SOUND = REASONS };

typedef struct {
    size_t packet_len, sample_len, places; /* as the definition has them */
    size_t room;                           /* packets that columns and samples have room for */
    int64_t *columns;                      /* COLUMNS columns of `room` */
    uint8_t *samples;                      /* room * places * sample_len, filled without gaps */
    size_t packets, sample_count;          /* taken */
} Stream;

typedef struct {
    int64_t start, stop; /* stop: at the delimiter */
    enum Reason reason;
} Stretch;

typedef struct {
    Stretch *at;
    size_t used, room;
} Stretches;

typedef struct {
    Crc32 *crc32;
    unsigned apid; /* of service packets; stream k has apid + 1 + k */
    Stream *streams;
    size_t stream_count;
    int64_t idle;
    Stretches rejects, others; /* in order; to be freed */
} Deframer;

/* Whether a definition can have such a stream. */
int stream_is_sound(const Stream *stream);

/* Judges one stretch by the checks that need no definition. packet: MAX_LEN octets, filled up to *len when it is SOUND. */
enum Reason judge_stretch(const uint8_t *encoded, size_t size, uint8_t *packet, size_t *len);

/* Sets the room of each stream to the packets that its length and its APID make possible in these octets. */
void deframe_count(Deframer *job, const uint8_t *octets, size_t len);

enum Outcome { DONE, NO_MEMORY, NO_ROOM };

/* Judges the stretches in octets that begin right after a delimiter and end with one. */
enum Outcome deframe(Deframer *job, const uint8_t *octets, size_t len);

#endif
