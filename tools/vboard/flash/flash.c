/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part's contents: what NOR cells can do, and how long it takes.
 *
 * An operation changes the contents at once and makes the flash busy for its time; a reset in the middle of
 * an erase therefore finds it erased. Addresses wrap at the end of the part and at the last address line that
 * the controller drives: 16 MB, except for a stub that drives more.
 *
 * Not here: status registers and protection (status.c), whether anything answers (attach.c).
 */

#define _DEFAULT_SOURCE /* MAP_SHARED and O_NOFOLLOW */
#include "tools/vboard/flash/flash.h"

#include "engine/base/digest.h"
#include "tools/vboard/chip/chip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOWER 10u /* times, by a fault */

/* Write-enable and status polls around one program command, at the SPI clock that ROMs leave: with this and
 * the chunk times a page takes about 1.0 ms, as measured on production stands (1.77 MB in 7.6 s). */
#define COMMAND_US 20u

/* Writing a status register, typical and maximum: W25QxxJV. */
static const uint64_t status_us[] = {10000, 15000};

/* Largest digest of a range that wraps or where no flash answers: twice 64 MiB. */
#define MD5_MAX ((uint32_t)128 << 20)

static void close_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Fill a new file with FF; an old one must have the part's size. */
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

/* The part's address lines, and those the controller drives. */
static uint32_t space(const struct vb_board *board)
{
    return board->flash.size - 1 < board->attach.addr_mask ? board->flash.size : board->attach.addr_mask + 1;
}

static void stick(const struct vb_board *board, uint32_t addr, uint32_t size)
{
    vb__faults_stick(board, board->flash.data, board->flash.size, addr % space(board), size);
}

/* Old data is random: no sector of it is blank, and nothing in it starts. */
static void fill(struct vb_board *board)
{
    uint64_t random = board->config.number;

    memset(board->flash.data, 0xff, board->flash.size);
    for (uint32_t at = 0; board->config.used && at < board->flash.size; at += 8) {
        const uint64_t word = vb__random(&random) & ~UINT64_C(0xff);

        memcpy(board->flash.data + at, &word, sizeof word);
    }
}

enum eg_code vb__flash_open(struct vb_board *board, const char *path, struct eg_error *err)
{
    EG_CLEANUP(close_cleanup) int fd = -1;
    void *mapped;

