/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is loaded into RAM and jumped to.
 *
 * A flasher stub runs when the bytes in RAM are those of a stub for this chip and its revision; a stub for
 * another one crashes. An application is not executed: what stands behind each "vboard says: " in its bytes
 * is printed, so that loading to RAM has something to show. Everything else crashes, and nothing answers
 * until the next reset.
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <stdlib.h>
#include <string.h>

#define RAM_MAX ((uint32_t)1 << 20) /* of one segment; no chip has so much inside */

void vb__ram_begin(struct vb_board *board, const uint8_t *payload)
{
    struct vb__segment *segment;

    board->write.mem_left = eg_get32(payload);
    board->write.mem_addr = eg_get32(payload + 12);
    if (board->segment_count == VB__SEGMENTS_MAX)
        return;
    segment = &board->segments[board->segment_count++];
    segment->addr = board->write.mem_addr;
    segment->size = board->write.mem_left < RAM_MAX ? board->write.mem_left : RAM_MAX;
}

static bool loaded(struct vb_board *board, const struct eg_stub *stub, uint32_t entry)
{
    return stub->entry == entry && vb__memory_equal(board, stub->text_addr, stub->text, stub->text_size) &&
           vb__memory_equal(board, stub->data_addr, stub->data, stub->data_size);
}

static bool is_stub(struct vb_board *board, uint32_t entry)
{
    const char *name = eg_target_stub(board->target, board->revision);

    if (name == NULL)
        return false;
    if (board->extra_stub != NULL && loaded(board, board->extra_stub, entry))
        return true;
    for (size_t i = 0; eg_stubs[i] != NULL; i++) {
        if (strcmp(eg_stubs[i]->name, name) == 0 && loaded(board, eg_stubs[i], entry))
            return true;
    }
    return false;
}

static void say(struct vb_board *board, const struct vb__segment *segment)
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *bytes = malloc(segment->size + 1);

    for (uint32_t at = 0; bytes != NULL && at < segment->size; at++)
        bytes[at] = (uint8_t)(vb__memory_get(board, segment->addr + at) >> 8 * ((segment->addr + at) % 4));
    if (bytes != NULL)
        vb__boot_say(board, bytes, segment->size);
}

void vb__ram_run(struct vb_board *board, uint32_t entry)
{
    if (is_stub(board, entry)) {
        vb__stub_start(board);
        return;
    }
    vb__write_close(board);
    board->state = VB__APP;
    for (unsigned i = 0; i < board->segment_count; i++)
        say(board, &board->segments[i]);
}
