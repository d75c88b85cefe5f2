/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/print.h"

#include "tests/db/sample.h"

#define FIELD "^FO1,1^A0N,30^FH^FD"

static struct eg_print_form form_of(enum eg_print_kind kind, const char *text)
{
    return (struct eg_print_form){kind, "label", text, strlen(text)};
}

static enum eg_code make(char *out, size_t size, enum eg_print_kind kind, const char *template,
                         const char *value, struct eg_error *err)
{
    const struct eg_print_form form = form_of(kind, template);
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer label = {0};

    assert_ok(eg_names_add(&names, &(struct eg_name){.name = (char *)"serial", .value = (char *)value}, err),
              *err);
    EG_TRY(eg_print_make(&label, &form, &names, err));
    snprintf(out, size, "%.*s", (int)label.size, (const char *)label.data);
    return EG_OK;
}

static void a_value_cannot_be_a_zpl_command(void **state)
{
    static const char *const cases[][3] = {
        {"^XA" FIELD "{serial}^FS^XZ", "^XZ^XA^FDmine", "^XA" FIELD "_5EXZ_5EXA_5EFDmine^FS^XZ"},
        {FIELD "{serial}^FS", "~JR~HS", FIELD "_7EJR_7EHS^FS"},
        {FIELD "{serial}^FS", "_5E", FIELD "_5F5E^FS"},
        {FIELD "{serial}^FS", "a\x10\x1b\r\n\x7f", FIELD "a_10_1B_0D_0A_7F^FS"},
        {FIELD "{serial}^FS", "\xc3\xa9", FIELD "\xc3\xa9^FS"},
        {"^fh\\^fdQA,{serial}^fs", "a\\5Eb^_", "^fh\\^fdQA,a\\5C5Eb\\5E_^fs"},
        {"^FH^FD{serial:lower}^FS", "A^B", "^FH^FDa_5Eb^FS"},
        {"^FH^FD{serial} and {serial}^FS^FH\\^FD{serial}^FS", "^", "^FH^FD_5E and _5E^FS^FH\\^FD\\5E^FS"},
    };
    char label[400];
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(make(label, sizeof label, EG_PRINT_ZPL, cases[i][0], cases[i][1], &err), err);
        assert_string_equal(label, cases[i][2]);
    }
}

static void a_name_in_zpl_stands_in_the_data_of_a_field_with_hexadecimal_digits(void **state)
{
    static const char *const cases[][2] = {
        {"^XA^FO{serial},1^FS",
         "label: has {serial} outside the data of a field: a name may only stand after ^FD"},
        {"^FH^FDx^FS{serial}",
         "label: has {serial} outside the data of a field: a name may only stand after ^FD"},
        {"^FH^FDx~{serial}",
         "label: has {serial} outside the data of a field: a name may only stand after ^FD"},
        {"^FH^F{serial}", "label: has {serial} outside the data of a field: a name may only stand after ^FD"},
        {"^FH^FD^PQ{serial}",
         "label: has {serial} outside the data of a field: a name may only stand after ^FD"},
        {"^FD{serial}^FS",
         "label: has {serial} in a field without ^FH: write ^FH^FD, so that its value cannot be "
         "taken for a command"},
        {"^FH^FDx^FS^FD{serial}^FS",
         "label: has {serial} in a field without ^FH: write ^FH^FD, so that its value "
         "cannot be taken for a command"},
        {"^CC/^FH^FD{serial}",
         "label: has ^CC, which changes the characters of commands, so values cannot be kept "
         "from being commands"},
        {"~ct/^FH^FD{serial}",
         "label: has ~CT, which changes the characters of commands, so values cannot be kept "
         "from being commands"},
    };
    char label[200];
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_error(make(label, sizeof label, EG_PRINT_ZPL, cases[i][0], "1", &err), err, EG_BAD_JOB,
                     cases[i][1]);
    }
}

static void a_value_in_text_has_no_control_characters(void **state)
{
    char label[200];
    struct eg_error err;

    (void)state;
    assert_ok(
        make(label, sizeof label, EG_PRINT_TEXT, "S/N {serial}\n{ not a name }\n", "a\x1b@\n\xff", &err),
        err);
    assert_string_equal(label, "S/N a?@??\n{ not a name }\n");
}

static void a_fault_of_a_template_is_told_with_its_line(void **state)
{
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    struct eg_print_form form = form_of(EG_PRINT_TEXT, "a\nb {serial}\nc {lot}\n");
    struct eg_error err;

    (void)state;
    assert_ok(eg_names_add(&names, &(struct eg_name){.name = (char *)"serial", .value = (char *)""}, &err),
              err);
    assert_error(eg_print_check(&form, &names, true, &err), err, EG_BAD_JOB,
                 "label:3: has {lot}, which is none of serial");
    assert_ok(eg_print_check(&form, &names, false, &err), err);
    assert_ok(eg_names_add(&names,
                           &(struct eg_name){.name = (char *)"lot", .value = (char *)"", .secret = true},
                           &err),
              err);
    assert_error(eg_print_check(&form, &names, true, &err), err, EG_BAD_JOB,
                 "label:3: has {lot}, which is secret, so the ledger has no value of it");
    form = form_of(EG_PRINT_ZPL, "^XA\n^FD{serial}^FS\n^XZ");
    assert_error(
        eg_print_check(&form, &names, true, &err), err, EG_BAD_JOB,
        "label:2: has {serial} in a field without ^FH: write ^FH^FD, so that its value cannot be taken for "
        "a command");
    form = (struct eg_print_form){EG_PRINT_TEXT, "label", "a\0b", 3};
    assert_error(eg_print_check(&form, &names, true, &err), err, EG_BAD_JOB,
                 "label: is binary, not a template of a label");
    form = form_of(EG_PRINT_TEXT, "");
    assert_error(eg_print_check(&form, &names, true, &err), err, EG_BAD_JOB,
                 "label: is empty, not a template of a label");
}

static void a_label_has_the_values_that_are_on_record(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0}, none = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer label = {0};
    const struct eg_print_form form = form_of(
        EG_PRINT_TEXT, "{serial} {mac_plain:upper} {mac_nic:08x} {chip} {revision} {supply} {label} {job} "
                       "{version} {batch} {station} {operator} {slot} {run:03d}");
    const struct eg_unit unit = sample_unit(7);
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_print_names(&names, query, run, &err), err);
    assert_ok(eg_print_make(&label, &form, &names, &err), err);
    assert_ok(eg_buffer_append(&label, "", 1, &err), err);
    assert_string_equal((const char *)label.data,
                        "A-1 7CDFA1000007 00000007 esp32c3 0.4 2.9 A-17 acme-sensor 1.4.0 "
                        "batch-1 line 3 mira a 001");
    assert_int_equal(eg_print_names(&none, query, 9, &err), EG_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_cannot_be_a_zpl_command),
        cmocka_unit_test(a_name_in_zpl_stands_in_the_data_of_a_field_with_hexadecimal_digits),
        cmocka_unit_test(a_value_in_text_has_no_control_characters),
        cmocka_unit_test(a_fault_of_a_template_is_told_with_its_line),
        cmocka_unit_test_setup_teardown(a_label_has_the_values_that_are_on_record, sample_setup,
                                        sample_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
