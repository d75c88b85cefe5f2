/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "engine/base/file.h"

/* Check the lines of the explanation from the one that starts with `begin` up to an empty line. */
static void assert_explained(const char *begin, const char *expected)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char path[256], whole[2000];
    struct eg_error err;

    path_of(path, "plan.txt");
    FILE *const out = fopen(path, "w");
    assert_non_null(out);
    assert_ok(eg_job_explain(plan, out, &err), err);
    fclose(out);
    assert_ok(eg_file_read(&text, path, 100000, &err), err);
    char *const at = strstr((char *)text.data, begin);
    if (at == NULL)
        fail_msg("no %s in %s", begin, (char *)text.data);
    char *const end = strstr(at, "\n\n");
    assert_non_null(end);
    end[1] = '\0';
    snprintf(whole, sizeof whole, expected, job_folder, job_folder);
    assert_string_equal(at, whole);
}

static void what_each_board_gets_is_shown_for_an_example(void **state)
{
    (void)state;
    put("nvs.csv", "key,type,encoding\ndevice,namespace,\nserial,data,string\nlot,data,string\n");
    put("conf.txt", "{serial}\n");
    put("job.yaml",
        JOB(FIRMWARE "unit:\n"
                     "  serial: {pool: serials, format: 'ACME-{:06d}'}\n"
                     "  values: {host: 'node-{mac_nic:04x}', label: '{lot}', code: '{token}-{host}'}\n"
                     "  nvs: {at: 0x9000, size: 0x3000, schema: nvs.csv, values: {serial: '{serial}', lot: "
                     "'{lot}'}}\n"
                     "  raw: [{at: 2MB, value: '{serial}'}, {at: 0x201000, hex: '{mac:plain}', size: 16}]\n"
                     "  file: {at: 0x202000, template: conf.txt}\n"
                     "  secret: tok*"));
    assert_explained("  each board", "  each board, for example of MAC 24:0a:c4:00:10:00 and of row 1 of "
                                     "pool serials\n"
                                     "  serial: ACME-000001\n"
                                     "  host: node-1000\n"
                                     "  label: {lot}\n"
                                     "  code: {token}-{host}\n"
                                     "  0x00009000       12288  nvs (%s/nvs.csv)\n"
                                     "                            serial: ACME-000001\n"
                                     "                            lot: {lot}\n"
                                     "  0x00200000     its own  raw: ACME-000001\n"
                                     "  0x00201000          16  raw: hex 240ac4001000\n"
                                     "  0x00202000     its own  file (%s/conf.txt)\n");
}

static void secrets_are_not_shown(void **state)
{
    (void)state;
    put("job.yaml", JOB(FIRMWARE "unit:\n"
                                 "  serial: {format: '{mac}'}\n"
                                 "  raw: {at: 2MB, value: '{serial}'}\n"
                                 "  secret: serial"));
    assert_explained("  each board", "  each board, for example of MAC 24:0a:c4:00:10:00\n"
                                     "  serial: (secret)\n"
                                     "  0x00200000     its own  raw: (secret)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_each_board_gets_is_shown_for_an_example),
        TEST(secrets_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
