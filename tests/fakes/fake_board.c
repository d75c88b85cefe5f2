/* SPDX-License-Identifier: Apache-2.0 */

/* A board of the public interface with a simulated one at its port; see the header. */

#include "tests/fakes/fake_board.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/image/hex.h"
#include "tools/vboard/chip/chip.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *word_of(const struct eg_log_record *record)
{
    return record->level == EG_TRACE ? "trace" : eg_log_kind_name(record->kind);
}

static void keep_stage(struct fake_log *log, const struct eg_log_record *record)
{
    const size_t used = strlen(log->stages);
    const bool ended = record->kind == EG_LOG_STAGE_END;

    snprintf(log->stages + used, sizeof log->stages - used, "%s%s%s%s", used > 0 ? " " : "", record->stage,
             ended ? ":" : "", ended ? eg_code_name(record->code) : "");
}

static void keep_record(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct fake_log *log = (struct fake_log *)logger;
    struct eg_error err;
    char line[1024];

    snprintf(log->port, sizeof log->port, "%s", record->origin.port);
    snprintf(log->board, sizeof log->board, "%s", record->origin.board);
    if (record->kind == EG_LOG_PROGRESS) {
        log->progress++;
        log->done = record->done;
        log->total = record->total;
        snprintf(log->progress_stage, sizeof log->progress_stage, "%s", record->stage);
        return;
    }
    if (record->kind == EG_LOG_STAGE_BEGIN || record->kind == EG_LOG_STAGE_END) {
        keep_stage(log, record);
        return;
    }
    const int length = snprintf(line, sizeof line, "%s: %s\n", word_of(record), record->text);
    assert_in_range(length, 1, sizeof line - 1);
    assert_ok(eg_buffer_append(&log->text, line, (size_t)length, &err), err);
}

static enum eg_code open_behind(struct eg_port **port, const char *url, void *context,
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    struct fake_board *fake = context;
    const struct eg_port_scheme *sim = vb_gang_scheme(fake->gang);
    char board[64];

    if (strcmp(url, FAKE_PORT) != 0)
        return eg_error_set(err, EG_NO_PORT, "%s: is not there", url);
    if (fake->refusals > 0) {
        fake->refusals--;
        return eg_error_set(err, EG_PORT_BUSY, "%s: somebody else has it", url);
    }
    vb_gang_url(fake->gang, fake->number, board, sizeof board);
    EG_TRY(sim->open(port, board, sim->context, cancel, err));
    (*port)->vid = fake->vid;
    (*port)->pid = fake->pid;
    fake->opened++;
    return EG_OK;
}

int fake_board_setup(void **state)
{
    struct fake_board *fake = calloc(1, sizeof *fake);

    assert_non_null(fake);
    snprintf(fake->folder, sizeof fake->folder, "/tmp/fake_board.XXXXXX");
    assert_non_null(mkdtemp(fake->folder));
    assert_non_null(getcwd(fake->cwd, sizeof fake->cwd));
    fake->log.logger.log = keep_record;
    fake->scheme = (struct eg_port_scheme){.scheme = "", .help = "", .open = open_behind, .context = fake};
    fake->schemes[0] = &fake->scheme;
    fake->number = 1;
    fake->options = (struct eg_board_options){.port = FAKE_PORT,
                                              .before = EG_BEFORE_NO_RESET,
                                              .schemes = fake->schemes,
                                              .logger = &fake->log.logger};
    *state = fake;
    return 0;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *where)
{
    (void)facts;
    (void)kind;
    (void)where;
    return remove(path);
}

void fake_board_unplug(struct fake_board *fake)
{
    eg_board_destroy(fake->board);
    vb_gang_destroy(fake->gang);
    fake->board = NULL;
    fake->gang = NULL;
}

int fake_board_teardown(void **state)
{
    struct fake_board *fake = *state;
    const int gone = chdir(fake->cwd) | nftw(fake->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);

    fake_board_unplug(fake);
    eg_buffer_finish(&fake->log.text);
    free(fake->kept);
    free(fake);
    return gone;
}