    board->flash.size = board->part->size / (vb__faulty(board, VB__HALF_FLASH) ? 2 : 1);
    if (path == NULL) {
        board->flash.data = malloc(board->flash.size);
        if (board->flash.data == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "flash of %u bytes: out of memory",
                                (unsigned)board->flash.size);
        fill(board);
        stick(board, 0, board->flash.size);
        return EG_OK;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "flash file %s: opening it", path);
    EG_TRY(prepare_file(fd, path, board->flash.size, err));
    mapped = mmap(NULL, board->flash.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return eg_error_errno(err, EG_IO, errno, "flash file %s: mapping it", path);
    board->flash.data = mapped;
    board->flash.mapped = true;
    stick(board, 0, board->flash.size);
    return EG_OK;
}

void vb__flash_close(struct vb_board *board)
{
    if (board->flash.mapped)
        munmap(board->flash.data, board->flash.size);
    else
        free(board->flash.data);
    board->flash.data = NULL;
}

static void take_us(struct vb_board *board, uint64_t us)
{
    const uint64_t from_ns = vb__idle_ns(board);
    const uint64_t work_ns =
        board->config.fast ? 0 : us * 1000 * (vb__faulty(board, VB__SLOW_FLASH) ? SLOWER : 1);

    if (board->flash.busy_ns < from_ns)
        board->flash.busy_ns = from_ns;
    board->flash.busy_ns += work_ns;
    board->flash.work_ns += work_ns;
}

void vb__flash_wait(struct vb_board *board)
{
    vb__busy_until(board, board->flash.busy_ns);
}

void vb__flash_stop(struct vb_board *board)
{
    board->flash.busy_ns = board->clock.now_ns;
}

/* Return whether an erase or a program has an effect. If no part answers, its status reads as busy, and the
 * loader waits until the next reset. */
static bool changes(struct vb_board *board)
{
    if (!vb__flash_answers(board))
        vb__enter(board, VB__CRASHED, VB__NEVER);
    return board->clock.state != VB__CRASHED && !vb__status_protects(board);
}

/* The time of one program command. */
static uint64_t command_us(const struct vb_board *board, uint32_t size)
{
    const bool maximum = board->config.maximum_times;

    return COMMAND_US + (size <= 32 ? board->part->chunk_us[maximum] : board->part->page_us[maximum]);
}

void vb__flash_program(struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size,
                       uint32_t chunk)
{
    uint64_t us = 0;

    if (size == 0 || !changes(board))
        return;
    /* Commands end where their chunk does, or the page. */
    for (uint32_t done = 0, length; done < size; done += length) {
        length = chunk - (addr + done) % chunk;
        length = length < size - done ? length : size - done;
        us += command_us(board, length);
    }
    take_us(board, us);
    if (vb__faulty(board, VB__LIE))
        return;
    for (uint32_t i = 0; i < size; i++)
        board->flash.data[(addr + i) % space(board)] &= data[i];
    stick(board, addr, size);
}

static void blank(struct vb_board *board, uint32_t addr, uint32_t size)
{
    if (vb__faulty(board, VB__LIE))
        return;
    for (uint32_t done = 0; done < size; done += EG_FLASH_SECTOR)
        memset(board->flash.data + (addr + done) % space(board), 0xff, EG_FLASH_SECTOR);
    stick(board, addr, size);
}

void vb__flash_erase(struct vb_board *board, uint32_t addr, uint32_t size)
{
    const bool maximum = board->config.maximum_times;

    if (size == 0 || !changes(board))
        return;
    addr -= addr % EG_FLASH_SECTOR;
    for (uint32_t done = 0; done < size;) {
        const bool whole = (addr + done) % VB__BLOCK == 0 && size - done >= VB__BLOCK;

        take_us(board, whole ? board->part->block_us[maximum] : board->part->sector_us[maximum]);
        blank(board, addr + done, whole ? VB__BLOCK : EG_FLASH_SECTOR);
        done += whole ? VB__BLOCK : EG_FLASH_SECTOR;
    }
}

void vb__flash_erase_chip(struct vb_board *board)
{
    if (!changes(board))
        return;
    take_us(board, (uint64_t)board->part->chip_ms[board->config.maximum_times] * 1000);
    if (!vb__faulty(board, VB__LIE))
        memset(board->flash.data, 0xff, board->flash.size);
    stick(board, 0, board->flash.size);
}

/* Move by half a byte; `next` is what follows. */
static void shift(uint8_t *data, uint32_t size, uint8_t next)
{
    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)(data[i] << 4 | (i + 1 < size ? data[i + 1] : next) >> 4);
}

static bool reads_well(const struct vb_board *board)
{
    return !vb__faulty(board, VB__SHIFT_FLASH) && !vb__faulty(board, VB__NOISY_FLASH);
}

void vb__flash_read(struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    vb__busy(board, (uint64_t)size * vb__read_ns(board));
    if (!vb__flash_answers(board)) {
        memset(data, 0xff, size);
        return;
    }
    for (uint32_t done = 0; done < size;) {
        const uint32_t from = (addr + done) % space(board);
        uint32_t length = space(board) - from;

        if (length > size - done)
            length = size - done;
        memcpy(data + done, board->flash.data + from, length);
        done += length;
    }
    if (vb__faulty(board, VB__SHIFT_FLASH))
        shift(data, size, board->flash.data[(addr + size) % space(board)]);
    vb__faults_disturb(board, data, size);
}

bool vb__flash_holds(const struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (board->flash.data[(addr + i) % space(board)] != data[i])
            return false;
    }
    return true;
}

bool vb__flash_md5(struct vb_board *board, uint32_t addr, uint32_t size, uint8_t md5[16])
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *copy = NULL;
    struct eg_error err;

    addr %= space(board);
    if (vb__flash_answers(board) && reads_well(board) && size <= space(board) - addr) {
        vb__busy(board, (uint64_t)size * vb__read_ns(board));
        return eg_md5(md5, board->flash.data + addr, size, &err) == EG_OK;
    }
    if (size > MD5_MAX || (copy = malloc(size + 1)) == NULL)
        return false;
    vb__flash_read(board, addr, copy, size);
    return eg_md5(md5, copy, size, &err) == EG_OK;
}

void vb__flash_write_status(struct vb_board *board, size_t first, const uint8_t *data, size_t size)
{
    if (vb__status_write(board, first, data, size))
        take_us(board, status_us[board->config.maximum_times]);
}

void vb__flash_unlock(struct vb_board *board)
{
    if (vb__status_unlock(board))
        take_us(board, status_us[board->config.maximum_times]);
}
