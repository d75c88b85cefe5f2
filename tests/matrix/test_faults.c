/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The fault matrix: each fault of the simulated board, in the middle of each stage, and the operator's view
 * of it.
 *
 * The cells come from the table of faults and from the stages of a board without a fault, so a new fault or
 * stage gets its cells at once. The expected table is faults.md in this folder. In every cell, a board that
 * passes must hold the firmware, byte by byte.
 *
 * EG_MATRIX=N compares sentences too, and tries N random places per stage in place of one; at 2 and 3 Mbaud N
 * times three.
 * EG_MATRIX_WRITE=FILE writes the table.
 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"
#include "tools/vboard/model/model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAGES_MAX 16
#define CELLS_MAX  400
#define BATCH_MAX  12 /* boards that run at once */
#define ROW_SIZE   800

/* Counts of bytes received by a board without a fault when a stage begins and ends. */
struct span {
    char stage[32];
    uint64_t from, to;
};

struct spans {
    struct fake_line *line;
    struct span rows[STAGES_MAX];
    unsigned count;
};

enum loader { STUB, ROM };

/* Boards that are unusual without a fault; the name is the option of vboard. */
struct setting {
    const char *name, *chip;
    struct vb_config config;
};

struct cell {
    char fault[48], stage[32];
    const struct setting *setting; /* NULL = an ESP32 with a fault */
};

struct cells {
    struct cell rows[CELLS_MAX];
    size_t count;
};

static uint64_t received(const struct fake_line *line)
{
    return vb_gang_board(line->gang, 1)->faults.received;
}

static void note_stage(void *context, const struct eg_log_record *record)
{
    struct spans *const spans = context;

    if (record->kind == EG_LOG_STAGE_BEGIN) {
        assert_true(spans->count < STAGES_MAX);
        struct span *const span = &spans->rows[spans->count++];
        snprintf(span->stage, sizeof span->stage, "%s", record->stage);
        span->from = span->to = received(spans->line);
    } else if (record->kind == EG_LOG_STAGE_END) {
        spans->rows[spans->count - 1].to = received(spans->line);
    }
}

static const struct vb_flash_part *part_of(const char *name)
{
    const struct vb_flash_part *part = vb_flash_parts;

    while (strcmp(part->name, name) != 0)
        part++;
    return part;
}

static struct fake_line *plug_setting(const struct setting *setting)
{
    struct vb_config config = setting->config;
    struct fake_line *line;
    const char *const part = strstr(setting->name, "--part ");

    fake_line_setup((void **)&line);
    line->plan->target = eg_target_by_name(setting->chip);
    config.fast = true;
    if (part != NULL)
        config.part = part_of(part + strlen("--part "));
    fake_line_plug(line, &config, 1, NO_FAULTS);
    return line;
}

static struct fake_line *plug_faults(const char *const *faults, unsigned count, enum loader loader,
                                     uint64_t seed)
{
    char path[] = "/tmp/eg-matrix-XXXXXX";
    struct fake_line *line;

    fake_plan_write_app_log(path);
    fake_line_setup((void **)&line);
    eg_plan_destroy(line->plan);
    line->plan = fake_plan_create("esp32");
    fake_plan_add_tested(line->plan);
    fake_plan_set(line->plan, "retry.attempts", "1");
    fake_plan_set(line->plan, "link.stub", loader == ROM ? "off" : "auto");
    fake_line_plug(line, &(struct vb_config){.fast = true, .seed = seed, .app_log = path}, count, faults);
    unlink(path);
    return line;
}

static void measure(struct spans *spans, enum loader loader)
{
    struct fake_line *line = plug_faults(NO_FAULTS, 1, loader, 1);

    *spans = (struct spans){.line = line};
    line->recorder.at_log = note_stage;
    line->recorder.context = spans;
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    fake_line_teardown((void **)&line);
}