void fake_board_plug(struct fake_board *fake, const char *chip, const struct vb_config *config,
                     const char *const *faults)
{
    struct vb_config pattern = *config;
    struct eg_error err;
    unsigned fault_count = 0;

    fake->target = pattern.target = eg_target_by_name(chip);
    assert_non_null(fake->target);
    while (faults[fault_count] != NULL)
        fault_count++;
    assert_ok(vb_gang_create(&fake->gang, &pattern, 2, faults, fault_count, &err), err);
}

void fake_board_connect(struct fake_board *fake, enum fake_loader loader)
{
    struct eg_error err;

    assert_ok(eg_board_detect_chip(&fake->board, &fake->options, &err), err);
    if (loader == FAKE_STUB) {
        assert_ok(eg_board_run_stub(fake->board, &err), err);
        assert_true(eg_board_has_stub(fake->board));
    }
    assert_ok(eg_board_attach_flash(fake->board, NULL, &err), err);
}

void fake_board_start(struct fake_board *fake, const char *chip, enum fake_loader loader)
{
    fake_board_plug(fake, chip, FAKE_USUAL, NO_FAULTS);
    fake_board_connect(fake, loader);
}

static struct vb_board *board_of(struct fake_board *fake)
{
    return vb_gang_board(fake->gang, fake->number);
}

void fake_board_poke(struct fake_board *fake, uint32_t addr, uint32_t word)
{
    vb__memory_put(board_of(fake), addr, word);
}

uint32_t fake_board_peek(struct fake_board *fake, uint32_t addr)
{
    return vb__memory_get(board_of(fake), addr);
}

void fake_board_burn(struct fake_board *fake, enum eg_field_id field, uint32_t value)
{
    const struct eg_field_part *part = fake->target->field[field].part;

    assert_true(eg_field_exists(&fake->target->field[field]));
    for (size_t i = 0; i < EG_FIELD_PARTS_MAX && part[i].mask != 0; i++) {
        const uint32_t mask = part[i].mask << part[i].shift;
        const uint32_t bits = (value >> part[i].out_shift & part[i].mask) << part[i].shift;

        fake_board_poke(fake, part[i].addr, (fake_board_peek(fake, part[i].addr) & ~mask) | bits);
    }
}

unsigned fake_board_received(struct fake_board *fake)
{
    return (unsigned)board_of(fake)->faults.received;
}

uint8_t *fake_board_flash(struct fake_board *fake)
{
    return board_of(fake)->flash.data;
}

size_t fake_board_flash_size(struct fake_board *fake)
{
    size_t size;

    (void)vb_board_flash(board_of(fake), &size);
    return size;
}

void fake_board_fill(struct fake_board *fake)
{
    const size_t size = fake_board_flash_size(fake);

    free(fake->kept);
    fake->kept = malloc(size);
    assert_non_null(fake->kept);
    fake_noise(fake->kept, size, 0xf1a54);
    for (size_t i = 0; i < size; i++)
        fake->kept[i] |= 1; /* no byte is 0, every sector has bytes that are not FF */
    memcpy(fake_board_flash(fake), fake->kept, size);
}

static void assert_same(struct fake_board *fake, size_t from, size_t to)
{
    const uint8_t *flash = fake_board_flash(fake);

    if (memcmp(flash + from, fake->kept + from, to - from) == 0)
        return;
    for (size_t i = from; i < to; i++)
        if (flash[i] != fake->kept[i])
            fail_msg("flash 0x%08zx: 0x%02x, it was 0x%02x", i, flash[i], fake->kept[i]);
}

void fake_board_assert_untouched(struct fake_board *fake)
{
    assert_same(fake, 0, fake_board_flash_size(fake));
}

void fake_board_assert_untouched_but(struct fake_board *fake, size_t from, size_t to)
{
    assert_same(fake, 0, from);
    assert_same(fake, to, fake_board_flash_size(fake));
}

void fake_board_assert_blank(struct fake_board *fake, size_t from, size_t to)
{
    const uint8_t *flash = fake_board_flash(fake);

    for (size_t i = from; i < to; i++)
        if (flash[i] != 0xff)
            fail_msg("flash 0x%08zx: 0x%02x, not blank", i, flash[i]);
}

unsigned fake_board_count(const struct fake_board *fake, const char *beginning)
{
    const char *text = (const char *)fake->log.text.data, *const end = text + fake->log.text.size;
    const size_t length = strlen(beginning);
    unsigned count = 0;

    for (; text < end; text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1)
        if ((size_t)(end - text) > length && memcmp(text, beginning, length) == 0)
            count++;
    return count;
}

