/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/ledger/selection.h"

#include "engine/base/bytes.h"
#include "engine/plan/recorder.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(EG_SELECTION_OUTCOMES == EG_ABORTED + 1, "a list has room for every outcome");

void cli_selection_finish(struct cli_selection *selection)
{
    for (size_t i = 0; i < selection->batch_count; i++)
        free(selection->batches[i]);
    free(selection->batches);
    free(selection->text);
}

static const char *const keys[CLI_SELECTION_KEYS] = {"batch", "since", "until", "station", "operator", "slot",
                                                     "label", "job",   "chip",  "outcome", "code"};

enum eg_code cli_selection_terms(struct cli_selection *selection, const struct cli_call *call,
                                 const char *text, struct eg_error *err)
{
    char *rest = NULL;

    EG_TRY(eg_strdup(&selection->text, text, err));
    for (char *term = strtok_r(selection->text, "+", &rest); term != NULL;
         term = strtok_r(NULL, "+", &rest)) {
        const size_t length = strcspn(term, "=");
        size_t key = 0;
        while (key < CLI_SELECTION_KEYS &&
               (strlen(keys[key]) != length || strncmp(keys[key], term, length) != 0))
            key++;
        if (key == CLI_SELECTION_KEYS || term[length] == '\0' || selection->terms[key] != NULL)
            return cli_usage(call, err,
                             "'%s' is no condition like slot=A3, each once: batch, since, until, station, "
                             "operator, slot, label, job, chip, outcome or code",
                             term);
        selection->terms[key] = term + length + 1;
    }
    return EG_OK;
}

/* The value of a condition, or else of the option of that name; NULL = none. */
static const char *given(const struct cli_selection *selection, const struct cli_call *call, const char *name)
{
    for (size_t i = 0; i < CLI_SELECTION_KEYS; i++)
        if (selection->terms[i] != NULL && strcmp(keys[i], name) == 0)
            return selection->terms[i];
    return cli_has_option(call, name) ? cli_text(call, name) : NULL;
}

/* Return the outcome that begins a list, and its length; NULL = it begins with none. */
static const char *first_outcome(const char *list, size_t *length)
{
    *length = strcspn(list, ",");
    for (int i = 0; i <= EG_ABORTED; i++)
        if (strlen(eg_outcome_name(i)) == *length && strncmp(list, eg_outcome_name(i), *length) == 0)
            return eg_outcome_name(i);
    return NULL;
}

static enum eg_code read_outcomes(struct cli_selection *selection, const struct cli_call *call,
                                  struct eg_error *err)
{
    const char *list = given(selection, call, "outcome");
    size_t count = 0, length;

    if (list == NULL)
        return EG_OK;
    for (;; list += length + 1) {
        const char *const name = first_outcome(list, &length);
        if (name == NULL)
            return cli_usage(call, err,
                             "--outcome: '%.*s' is none of pass, pass-marginal, fail, error and aborted",
                             (int)length, list);
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known = known || selection->outcomes[i] == name;
        if (!known)
            selection->outcomes[count++] = name;
        if (list[length] == '\0')
            break;
    }
    selection->runs.outcomes = selection->outcomes;
    return EG_OK;
}

static enum eg_code read_time(const struct cli_selection *selection, struct cli_period *period,
                              const char **utc, const char *chosen, const struct cli_call *call,
                              const char *option, bool run_numbers, struct eg_error *err)
{
    const char *const text = given(selection, call, option);

    if (text == NULL)
        return EG_OK;
    *utc = chosen;
    if (cli_period(period, text))
        return EG_OK;
    return cli_usage(call, err,
                     run_numbers ? "--%s: '%s' is no date (2026-11-27, 2026-11-27T08:30), duration (30m, "
                                   "24h, 7d) or number of a run"
                                 : "--%s: '%s' is no time like 2026-11-27, 2026-11-27T10:00, 24h or 7d",
                     option, text);
}

/* Return the number of a run that --since gives, 0 = it gives none. */
static int64_t since_run(const struct cli_call *call)
{
    const char *const text = cli_text(call, "since");

    return text != NULL && strlen(text) < 19 && text[strspn(text, "0123456789")] == '\0'
               ? strtoll(text, NULL, 10)
               : 0;
}

enum eg_code cli_selection_read(struct cli_selection *selection, const struct cli_call *call,
                                struct eg_error *err)
{
    struct eg_selection *const runs = &selection->runs;

    *runs = (struct eg_selection){
        .station = given(selection, call, "station"),
        .operator_name = given(selection, call, "operator"),
        .slot = given(selection, call, "slot"),
        .label = given(selection, call, "label"),
        .job = given(selection, call, "job"),
        .chip = given(selection, call, "chip"),
        .code = given(selection, call, "code"),
    };
    EG_TRY(read_outcomes(selection, call, err));
    EG_TRY(read_time(selection, &selection->until, &runs->until_utc, selection->until.end_utc, call, "until",
                     false, err));
    if (selection->run_numbers)
        selection->after_run = since_run(call);
    if (selection->after_run > 0)
        return EG_OK;
    EG_TRY(read_time(selection, &selection->since, &runs->since_utc, selection->since.begin_utc, call,
                     "since", selection->run_numbers, err));
    if (runs->since_utc != NULL && runs->until_utc != NULL && strcmp(runs->until_utc, runs->since_utc) <= 0)
        return cli_usage(call, err, "--until '%s' is before --since '%s'", given(selection, call, "until"),
                         given(selection, call, "since"));
    return EG_OK;
}

static enum eg_code add_batch(struct cli_selection *selection, const char *name, size_t length,
                              struct eg_query *query, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *copy = NULL;

    if (length == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a batch without a name is asked for");
    EG_TRY(eg_alloc(&copy, length + 1, 1, err));
    memcpy(copy, name, length);
    EG_TRY(eg_query_refuse_unknown_batch(query, copy, err));
    if (selection->batches == NULL) /* the end of the list */
        EG_TRY(eg_grow(&selection->batches, 0, sizeof *selection->batches, err));
    EG_TRY(eg_grow(&selection->batches, selection->batch_count + 1, sizeof *selection->batches, err));
    selection->batches[selection->batch_count++] = copy;
    selection->runs.batches = (const char *const *)selection->batches;
    copy = NULL;
    return EG_OK;
}

enum eg_code cli_selection_add_batches(struct cli_selection *selection, const char *text,
                                       struct eg_query *query, struct eg_error *err)
{
    struct eg_error whole = {0};

    if (strchr(text, ',') == NULL)
        return add_batch(selection, text, strlen(text), query, err);
    const enum eg_code code = add_batch(selection, text, strlen(text), query, &whole);
    if (code != EG_LEDGER) {
        *err = whole;
        return code;
    }
    for (size_t length;; text += length + 1) {
        length = strcspn(text, ",");
        EG_TRY(add_batch(selection, text, length, query, err));
        if (text[length] == '\0')
            return EG_OK;
    }
}

enum eg_code cli_selection_batches(struct cli_selection *selection, const struct cli_call *call,
                                   struct eg_query *query, struct eg_error *err)
{
    const char *text;

    if (selection->terms[0] != NULL)
        return cli_selection_add_batches(selection, selection->terms[0], query, err);
    for (int i = 0; cli_has_option(call, "batch") && (text = cli_texts(call, "batch", i)) != NULL; i++)
        EG_TRY(cli_selection_add_batches(selection, text, query, err));
    return EG_OK;
}
