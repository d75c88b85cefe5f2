/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dump.h"

#include "engine/base/file.h"
#include "tests/fakes/check.h"
#include "tools/espgang/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-dump-XXXXXX";

/* Run a command in a process of its own; return whether its memory can be read and dumped afterwards. */
static bool is_open_after(bool program, const char *const *words)
{
    int status, count = 0;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (program)
            cli_dump_none();
        while (words[count] != NULL)
            count++;
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(9);
        (void)cli_main(count, (const char **)words);
        _exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 1;
}

#define WORDS(...) ((const char *const[]){"espgang", __VA_ARGS__, NULL})

static void commands_with_secrets_are_not_dumped(void **state)
{
    (void)state;
    assert_false(is_open_after(true, WORDS("secure", "recover-key", "0")));
    assert_false(is_open_after(true, WORDS("secure", "digest-private-key", "-k", "none", "none")));
    assert_false(is_open_after(true, WORDS("efuse", "--chip", "esp32c3", "--virt", "summary")));
    assert_false(is_open_after(true, WORDS("pool", "import", "none.csv")));
    assert_true(is_open_after(true, WORDS("pool", "list", "--ledger", "none.db")));
    assert_true(is_open_after(true, WORDS("version")));
}

/* Who calls the command line from another program decides about that program himself. */
static void a_library_leaves_its_process_as_it_is(void **state)
{
    (void)state;
    assert_true(is_open_after(false, WORDS("secure", "recover-key", "0")));
}

static void write_file(const char *name, const char *text)
{
    static const struct eg_file_options options = {.mode = 0600};
    char path[64];
    struct eg_error err;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(eg_file_write(path, text, strlen(text), &options, &err), err);
}

/* Neither job touches a board: the ledger is not one. */
static void a_line_whose_boards_get_secrets_is_not_dumped(void **state)
{
    static const char job[] = "espgang: 1\njob: j\nchip: esp32c3\nfirmware: [{at: 0x200000, file: a.bin}]\n"
                              "allow: [no-bootloader]\n";
    char with_pool[400], path[64], none[64];

    (void)state;
    snprintf(with_pool, sizeof with_pool, "%sunit: {serial: {pool: serials}}\n", job);
    write_file("a.bin", "firmware");
    write_file("plain.yaml", job);
    write_file("pool.yaml", with_pool);
    write_file("none.db", "this is no ledger, but it is long enough to be one");
    snprintf(none, sizeof none, "%s/none.db", folder);
    snprintf(path, sizeof path, "%s/plain.yaml", folder);
    assert_true(is_open_after(true, WORDS("run", path, "--sim", "1", "--ledger", none)));
    snprintf(path, sizeof path, "%s/pool.yaml", folder);
    assert_false(is_open_after(true, WORDS("run", path, "--sim", "1", "--ledger", none)));
}

static void the_program_and_what_it_starts_have_no_core_file(void **state)
{
    struct rlimit limit;

    (void)state;
    cli_dump_none();
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"a.bin", "plain.yaml", "pool.yaml", "none.db"};
    char path[64];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_with_secrets_are_not_dumped),
        cmocka_unit_test(a_library_leaves_its_process_as_it_is),
        cmocka_unit_test(a_line_whose_boards_get_secrets_is_not_dumped),
        cmocka_unit_test(the_program_and_what_it_starts_have_no_core_file),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