bool fake_board_said(const struct fake_board *fake, const char *line)
{
    char whole[1024];

    snprintf(whole, sizeof whole, "%s\n", line);
    const char *text = (const char *)fake->log.text.data, *const end = text + fake->log.text.size;
    const size_t length = strlen(whole);

    for (; text < end; text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1)
        if ((size_t)(end - text) >= length && memcmp(text, whole, length) == 0)
            return true;
    print_message("not said: %sbut:\n%.*s", whole, (int)fake->log.text.size,
                  (const char *)fake->log.text.data);
    return false;
}

char *fake_board_path(const struct fake_board *fake, char path[4096], const char *name)
{
    snprintf(path, 4096, "%s/%s", fake->folder, name);
    return path;
}

void fake_board_write(const struct fake_board *fake, const char *name, const void *data, size_t size)
{
    char path[4096];
    FILE *file = fopen(fake_board_path(fake, path, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void fake_board_assert_file(const struct fake_board *fake, const char *name, const void *data, size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_error err;
    char path[4096];

    fake_board_path(fake, path, name);
    if (data == NULL) {
        assert_int_not_equal(access(path, F_OK), 0);
        return;
    }
    assert_ok(eg_file_read(&file, path, SIZE_MAX, &err), err);
    assert_int_equal(file.size, size);
    assert_memory_equal(file.data, data, size);
}

/* Make sixteen bytes of which a few change now and then, like instructions of one kind. */
void fake_data(uint8_t *data, size_t size, uint32_t seed)
{
    uint8_t last[16] = {0};

    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        if (seed >> 30 == 0)
            last[i % sizeof last] = (uint8_t)(seed >> 16);
        data[i] = last[i % sizeof last];
    }
}

void fake_noise(uint8_t *data, size_t size, uint32_t seed)
{
    uint64_t state = seed, word = 0;

    for (size_t i = 0; i < size; i++, word >>= 8) {
        if (i % sizeof word == 0)
            word = vb__random(&state);
        data[i] = (uint8_t)word;
    }
}

size_t fake_image_make(uint8_t *data, const char *chip, const struct fake_image *image)
{
    const struct eg_target *target = eg_target_by_name(chip);
    const bool extended = target->image_chip_id >= 0;
    const size_t header = extended ? 24 : 8;
    const uint32_t size = image->size != 0 ? image->size : 100;
    const uint32_t addr = image->load_addr != 0 ? image->load_addr : target->memory[2].start;
    uint8_t sum = 0xef;
    struct eg_error err;

    memset(data, 0, header + 8);
    data[0] = 0xe9;
    data[1] = 1;
    eg_put32(data + 4, addr);
    if (extended) {
        data[8] = 0xee;
        eg_put16(data + 12, (uint16_t)target->image_chip_id);
        data[14] = image->min_rev;
        eg_put16(data + 15, image->min_rev_full);
        eg_put16(data + 17, image->old ? 0 : image->max_rev_full != 0 ? image->max_rev_full : 65535);
        data[23] = image->hash;
    }
    eg_put32(data + header, addr);
    eg_put32(data + header + 4, size);
    fake_data(data + header + 8, size, size);
    for (uint32_t i = 0; i < size; i++)
        sum ^= data[header + 8 + i];
    const size_t end = (header + 8 + size) | 15;
    memset(data + header + 8 + size, 0, end - (header + 8 + size));
    data[end] = sum;
    if (!image->hash)
        return end + 1;
    assert_true(extended);
    assert_ok(eg_sha256(data + end + 1, data, end + 1, &err), err);
    return end + 1 + EG_SHA256_SIZE;
}

char *fake_hex(uint32_t addr, const uint8_t *data, size_t size, uint32_t second_addr, const uint8_t *second,
               size_t second_size)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    struct eg_buffer text = {0};
    struct eg_error err;

    assert_ok(eg__pieces_add(&pieces, addr, data, size, "range", 1, &err), err);
    assert_ok(eg__pieces_add(&pieces, second_addr, second, second_size, "range", 2, &err), err);
    assert_ok(eg_hex_write(&text, &pieces, &err), err);
    assert_ok(eg_buffer_append(&text, "", 1, &err), err);
    return (char *)text.data;
}
