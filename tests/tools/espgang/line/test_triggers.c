/* SPDX-License-Identifier: Apache-2.0 */

/* The program as a trigger; tests/e2e/test_triggers.sh tests keys, scanners and whole lines. */

#include "tests/fakes/check.h"

#include "tools/espgang/line/triggers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char folder[32], program[64], told[64];
    struct eg_slot slot;
    struct eg_cancel cancel;
    struct eg_error err;
    char label[EG_LABEL_TEXT];
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture =
        (struct fixture){.folder = "/tmp/eg-fixture-XXXXXX", .slot = {.name = "left", .url = "/dev/ttyUSB3"}};
    assert_non_null(mkdtemp(fixture.folder));
    snprintf(fixture.program, sizeof fixture.program, "%s/fixture.sh", fixture.folder);
    snprintf(fixture.told, sizeof fixture.told, "%s/told", fixture.folder);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    const struct fixture *const fixture = *state;

    unlink(fixture->told);
    unlink(fixture->program);
    return rmdir(fixture->folder);
}

static struct eg_trigger trigger_of(const struct fixture *fixture, const char *script)
{
    FILE *const file = fopen(fixture->program, "w");

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(fixture->program, 0700), 0);
    return cli_program_trigger(fixture->program);
}

static enum eg_code wait_for(struct fixture *fixture, const char *script)
{
    const struct eg_trigger trigger = trigger_of(fixture, script);

    return trigger.wait(trigger.context, &fixture->slot, fixture->label, &fixture->cancel, &fixture->err);
}

static void assert_told(const struct fixture *fixture, const char *wanted)
{
    char text[200] = "";
    FILE *const file = fopen(fixture->told, "r");

    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, wanted);
}

static void the_first_line_that_the_program_prints_is_the_label(void **state)
{
    struct fixture *const fixture = *state;

    assert_ok(wait_for(fixture, "echo \"$1 $2 $ESPGANG_PORT\"; echo more"), fixture->err);
    assert_string_equal(fixture->label, "wait left /dev/ttyUSB3");
    assert_ok(wait_for(fixture, "exit 0"), fixture->err);
    assert_string_equal(fixture->label, "");
}

static void a_program_that_fails_is_told_with_what_it_said(void **state)
{
    struct fixture *const fixture = *state;

    assert_error(wait_for(fixture, "echo no air >&2; exit 3"), fixture->err, EG_PROGRAM_FAILED,
                 "fixture.sh exited with status 3: no air");
    assert_int_equal(wait_for(fixture, "head -c 600 /dev/zero | tr '\\0' x"), EG_PROGRAM_FAILED);
    assert_non_null(strstr(fixture->err.text, "its label has more than 500 bytes"));
}

static void the_program_is_told_the_outcome(void **state)
{
    struct fixture *const fixture = *state;
    const struct eg_trigger trigger = trigger_of(
        fixture, "echo \"$* $ESPGANG_RUN $ESPGANG_MAC $ESPGANG_CODE $ESPGANG_SENTENCE\" >\"${0%/*}/told\"");
    const struct eg_result result = {
        .run = 7, .outcome = EG_FAIL, .code = EG_WRONG_CHIP, .mac = "24:0a:c4:00:10:00", .text = "no"};

    assert_ok(trigger.done(trigger.context, &fixture->slot, &result, &fixture->cancel, &fixture->err),
              fixture->err);
    assert_told(fixture, "done left fail 7 24:0a:c4:00:10:00 wrong-chip no\n");
}

static void the_program_is_told_the_outcome_of_the_last_boards_of_a_line_too(void **state)
{
    struct fixture *const fixture = *state;
    const struct eg_trigger trigger = trigger_of(fixture, "echo \"$*\" >\"${0%/*}/told\"; exec sleep 60");
    const struct eg_result result = {.run = 8, .outcome = EG_PASS};

    eg_cancel_request(&fixture->cancel); /* the line is ending, so it does not wait until the board is gone */
    assert_ok(trigger.done(trigger.context, &fixture->slot, &result, &fixture->cancel, &fixture->err),
              fixture->err);
    assert_told(fixture, "done left pass\n");
}

static void a_line_that_ends_ends_the_program_that_waits(void **state)
{
    struct fixture *const fixture = *state;

    eg_cancel_request(&fixture->cancel);
    assert_int_equal(wait_for(fixture, "exec sleep 60"), EG_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_line_that_the_program_prints_is_the_label),
        TEST(a_program_that_fails_is_told_with_what_it_said),
        TEST(the_program_is_told_the_outcome),
        TEST(the_program_is_told_the_outcome_of_the_last_boards_of_a_line_too),
        TEST(a_line_that_ends_ends_the_program_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
