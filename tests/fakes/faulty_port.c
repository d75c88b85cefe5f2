/* SPDX-License-Identifier: Apache-2.0 */

/* The bad line; see the header. */

#include "tests/fakes/faulty_port.h"

#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_MAX  64 /* bytes per read */
#define HELD_MAX   60 /* waits, each as long as the caller's */
#define WRITE_MS   1000
#define RAREST     11 /* one fault in 500 << 0..10 bytes */
#define CUT_ONE_OF 20 /* faults */

struct faulty_port {
    struct eg_port port;
    struct eg_port *inner;
    uint64_t random;
    uint32_t distance; /* mean bytes between faults */
    uint32_t left;     /* bytes until the next */
    unsigned held;     /* number of reads that still find nothing */
    bool cut;
};

/* splitmix64 */
static uint64_t next_random(struct faulty_port *faulty)
{
    uint64_t value = faulty->random += 0x9e3779b97f4a7c15;

    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

static uint32_t below(struct faulty_port *faulty, uint32_t limit)
{
    return (uint32_t)(next_random(faulty) % limit);
}

static void plan_fault(struct faulty_port *faulty)
{
    faulty->left = 1 + below(faulty, 2 * faulty->distance);
}

/* Damage the bytes as the line does; return how many are left. */
static size_t damage(struct faulty_port *faulty, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (--faulty->left > 0)
            continue;
        plan_fault(faulty);
        if (below(faulty, CUT_ONE_OF) == 0) {
            faulty->cut = true;
            return i;
        }
        switch (below(faulty, 3)) {
        case 0:
            memmove(data + i, data + i + 1, size - i - 1);
            size--;
            break;
        case 1:
            data[i] ^= (uint8_t)(1u << below(faulty, 8));
            break;
        default:
            faulty->held = 1 + below(faulty, HELD_MAX);
            break;
        }
    }
    return size;
}

static enum eg_code check(const struct faulty_port *faulty, struct eg_error *err)
{
    return faulty->cut ? eg_error_set(err, EG_PORT_GONE, "%s: cut", faulty->port.url) : EG_OK;
}

static enum eg_code faulty_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                uint32_t timeout_ms, struct eg_error *err)
{
    struct faulty_port *faulty = (struct faulty_port *)port;
    const size_t piece = 1 + below(faulty, PIECE_MAX);

    EG_TRY(check(faulty, err));
    *got = 0;
    if (faulty->held > 0) {
        faulty->held--;
        return EG_OK;
    }
    EG_TRY(eg_port_read(faulty->inner, data, size < piece ? size : piece, got, timeout_ms, err));
    *got = damage(faulty, data, *got);
    return EG_OK;
}

static enum eg_code faulty_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    struct faulty_port *faulty = (struct faulty_port *)port;
    uint8_t copy[4096];
    const size_t part = size < sizeof copy ? size : sizeof copy;

    (void)timeout_ms;
    EG_TRY(check(faulty, err));
    memcpy(copy, data, part);
    const size_t sent = damage(faulty, copy, part);
    *put = part;
    return eg_port_write(faulty->inner, copy, sent, WRITE_MS, err);
}

static enum eg_code faulty_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct faulty_port *faulty = (struct faulty_port *)port;

    EG_TRY(check(faulty, err));
    *done = true;
    return eg_port_drain(faulty->inner, timeout_ms, err);
}

static enum eg_code faulty_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    struct faulty_port *faulty = (struct faulty_port *)port;

    EG_TRY(check(faulty, err));
    return eg_port_set_baud(faulty->inner, baud, err);
}

static enum eg_code faulty_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct faulty_port *faulty = (struct faulty_port *)port;

    EG_TRY(check(faulty, err));
    return eg_port_set_lines(faulty->inner, dtr, rts, err);
}

static enum eg_code faulty_discard(struct eg_port *port, struct eg_error *err)
{
    struct faulty_port *faulty = (struct faulty_port *)port;

    EG_TRY(check(faulty, err));
    return faulty->held > 0 ? EG_OK : eg_port_discard(faulty->inner, err);
}

static void faulty_close(struct eg_port *port)
{
    struct faulty_port *faulty = (struct faulty_port *)port;

    eg_port_close(faulty->inner);
    free(faulty);
}

static void close_cleanup(struct faulty_port **faulty)
{
    if (*faulty != NULL)
        faulty_close(&(*faulty)->port);
}

static enum eg_code faulty_open(struct eg_port **port, const char *url, void *context,
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    static const struct eg_port_ops ops = {
        .read = faulty_read,
        .write = faulty_write,
        .drain = faulty_drain,
        .set_baud = faulty_set_baud,
        .set_lines = faulty_set_lines,
        .discard = faulty_discard,
        .close = faulty_close,
    };
    const struct faulty_scheme *scheme = context;
    EG_CLEANUP(close_cleanup) struct faulty_port *faulty = NULL;

    EG_TRY(eg_alloc(&faulty, 1, sizeof *faulty, err));
    faulty->port.ops = &ops;
    faulty->random = scheme->seed;
    for (const char *at = url; *at != '\0'; at++)
        faulty->random = (faulty->random ^ (uint8_t)*at) * 0x100000001b3;
    EG_TRY(eg_port_open(&faulty->inner, url, scheme->inner, cancel, err));
    faulty->distance = 500u << below(faulty, RAREST);
    plan_fault(faulty);
    *port = &faulty->port;
    faulty = NULL;
    return EG_OK;
}

void faulty_scheme_init(struct faulty_scheme *faulty, const struct eg_port_scheme *inner, uint64_t seed)
{
    *faulty = (struct faulty_scheme){.inner = {inner, NULL}, .seed = seed};
    faulty->scheme =
        (struct eg_port_scheme){.scheme = inner->scheme, .help = "", .open = faulty_open, .context = faulty};
}
