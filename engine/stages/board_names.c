/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/board_names.h"

#include "engine/stages/unit_data.h"

#include <stdlib.h>

/* What the names claim; the texts are theirs. */
static enum eg_code list_claims(struct eg_claim **claims, unsigned *count, const struct eg_names *names,
                                struct eg_error *err)
{
    *count = 0;
    EG_TRY(eg_alloc(claims, names->count + 1, sizeof **claims, err));
    for (unsigned i = 0; i < names->count; i++) {
        const struct eg_name *const name = &names->list[i];
        if (name->unique && name->value[0] != '\0')
            (*claims)[(*count)++] = (struct eg_claim){
                .kind = EG_CLAIM_VALUE, .name = name->name, .value = name->value, .secret = name->secret};
    }
    return EG_OK;
}

enum eg_code eg_board_names_claim(const struct eg_run *run, const struct eg_names *names,
                                  struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_claim *claims = NULL;
    unsigned count;

    EG_TRY(list_claims(&claims, &count, names, err));
    if (count == 0)
        return EG_OK;
    return run->recorder->ops->claim(run->recorder, run->number, &run->unit, claims, count, err);
}

/* What a row of the pool would claim. */
struct row_claims {
    const struct eg_run *run;
    struct eg_names names;
    struct eg_claim *list;
};

static void row_claims_finish(struct row_claims *claims)
{
    eg_names_finish(&claims->names);
    free(claims->list);
    claims->list = NULL;
}

static enum eg_code claims_of_row(void *context, const struct eg_pool_row *row,
                                  const struct eg_claim **claims, unsigned *count, struct eg_error *err)
{
    struct row_claims *const made = context;

    row_claims_finish(made);
    EG_TRY(eg_unit_name_board(&made->names, made->run, err));
    if (eg_unit_names_of_row(&made->names, made->run->plan, row, err) != EG_OK)
        return err->code == EG_BAD_UNIT_DATA ? EG_OK : err->code; /* the stage says why it is unusable */
    EG_TRY(list_claims(&made->list, count, &made->names, err));
    *claims = made->list;
    return EG_OK;
}

static enum eg_code name_row(struct eg_names *names, struct eg_run *run, enum eg_board_row from,
                             struct eg_error *err)
{
    const struct eg_setting *const pool = eg_plan_setting(run->plan, "unit.serial.pool");
    EG_CLEANUP(eg_pool_row_finish) struct eg_pool_row row = {0};
    EG_CLEANUP(row_claims_finish) struct row_claims claims = {.run = run};
    const struct eg_pool_wish wish = {.pool = pool->text,
                                      .unit = &run->unit,
                                      .held = from == EG_BOARD_ROW_HELD,
                                      .claims = claims_of_row,
                                      .context = &claims};

    if (!pool->given)
        return eg_unit_names_of_row(names, run->plan, NULL, err);
    EG_TRY(run->recorder->ops->reserve(run->recorder, run->number, &wish, &row, err));
    run->has_rows = !wish.held;
    if (row.passed_over[0] != '\0') /* two pools or formats make the same value: somebody must see it */
        return eg_error_set(err, EG_NOT_UNIQUE, "pool %s: %s; the next run gets another row", wish.pool,
                            row.passed_over);
    return eg_unit_names_of_row(names, run->plan, &row, err);
}

enum eg_code eg_board_names_make(struct eg_names *names, struct eg_run *run, enum eg_board_row from,
                                 struct eg_error *err)
{
    EG_TRY(eg_unit_name_board(names, run, err));
    EG_TRY(name_row(names, run, from, err));
    EG_TRY(eg_unit_names_of_program(names, run->plan, run->cancel, err));
    return eg_unit_names_of_values(names, run->plan, err);
}
