/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The fault matrix of a job that burns eFuses: faults of the supply, of the fuses and of the line in the
 * middle of each stage that reads or burns them, the operator's view of it, and what the next run of the
 * board comes to. The expected table is fuses.md in this folder.
 *
 * A board that passes, whatever has happened, has its switches burnt and its application started.
 *
 * EG_MATRIX_WRITE=FILE writes the table. EG_MATRIX=N strikes N boards of each kind at random places.
 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"
#include "tools/vboard/model/model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGES_MAX 24
#define CELLS_MAX  100
#define ROW_SIZE   1200

/* `encrypt` itself talks to no board: its ciphertext is at stake in `write`. */
static const char *const stages[] = {"fuses-check", "write", "keys", "lock", "close", "restart"};
#define STAGES (sizeof stages / sizeof *stages)

/* What a board without a fault has received, and burnt, when a stage begins and ends. */
struct span {
    uint64_t from, to;
};

struct spans {
    struct fake_line *line;
    struct span received[STAGES], burnt[STAGES];
};

struct cell {
    char shown[60], stage[32];
    char fault[3][48]; /* "" = none */
    bool by_chance;    /* what the next run comes to */
    uint64_t
        cut_bits; /* of the stage that are burnt before the supply drops; the first fault is then efuse-cut */
};

/* How many bits a stage burns depends on the keys; so the supply is made to drop once the stage has begun. */
struct cut {
    struct fake_line *line;
    const struct cell *cell;
    bool made;
};

#define CUT "efuse-cut@1000000"

struct cells {
    struct cell rows[CELLS_MAX];
    unsigned count;
};

static int stage_index(const char *name)
{
    for (size_t i = 0; i < STAGES; i++)
        if (strcmp(stages[i], name) == 0)
            return (int)i;
    return -1;
}

static void note_stage(void *context, const struct eg_log_record *record)
{
    struct spans *const spans = context;
    const struct vb__faults *const faults = &vb_gang_board(spans->line->gang, 1)->faults;
    const bool begins = record->kind == EG_LOG_STAGE_BEGIN;
    const int i = begins || record->kind == EG_LOG_STAGE_END ? stage_index(record->stage) : -1;

    if (i < 0)
        return;
    if (begins)
        spans->received[i].from = faults->received, spans->burnt[i].from = faults->burnt;
    spans->received[i].to = faults->received;
    spans->burnt[i].to = faults->burnt;
}

static void make_cut(void *context, const struct eg_log_record *record)
{
    struct cut *const cut = context;
    struct vb__faults *const faults = &vb_gang_board(cut->line->gang, 1)->faults;

    if (cut->made || record->kind != EG_LOG_STAGE_BEGIN || strcmp(record->stage, cut->cell->stage) != 0)
        return;
    faults->states[0].fault.bits = cut->cell->cut_bits;
    faults->states[0].burnt = faults->burnt;
    cut->made = true;
}

static struct fake_line *line_of(const struct cell *cell)
{
    const char *faults[4] = {NULL};
    char texts[3][64];
    struct fake_line *line;
    unsigned count = 0;

    fake_secure_setup((void **)&line);
    fake_plan_set(line->plan, "secure.flash.key", "per-board");
    eg_setting_clear(eg_plan_setting(line->plan, "test"));
    fake_plan_add_group(line->plan, "test",
                        (const char *const[]){"expect", "self-test: OK", "timeout", "500ms", NULL});
    for (; cell != NULL && count < 3 && cell->fault[count][0] != '\0'; count++) {
        snprintf(texts[count], sizeof texts[count], "1:%s", cell->fault[count]);
        faults[count] = texts[count];
    }
    fake_line_plug(line, &(struct vb_config){.fast = true, .seed = 1}, 1, faults);
    return line;
}

static void measure(struct spans *spans)
{
    struct fake_line *line = line_of(NULL);

    spans->line = line;
    line->recorder.at_log = note_stage;
    line->recorder.context = spans;
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_teardown((void **)&line);
}

static struct cell *add(struct cells *cells, const char *shown, const char *stage)
{
    struct cell *const cell = &cells->rows[cells->count++];

    assert_true(cells->count < CELLS_MAX);
    snprintf(cell->shown, sizeof cell->shown, "%s", shown);
    snprintf(cell->stage, sizeof cell->stage, "%s", stage);
    return cell;
}

