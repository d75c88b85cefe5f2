/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_view.h"

#include "tests/fakes/check.h"
#include "tools/espgang/line/screen.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct eg_target target = {.label = "ESP32-C3"};
static const struct eg_plan plan = {.job_name = "climate-node", .job_version = "1.4.0", .target = &target};
static const struct cli_moment now = {1000000, 1700000000};

void fake_view_begin(struct fake_view *fake, unsigned slots, unsigned rows, unsigned columns)
{
    struct eg_error err;
    struct eg_slot *const made = calloc(slots + 1, sizeof *made);
    char(*const names)[16] = calloc(slots + 1, sizeof *names);

    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    assert_true(made != NULL && names != NULL);
    for (unsigned i = 0; i < slots; i++) {
        snprintf(names[i], sizeof names[i], "%c%u", 'A' + i / 8 % 26, i % 8 + 1 + i / 208 * 8);
        made[i].name = names[i];
    }
    *fake = (struct fake_view){
        .look = {.typed = "", .question = "", .keys = true, .serves = true, .now = now},
        .cells = {.rows = rows, .columns = columns, .utf8 = true},
    };
    fake->look.now.ms += 3600;
    fake->cells.at = calloc((size_t)rows * columns, sizeof *fake->cells.at);
    assert_non_null(fake->cells.at);
    cli_cells_clear(&fake->cells);
    assert_ok(cli_view_init(&fake->view, &plan, made, slots, &err), err);
    cli_view_name(&fake->view, NULL, "2026-48");
    free(made);
    free(names);
}

void fake_view_end(struct fake_view *fake)
{
    cli_view_finish(&fake->view);
    free(fake->cells.at);
}

static struct eg_log_record record_of(struct fake_view *fake, enum eg_log_kind kind, unsigned slot)
{
    return (struct eg_log_record){.kind = kind,
                                  .level = EG_NORMAL,
                                  .origin = {fake->view.slots[slot].name, "", ""},
                                  .text = "",
                                  .stage = "",
                                  .outcome = "",
                                  .attempt = 1};
}

void fake_view_run(struct fake_view *fake, unsigned slot, enum eg_outcome outcome, enum eg_code code,
                   const char *text)
{
    struct eg_log_record record = record_of(fake, EG_LOG_OUTCOME, slot);
    char mac[EG_MAC_TEXT];

    snprintf(mac, sizeof mac, "02:7a:1c:41:%02x:%02x", 0x0a + (slot + 1) / 256 % 100, (slot + 1) % 256);
    record.origin.board = mac;
    record.outcome = eg_outcome_name(outcome);
    record.code = code;
    record.text = text;
    record.duration_ms = 10200;
    cli_view_take(&fake->view, &record, now);
}

void fake_view_work(struct fake_view *fake, unsigned slot, const char *stage)
{
    struct eg_log_record record = record_of(fake, EG_LOG_STAGE_BEGIN, slot);

    record.stage = stage;
    cli_view_take(&fake->view, &record, now);
    record.kind = EG_LOG_PROGRESS;
    record.text = "app";
    record.done = 500000;
    record.total = 1000000;
    cli_view_take(&fake->view, &record, now);
    fake->view.slots[slot].percent = 46; /* whatever the weights of stages are */
}

void fake_view_set_counts(struct fake_view *fake, int64_t good, int64_t not_good, unsigned wanted)
{
    const struct eg_batch batch = {.units = good + not_good, .passed = good};

    cli_view_set_batch(&fake->view, &batch);
    fake->view.target = wanted;
}

void fake_view_draw(struct fake_view *fake)
{
    cli_screen_draw(&fake->cells, &fake->view, &fake->look);
}

const char *fake_view_row(struct fake_view *fake, unsigned row)
{
    char *to = fake->row;

    for (unsigned column = 0; column < fake->cells.columns && to < fake->row + sizeof fake->row - 4;
         column++) {
        const uint32_t character = fake->cells.at[row * fake->cells.columns + column].character;
        if (character == 0)
            continue;
        if (character < 0x80) {
            *to++ = (char)character;
        } else if (character < 0x800) {
            *to++ = (char)(0xc0 | character >> 6);
            *to++ = (char)(0x80 | (character & 0x3f));
        } else {
            *to++ = (char)(0xe0 | character >> 12);
            *to++ = (char)(0x80 | (character >> 6 & 0x3f));
            *to++ = (char)(0x80 | (character & 0x3f));
        }
    }
    *to = '\0';
    return fake->row;
}

void fake_view_expect(struct fake_view *fake, unsigned row, const char *text)
{
    if (strncmp(fake_view_row(fake, row), text, strlen(text)) == 0)
        return;
    for (unsigned i = 0; i < fake->cells.rows; i++)
        print_message("%2u |%s|\n", i, fake_view_row(fake, i));
    fail_msg("row %u does not begin with '%s'", row, text);
}

unsigned fake_view_find(struct fake_view *fake, const char *text)
{
    for (unsigned i = 0; i < fake->cells.rows; i++)
        if (strstr(fake_view_row(fake, i), text) != NULL)
            return i;
    for (unsigned i = 0; i < fake->cells.rows; i++)
        print_message("%2u |%s|\n", i, fake_view_row(fake, i));
    fail_msg("no row has '%s'", text);
    return 0;
}
