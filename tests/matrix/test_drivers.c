/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The fault matrix of serial drivers: the operator's view when the driver of a port fails, when the port is
 * gone, and when it comes back under another name, at each stage. Through libserialport, libudev and the
 * preloaded shim, with simulated boards on pseudo-terminals.
 *
 * ERROR in the table stands for a driver's error: EPROTO, ETIMEDOUT, EIO, ENODEV, ESHUTDOWN and EILSEQ must
 * all give the same row, with their own words in its sentence. Each row is run with one of them; EG_MATRIX=N
 * runs N of each, 6 are all. EG_MATRIX_WRITE=FILE writes the table, drivers.md in this folder.
 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_plan.h"
#include "tests/fakes/fake_recorder.h"
#include "tests/fakes/fake_usb.h"
#include "tests/fakes/usb_tree.h"

#include "engine/base/bytes.h"
#include "engine/line/station.h"
#include "tools/vboard/carrier.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 24, CELLS_MAX = 200, ROW_SIZE = 700, AWAY_MS = 1000 };

static const struct {
    const char *word;
    int errnum;
} errors[] = {{"EPROTO", EPROTO}, {"ETIMEDOUT", ETIMEDOUT}, {"EIO", EIO},
              {"ENODEV", ENODEV}, {"ESHUTDOWN", ESHUTDOWN}, {"EILSEQ", EILSEQ}};
enum { ERRORS = sizeof errors / sizeof errors[0] };

static const char *const stages[] = {"connect", "identify", "stub", "write", "verify", "test", "finish"};
enum { STAGES = sizeof stages / sizeof stages[0] };

/* A fault at the beginning of the stage. `call` NULL = the port is gone. */
static const struct fault {
    const char *name;
    const char *call;
    bool again;  /* EAGAIN, not ERROR */
    unsigned ms; /* how long the driver fails, or the port is gone; 0 = for good */
} faults[] = {
    {"read ERROR for 120 ms", "read", false, 120},
    {"read ERROR for good", "read", false, 0},
    {"write ERROR for 120 ms", "write", false, 120},
    {"write ERROR for good", "write", false, 0},
    {"lines ERROR for 120 ms", "lines", false, 120},
    {"lines ERROR for good", "lines", false, 0},
    {"settings ERROR for 120 ms", "settings", false, 120},
    {"settings ERROR for good", "settings", false, 0},
    {"read EAGAIN for 120 ms", "read", true, 120},
    {"read EAGAIN for good", "read", true, 0},
    {"write EAGAIN for 120 ms", "write", true, 120},
    {"write EAGAIN for good", "write", true, 0},
    {"another name after 300 ms", NULL, false, 300},
    {"gone for 1 s", NULL, false, AWAY_MS},
    {"gone for good", NULL, false, 0},
};
enum { FAULTS_COUNT = sizeof faults / sizeof faults[0] };

struct cell {
    const struct fault *fault;
    unsigned stage;
    unsigned error;
};

struct cells {
    struct cell rows[CELLS_MAX];
    unsigned count;
};

/* One slot of a batch. */
struct slot {
    struct batch *batch;
    const struct cell *cell;
    char folder[64], place[16], name[24], port[USB_TREE_NAME];
    struct vb_gang *gang;
    struct vb_pty *pty;
    int stop[2];
    pthread_t board, hand;
    bool struck, has_hand;
};

struct batch {
    struct fake_usb usb;
    struct slot slots[BATCH];
    unsigned count;
    pthread_mutex_t lock; /* of the tree */
};

static void *serve(void *context)
{
    const struct slot *const slot = context;
    struct eg_error err;

    assert_ok(vb_pty_run(slot->pty, slot->stop[0], &err), err);
    return NULL;
}

static void plug(struct slot *slot, const char *kind)
{
    const struct usb_port port = {.name = kind,
                                  .ids = "10c4:ea60",
                                  .serial = "0001",
                                  .place = slot->place,
                                  .terminal = vb_pty_path(slot->pty, 1)};

    pthread_mutex_lock(&slot->batch->lock);
    assert_int_equal(usb_tree_plug(slot->batch->usb.folder, &port, slot->port), 0);
    pthread_mutex_unlock(&slot->batch->lock);
}

