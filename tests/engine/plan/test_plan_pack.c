/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/compress.h"
#include "engine/plan/plan.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_plan.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>

/* The next region may be compressed. */
static sem_t go;

static int blocks_signals; /* read once a region is packed */

static enum eg_code pack(struct eg_region *region, struct eg_error *err)
{
    sigset_t blocked;

    sem_wait(&go);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    blocks_signals = sigismember(&blocked, SIGINT);
    return strcmp(region->name, "bad") == 0 ? eg_error_set(err, EG_NO_MEMORY, "no room")
                                            : eg_region_compress(region, err);
}

static int setup(void **state)
{
    struct eg_plan *const plan = fake_plan_create("esp32");

    for (unsigned i = 0; i < 3; i++) {
        struct eg_region *const region =
            fake_plan_add(plan, i == 1 ? "bad" : "good", 0x10000 * (i + 1), 0x8000);
        eg_buffer_finish(&region->zlib);
    }
    plan->wire_size = 0;
    *state = plan;
    return sem_init(&go, 0, 0);
}

static int teardown(void **state)
{
    eg_plan_destroy(*state);
    return sem_destroy(&go);
}

static void a_region_is_there_as_soon_as_it_is_compressed(void **state)
{
    struct eg_plan *const plan = *state;
    struct eg_cancel cancel = {.requested = true};
    struct eg_error err;

    strcpy(plan->regions[1].name, "gut");
    assert_ok(eg_plan_pack_begin(plan, pack, &err), err);
    assert_int_equal(eg_plan_packed(plan, &plan->regions[0], &cancel, &err), EG_CANCELLED);
    sem_post(&go);
    assert_ok(eg_plan_packed(plan, &plan->regions[0], NULL, &err), err);
    assert_true(blocks_signals);
    assert_in_range(plan->regions[0].zlib.size, 1, plan->regions[0].data.size - 1);
    assert_int_equal(eg_plan_packed(plan, &plan->regions[1], &cancel, &err), EG_CANCELLED);
    sem_post(&go);
    sem_post(&go);
    assert_ok(eg_plan_pack_end(plan, &err), err);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(plan->regions[i].marks[(plan->regions[i].zlib.size - 1) / EG_INFLATE_STEP], 0x8000);
    assert_int_equal(plan->wire_size,
                     plan->regions[0].zlib.size + plan->regions[1].zlib.size + plan->regions[2].zlib.size);
}

static void a_failure_is_told_of_its_region_and_those_after_it(void **state)
{
    struct eg_plan *const plan = *state;
    struct eg_error err;

    assert_ok(eg_plan_pack_begin(plan, pack, &err), err);
    sem_post(&go);
    sem_post(&go);
    for (unsigned i = 1; i < 3; i++) {
        assert_int_equal(eg_plan_packed(plan, &plan->regions[i], NULL, &err), EG_NO_MEMORY);
        assert_string_equal(err.text, "compressing: no room");
    }
    assert_ok(eg_plan_packed(plan, &plan->regions[0], NULL, &err), err);
}

static void a_region_that_has_its_stream_keeps_it(void **state)
{
    struct eg_plan *const plan = *state;
    struct eg_error err;

    for (unsigned i = 0; i < 3; i++)
        assert_ok(eg_buffer_append(&plan->regions[i].zlib, "\x78\x01\x03\0\0\0\0\x01", 8, &err), err);
    assert_ok(eg_plan_pack_begin(plan, pack, &err), err);
    assert_ok(eg_plan_pack_end(plan, &err), err);
    assert_int_equal(plan->wire_size, 24);
}

static void a_plan_can_end_while_it_is_compressed(void **state)
{
    struct eg_plan *const plan = *state;
    struct eg_error err;

    assert_ok(eg_plan_pack_begin(plan, pack, &err), err);
    for (unsigned i = 0; i < 3; i++)
        sem_post(&go); /* the teardown destroys the plan, and waits for the region at work */
}

static void regions_that_are_not_the_plans_are_not_waited_for(void **state)
{
    struct eg_plan *const plan = *state;
    const struct eg_region other = {.name = NULL};
    struct eg_error err;

    assert_ok(eg_plan_packed(plan, &plan->regions[0], NULL, &err), err); /* nothing is compressed */
    assert_ok(eg_plan_pack_begin(plan, pack, &err), err);
    assert_ok(eg_plan_packed(plan, &other, NULL, &err), err);
    for (unsigned i = 0; i < 3; i++)
        sem_post(&go);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_region_is_there_as_soon_as_it_is_compressed),
        TEST(a_failure_is_told_of_its_region_and_those_after_it),
        TEST(a_region_that_has_its_stream_keeps_it),
        TEST(a_plan_can_end_while_it_is_compressed),
        TEST(regions_that_are_not_the_plans_are_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
