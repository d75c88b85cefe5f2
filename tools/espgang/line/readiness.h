/* SPDX-License-Identifier: Apache-2.0 */

/* Ask the ledger about a planned run. */

#ifndef TOOLS_ESPGANG_LINE_READINESS_H
#define TOOLS_ESPGANG_LINE_READINESS_H

#include "engine/plan/plan.h"
#include "tools/espgang/command.h"

/**
 * Check that the ledger has what the job takes from it, and that the batch takes its runs: the pool is there
 * and has a row to give, the batch is not sealed and has no runs of another job, and a job that may only go
 * forward is no older version than one that has run. Nothing is changed or made.
 *
 * A pool all of whose rows are given away is a warning: boards that have a row keep it.
 *
 * @param ledger  as eg_ledger_open() takes it
 * @param batch   NULL = a new one
 * @return EG_OK; EG_BAD_ARGUMENT the batch is sealed or another job's; EG_NOT_TRUSTED a newer version has
 * run; EG_LEDGER, EG_POOL_EMPTY, ...
 */
enum eg_code cli_check_ledger(const struct eg_plan *plan, const char *ledger, const char *batch,
                              struct eg_error *err) EG_CHECKED;

#endif