/* The number of a field's first fuse in its block. */
static unsigned fuse_of(const char *name)
{
    const struct eg_efuse_field *field = eg_efuse_of(eg_target_by_name("esp32c6"))->fields;

    while (strcmp(field->name, name) != 0)
        field++;
    assert_int_equal(field->block, 0);
    return field->word * 32u + field->pos;
}

/* A fuse of block 0 has four copies, and one that is bad in two of them is bad. */
static void add_switch(struct cells *cells, const char *kind, const char *value, const char *field,
                       const char *stage)
{
    char shown[60];

    for (unsigned bad = 1; bad <= 3; bad += 2) {
        snprintf(shown, sizeof shown, "%s%s: %s, %s", kind, value, field,
                 bad == 1 ? "one copy" : "three copies");
        struct cell *const cell = add(cells, shown, stage);
        for (unsigned copy = 0; copy < bad; copy++)
            snprintf(cell->fault[copy], sizeof cell->fault[copy], "%s@0.%u%s", kind,
                     copy * VB__EFUSE_COPY * 8 + fuse_of(field), value);
        cell->by_chance = strcmp(kind, "efuse-weak") == 0;
    }
}

static void make_cells(struct cells *cells, const struct spans *spans)
{
    static const char *const on_line[] = {"brownout", "silent", "drop", "garble", "gone"};
    static const struct {
        const char *field, *stage;
    } switches[] = {{"RD_DIS", "keys"}, {"SECURE_BOOT_EN", "lock"}, {"ENABLE_SECURITY_DOWNLOAD", "close"}};

    for (size_t i = 0; i < STAGES; i++) {
        const uint64_t bits = spans->burnt[i].to - spans->burnt[i].from;
        for (unsigned half = 0; half < 2 && bits > 0; half++) {
            struct cell *const cell = add(
                cells, half == 0 ? "efuse-cut, before the first bit" : "efuse-cut, in the middle", stages[i]);
            snprintf(cell->fault[0], sizeof cell->fault[0], CUT);
            cell->cut_bits = half * bits / 2;
        }
    }
    for (size_t k = 0; k < sizeof on_line / sizeof *on_line; k++)
        for (size_t i = 0; i < STAGES; i++) {
            const uint64_t bytes = spans->received[i].to - spans->received[i].from;
            if (bytes > 0)
                snprintf(add(cells, on_line[k], stages[i])->fault[0], 48, "%s@%llu", on_line[k],
                         (unsigned long long)(spans->received[i].from + bytes / 2));
        }
    snprintf(add(cells, "efuse-stuck=1: a bit of BLOCK_KEY0", "fuses-check")->fault[0], 48,
             "efuse-stuck@4.9=1");
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        add_switch(cells, "efuse-stuck", "=0", switches[i].field, switches[i].stage);
        add_switch(cells, "efuse-weak", "", switches[i].field, switches[i].stage);
    }
    snprintf(add(cells, "efuse-stuck=1: ENABLE_SECURITY_DOWNLOAD, three copies", "fuses-check")->fault[0], 48,
             "efuse-stuck@0.%u=1", fuse_of("ENABLE_SECURITY_DOWNLOAD"));
    for (unsigned copy = 1; copy < 3; copy++)
        snprintf(cells->rows[cells->count - 1].fault[copy], 48, "efuse-stuck@0.%u=1",
                 copy * VB__EFUSE_COPY * 8 + fuse_of("ENABLE_SECURITY_DOWNLOAD"));
    snprintf(add(cells, "efuse-lie", "")->fault[0], 48, "efuse-lie");
}

static bool passed(const struct eg_result *result)
{
    return eg_outcome_passed(result->outcome);
}

/* Whatever has happened, a green board is locked. A weak eFuse that is burnt may read as not burnt now. */
static void assert_locked(const struct fake_line *line, const struct cell *cell)
{
    if (!passed(&line->results[0]) || cell->by_chance)
        return;
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
    assert_int_equal(fake_secure_field(line, 1, "SPI_BOOT_CRYPT_CNT"), 7);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
    assert_int_not_equal(fake_secure_field(line, 1, "RD_DIS"), 0);
}

/* Remove received bytes from a sentence: they are garbage. */
static void cut_bytes(char *text)
{
    char *const at = strstr(text, "outside a frame: ");

    if (at != NULL)
        strcpy(at + strlen("outside a frame: "), "...");
}

