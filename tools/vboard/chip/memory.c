/* SPDX-License-Identifier: Apache-2.0 */

/* RAM and registers: words that hold what was written to them, and the fields in them. */

#include "tools/vboard/chip/chip.h"

#include <stdlib.h>

/* A host that writes all over the address space gets zeros back past this many pages. */
#define PAGES_MAX 1024u

static struct vb__page *find_page(struct vb_board *board, uint32_t number)
{
    struct vb__memory *memory = &board->memory;

    if (memory->last < memory->count && memory->pages[memory->last]->number == number)
        return memory->pages[memory->last];
    for (size_t i = 0; i < memory->count; i++) {
        if (memory->pages[i]->number == number) {
            memory->last = i;
            return memory->pages[i];
        }
    }
    return NULL;
}

static struct vb__page *make_page(struct vb_board *board, uint32_t number)
{
    struct vb__memory *memory = &board->memory;
    struct vb__page *page = find_page(board, number);

    if (page != NULL || memory->count == PAGES_MAX)
        return page;
    if (memory->count == memory->room) {
        const size_t room = memory->room != 0 ? 2 * memory->room : 16;
        void *moved = realloc(memory->pages, room * sizeof(struct vb__page *));

        if (moved == NULL)
            return NULL;
        memory->pages = moved;
        memory->room = room;
    }
    page = calloc(1, sizeof *page);
    if (page == NULL)
        return NULL;
    page->number = number;
    memory->pages[memory->count++] = page;
    return page;
}

uint32_t vb__memory_get(struct vb_board *board, uint32_t addr)
{
    const struct vb__page *page = find_page(board, addr >> 12);

    return page != NULL ? page->word[addr % EG_FLASH_SECTOR / 4] : 0;
}

void vb__memory_put(struct vb_board *board, uint32_t addr, uint32_t word)
{
    struct vb__page *page = make_page(board, addr >> 12);

    if (page != NULL)
        page->word[addr % EG_FLASH_SECTOR / 4] = word;
}

void vb__memory_put_bytes(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++, addr++) {
        const unsigned shift = 8 * (addr % 4);
        const uint32_t word = vb__memory_get(board, addr);

        vb__memory_put(board, addr, (word & ~(UINT32_C(0xff) << shift)) | (uint32_t)data[i] << shift);
    }
}

bool vb__memory_equal(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++, addr++) {
        if ((uint8_t)(vb__memory_get(board, addr) >> 8 * (addr % 4)) != data[i])
            return false;
    }
    return true;
}

void vb__memory_clear(struct vb_board *board)
{
    for (size_t i = 0; i < board->memory.count; i++)
        free(board->memory.pages[i]);
    board->memory.count = 0;
    board->memory.last = 0;
}

void vb__memory_finish(struct vb_board *board)
{
    vb__memory_clear(board);
    free(board->memory.pages);
    board->memory = (struct vb__memory){0};
}

bool vb__memory_read(void *board, uint32_t addr, uint32_t *word)
{
    *word = vb__memory_get(board, addr);
    return true;
}

uint32_t vb__field(struct vb_board *board, enum eg_field_id field)
{
    uint32_t value = 0;

    eg_field_read(&board->target->field[field], vb__memory_read, board, &value);
    return value;
}

/* The reverse of eg_field_read(). */
void vb__put_field(struct vb_board *board, enum eg_field_id field, uint32_t value)
{
    for (size_t i = 0; i < EG_FIELD_PARTS_MAX; i++) {
        const struct eg_field_part *part = &board->target->field[field].part[i];
        const uint32_t bits = value >> part->out_shift & part->mask;

        if (part->mask != 0)
            vb__memory_put(board, part->addr,
                           (vb__memory_get(board, part->addr) & ~(part->mask << part->shift)) |
                               bits << part->shift);
    }
}