/* Plug the board in again, under another name: the old name is still in use. */
static void *plug_again(void *context)
{
    struct slot *const slot = context;
    struct eg_error ignored;

    (void)!eg_sleep_ms(NULL, slot->cell->fault->ms, &ignored);
    plug(slot, "ttyUSB");
    return NULL;
}

static void pull(struct slot *slot)
{
    pthread_mutex_lock(&slot->batch->lock);
    assert_int_equal(usb_tree_hold(slot->batch->usb.folder, slot->port), 0);
    assert_int_equal(usb_tree_unplug(slot->batch->usb.folder, slot->place), 0);
    pthread_mutex_unlock(&slot->batch->lock);
    if (slot->cell->fault->ms == 0)
        return;
    slot->has_hand = true;
    assert_int_equal(pthread_create(&slot->hand, NULL, plug_again, slot), 0);
}

static void trouble(struct slot *slot)
{
    const struct fault *const fault = slot->cell->fault;
    char rules[100];

    snprintf(rules, sizeof rules, "seed 1\n%s %s 1 %u 1", fault->call,
             fault->again ? "EAGAIN" : errors[slot->cell->error].word, fault->ms != 0 ? fault->ms : 600000);
    pthread_mutex_lock(&slot->batch->lock);
    assert_int_equal(usb_tree_trouble(slot->batch->usb.folder, slot->port, rules), 0);
    pthread_mutex_unlock(&slot->batch->lock);
}

static void strike(void *context, const struct eg_log_record *record)
{
    struct batch *const batch = context;

    if (record->kind != EG_LOG_STAGE_BEGIN)
        return;
    for (unsigned i = 0; i < batch->count; i++) {
        struct slot *const slot = &batch->slots[i];

        if (strcmp(slot->name, record->origin.slot) != 0 || slot->struck ||
            strcmp(stages[slot->cell->stage], record->stage) != 0)
            continue;
        slot->struck = true;
        if (slot->cell->fault->call == NULL)
            pull(slot);
        else
            trouble(slot);
    }
}

static void begin_slot(struct slot *slot, struct batch *batch, const struct cell *cell, unsigned number)
{
    char app_log[] = "/tmp/eg-driver-app-XXXXXX";
    const struct vb_config config = {.target = eg_target_by_name("esp32c3"),
                                     .fast = true,
                                     .app_log = app_log,
                                     .mac = {0x24, 0x0a, 0xc4, 0, 0, (uint8_t)number}};
    struct eg_error err;
    char kind[24];

    *slot = (struct slot){.batch = batch, .cell = cell, .folder = "/tmp/eg-driver-XXXXXX"};
    assert_non_null(mkdtemp(slot->folder));
    snprintf(slot->place, sizeof slot->place, "1-%u", number);
    snprintf(slot->name, sizeof slot->name, "1-%u:1.0", number);
    snprintf(kind, sizeof kind, "ttyUSB%u", number);
    fake_plan_write_app_log(app_log);
    assert_ok(vb_gang_create(&slot->gang, &config, 1, NULL, 0, &err), err);
    unlink(app_log);
    assert_ok(vb_pty_create(&slot->pty, slot->gang, slot->folder, true, &err), err);
    assert_int_equal(pipe(slot->stop), 0);
    assert_int_equal(pthread_create(&slot->board, NULL, serve, slot), 0);
    plug(slot, kind);
}

/* Check that a board that passed holds the firmware. */
static void check_flash(const struct slot *slot, const struct eg_plan *plan)
{
    size_t size;
    const uint8_t *const flash = vb_board_flash(vb_gang_board(slot->gang, 1), &size);

    for (unsigned i = 0; i < plan->region_count; i++)
        assert_memory_equal(flash + plan->regions[i].flash_addr, plan->regions[i].data.data,
                            plan->regions[i].data.size);
}

static void end_slot(struct slot *slot, const struct eg_plan *plan, bool green)
{
    if (slot->has_hand)
        pthread_join(slot->hand, NULL);
    close(slot->stop[1]);
    pthread_join(slot->board, NULL);
    close(slot->stop[0]);
    if (green)
        check_flash(slot, plan);
    vb_pty_destroy(slot->pty);
    vb_gang_destroy(slot->gang);
    rmdir(slot->folder);
}

