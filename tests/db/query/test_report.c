/* SPDX-License-Identifier: Apache-2.0 */

/* What a batch's job says of its reports. */

#include "db/query/report.h"

#include "tests/db/look.h"

static void ask(struct eg_batch_look *look, const struct sample *sample, const char *batch)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;

    eg_batch_look_finish(look);
    *look = (struct eg_batch_look){0};
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_batch_look(query, batch, look, &err), err);
}

static void the_newest_session_of_the_batch_says_it(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_batch_look_finish) struct eg_batch_look look = {0};

    look_record(sample, "Acme", "98.5", LOOK_SVG);
    ask(&look, sample, "batch-1");
    assert_string_equal(look.customer, "Acme");
    assert_true(look.target == 98.5);
    assert_int_equal(look.logo.size, strlen(LOOK_SVG));
    assert_memory_equal(look.logo.data, LOOK_SVG, look.logo.size);
    look_record(sample, NULL, "90", LOOK_SVG);
    ask(&look, sample, "batch-1");
    assert_null(look.customer);
    assert_true(look.target == 90);
    look_record(sample, NULL, "90", LOOK_SVG); /* the same once more is not recorded again */
    assert_sql(sample->path, "SELECT count(*) FROM report_form", "2");
    look_record(sample, NULL, NULL, NULL);
    ask(&look, sample, "batch-1");
    assert_true(look.customer == NULL && look.target == 0 && look.logo.size == 0);
    assert_sql(sample->path, "SELECT count(*) FROM report_form", "3");
    ask(&look, sample, "another");
    assert_null(look.customer);
}

static void a_batch_whose_jobs_say_nothing_has_nothing_on_record(void **state)
{
    struct sample *sample = *state;

    look_record(sample, NULL, NULL, NULL);
    look_record(sample, NULL, NULL, NULL);
    assert_sql(sample->path, "SELECT count(*) FROM report_form", "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_newest_session_of_the_batch_says_it),
        with_sample(a_batch_whose_jobs_say_nothing_has_nothing_on_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
