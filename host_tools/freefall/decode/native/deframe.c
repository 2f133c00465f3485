#include "deframe.h"

#include <stdlib.h>
#include <string.h>

/* Frames whose codes are followed side by side: each code is found by way of the one before, so one alone is all waiting. */
enum { LANES = 6, STEPS = 4 };
/* A code may lead so far past its frame; there it finds zeros, and stays. */
enum { ROOM = 512 };
/* Octets are asked for so far ahead of their use: a processor by itself does so up to the end of a page. */
enum { AHEAD = 2048, LINE = 64 };
#if defined(__GNUC__)
#define FETCH(at) __builtin_prefetch(at)
#else
#define FETCH(at) ((void)(at))
#endif

typedef struct {
    uint8_t zeros[CRC_BLOCK];
    uint8_t data[ROOM]; /* packet, CRC, delimiter, and zeros */
    size_t used;
    uint8_t *at;
} Lane;

typedef struct {
    Deframer *job;
    const uint8_t *octets;
    uint8_t of_a_stream[MAX_ENCODED + 1]; /* by length */
    Lane lanes[LANES];
    Stretch waiting[LANES];
    int waiting_count;
} Pass;

int stream_is_sound(const Stream *stream)
{
    return stream->packet_len >= MIN_LEN && stream->packet_len <= MAX_LEN && stream->packet_len % 4 == 0
        && stream->sample_len >= 1 && stream->sample_len <= MAX_LEN && stream->places >= 1 && stream->places <= MAX_LEN
        && SAMPLES_AT + stream->places * stream->sample_len <= stream->packet_len;
}

static uint32_t word(const uint8_t *at, int octets)
{
    uint32_t value = 0;
    while (octets--)
        value = value << 8 | *at++;
    return value;
}

static int all_zero(const uint8_t *at, const uint8_t *end)
{
    unsigned any = 0;
    while (at < end)
        any |= *at++;
    return any == 0;
}

static enum Outcome keep(Stretches *stretches, Stretch stretch, enum Reason reason)
{
    if (stretches->used == stretches->room) {
        size_t room = stretches->room ? 2 * stretches->room : 64;
        Stretch *at = realloc(stretches->at, room * sizeof *at);
        if (!at)
            return NO_MEMORY;
        stretches->at = at;
        stretches->room = room;
    }
    stretch.reason = reason;
    stretches->at[stretches->used++] = stretch;
    return DONE;
}

/* The stream that has this APID, if it is one of the payload's streams. */
static Stream *stream_of(const Deframer *job, unsigned apid)
{
    size_t number = (size_t)(apid & 0x7FF) - job->apid - 1; /* wraps below the first, and is too large */
    return number < job->stream_count ? &job->streams[number] : NULL;
}

static int64_t time_ns_of(const uint8_t *time)
{
    /* As timecode.get_cuc; a microsecond of 10^6 is the next second. */
    int64_t micros = ((int64_t)word(time + 4, 3) * 15625 + (1 << 17)) >> 18;
    return ((int64_t)word(time, 4) * 1000000 + micros) * 1000;
}

static enum Outcome take(Stream *stream, const uint8_t *packet, size_t count, int64_t end)
{
    if (stream->packets == stream->room)
        return NO_ROOM;
    int64_t *column = stream->columns + stream->packets++;
    column[END * stream->room] = end;
    column[INDEX * stream->room] = word(packet + 14, 4);
    column[TIME_NS * stream->room] = time_ns_of(packet + 6);
    column[COUNT * stream->room] = (int64_t)count;
    column[SEQUENCE * stream->room] = word(packet + 2, 2) & 0x3FFF;
    memcpy(stream->samples + stream->sample_count * stream->sample_len, packet + SAMPLES_AT, count * stream->sample_len);
    stream->sample_count += count;
    return DONE;
}

/* The checks of a frame's data that need no definition; its CRC comes after the `len` octets of the packet. */
static enum Reason check(Crc32 *crc32, const uint8_t *data, size_t len)
{
    if (crc32(data, len) != word(data + len, CRC_LEN))
        return CRC;
    if (len % 4 || word(data + 4, 2) + 7 != len)
        return LENGTH;
    return (data[0] & 0xF8) == 0x08 && (data[2] & 0xC0) == 0xC0 ? SOUND : HEADER;
}

static enum Outcome judge(Deframer *job, const uint8_t *packet, size_t len, Stretch stretch)
{
    enum Reason reason = check(job->crc32, packet, len);
    if (reason != SOUND)
        return keep(&job->rejects, stretch, reason);
    unsigned apid = word(packet, 2) & 0x7FF;
    if (apid == job->apid)
        return keep(&job->others, stretch, SOUND);
    Stream *stream = stream_of(job, apid);
    if (!stream)
        return keep(&job->rejects, stretch, APID);
    size_t count = packet[13];
    if (stream->packet_len != len || count < 1 || count > stream->places
        || !all_zero(packet + SAMPLES_AT + count * stream->sample_len, packet + len))
        return keep(&job->rejects, stretch, SIZE);
    return take(stream, packet, count, stretch.stop + 1);
}

