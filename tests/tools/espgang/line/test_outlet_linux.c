/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tools/espgang/line/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES 40000 /* more than fits into a pipe and the queue */

struct scene {
    char folder[64], spill[100];
    int pipe[2];
    struct cli_outlet *outlet;
    struct cli_outlet_end end;
};

static void begin(struct scene *scene, bool keep)
{
    struct eg_error err;

    *scene = (struct scene){.folder = "/tmp/eg-outlet-XXXXXX"};
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->spill, sizeof scene->spill, "%s/events", scene->folder);
    assert_int_equal(pipe(scene->pipe), 0);
    signal(SIGPIPE, SIG_IGN);
    assert_ok(cli_outlet_open(&scene->outlet, scene->pipe[1], keep ? scene->spill : NULL, &err), err);
}

static void print_lines(struct scene *scene, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        fprintf(cli_outlet_file(scene->outlet), "line %u\n", i);
    fflush(cli_outlet_file(scene->outlet));
}

/* Close the outlet without waiting for its reader. */
static void give_up(struct scene *scene)
{
    const struct eg_cancel cancel = {.requested = true};

    cli_outlet_close(scene->outlet, &cancel, &scene->end);
}

static void end(struct scene *scene)
{
    close(scene->pipe[0]);
    close(scene->pipe[1]);
    unlink(scene->spill);
    assert_int_equal(rmdir(scene->folder), 0);
}

/* Check that the lines of a stream run from its first one to `to`; return the first. */
static unsigned expect_lines(FILE *file, unsigned to)
{
    unsigned first, next, number;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "line %u\n", &first), 1);
    for (next = first + 1; fscanf(file, "line %u\n", &number) == 1; next++)
        assert_int_equal(number, next);
    assert_true(feof(file));
    assert_int_equal(next, to);
    fclose(file);
    return first;
}

static void what_nobody_reads_stops_nobody_and_is_in_the_file_in_its_order(void **state)
{
    struct scene scene;
    char expected[300];
    struct stat info;

    (void)state;
    begin(&scene, true);
    print_lines(&scene, 0, LINES);
    give_up(&scene);
    assert_true(scene.end.whole);
    snprintf(expected, sizeof expected, "standard output: nobody reads it; what is missing there is in %s",
             scene.spill);
    assert_string_equal(scene.end.said, expected);
    assert_int_equal(stat(scene.spill, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    /* With the contents of the pipe the output is complete. */
    char *const piped = calloc(1, 200000);
    const ssize_t got = read(scene.pipe[0], piped, 199999);
    assert_true(got > 0);
    char *last = strrchr(piped, '\n');
    *last = '\0';
    last = strrchr(piped, ' ');
    assert_true(expect_lines(fopen(scene.spill, "r"), LINES) <= strtoul(last, NULL, 10) + 1);
    free(piped);
    end(&scene);
}

static void few_lines_that_nobody_reads_are_in_the_file_too(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, true);
    char *const filling = calloc(1, 65536);
    assert_int_equal(write(scene.pipe[1], filling, 65536), 65536);
    free(filling);
    print_lines(&scene, 0, 3);
    give_up(&scene);
    assert_true(scene.end.whole);
    assert_int_equal(expect_lines(fopen(scene.spill, "r"), 3), 0);
    end(&scene);
}

static void a_reader_that_comes_back_gets_everything_and_no_file_is_left(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, true);
    print_lines(&scene, 0, LINES);
    assert_int_equal(access(scene.spill, F_OK), 0);
    FILE *const reader = fdopen(dup(scene.pipe[0]), "r");
    unsigned number;
    for (unsigned i = 0; i < LINES; i++) {
        assert_int_equal(fscanf(reader, "line %u\n", &number), 1);
        assert_int_equal(number, i);
        if (i == LINES - 2)
            break;
    }
    print_lines(&scene, LINES, LINES + 10);
    cli_outlet_close(scene.outlet, NULL, &scene.end);
    assert_true(scene.end.whole);
    assert_string_equal(scene.end.said, "");
    close(scene.pipe[1]);
    assert_int_equal(expect_lines(reader, LINES + 10), LINES - 1);
    assert_int_equal(access(scene.spill, F_OK), -1);
    scene.pipe[1] = -1;
    end(&scene);
}

static void what_a_closed_pipe_does_not_take_is_in_the_file(void **state)
{
    struct scene scene;
    char expected[300];

    (void)state;
    begin(&scene, true);
    close(scene.pipe[0]);
    print_lines(&scene, 0, 10);
    cli_outlet_close(scene.outlet, NULL, &scene.end);
    assert_false(scene.end.whole);
    snprintf(expected, sizeof expected, "standard output: Broken pipe; what is missing there is in %s",
             scene.spill);
    assert_string_equal(scene.end.said, expected);
    assert_int_equal(expect_lines(fopen(scene.spill, "r"), 10), 0);
    scene.pipe[0] = -1;
    end(&scene);
}

static void a_full_disk_is_said_as_such_also_where_the_file_should_be(void **state)
{
    struct scene scene;
    struct eg_error err;

    (void)state;
    begin(&scene, true);
    give_up(&scene);
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_ok(cli_outlet_open(&scene.outlet, full, "/no/such/folder/events", &err), err);
    print_lines(&scene, 0, 1);
    cli_outlet_close(scene.outlet, NULL, &scene.end);
    close(full);
    assert_false(scene.end.whole);
    assert_string_equal(scene.end.said,
                        "standard output: No space left on device; what is missing there is lost: "
                        "/no/such/folder/events: No such file or directory");
    end(&scene);
}

static void a_picture_that_nobody_looks_at_is_lost_without_a_word(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, false);
    print_lines(&scene, 0, LINES);
    assert_false(cli_outlet_idle(scene.outlet));
    give_up(&scene);
    assert_true(scene.end.whole);
    assert_string_equal(scene.end.said, "");
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_reads_stops_nobody_and_is_in_the_file_in_its_order),
        cmocka_unit_test(few_lines_that_nobody_reads_are_in_the_file_too),
        cmocka_unit_test(a_reader_that_comes_back_gets_everything_and_no_file_is_left),
        cmocka_unit_test(what_a_closed_pipe_does_not_take_is_in_the_file),
        cmocka_unit_test(a_full_disk_is_said_as_such_also_where_the_file_should_be),
        cmocka_unit_test(a_picture_that_nobody_looks_at_is_lost_without_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