static void add_cell(struct cells *cells, const char *stage, const char *form, uint64_t at, const char *ms)
{
    assert_true(cells->count < CELLS_MAX);
    struct cell *const cell = &cells->rows[cells->count++];
    const int word = (int)strcspn(form, "@[:=");

    cell->setting = NULL;
    snprintf(cell->stage, sizeof cell->stage, "%s", stage);
    if (strstr(form, "@BYTES") != NULL)
        snprintf(cell->fault, sizeof cell->fault, "%.*s@%llu%s", word, form, (unsigned long long)at, ms);
    else if (strstr(form, "@ADDR") != NULL)
        snprintf(cell->fault, sizeof cell->fault, "%.*s@0x10010.3=1", word, form);
    else if (strstr(form, "=BOARD") != NULL)
        snprintf(cell->fault, sizeof cell->fault, "%.*s=2", word, form);
    else
        snprintf(cell->fault, sizeof cell->fault, "%.*s", word, form);
}

/*
 * Add the fault at each stage, in its middle or at a place drawn from `random`. A late reply comes after
 * every limit; a port that is gone comes back, or stays away.
 */
static void add_fault(struct cells *cells, const struct spans *spans, const char *form, uint64_t *random)
{
    const char *const ms = strstr(form, ":MS");

    if (strstr(form, "@BYTES") == NULL) {
        add_cell(cells, "", form, 0, "");
        return;
    }
    for (unsigned i = 0; i < spans->count; i++) {
        const struct span *const span = &spans->rows[i];
        const uint64_t size = span->to - span->from;
        const uint64_t at = span->from + (random != NULL && size > 0 ? vb__random(random) % size : size / 2);

        if (size == 0)
            continue;
        if (ms == NULL || ms[-1] == '[')
            add_cell(cells, span->stage, form, at, "");
        if (ms != NULL)
            add_cell(cells, span->stage, form, at, ms[-1] == '[' ? ":1000" : ":20000");
    }
}

/* Return whether no stage here meets the fault: test_fuses.c tests the stages that burn eFuses. */
static bool of_no_stage_here(const char *form)
{
    return strncmp(form, "efuse-", 6) == 0;
}

static const struct setting settings[] = {
    {"--part none", "esp32", {0}},
    {"--part NO-SIZE", "esp32", {0}},
    {"--part XM25QH32-ODD", "esp32", {0}},
    {"--used", "esp32", {.used = true}},
    {"--spi-pins hspi", "esp32", {.spi_pins = VB_PINS_HSPI}},
    {"--secure-boot", "esp32c3", {.secure_boot = true}},
    {"--flash-encryption", "esp32c3", {.flash_encryption = true}},
    {"--secure-download", "esp32c3", {.secure_download = true}},
    {"--usb jtag", "esp32c3", {.usb = VB_USB_SERIAL_JTAG}},
};

static void make_cells(struct cells *cells, const struct spans *spans, uint64_t *random)
{
    const char *form, *help;

    cells->count = 0;
    for (size_t i = 0; vb_fault_row(i, &form, &help); i++)
        if (!of_no_stage_here(form))
            add_fault(cells, spans, form, random);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct cell *const cell = &cells->rows[cells->count++];

        assert_true(cells->count < CELLS_MAX);
        *cell = (struct cell){.setting = &settings[i]};
        snprintf(cell->fault, sizeof cell->fault, "%s (%s)", settings[i].name, settings[i].chip);
    }
}

static bool is_twin(const struct cell *cell)
{
    return strncmp(cell->fault, "mac=", 4) == 0;
}

/* Return whether the board needs a line of its own: another configuration, or a second board. */
static bool runs_alone(const struct cell *cell)
{
    return cell->setting != NULL || is_twin(cell);
}

/* Return how many cells from this one run together, each on its own board. */
static unsigned batch_size(const struct cells *cells, size_t first)
{
    unsigned size = 1;

    while (!runs_alone(&cells->rows[first]) && size < BATCH_MAX && first + size < cells->count &&
           !runs_alone(&cells->rows[first + size]))
        size++;
    return size;
}

static bool passed(const struct eg_result *result)
{
    return result->outcome == EG_PASS || result->outcome == EG_PASS_MARGINAL;
}

/*
 * Run a batch; the line is for fake_line_teardown(). A board that passes must hold the firmware, whatever
 * happened. Through a flash cipher this cannot be compared.
 */
static struct fake_line *run(const struct cell *cells, unsigned count, enum loader loader, uint64_t seed)
{
    char texts[BATCH_MAX][64];
    const char *faults[BATCH_MAX + 1] = {NULL};
    struct fake_line *line;