static void print_result(char *text, size_t size, const struct eg_result *result)
{
    const bool green = passed(result);

    snprintf(text, size, "%s | %s | %s | %s", eg_outcome_name(result->outcome),
             green ? "" : eg_code_name(result->code), green ? "" : eg_blame_name(eg_code_blame(result->code)),
             green ? result->marginal : result->text);
    cut_bytes(text);
}

static void run_cell(char row[ROW_SIZE], const struct cell *cell)
{
    struct fake_line *line = line_of(cell);
    struct cut cut = {.line = line, .cell = cell};
    char first[600];

    if (strcmp(cell->fault[0], CUT) == 0) {
        line->recorder.at_log = make_cut;
        line->recorder.context = &cut;
    }
    print_message("%s, %s\n", cell->shown, cell->stage);
    fake_line_run(line);
    assert_locked(line, cell);
    print_result(first, sizeof first, &line->results[0]);
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    fake_line_run(line);
    assert_locked(line, cell);
    const struct eg_result *const next = &line->results[0];
    if (cell->by_chance) {
        assert_true(passed(next) || next->code == EG_NOT_BURNT || next->code == EG_SECURED);
        snprintf(row, ROW_SIZE, "| %s | %s | %s | pass or fail, by chance |\n", cell->shown, cell->stage,
                 first);
    } else {
        snprintf(row, ROW_SIZE, "| %s | %s | %s | %s%s%s |\n", cell->shown, cell->stage, first,
                 eg_outcome_name(next->outcome), passed(next) ? "" : ": ", passed(next) ? "" : next->text);
    }
    fake_line_teardown((void **)&line);
}

/* Rows are the same but for numbers, which follow keys and places. */
static bool same_row(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            a += strspn(a, "0123456789abcdefx");
            b += strspn(b, "0123456789abcdefx");
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return *a == *b;
}

