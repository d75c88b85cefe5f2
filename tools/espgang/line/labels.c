/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/labels.h"

#include "db/files/printed.h"
#include "db/query/questions.h"
#include "engine/base/log.h"
#include "engine/base/thread.h"
#include "tools/espgang/command.h"
#include "tools/espgang/labels/print.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS  100
#define AGAIN_MS 1000 /* from one try of a printer that fails to the next */
#define NAMED    3    /* boards without a label that are named at the start */

struct cli_labels {
    struct eg_printed *printed;
    char *ledger;
    const struct cli_printer *printer;
    struct eg_logger *logger;
    unsigned forms;
    pthread_t thread;
    bool running;
    atomic_bool ending;
};

enum eg_code cli_labels_open(struct cli_labels **labels, const char *ledger, const char *operator_name,
                             const struct cli_printer *printer, struct eg_error *err)
{
    EG_CLEANUP(cli_labels_close_cleanup) struct cli_labels *opened = NULL;

    EG_TRY(eg_alloc(&opened, 1, sizeof *opened, err));
    opened->printer = printer;
    EG_TRY(eg_strdup(&opened->ledger, ledger, err));
    EG_TRY(eg_printed_open(&opened->printed, ledger, operator_name, err));
    *labels = opened;
    opened = NULL;
    return EG_OK;
}

void cli_labels_close(struct cli_labels *labels)
{
    if (labels == NULL)
        return;
    atomic_store(&labels->ending, true);
    if (labels->running)
        pthread_join(labels->thread, NULL);
    eg_printed_close(labels->printed);
    free(labels->ledger);
    free(labels);
}

void cli_labels_close_cleanup(struct cli_labels **labels)
{
    cli_labels_close(*labels);
}

enum eg_code cli_labels_add(struct cli_labels *labels, int64_t session, const struct eg_print_form *form,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *template = NULL;

    EG_TRY(eg_alloc(&template, form->size + 1, 1, err));
    memcpy(template, form->text, form->size);
    labels->forms++;
    return eg_printed_form(labels->printed, session, eg_print_kind_name(form->kind), template, err);
}

/* How the printer of the line fares. */
struct state {
    int64_t run;  /* whose label was sent in part; 0 = none */
    bool failing; /* the operator was told */
};

static void tell_success(struct cli_labels *labels, const struct eg_printed_due *due, struct state *state)
{
    if (state->failing)
        eg_log_note(labels->logger, NULL, "printer %s works again: the labels that waited are printed",
                    labels->printer->text);
    if (state->run == due->run)
        eg_log_warning(labels->logger, NULL,
                       "the label of board %s in slot %s may be printed twice: the first print broke off",
                       due->mac, due->slot);
    *state = (struct state){.failing = false};
}

/* Return false when the line ends meanwhile. */
static bool wait_to_try_again(const struct cli_labels *labels)
{
    struct eg_error ignored;

    for (unsigned waited = 0; waited < AGAIN_MS; waited += LOOK_MS)
        if (atomic_load(&labels->ending) || eg_sleep_ms(cli_cancel(), LOOK_MS, &ignored) != EG_OK)
            return false;
    return true;
}

/* Print one label, whatever it takes; false = give up, for the line has ended. */
static bool print_due(struct cli_labels *labels, const struct eg_printed_due *due, struct state *state)
{
    const struct cli_label_print how = {labels->printed, labels->ledger, labels->printer, NULL};
    struct cli_label_end end;
    struct eg_error err;

    for (;;) {
        const enum eg_code code = cli_label_print(&how, due, &end, &err);
        if (end.refusal.code != EG_OK) {
            eg_log_note(labels->logger, NULL, "%s", end.refusal.text);
            return true;
        }
        if (end.unfit) {
            eg_log_warning(labels->logger, NULL, "run %" PRId64 " in slot %s gets no label: %s", due->run,
                           due->slot, err.text);
            return true;
        }
        if (code == EG_OK) {
            tell_success(labels, due, state);
            return true;
        }
        if (end.sent)
            state->run = due->run;
        if (!state->failing && code != EG_CANCELLED)
            eg_log_warning(labels->logger, NULL, "%s; boards go on, and their labels wait", err.text);
        state->failing = true;
        if (!wait_to_try_again(labels))
            return false;
    }
}

static void *print_all(void *context)
{
    struct cli_labels *const labels = context;
    struct state state = {.failing = false};
    bool lost = false;

    for (;;) {
        const bool ending = atomic_load(&labels->ending) || eg_cancel_requested(cli_cancel());
        struct eg_printed_due due;
        struct eg_error err, ignored;
        bool found = false;
        const enum eg_code code = eg_printed_next(labels->printed, &due, &found, &err);
        if (code != EG_OK && !lost)
            eg_log_warning(labels->logger, NULL, "labels: %s", err.text);
        lost = code != EG_OK;
        if (found && !print_due(labels, &due, &state))
            return NULL;
        if (!found && ending)
            return NULL;
        if (!found)
            (void)!eg_sleep_ms(NULL, LOOK_MS, &ignored);
    }
}

/* Boards that have no label, in words. */
struct left {
    struct cli_labels *labels;
    int64_t count;
    bool ended_only; /* leave out those whose line goes on */
    char named[200];
};

static enum eg_code count_left(void *context, const void *row, struct eg_error *err)
{
    const struct eg_label_row *const label = row;
    struct left *const left = context;
    const size_t used = strlen(left->named);
    bool goes_on = false;

    if (left->ended_only)
        EG_TRY(eg_printed_goes_on(left->labels->printed, label->run, &goes_on, err));
    if (goes_on)
        return EG_OK;
    if (left->count++ < NAMED)
        snprintf(left->named + used, sizeof left->named - used, "%srun %" PRId64 " (%s, slot %s)",
                 left->count > 1 ? ", " : "", label->run,
                 label->serial[0] != '\0' ? label->serial : label->mac, label->slot);
    return EG_OK;
}

static void tell_left(struct cli_labels *labels, bool ended_only)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct left left = {.labels = labels, .ended_only = ended_only};
    struct eg_error err;

    if (eg_query_open(&query, labels->ledger, &err) != EG_OK ||
        eg_query_labels(query, NULL, NULL, true, count_left, &left, &err) != EG_OK)
        eg_log_warning(labels->logger, NULL, "labels: %s", err.text);
    else if (left.count > 0)
        eg_log_warning(labels->logger, NULL,
                       "%" PRId64
                       " board%s that passed %s no printed label on record: %s%s; 'espgang label' lists "
                       "them, 'espgang label print' prints them",
                       left.count, left.count == 1 ? "" : "s", left.count == 1 ? "has" : "have", left.named,
                       left.count > NAMED ? ", ..." : "");
}

enum eg_code cli_labels_begin(struct cli_labels *labels, struct eg_logger *logger, struct eg_error *err)
{
    labels->logger = logger;
    tell_left(labels, true);
    if (labels->printer == NULL || labels->forms == 0)
        return EG_OK;
    const int status = eg_thread_start(&labels->thread, 0, print_all, labels);
    if (status != 0)
        return eg_error_errno(err, EG_IO, status, "starting the thread of labels");
    labels->running = true;
    return EG_OK;
}

void cli_labels_end(struct cli_labels *labels)
{
    if (!labels->running)
        return;
    atomic_store(&labels->ending, true);
    pthread_join(labels->thread, NULL);
    labels->running = false;
    tell_left(labels, false);
}