    for (unsigned i = 0; i < count && cells->setting == NULL; i++) {
        snprintf(texts[i], sizeof texts[i], "%u:%s", i + 1, cells[i].fault);
        faults[i] = texts[i];
    }
    line = cells->setting != NULL ? plug_setting(cells->setting)
                                  : plug_faults(faults, is_twin(cells) ? 2 : count, loader, seed);
    fake_line_run(line);
    for (unsigned i = 0; i < count; i++) {
        if (passed(&line->results[i]) && !(cells->setting != NULL && cells->setting->config.flash_encryption))
            fake_line_assert_written(line, i + 1);
    }
    return line;
}

/* Remove received bytes from the sentence: they are garbage that depends on the seed. */
static void cut_bytes(char *text)
{
    static const char *const marks[] = {"outside a frame: ", " bytes: ", "restarted and sent \""};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char *const at = strstr(text, marks[i]);

        if (at != NULL)
            strcpy(at + strlen(marks[i]), "...");
    }
}

/*
 * Remove the stage from the sentence: for twins it depends on how far the first board is when the second is
 * admitted.
 */
static void cut_stage(char *text)
{
    char *const at = strstr(text, "the board in slot");

    if (at != NULL)
        memmove(text, at, strlen(at) + 1);
}

/* Format the row of a cell, without the place of its fault, which changes with the programmer. */
static void print_row(char *row, size_t size, const struct cell *cell, const struct eg_result *result)
{
    const bool green = passed(result), placed = cell->stage[0] != '\0';
    const char *const ms = strchr(cell->fault, ':');
    char text[sizeof result->text];

    snprintf(text, sizeof text, "%s", green ? result->marginal : result->text);
    cut_bytes(text);
    if (is_twin(cell))
        cut_stage(text);
    snprintf(row, size, "| %.*s%s | %s | %s | %s | %s | %s |\n",
             placed ? (int)strcspn(cell->fault, "@") : (int)strlen(cell->fault), cell->fault,
             placed && ms != NULL ? ms : "", cell->stage, eg_outcome_name(result->outcome),
             green ? "" : eg_code_name(result->code), green ? "" : eg_blame_name(eg_code_blame(result->code)),
             text);
}

/* Run all cells, and write their rows to `rows`. */
static void run_cells(char (*rows)[ROW_SIZE], const struct cells *cells)
{
    for (size_t first = 0; first < cells->count;) {
        const unsigned count = batch_size(cells, first);
        struct fake_line *line = run(&cells->rows[first], count, STUB, 1);

        for (unsigned i = 0; i < count; i++, first++)
            print_row(rows[first], ROW_SIZE, &cells->rows[first], &line->results[i]);
        fake_line_teardown((void **)&line);
    }
}

/* Return the beginning of column `number` of a row, from 0. */
static const char *column(const char *row, unsigned number)
{
    for (; number > 0 && row != NULL; number--)
        row = strchr(row + 1, '|');
    assert_non_null(row);
    return row;
}

/* Compare sentences except for numbers, which follow block sizes and times. */
static bool same_sentence(const char *a, const char *b)
{
    while (*a == *b || (isxdigit((unsigned char)*a) && isxdigit((unsigned char)*b))) {
        if (*a == '\0')
            return true;
        if (isdigit((unsigned char)*a) || isdigit((unsigned char)*b) || *a != *b) {
            a += strspn(a, "0123456789abcdefx");
            b += strspn(b, "0123456789abcdefx");
        } else {
            a++;
            b++;
        }
    }
    return false;
}

static bool same_row(const char *a, const char *b, bool sentences)
{
    const size_t size = (size_t)(column(a, 5) - a);

    return size == (size_t)(column(b, 5) - b) && memcmp(a, b, size) == 0 &&
           (!sentences || same_sentence(column(a, 5), column(b, 5)));
}

