/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part: its contents, what NOR cells can do, and how long it takes.
 *
 * An operation changes the contents at once and makes the flash busy for its time; a reset in the middle of
 * an erase therefore finds it erased. Addresses wrap at the end of the part, as its missing address lines
 * make them, and at the last line that the controller drives: at 16 MB but for a stub that knows better.
 *
 * Not here: status registers and protection (status.c), whether anything answers at all (attach.c).
 */

#define _DEFAULT_SOURCE /* MAP_SHARED, ftruncate() and O_NOFOLLOW in one go */
#include "engine/base/digest.h"
#include "tools/vboard/board_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of what is larger nobody has the patience to ask for a digest: 64 MiB twice. */
#define MD5_MAX ((uint32_t)128 << 20)

static void close_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* A file that was not there is filled with FF, one that was must have the part's size. */
static enum eg_code prepare_file(int fd, const char *path, uint32_t size, struct eg_error *err)
{
    struct stat facts;
    uint8_t blank[VB__BLOCK];

    if (fstat(fd, &facts) != 0)
        return eg_error_errno(err, EG_IO, errno, "flash file %s", path);
    if (!S_ISREG(facts.st_mode))
        return eg_error_set(err, EG_IO, "flash file %s: not a regular file", path);
    if (facts.st_size == (off_t)size)
        return EG_OK;
    if (facts.st_size != 0)
        return eg_error_set(err, EG_IO, "flash file %s: has %lld bytes, the flash part has %u", path,
                            (long long)facts.st_size, (unsigned)size);
    memset(blank, 0xff, sizeof blank);
    for (uint32_t at = 0; at < size; at += sizeof blank) {
        if (pwrite(fd, blank, sizeof blank, (off_t)at) != (ssize_t)sizeof blank)
            return eg_error_errno(err, EG_IO, errno, "flash file %s: making it blank", path);
    }
    return EG_OK;
}

enum eg_code vb__flash_open(struct vb_board *board, const char *path, struct eg_error *err)
{
    EG_CLEANUP(close_cleanup) int fd = -1;
    void *mapped;

    board->flash_size = board->part->size;
    if (path == NULL) {
        board->flash = malloc(board->flash_size);
        if (board->flash == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "flash of %u bytes: out of memory",
                                (unsigned)board->flash_size);
        memset(board->flash, 0xff, board->flash_size);
        return EG_OK;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "flash file %s: opening it", path);
    EG_TRY(prepare_file(fd, path, board->flash_size, err));
    mapped = mmap(NULL, board->flash_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return eg_error_errno(err, EG_IO, errno, "flash file %s: mapping it", path);
    board->flash = mapped;
    board->flash_mapped = true;
    return EG_OK;
}

void vb__flash_finish(struct vb_board *board)
{
    if (board->flash_mapped)
        munmap(board->flash, board->flash_size);
    else
        free(board->flash);
    board->flash = NULL;
}

void vb__flash_take_us(struct vb_board *board, uint64_t us)
{
    const uint64_t now_ns = board->cpu_ns > board->now_ns ? board->cpu_ns : board->now_ns;

    if (board->flash_ns < now_ns)
        board->flash_ns = now_ns;
    if (!board->config.fast)
        board->flash_ns += us * 1000;
}

void vb__flash_wait(struct vb_board *board)
{
    if (board->cpu_ns < board->flash_ns)
        board->cpu_ns = board->flash_ns;
}

/* The part's address lines, and those the controller drives. */
static uint32_t space(const struct vb_board *board)
{
    return board->flash_size - 1 < board->addr_mask ? board->flash_size : board->addr_mask + 1;
}

/* Whether an erase or a program does anything. Where no part answers its status reads as busy, and whoever
 * waits for that does so until the next reset. */
static bool changes(struct vb_board *board)
{
    if (!vb__flash_answers(board))
        board->state = VB__CRASHED;
    return board->state != VB__CRASHED && !vb__status_protects(board);
}

void vb__flash_program(struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size)
{
    const uint32_t pages = size == 0 ? 0 : (addr % 256 + size + 255) / 256;

    if (size == 0 || !changes(board))
        return;
    vb__flash_take_us(board, (uint64_t)pages * board->part->page_us[board->config.maximum_times]);
    if (board->lie)
        return;
    for (uint32_t i = 0; i < size; i++)
        board->flash[(addr + i) % space(board)] &= data[i];
    vb__faults_stick(board, addr % space(board), size);
}

static void blank(struct vb_board *board, uint32_t addr, uint32_t size)
{
    if (board->lie)
        return;
    for (uint32_t done = 0; done < size; done += EG_FLASH_SECTOR)
        memset(board->flash + (addr + done) % space(board), 0xff, EG_FLASH_SECTOR);
    vb__faults_stick(board, addr % space(board), size);
}

void vb__flash_erase(struct vb_board *board, uint32_t addr, uint32_t size)
{
    const bool maximum = board->config.maximum_times;

    if (size == 0 || !changes(board))
        return;
    addr -= addr % EG_FLASH_SECTOR;
    for (uint32_t done = 0; done < size;) {
        const bool whole = (addr + done) % VB__BLOCK == 0 && size - done >= VB__BLOCK;

        vb__flash_take_us(board, whole ? board->part->block_us[maximum] : board->part->sector_us[maximum]);
        blank(board, addr + done, whole ? VB__BLOCK : EG_FLASH_SECTOR);
        done += whole ? VB__BLOCK : EG_FLASH_SECTOR;
    }
}

void vb__flash_erase_chip(struct vb_board *board)
{
    if (!changes(board))
        return;
    vb__flash_take_us(board, (uint64_t)board->part->chip_ms[board->config.maximum_times] * 1000);
    if (!board->lie)
        memset(board->flash, 0xff, board->flash_size);
    vb__faults_stick(board, 0, board->flash_size);
}

void vb__flash_read(struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    vb__busy(board, (uint64_t)size * board->part->read_ns);
    if (!vb__flash_answers(board)) {
        memset(data, 0xff, size);
        return;
    }
    for (uint32_t done = 0; done < size;) {
        const uint32_t from = (addr + done) % space(board);
        uint32_t length = space(board) - from;

        if (length > size - done)
            length = size - done;
        memcpy(data + done, board->flash + from, length);
        done += length;
    }
}

bool vb__flash_holds(const struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (board->flash[(addr + i) % space(board)] != data[i])
            return false;
    }
    return true;
}

bool vb__flash_md5(struct vb_board *board, uint32_t addr, uint32_t size, uint8_t md5[16])
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *copy = NULL;
    struct eg_error err;

    addr %= space(board);
    if (vb__flash_answers(board) && size <= space(board) - addr) {
        vb__busy(board, (uint64_t)size * board->part->read_ns);
        return eg_md5(md5, board->flash + addr, size, &err) == EG_OK;
    }
    if (size > MD5_MAX || (copy = malloc(size + 1)) == NULL)
        return false;
    vb__flash_read(board, addr, copy, size);
    return eg_md5(md5, copy, size, &err) == EG_OK;
}
