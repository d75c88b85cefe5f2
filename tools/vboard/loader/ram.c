/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RAM that MEM_BEGIN and MEM_DATA fill.
 *
 * A flasher stub can run when the bytes in RAM are those of a stub for this chip and its revision. Other
 * programs are not executed; board/boot.c says what happens to them.
 */

#include "tools/vboard/loader/loader.h"

#include <string.h>

#define RAM_MAX ((uint32_t)1 << 20) /* of one segment; no chip has more */

enum eg_code vb__ram_init(struct vb_board *board, const char *stub_dir, struct eg_error *err)
{
    /* The stub depends on the revision in the eFuses. */
    const char *const stub = eg_target_stub(board->target, board->identity.revision);

    return stub_dir != NULL && stub != NULL ? eg_stub_load(&board->ram.extra_stub, stub_dir, stub, err)
                                            : EG_OK;
}

void vb__ram_finish(struct vb_board *board)
{
    eg_stub_destroy(board->ram.extra_stub);
}

void vb__ram_reset(struct vb_board *board)
{
    board->ram = (struct vb__ram){.extra_stub = board->ram.extra_stub};
}

void vb__ram_begin(struct vb_board *board, const uint8_t *payload)
{
    struct vb__segment *segment;

    board->ram.open = true;
    board->ram.left = eg_get32(payload);
    board->ram.addr = eg_get32(payload + 12);
    if (board->ram.segment_count == VB__SEGMENTS_MAX)
        return;
    segment = &board->ram.segments[board->ram.segment_count++];
    segment->addr = board->ram.addr;
    segment->size = board->ram.left < RAM_MAX ? board->ram.left : RAM_MAX;
}

static bool loaded(struct vb_board *board, const struct eg_stub *stub, uint32_t entry)
{
    return stub->entry == entry && vb__memory_equal(board, stub->text_addr, stub->text, stub->text_size) &&
           vb__memory_equal(board, stub->data_addr, stub->data, stub->data_size);
}

bool vb__ram_data(struct vb_board *board, const uint8_t *data, size_t size)
{
    if (size > board->ram.left)
        return false;
    vb__memory_put_bytes(board, board->ram.addr, data, size);
    board->ram.addr += (uint32_t)size;
    board->ram.left -= (uint32_t)size;
    return true;
}

void vb__ram_end(struct vb_board *board)
{
    board->ram.open = false;
}

bool vb__ram_holds_stub(struct vb_board *board, uint32_t entry)
{
    const char *name = eg_target_stub(board->target, board->identity.revision);

    if (name == NULL)
        return false;
    if (board->ram.extra_stub != NULL && loaded(board, board->ram.extra_stub, entry))
        return true;
    for (size_t i = 0; eg_stubs[i] != NULL; i++) {
        if (strcmp(eg_stubs[i]->name, name) == 0 && loaded(board, eg_stubs[i], entry))
            return true;
    }
    return false;
}
