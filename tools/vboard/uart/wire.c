/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bytes on their way on one line of the UART.
 *
 * They are kept as runs without a gap between the bytes: the time of each byte is computed on demand, and a
 * block of 16 KiB costs one entry. A byte counts as passed when its stop bit has.
 */

#include "tools/vboard/uart/uart.h"

#include <stdlib.h>
#include <string.h>

/* Unread bytes beyond this are lost, as in an adapter. */
#define WIRE_MAX ((size_t)256 << 10)

#define BYTE_BITS_NS 10000000000u /* 10 bits in nanoseconds times the rate */

uint64_t vb__wire_time(const struct vb__wire *wire, const struct vb__run *run, size_t index)
{
    if (wire->instant)
        return run->start_ns;
    return run->start_ns + ((uint64_t)(index + 1) * BYTE_BITS_NS + run->baud - 1) / run->baud;
}

const uint8_t *vb__wire_bytes(const struct vb__wire *wire)
{
    return wire->data + wire->head;
}

/* Make room for `more` elements after those from `head`, moving them to the front first. */
static bool make_room(void **items, size_t *head, size_t count, size_t more, size_t *room, size_t item_size)
{
    void *moved;
    size_t wanted = *room != 0 ? *room : 64;

    if (*head + count + more <= *room)
        return true;
    if (*head != 0) {
        memmove(*items, (char *)*items + *head * item_size, count * item_size);
        *head = 0;
    }
    while (wanted < count + more)
        wanted *= 2;
    if (wanted == *room)
        return true;
    moved = realloc(*items, wanted * item_size);
    if (moved == NULL)
        return false;
    *items = moved;
    *room = wanted;
    return true;
}

void vb__wire_put(struct vb__wire *wire, uint64_t ready_ns, uint32_t baud, const uint8_t *data, size_t size)
{
    const uint64_t start_ns = ready_ns > wire->free_ns ? ready_ns : wire->free_ns;
    struct vb__run *run = NULL;
    void *bytes = wire->data, *runs = wire->runs;

    if (size == 0 || wire->size + size > WIRE_MAX)
        return;
    if (!make_room(&bytes, &wire->head, wire->size, size, &wire->room, 1))
        return;
    wire->data = bytes;
    if (!make_room(&runs, &wire->run_head, wire->run_count, 1, &wire->run_room, sizeof *wire->runs))
        return;
    wire->runs = runs;

    if (wire->run_count != 0)
        run = &wire->runs[wire->run_head + wire->run_count - 1];
    if (run == NULL || run->baud != baud || start_ns != vb__wire_time(wire, run, run->count - 1)) {
        run = &wire->runs[wire->run_head + wire->run_count++];
        *run = (struct vb__run){.start_ns = start_ns, .baud = baud};
    }
    memcpy(wire->data + wire->head + wire->size, data, size);
    wire->size += size;
    run->count += size;
    wire->free_ns = vb__wire_time(wire, run, run->count - 1);
}

size_t vb__wire_reached(const struct vb__wire *wire, const struct vb__run *run, uint64_t now_ns)
{
    if (now_ns >= vb__wire_time(wire, run, run->count - 1))
        return run->count;
    if (wire->instant || now_ns <= run->start_ns)
        return 0;
    return (size_t)((now_ns - run->start_ns) * run->baud / BYTE_BITS_NS);
}

struct vb__run *vb__wire_passed(struct vb__wire *wire, uint64_t now_ns, size_t *count)
{
    struct vb__run *run = wire->run_count != 0 ? &wire->runs[wire->run_head] : NULL;
    const size_t reached = run != NULL ? vb__wire_reached(wire, run, now_ns) : 0;

    *count = run != NULL && reached > run->done ? reached - run->done : 0;
    return run;
}

void vb__wire_take(struct vb__wire *wire, size_t count)
{
    struct vb__run *run = &wire->runs[wire->run_head];

    run->done += count;
    wire->head += count;
    wire->size -= count;
    if (run->done == run->count) {
        wire->run_head++;
        wire->run_count--;
    }
    if (wire->size == 0) {
        wire->head = 0;
        wire->run_head = 0;
    }
}

uint64_t vb__wire_arrival(const struct vb__wire *wire, size_t index)
{
    const struct vb__run *run = &wire->runs[wire->run_head];

    while (index >= run->count - run->done) {
        index -= run->count - run->done;
        run++;
    }
    return vb__wire_time(wire, run, run->done + index);
}

void vb__wire_take_passed(struct vb__wire *wire, uint64_t now_ns)
{
    size_t count;

    while (vb__wire_passed(wire, now_ns, &count) != NULL && count != 0)
        vb__wire_take(wire, count);
}

bool vb__same_rate(uint32_t a, uint32_t b)
{
    const uint64_t difference = a > b ? a - b : b - a;

    return difference * 100 <= (uint64_t)b * 3;
}

void vb__wire_judge(struct vb__wire *wire, uint64_t now_ns, uint32_t baud, uint64_t *random)
{
    uint8_t *data;

    if (wire->run_count == 0)
        return;
    data = wire->data + wire->head;
    for (struct vb__run *run = wire->runs + wire->run_head, *end = run + wire->run_count; run != end; run++) {
        const size_t reached = vb__wire_reached(wire, run, now_ns);

        if (!vb__same_rate(baud, run->baud)) {
            for (size_t i = run->judged > run->done ? run->judged : run->done; i < reached; i++)
                data[i - run->done] ^= (uint8_t)(vb__random(random) % 255 + 1);
        }
        if (run->judged < reached)
            run->judged = reached;
        data += run->count - run->done;
    }
}

void vb__wire_cut(struct vb__wire *wire, uint64_t now_ns)
{
    while (wire->run_count != 0) {
        struct vb__run *run = &wire->runs[wire->run_head + wire->run_count - 1];
        size_t keep = run->done;

        /* The byte whose bits are on the line is cut too: its receiver sees no whole byte. */
        while (keep < run->count && vb__wire_time(wire, run, keep) <= now_ns)
            keep++;
        wire->size -= run->count - keep;
        run->count = keep;
        if (keep != run->done)
            break;
        wire->run_count--;
    }
    if (wire->free_ns > now_ns)
        wire->free_ns = now_ns;
}

void vb__wire_finish(struct vb__wire *wire)
{
    free(wire->data);
    free(wire->runs);
    *wire = (struct vb__wire){0};
}