enum Reason judge_stretch(const uint8_t *encoded, size_t size, uint8_t *packet, size_t *len)
{
    if (size > MAX_ENCODED)
        return OVERSIZE;
    if (size == 0 || memchr(encoded, 0, size))
        return COBS;
    uint8_t data[MAX_ENCODED];
    memcpy(data, encoded + 1, size - 1);
    size_t at = encoded[0];
    while (at < size) {
        data[at - 1] = 0;
        at += encoded[at];
    }
    if (at > size)
        return COBS;
    if (size < MIN_LEN + ENCODED_OVERHEAD)
        return CRC;
    *len = size - ENCODED_OVERHEAD;
    enum Reason reason = check(crc32_tables, data, *len);
    memcpy(packet, data, *len);
    return reason;
}

/* Copies all but the first code, delimiter included, and stands on the octet that the first code leads to. */
static void load(Lane *lane, const uint8_t *encoded, size_t size)
{
    memcpy(lane->data, encoded + 1, size);
    if (lane->used > size)
        memset(lane->data + size, 0, lane->used - size);
    lane->used = size;
    lane->at = lane->data + encoded[0] - 1;
}

/* Puts zeros back where codes are. A lane that is through stands on a zero, and stays: whether all are is looked at now and then. */
static void follow_codes(Lane lanes[LANES])
{
    uint8_t *at[LANES];
    size_t more;
    for (int i = 0; i < LANES; i++)
        at[i] = lanes[i].at;
    do {
        for (int step = 0; step < STEPS; step++) {
            more = 0;
            for (int i = 0; i < LANES; i++) {
                size_t code = *at[i];
                *at[i] = 0;
                at[i] += code;
                more |= code;
            }
        }
    } while (more);
    for (int i = 0; i < LANES; i++)
        lanes[i].at = at[i];
}

static enum Outcome judge_waiting(Pass *pass)
{
    int count = pass->waiting_count;
    pass->waiting_count = 0;
    for (int i = 0; i < LANES; i++) {
        const Stretch *stretch = &pass->waiting[i];
        if (i < count)
            load(&pass->lanes[i], pass->octets + stretch->start, (size_t)(stretch->stop - stretch->start));
        else
            pass->lanes[i].at = pass->lanes[i].data + ROOM - 1;
    }
    follow_codes(pass->lanes);
    for (int i = 0; i < count; i++) {
        const Lane *lane = &pass->lanes[i];
        enum Outcome outcome = lane->at == lane->data + lane->used - 1
            ? judge(pass->job, lane->data, lane->used - ENCODED_OVERHEAD, pass->waiting[i])
            : keep(&pass->job->rejects, pass->waiting[i], COBS);
        if (outcome != DONE)
            return outcome;
    }
    return DONE;
}

static enum Outcome stretch_ends(Pass *pass, Stretch stretch)
{
    size_t size = (size_t)(stretch.stop - stretch.start);
    if (size == 0) {
        pass->job->idle++;
        return DONE;
    }
    if (size <= MAX_ENCODED && pass->of_a_stream[size]) {
        pass->waiting[pass->waiting_count++] = stretch;
        return pass->waiting_count == LANES ? judge_waiting(pass) : DONE;
    }
    /* Others are told in order, and there may be some among those that wait. */
    enum Outcome outcome = judge_waiting(pass);
    return outcome == DONE ? keep(&pass->job->others, stretch, SOUND) : outcome;
}

/* The delimiter that ends the stretch at `start`, or NULL. */
static inline const uint8_t *stop_of(const uint8_t *start, const uint8_t *end)
{
    const uint8_t *stop = start < end ? memchr(start, 0, (size_t)(end - start)) : NULL;
    if (stop && end - stop > AHEAD)
        for (const uint8_t *line = start; line <= stop; line += LINE)
            FETCH(line + AHEAD);
    return stop;
}

static void know_lengths(const Deframer *job, uint8_t of_a_stream[MAX_ENCODED + 1])
{
    for (size_t k = 0; k < job->stream_count; k++)
        of_a_stream[job->streams[k].packet_len + ENCODED_OVERHEAD] = 1;
}

void deframe_count(Deframer *job, const uint8_t *octets, size_t len)
{
    uint8_t of_a_stream[MAX_ENCODED + 1] = {0};
    know_lengths(job, of_a_stream);
    const uint8_t *start = octets, *end = octets + len, *stop;
    for (; (stop = stop_of(start, end)); start = stop + 1) {
        size_t size = (size_t)(stop - start);
        if (size > MAX_ENCODED || !of_a_stream[size])
            continue;
        /* The first octet of a packet that is taken is not 0. */
        Stream *stream = stream_of(job, (unsigned)start[1] << 8 | (start[0] == 2 ? 0 : start[2]));
        if (stream && stream->packet_len + ENCODED_OVERHEAD == size)
            stream->room++;
    }
}

enum Outcome deframe(Deframer *job, const uint8_t *octets, size_t len)
{
    Pass pass = {.job = job, .octets = octets};
    know_lengths(job, pass.of_a_stream);
    const uint8_t *start = octets, *end = octets + len, *stop;
    for (; (stop = stop_of(start, end)); start = stop + 1) {
        enum Outcome outcome = stretch_ends(&pass, (Stretch){.start = start - octets, .stop = stop - octets});
        if (outcome != DONE)
            return outcome;
    }
    return judge_waiting(&pass);
}
