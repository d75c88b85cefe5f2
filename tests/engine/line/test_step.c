/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/step.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scene {
    struct eg_logger logger; /* first: it is found by its address */
    char told[600];
    struct eg_plan *plan;
    struct eg_port port;
    struct eg_run run;
};

static void hear(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct scene *const scene = (struct scene *)logger;
    const size_t used = strlen(scene->told);

    snprintf(scene->told + used, sizeof scene->told - used, "%s %s %s '%s'\n",
             record->kind == EG_LOG_STAGE_BEGIN ? "begin" : "end", record->stage, eg_code_name(record->code),
             record->text);
}

static const struct eg_stage read_stage = {.name = "read"};

static int setup(void **state)
{
    struct scene *const scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    scene->logger.log = hear;
    scene->plan = fake_plan_create("esp32");
    scene->run = (struct eg_run){.plan = scene->plan, .logger = &scene->logger, .slot = "A", .attempt = 2};
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *const scene = *state;

    eg_plan_destroy(scene->plan);
    free(scene);
    return 0;
}

static void a_stage_has_what_went_over_the_link_meanwhile(void **state)
{
    struct scene *const scene = *state;
    struct eg_stage_record record = {.text = "old"};
    const struct eg_error none = {.code = EG_OK};

    scene->port = (struct eg_port){.bytes_sent = 100, .bytes_received = 10, .wire_ns = 5000};
    scene->run.port = &scene->port;
    scene->run.loader = (struct eg_loader){.baud = 921600, .resends = 1, .requests = 7};
    const struct eg__step step = eg__step_begin(&scene->run, &read_stage, &record);
    assert_ptr_equal(scene->run.stage, &read_stage);
    scene->port.bytes_sent += 6000;
    scene->port.bytes_received += 40;
    scene->port.wire_ns += 60000000;
    scene->run.loader.resends += 2;
    scene->run.loader.requests += 3;
    eg_clock_sleep_until_us(eg_clock_us() + 70000); /* longer than the wire needs */
    eg__step_end(&scene->run, &step, EG_OK, EG_NORMAL, &none);

    assert_string_equal(record.stage, "read");
    assert_int_equal(record.attempt, 2);
    assert_int_equal(record.bytes_sent, 6000);
    assert_int_equal(record.bytes_received, 40);
    assert_int_equal(record.wire_us, 60000);
    assert_int_equal(record.resends, 2);
    assert_int_equal(record.baud, 921600);
    assert_int_equal(record.limit, EG_LIMIT_RESENDS);
    assert_string_equal(record.text, "");
    assert_string_equal(scene->told, "begin read ok ''\n"
                                     "end read ok 'wire 0.06 s, limited by resends, 2 sent again'\n");
}

static void a_stage_that_failed_has_its_sentence_and_no_limit(void **state)
{
    struct scene *const scene = *state;
    struct eg_stage_record record;
    struct eg_error err;

    scene->run.loader.requests = 1;
    const struct eg__step step = eg__step_begin(&scene->run, &read_stage, &record);
    scene->run.loader.resends = 5;
    eg__step_end(&scene->run, &step, eg_error_set(&err, EG_BAD_REPLY, "the line is dead"), EG_NORMAL, &err);

    assert_int_equal(record.code, EG_BAD_REPLY);
    assert_int_equal(record.limit, EG_LIMIT_NONE);
    assert_int_equal(record.bytes_sent, 0); /* without a port */
    assert_string_equal(record.text, "the line is dead");
    assert_string_equal(scene->told, "begin read ok ''\nend read bad-reply 'the line is dead'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stage_has_what_went_over_the_link_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stage_that_failed_has_its_sentence_and_no_limit, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