static struct eg_plan *make_plan(void)
{
    struct eg_plan *const plan = fake_plan_create("esp32c3");

    fake_plan_add_tested(plan);
    fake_plan_set(plan, "retry.attempts", "2");
    fake_plan_set(plan, "retry.delay", "200ms");
    fake_plan_set(plan, "link.return", "3s");
    return plan;
}

/* Replace the driver's error in the sentence by ERROR. */
static void cut_error(char *text, const char *said)
{
    for (char *at; (at = strstr(text, said)) != NULL;) {
        memcpy(at, "ERROR", 5);
        memmove(at + 5, at + strlen(said), strlen(at + strlen(said)) + 1);
    }
}

static void print_row(char *row, const struct cell *cell, const struct eg_result *result)
{
    const bool green = eg_outcome_passed(result->outcome);
    char text[sizeof result->text];

    snprintf(text, sizeof text, "%s", green ? result->marginal : result->text);
    if (cell->fault->call != NULL && !cell->fault->again)
        cut_error(text, strerror(errors[cell->error].errnum));
    for (char *digit = strpbrk(text, "0123456789"); digit != NULL; digit = strpbrk(digit + 1, "0123456789"))
        if (digit > text + 5 && memcmp(digit - 6, "ttyUSB", 6) == 0) { /* names contain the slot's number */
            memmove(digit + 1, digit + strspn(digit, "0123456789"),
                    strlen(digit + strspn(digit, "0123456789")) + 1);
            *digit = 'N';
        }
    snprintf(row, ROW_SIZE, "| %s | %s | %s | %s | %s | %s |\n", cell->fault->name, stages[cell->stage],
             eg_outcome_name(result->outcome), green ? "" : eg_code_name(result->code),
             green ? "" : eg_blame_name(eg_code_blame(result->code)), text);
}

static void run_batch(char (*rows)[ROW_SIZE], const struct cell *cells, unsigned count)
{
    static struct batch batch;
    struct fake_recorder recorder;
    struct eg_slot slots[BATCH];
    struct eg_result results[BATCH];
    struct eg_plan *const plan = make_plan();
    const struct eg_cancel cancel = {.requested = false};
    struct eg_error err;

    batch = (struct batch){.count = count};
    pthread_mutex_init(&batch.lock, NULL);
    fake_usb_begin(&batch.usb);
    fake_recorder_init(&recorder);
    recorder.at_log = strike;
    recorder.context = &batch;
    for (unsigned i = 0; i < count; i++) {
        struct slot *const slot = &batch.slots[i];
        struct eg_found_port found;

        begin_slot(slot, &batch, &cells[i], i + 1);
        assert_ok(eg_discover_at(&found, slot->name, &err), err);
        slots[i] = (struct eg_slot){
            .name = slot->name, .address = slot->name, .url = slot->port, .presence = found.presence};
    }
    const struct eg_station station = {.plan = plan,
                                       .recorder = &recorder.recorder,
                                       .logger = &recorder.logger,
                                       .schemes = eg_port_schemes,
                                       .slots = slots,
                                       .slot_count = count};
    assert_ok(eg_station_run(&station, &cancel, results, &err), err);
    for (unsigned i = 0; i < count; i++) {
        assert_true(batch.slots[i].struck);
        print_row(rows[i], &cells[i], &results[i]);
        end_slot(&batch.slots[i], plan, eg_outcome_passed(results[i].outcome));
    }
    fake_recorder_finish(&recorder);
    eg_plan_destroy(plan);
    fake_usb_end(&batch.usb);
    pthread_mutex_destroy(&batch.lock);
}

static void add_cell(struct cells *cells, unsigned fault, unsigned stage, unsigned error)
{
    assert_true(cells->count < CELLS_MAX);
    cells->rows[cells->count++] = (struct cell){&faults[fault], stage, error};
}

