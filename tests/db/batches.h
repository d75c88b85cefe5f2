/* SPDX-License-Identifier: Apache-2.0 */

/* A ledger with two batches, for questions and reports. */

#ifndef TESTS_DB_BATCHES_H
#define TESTS_DB_BATCHES_H

#include "tests/db/sample.h"

#define HOSTILE "<script>alert('x')</script> & \"quoted\" \x01 end"

/*
 * batch-1: unit 1 passes; unit 2 fails, then passes; unit 3 passes marginally at its second attempt; unit 4
 * fails with a wrong digest; two boards stay unidentified; one run of unit 5 is unfinished. batch-2, begun
 * before that last run: unit 1 again, passing.
 */
static inline enum eg_code fill_batches(struct sample *sample, struct eg_ledger **ledger,
                                        struct eg_error *err)
{
    static const struct {
        unsigned unit; /* 0 = never identified */
        struct sample_end end;
    } runs[] = {
        {1, {.outcome = EG_PASS}},
        {2, {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "flash bits stay 0"}},
        {2, {.outcome = EG_PASS}},
        {3, {.outcome = EG_PASS_MARGINAL, .marginal = "blocks were sent again", .attempts = 2}},
        {4, {.outcome = EG_FAIL, .code = EG_VERIFY_MISMATCH, .text = HOSTILE, .mismatch = true}},
        {0, {.outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"}},
        {0, {.outcome = EG_ABORTED, .code = EG_CANCELLED, .text = "cancelled"}},
    };
    int64_t run;

    EG_TRY(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, err));
    for (unsigned i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        const struct eg_unit unit = sample_unit(runs[i].unit);
        EG_TRY(sample_run(sample, *ledger, "slot <1>", runs[i].unit != 0 ? &unit : NULL, &runs[i].end, &run,
                          err));
    }
    eg_ledger_close(*ledger);
    *ledger = NULL;
    sample->session.batch = "batch-2";
    EG_TRY(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, err));
    const struct eg_unit first = sample_unit(1), fifth = sample_unit(5);
    EG_TRY(sample_run(sample, *ledger, "slot 2", &first, &runs[0].end, &run, err));
    eg_ledger_close(*ledger);
    *ledger = NULL;
    sample->session.batch = "batch-1";
    EG_TRY(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, err));
    struct eg_recorder *recorder = eg_ledger_recorder(*ledger);
    EG_TRY(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "slot 3", .port = "sim:"}, &run, err));
    return recorder->ops->intent(recorder, run, &fifth, err);
}

#endif