static void write_table(const char *path, char (*rows)[ROW_SIZE], unsigned count)
{
    FILE *const out = fopen(path, "w");

    if (out == NULL)
        fail_msg("EG_MATRIX_WRITE=%s: cannot be written", path);
    fprintf(out,
            "# What the operator sees when eFuses are burnt\n\n"
            "Faults of the supply, of eFuses and of the line (`vboard --list-faults`) in the middle of each "
            "stage of a job that\n"
            "secures an ESP32-C6 in release mode with secure boot, a flash key per board and secure download "
            "mode; one attempt. The\n"
            "last column is the next run of the same board, with the same ledger.\n\n"
            "`tests/matrix/test_fuses.c` checks this table, and writes it with `EG_MATRIX_WRITE=FILE`.\n\n"
            "| Fault | Stage | Outcome | Code | Blame | Sentence | Next run |\n"
            "|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < count; i++)
        fputs(rows[i], out);
    assert_int_equal(fclose(out), 0);
}

static void check_table(char (*rows)[ROW_SIZE], unsigned count)
{
    char path[4096], wanted[ROW_SIZE];
    unsigned wrong = 0, i = 0;
    FILE *const table = fopen(source_path(path, "tests/matrix/fuses.md"), "r");

    if (table == NULL)
        fail_msg("%s is not there (EG_SOURCES)", path);
    while (fgets(wanted, sizeof wanted, table) != NULL) {
        if (wanted[0] != '|' || wanted[1] == '-' || strncmp(wanted, "| Fault", 7) == 0)
            continue;
        if (i < count && !same_row(rows[i], wanted)) {
            print_error("  is  %s  not %s", rows[i], wanted);
            wrong++;
        }
        i++;
    }
    fclose(table);
    if (wrong > 0 || i != count)
        fail_msg("%u rows are not as in fuses.md, which has %u of %u", wrong, i, count);
}

static void every_fault_of_a_board_that_is_secured_is_told_as_the_table_says(void **state)
{
    static char rows[CELLS_MAX][ROW_SIZE];
    static struct cells cells;
    struct spans spans = {0};
    const char *const path = getenv("EG_MATRIX_WRITE");

    (void)state;
    if (eg_stub_by_name("esp32c6") == NULL) {
        print_message("SKIPPED: no stubs in this build\n");
        skip();
    }
    measure(&spans);
    make_cells(&cells, &spans);
    for (unsigned i = 0; i < cells.count; i++)
        run_cell(rows[i], &cells.rows[i]);
    if (path != NULL)
        write_table(path, rows, cells.count);
    else
        check_table(rows, cells.count);
}

/* ---- At random places ---- */

/* Boards whose loader stays open, is reduced or is switched off, by a bridge and by the chip's own USB. */
struct kind {
    const char *download, *closing; /* the switch that closes the loader; NULL = none */
    enum vb_usb usb;
};

static const struct kind kinds[] = {{"open", NULL, VB_USB_BRIDGE},
                                    {"secure", "ENABLE_SECURITY_DOWNLOAD", VB_USB_BRIDGE},
                                    {"off", "DIS_DOWNLOAD_MODE", VB_USB_BRIDGE},
                                    {"secure", "ENABLE_SECURITY_DOWNLOAD", VB_USB_SERIAL_JTAG},
                                    {"off", "DIS_DOWNLOAD_MODE", VB_USB_SERIAL_JTAG}};

static struct fake_line *line_of_kind(const struct kind *kind, const char *const *faults, uint64_t seed)
{
    struct fake_line *line;

    fake_secure_setup((void **)&line);
    fake_plan_set(line->plan, "secure.flash.key", "per-board");
    fake_plan_set(line->plan, "secure.download", kind->download);
    fake_plan_set(line->plan, "link.return", "1200ms");
    fake_plan_set(line->plan, "retry.attempts", seed % 4 < 2 ? "1" : "2");
    fake_line_plug(line, &(struct vb_config){.fast = true, .seed = seed, .usb = kind->usb}, 1, faults);
    return line;
}

/* Whatever has happened, a green board is locked and closed, and so is one on whose record it is. */
static void assert_closed(const struct fake_line *line, const struct kind *kind)
{
    const bool recorded = strstr(line->recorder.transcript, "reached release close\n") != NULL;

    if (passed(&line->results[0])) {
        assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
        assert_int_equal(fake_secure_field(line, 1, "SPI_BOOT_CRYPT_CNT"), 7);
        assert_int_not_equal(fake_secure_field(line, 1, "RD_DIS"), 0);
        assert_true(kind->closing == NULL || recorded);
    }
    if (recorded)
        assert_int_equal(fake_secure_field(line, 1, kind->closing), 1);
}

static void strike(const struct kind *kind, const struct spans *spans, uint64_t seed, bool every_form)
{
    static const char *const forms[] = {"1:brownout@%llu", "1:gone@%llu:1000", "1:gone@%llu", "1:drop@%llu",
                                        "1:silent@%llu",   "1:watchdog@%llu",  "1:flip@%llu", "1:lose@%llu"};
    const int burning[] = {stage_index("keys"), stage_index("lock"), stage_index("close")};
    uint64_t random = seed;
    char on_line[48], cut[48];

    for (size_t i = 0; i < (every_form ? sizeof forms / sizeof *forms : 3); i++) {
        const struct span *const span =
            &spans->received[burning[vb__random(&random) % (kind->closing != NULL ? 3 : 2)]];
        const uint64_t at = span->from + vb__random(&random) % (span->to - span->from + 1);
        snprintf(on_line, sizeof on_line, forms[i], (unsigned long long)at);
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux1", (unsigned)(vb__random(&random) % 300));
        struct fake_line *line = line_of_kind(kind, FAULTS(on_line, seed % 2 == 0 ? cut : NULL), seed);
        for (unsigned run = 0; run == 0 || (run < 2 && !passed(&line->results[0])); run++) {
            fake_line_run_again(line);
            print_message("%s, %s, seed %llu, %s, %s, run %u: %s %s\n", kind->download,
                          kind->usb == VB_USB_BRIDGE ? "bridge" : "own USB", (unsigned long long)seed,
                          on_line, cut, run + 1, eg_outcome_name(line->results[0].outcome),
                          line->results[0].text);
            assert_closed(line, kind);
        }
        fake_line_teardown((void **)&line);
    }
}

static void wherever_a_fault_strikes_a_green_board_is_locked_and_closed(void **state)
{
    const char *const text = getenv("EG_MATRIX");
    const unsigned long seeds = text != NULL ? strtoul(text, NULL, 10) : 1;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct fake_line *line = line_of_kind(&kinds[i], NO_FAULTS, 1);
        struct spans spans = {.line = line};

        line->recorder.at_log = note_stage;
        line->recorder.context = &spans;
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        fake_line_teardown((void **)&line);
        for (uint64_t seed = 1; seed <= seeds; seed++)
            strike(&kinds[i], &spans, seed, text != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_of_a_board_that_is_secured_is_told_as_the_table_says),
        cmocka_unit_test(wherever_a_fault_strikes_a_green_board_is_locked_and_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