/* Make the cells. Errors take turns from row to row; `round` shifts them. */
static void make_cells(struct cells *cells, unsigned round)
{
    cells->count = 0;
    for (unsigned fault = 0; fault < FAULTS_COUNT; fault++)
        for (unsigned stage = 0; stage < STAGES; stage++)
            add_cell(cells, fault, stage, (fault * STAGES + stage + round) % ERRORS);
}

static void run_cells(char (*rows)[ROW_SIZE], const struct cells *cells)
{
    for (unsigned first = 0; first < cells->count; first += BATCH) {
        const unsigned left = cells->count - first;

        run_batch(rows + first, &cells->rows[first], left < BATCH ? left : BATCH);
    }
}

static void write_table(const char *path, char (*rows)[ROW_SIZE], unsigned count)
{
    FILE *const out = fopen(path, "w");

    if (out == NULL)
        fail_msg("EG_MATRIX_WRITE=%s: cannot be written", path);
    fprintf(out, "# What the operator sees when a port fails\n\n"
                 "A driver's error at the beginning of a stage, a port that is gone, a port that comes back "
                 "under another name:\n"
                 "outcome, code, likely cause and sentence of the run. ERROR is any of");
    for (unsigned i = 0; i < ERRORS; i++)
        fprintf(out, "%s %s", i == 0 ? "" : ",", errors[i].word);
    fprintf(out,
            ".\nESP32-C3 at a bridge, with stub, two attempts, `link.return: 3s`, an application that is "
            "tested.\n\n"
            "`tests/matrix/test_drivers.c` checks this table, and writes it with `EG_MATRIX_WRITE=FILE`.\n\n"
            "| Fault | Stage | Outcome | Code | Blame | Sentence |\n|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < count; i++)
        fputs(rows[i], out);
    assert_int_equal(fclose(out), 0);
}

/* Compare rows. The machine decides how far the work had come when the port failed, so numbers may differ. */
static bool same_row(const char *is, const char *wanted)
{
    static const char digits[] = "0123456789abcdefx";

    while (*is != '\0' || *wanted != '\0') {
        if (*is >= '0' && *is <= '9' && *wanted >= '0' && *wanted <= '9') {
            is += strspn(is, digits);
            wanted += strspn(wanted, digits);
        } else if (*is++ != *wanted++) {
            return false;
        }
    }
    return true;
}

static unsigned check_table(char (*rows)[ROW_SIZE], const struct cells *cells)
{
    char path[4096], wanted[ROW_SIZE];
    unsigned wrong = 0, count = 0;
    FILE *const table = fopen(source_path(path, "tests/matrix/drivers.md"), "r");

    if (table == NULL)
        fail_msg("%s is not there (EG_SOURCES)", path);
    while (fgets(wanted, sizeof wanted, table) != NULL) {
        if (wanted[0] != '|' || wanted[1] == '-' || strncmp(wanted, "| Fault", 7) == 0)
            continue;
        if (count < cells->count && !same_row(rows[count], wanted)) {
            print_error("%s:\n  is  %s  not %s", errors[cells->rows[count].error].word, rows[count], wanted);
            wrong++;
        }
        count++;
    }
    fclose(table);
    assert_int_equal(count, cells->count);
    return wrong;
}

static void driver_errors_at_every_stage_are_reported_as_in_the_table(void **state)
{
    static char rows[CELLS_MAX][ROW_SIZE];
    static struct cells cells;
    const char *const path = getenv("EG_MATRIX_WRITE"), *const rounds = getenv("EG_MATRIX");
    const unsigned long most = rounds != NULL ? strtoul(rounds, NULL, 10) : 1;
    unsigned wrong = 0;

    (void)state;
    if (eg_stub_by_name("esp32c3") == NULL) {
        print_message("SKIPPED: no stubs in this build\n");
        skip();
    }
    for (unsigned round = 0; round < (most < ERRORS ? most : ERRORS); round++) {
        make_cells(&cells, round);
        run_cells(rows, &cells);
        if (path != NULL)
            write_table(path, rows, cells.count);
        else
            wrong += check_table(rows, &cells);
    }
    if (wrong > 0)
        fail_msg("%u cells are not as in drivers.md", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driver_errors_at_every_stage_are_reported_as_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