static void write_table(const char *path, char (*rows)[ROW_SIZE], size_t count)
{
    FILE *const out = fopen(path, "w");

    if (out == NULL)
        fail_msg("EG_MATRIX_WRITE=%s: cannot be written", path);
    fprintf(out,
            "# What the operator sees\n\n"
            "Each fault of a simulated board (`vboard --list-faults`) in the middle of each stage, and "
            "boards that are unusual\n"
            "without a fault: outcome, code, likely cause and sentence of the run. ESP32 with stub, one "
            "attempt, an application\nthat is tested.\n"
            "Numbers in sentences are those of the test's job.\n\n"
            "`tests/matrix/test_faults.c` checks this table, and writes it with `EG_MATRIX_WRITE=FILE`.\n\n"
            "| Fault | Stage | Outcome | Code | Blame | Sentence |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        fputs(rows[i], out);
    assert_int_equal(fclose(out), 0);
}

static void check_table(char (*rows)[ROW_SIZE], const struct cells *cells, bool sentences)
{
    char path[4096], wanted[ROW_SIZE];
    unsigned wrong = 0;
    size_t i = 0;
    FILE *const table = fopen(source_path(path, "tests/matrix/faults.md"), "r");

    if (table == NULL)
        fail_msg("%s is not there (EG_SOURCES)", path);
    while (fgets(wanted, sizeof wanted, table) != NULL) {
        if (wanted[0] != '|' || wanted[1] == '-' || strncmp(wanted, "| Fault", 7) == 0)
            continue;
        /* Thread timing decides which of two boards with one MAC is told of the other. */
        if (i < cells->count && !same_row(rows[i], wanted, sentences && !is_twin(&cells->rows[i]))) {
            print_error("%s, seed 1:\n  is  %s  not %s", cells->rows[i].fault, rows[i], wanted);
            wrong++;
        }
        i++;
    }
    fclose(table);
    if (wrong > 0 || i != cells->count)
        fail_msg("%u cells are not as in faults.md, which has %zu rows of %zu", wrong, i, cells->count);
}

/* Return the number of places; 0 = the suite's short run. */
static unsigned long places_wanted(void)
{
    const char *const text = getenv("EG_MATRIX");

    return text != NULL ? strtoul(text, NULL, 10) : 0;
}

static void need_stub(void)
{
    if (eg_stub_by_name("esp32") == NULL) {
        print_message("SKIPPED: no stubs in this build\n");
        skip();
    }
}

static void every_fault_at_every_stage_is_told_as_the_table_says(void **state)
{
    static char rows[CELLS_MAX][ROW_SIZE];
    static struct cells cells;
    struct spans spans;
    const char *const path = getenv("EG_MATRIX_WRITE");

    (void)state;
    need_stub();
    measure(&spans, STUB);
    make_cells(&cells, &spans, NULL);
    run_cells(rows, &cells);
    if (path != NULL)
        write_table(path, rows, cells.count);
    else
        check_table(rows, &cells, places_wanted() > 0);
}

static void strike_anywhere(enum loader loader, uint64_t seed)
{
    static struct cells cells;
    struct spans spans;
    uint64_t random = seed;

    measure(&spans, loader);
    make_cells(&cells, &spans, &random);
    for (size_t first = 0; first < cells.count && cells.rows[first].setting == NULL;) {
        const unsigned count = batch_size(&cells, first);

        for (unsigned i = 0; i < count; i++) /* parameters to repeat it */
            print_message("%u:%s, seed %u, %s\n", i + 1, cells.rows[first + i].fault, (unsigned)seed,
                          loader == ROM ? "ROM" : "stub");
        struct fake_line *line = run(&cells.rows[first], count, loader, seed);
        fake_line_teardown((void **)&line);
        first += count;
    }
}

static void wherever_a_fault_strikes_a_green_board_holds_the_firmware(void **state)
{
    (void)state;
    need_stub();
    for (uint64_t seed = 1; seed <= (places_wanted() > 0 ? places_wanted() : 1); seed++) {
        strike_anywhere(STUB, seed);
        strike_anywhere(ROM, seed);
    }
}

/* Faults of the wire, and how they repeat: often enough that a rate is given up. */
static const char *const wire_faults[][2] = {{"lose", "x4"},     {"flip", "x4"},   {"double", "x4"},
                                             {"late", ":400x2"}, {"drop", ""},     {"garble", "x2"},
                                             {"noise", "x2"},    {"refuse", "x4"}, {"write-error", "x2"}};
#define WIRE_FAULTS (sizeof wire_faults / sizeof wire_faults[0])
#define PLACES      3 /* in the first and the last part of the write, and in the check */

static struct fake_line *plug_at(uint32_t baud, uint64_t seed, const char *const *faults, unsigned count)
{
    struct fake_line *line;

    fake_line_setup((void **)&line);
    fake_plan_add(line->plan, "more", 0x40000, 0x20000);
    fake_plan_set(line->plan, "link.baud", "auto");
    line->recorder.rates = (struct eg_rates_seen){.baud_most = baud};
    fake_line_plug(line, &(struct vb_config){.fast = true, .seed = seed}, count, faults);
    return line;
}

static struct span span_of(const struct spans *spans, const char *stage)
{
    for (unsigned i = 0; i < spans->count; i++)
        if (strcmp(spans->rows[i].stage, stage) == 0)
            return spans->rows[i];
    fail_msg("no stage %s", stage);
    return (struct span){0};
}

/* Return how many boards have written at a lower rate in the end. */
static unsigned run_wire_faults(uint32_t baud, uint64_t seed, const uint64_t places[PLACES])
{
    static char texts[WIRE_FAULTS * PLACES][64];
    const char *faults[WIRE_FAULTS * PLACES + 1] = {NULL};
    unsigned count = 0, lowered = 0, resends = 0;

    for (unsigned i = 0; i < WIRE_FAULTS; i++)
        for (unsigned k = 0; k < PLACES; k++, count++) {
            snprintf(texts[count], sizeof texts[count], "%u:%s@%llu%s", count + 1, wire_faults[i][0],
                     (unsigned long long)places[k], wire_faults[i][1]);
            faults[count] = texts[count];
        }
    struct fake_line *line = plug_at(baud, seed, faults, count);
    fake_line_run(line);
    for (unsigned i = 0; i < count; i++) {
        const struct fake_run *const record = fake_recorder_run(&line->recorder, line->names[i]);
        print_message("%s at %u baud, seed %u: %s, %s%s, in the end %u baud\n", texts[i], (unsigned)baud,
                      (unsigned)seed, eg_outcome_name(line->results[i].outcome), record->marginal,
                      record->text, (unsigned)record->link.baud);
        lowered += record->link.baud != 0 && record->link.baud < baud;
        resends += record->record.resends;
        if (passed(&line->results[i]))
            fake_line_assert_written(line, i + 1);
        else
            assert_int_not_equal(line->results[i].code, EG_INTERNAL);
    }
    assert_true(resends > 0);
    fake_line_teardown((void **)&line);
    return lowered;
}

static void strike_wire(uint32_t baud, uint64_t seed, uint64_t from, uint64_t to)
{
    uint64_t places[PLACES], random = seed;

    for (unsigned i = 0; i < PLACES; i++)
        places[i] = from + vb__random(&random) % (to - from);
    (void)run_wire_faults(baud, seed, places);
}

static void at_2_and_3_mbaud_a_green_board_holds_the_firmware_whatever_the_wire_does(void **state)
{
    static const uint32_t bauds[] = {2000000, 3000000};

    (void)state;
    need_stub();
    for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++) {
        struct fake_line *line = plug_at(bauds[i], bauds[i], NO_FAULTS, 1);
        struct spans spans = {.line = line};

        line->recorder.at_log = note_stage;
        line->recorder.context = &spans;
        fake_line_run(line);
        assert_int_equal(line->results[0].outcome, EG_PASS);
        assert_int_equal(fake_recorder_run(&line->recorder, "1")->link.baud, bauds[i]);
        fake_line_teardown((void **)&line);
        const struct span write = span_of(&spans, "write"), verify = span_of(&spans, "verify");
        const uint64_t size = write.to - write.from;
        const uint64_t places[PLACES] = {write.from + size / 3, write.to - size / 4,
                                         (verify.from + verify.to) / 2};
        assert_true(run_wire_faults(bauds[i], bauds[i], places) > 0);
        for (uint64_t seed = 1; seed <= places_wanted(); seed++)
            strike_wire(bauds[i], seed, write.from, verify.to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_at_every_stage_is_told_as_the_table_says),
        cmocka_unit_test(at_2_and_3_mbaud_a_green_board_holds_the_firmware_whatever_the_wire_does),
        cmocka_unit_test(wherever_a_fault_strikes_a_green_board_holds_the_firmware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
