/* SPDX-License-Identifier: Apache-2.0 */

/* Ask the ledger about a planned run. */

#ifndef TOOLS_ESPGANG_LINE_READINESS_H
#define TOOLS_ESPGANG_LINE_READINESS_H

#include "engine/plan/plan.h"
#include "tools/espgang/jobs/load.h"
#include "tools/espgang/labels/options.h"

/** A run that is planned. */
struct cli_readiness {
    const struct cli_jobs *jobs;
    const struct cli_label_options *labels;
    const char *ledger;      /* as eg_ledger_open() takes it */
    const char *batch;       /* NULL = a new one */
    unsigned boards;         /* at once; 0 = not known yet */
    const char *private_key; /* file that decrypts the keys in pools; NULL = none */
    bool decrypts;           /* the run needs that file, if the job takes keys from a pool */
    bool recording;          /* into this ledger; else a rehearsal that only reads it */
    bool simulated;          /* the boards that will be recorded in the batch */
};

/**
 * Check that the ledger can be recorded into and has what each job takes from it, and that the batch takes
 * their runs: the folder is there; the file can be written to and is a ledger of a version that we know, with
 * all its rules; the pools are there and have a row; the columns of that of the serials fit the templates of
 * the job; that of flash keys is sealed, and the private key decrypts one; the batch is not sealed and has no
 * runs of a job that is not among these; and a job that may only go forward is no older version than one that
 * has run. Nothing is changed or made.
 *
 * The template of a printed label is checked against the names that boards of the job will have.
 *
 * A pool all of whose rows are given away, or that has fewer than boards, is a warning: boards that have a
 * row keep it.
 *
 * @return EG_OK; EG_BAD_ARGUMENT the batch does not take them; EG_BAD_JOB a template; EG_NOT_TRUSTED a newer
 * version has run; EG_LEDGER, EG_LEDGER_NEWER, EG_POOL_EMPTY, ...
 */
enum eg_code cli_check_ledger(const struct cli_readiness *ready, struct eg_error *err) EG_CHECKED;

#endif
