/* SPDX-License-Identifier: Apache-2.0 */

/* The certificate of a unit, against what an independent connection reads from the ledger. */

#include "reports/certificate.h"

#include "tests/db/look.h"
#include "tests/reports/page.h"
#include "tests/reports/qr_read.h"

#define UNIT "7c:df:a1:00:00:01"

static const struct sample_end passes = {.outcome = EG_PASS, .measured = true};
static const struct sample_end fails = {.outcome = EG_FAIL, .code = EG_TEST_FAILED, .text = "no answer"};

/* Record runs of units 1, 2, …, by their ends; the last is NULL. */
static void run_units(const struct sample *sample, const struct sample_end *const *ends, unsigned first)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (; *ends != NULL; ends++, first++) {
        const struct eg_unit unit = sample_unit(first);
        assert_ok(sample_run(sample, ledger, "A1", &unit, *ends, &run, &err), err);
    }
}

static void path_of(char path[200], const struct sample *sample)
{
    snprintf(path, 200, "%s/c.html", sample->folder);
}

/* Make the certificate of a unit; `page` gets it. */
static void certify(const struct sample *sample, const char *text, struct eg_buffer *page)
{
    struct eg_error refusal, err;
    char path[200];

    path_of(path, sample);
    page->size = 0;
    const struct eg_certificate wanted = {.ledger = sample->path, .unit = text, .html = path};
    assert_ok(eg_certificate_write(&wanted, &refusal, NULL, &err), err);
    if (refusal.code != EG_OK)
        fail_msg("%s", refusal.text);
    assert_ok(eg_file_read(page, path, 1 << 20, &err), err);
    assert_ok(eg_buffer_append(page, "", 1, &err), err);
}

/* It is refused with this sentence, and no file is there. */
static void refuse(const struct sample *sample, const char *text, const char *sentence)
{
    struct eg_error refusal, err;
    char path[200];

    path_of(path, sample);
    const struct eg_certificate wanted = {.ledger = sample->path, .unit = text, .html = path};
    assert_ok(eg_certificate_write(&wanted, &refusal, NULL, &err), err);
    assert_int_equal(refusal.code, EG_BAD_ARGUMENT);
    assert_string_equal(refusal.text, sentence);
    assert_int_equal(access(path, F_OK), -1);
}

/* The page has `before`, the value of the query, `after`. */
static void page_has_sql(const struct sample *sample, const struct eg_buffer *page, const char *before,
                         const char *sql, const char *after)
{
    char *value = sample_sql(sample->path, sql);
    char text[400];

    snprintf(text, sizeof text, "%s%s%s", before, value, after);
    free(value);
    page_has(page, text);
}

static void the_page_says_what_the_ledger_says_of_the_last_run(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    struct sample *sample = *state;

    run_units(sample, (const struct sample_end *const[]){&fails, &passes, NULL}, 1);
    run_units(sample, (const struct sample_end *const[]){&passes, NULL}, 1);
    certify(sample, "7CDFA1000001", &page);
    page_has(&page, "<h1>Certificate of programming and test</h1>");
    page_lacks(&page, "certifies nothing");
#define LAST " FROM runs WHERE run = 3"
    page_has_sql(sample, &page, "<dt>MAC</dt><dd><bdi>", "SELECT mac" LAST, "</bdi>");
    page_has_sql(sample, &page, "<dt>Label</dt><dd><bdi>", "SELECT label" LAST, "</bdi>");
    page_has_sql(sample, &page, "<dt>Chip</dt><dd><bdi>",
                 "SELECT chip || '</bdi>, revision <bdi>' || revision || '</bdi>, <bdi>' || package" LAST,
                 "</bdi></dd>");
    page_has_sql(sample, &page, "<dt>Flash</dt><dd><bdi>",
                 "SELECT printf('%02x%02x%02x GigaDevice, %d MB', flash_jedec & 255,"
                 " flash_jedec >> 8 & 255, flash_jedec >> 16, flash_size / 1048576)" LAST,
                 "</bdi></dd>");
    page_has_sql(sample, &page, "<dt>Flash unique id</dt><dd><bdi>", "SELECT flash_unique_id" LAST, "<");
    page_has_sql(sample, &page, "Batch <b><bdi>", "SELECT batch" LAST, "<");
    page_has_sql(sample, &page, "<dt>Job</dt><dd><bdi>",
                 "SELECT job || '</bdi>, version <bdi>' || job_version || '</bdi>, SHA-256 <span class=\"mo "
                 "dg\">' || job_sha256" LAST,
                 "</span>");
    page_has_sql(sample, &page, "<dt>Run</dt><dd>",
                 "SELECT run || ', attempts: ' || attempts || ', ' || printf('%.1f', duration_ms / 1000.0)"
                 "|| ' s'" LAST,
                 "</dd>");
    page_has_sql(sample, &page, "<dt>Station</dt><dd><bdi>", "SELECT station" LAST, "<");
    page_has_sql(sample, &page, "<dt>Operator</dt><dd><bdi>", "SELECT operator" LAST, "<");
    page_has_sql(sample, &page, "<dt>Secure boot, as found</dt><dd><bdi>", "SELECT secure_boot" LAST, "<");
    for (int position = 1; position <= SAMPLE_REGIONS; position++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT expected_sha256 FROM region WHERE run_id = 3 AND position = %d",
                 position);
        page_has_sql(sample, &page, "<td class=\"mo dg\">", sql, "</td><td><span class=\"bd good\">");
        page_has(&page, "<use href=\"#s-good\"/></svg>equal</span></td></tr>");
    }
    page_has(&page, "Regions read back equal: 2 of 2.");
    page_has_sql(sample, &page, "<td class=\"n\"><bdi>",
                 "SELECT value || '</bdi></td><td>' || unit || '</td><td>' || limits FROM run_value"
                 " WHERE run_id = 3 AND kind = 'measured'",
                 "</td>");
    page_has_sql(sample, &page, "<dt>Serial number</dt><dd><bdi>",
                 "SELECT value FROM run_value WHERE run_id = 3 AND name = 'serial'", "<");
    page_has(&page, "<dt><bdi>key</bdi></dt><dd><bdi>(not shown)</bdi></dd>");
    page_lacks(&page, "<dt><bdi>serial</bdi></dt>");
    page_has_sql(sample, &page, "id=\"hash\">", "SELECT hash FROM chain WHERE run_id = 3", "</dd>");
    page_has(&page, "<dt>Batch</dt><dd>not sealed</dd>");
    char *hash = sample_sql(sample->path, "SELECT hash FROM chain WHERE run_id = 3");
    assert_qr((const char *)page.data, sample->folder, hash);
    free(hash);
}

static void a_job_without_a_version_has_none_on_the_page(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    struct sample *sample = *state;

    sample->plan.job_version = (char *)(uintptr_t) "";
    run_units(sample, (const struct sample_end *const[]){&passes, NULL}, 1);
    certify(sample, "7CDFA1000001", &page);
    page_has(&page, "<dt>Job</dt><dd><bdi>acme-sensor</bdi>, SHA-256 <span");
}

static void a_refusal_because_the_unit_had_passed_leaves_it_its_certificate(void **state)
{
    static const struct sample_end again = {
        .outcome = EG_FAIL, .code = EG_SEEN_BEFORE, .text = "it passed in run 1"};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    struct sample *sample = *state;

    run_units(sample, (const struct sample_end *const[]){&passes, NULL}, 1);
    run_units(sample, (const struct sample_end *const[]){&again, NULL}, 1);
    certify(sample, UNIT, &page);
    page_has_sql(sample, &page, "id=\"hash\">", "SELECT hash FROM chain WHERE run_id = 1", "</dd>");
}

static void a_marginal_pass_says_its_remark(void **state)
{
    static const struct sample_end marginal = {
        .outcome = EG_PASS_MARGINAL, .marginal = "at the second attempt", .attempts = 2};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    struct sample *sample = *state;

    run_units(sample, (const struct sample_end *const[]){&marginal, NULL}, 1);
    certify(sample, UNIT, &page);
    page_has(&page, "Passed, with a remark");
    page_has(&page, "Remark: <bdi>at the second attempt</bdi>.");
    page_has(&page, "The job measures no values.");
}

static void a_unit_that_failed_later_is_refused(void **state)
{
    struct sample *sample = *state;

    run_units(sample, (const struct sample_end *const[]){&passes, NULL}, 1);
    run_units(sample, (const struct sample_end *const[]){&fails, NULL}, 1);
    refuse(sample, UNIT,
           "unit " UNIT " gets no certificate: its last run, 2, ended as 'fail'; see 'espgang history " UNIT
           "'");
}

static void a_unit_with_a_run_that_has_not_ended_is_refused(void **state)
{
    struct sample *sample = *state;
    const struct eg_unit unit = sample_unit(1);
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t run;

    run_units(sample, (const struct sample_end *const[]){&passes, NULL}, 1);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_run_begin begin = {.slot = "A1", .port = "p"};
    assert_ok(recorder->ops->begin(recorder, &begin, &run, &err), err);
    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    refuse(sample, UNIT, "unit " UNIT " gets no certificate: run 2 has begun and has no end on record");
}

static void an_unknown_unit_and_a_name_of_two_are_refused(void **state)
{
    struct sample *sample = *state;
    char sentence[300];

    run_units(sample, (const struct sample_end *const[]){&passes, &passes, NULL}, 1);
    snprintf(sentence, sizeof sentence,
             "ledger %s: no run of a unit with MAC, serial, label or pool key 'B-9'", sample->path);
    refuse(sample, "B-9", sentence);
    snprintf(sentence, sizeof sentence, "ledger %s: 2 units have had 'A-1'; name one of them by its MAC",
             sample->path);
    refuse(sample, "A-1", sentence);
}

static void a_simulated_board_gets_a_specimen(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    struct sample *sample = *state;

    sample->session.simulated = true;
    run_units(sample, (const struct sample_end *const[]){&passes, NULL}, 1);
    certify(sample, UNIT, &page);
    page_has(&page, "<h1>Specimen of a simulated board</h1>");
    page_has(&page, "The board was simulated: this page certifies nothing.");
    page_lacks(&page, "Certificate of programming");
}

static void no_name_from_outside_leaves_its_place(void **state)
{
#define HOSTILE "<script>alert('x')</script>\"'&\033[2J"
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    struct sample *sample = *state;

    sample->session.batch = sample->session.station = sample->session.operator_name = HOSTILE;
    sample->plan.job_name = sample->plan.job_version = HOSTILE;
    sample->regions[0].name = HOSTILE;
    run_units(
        sample,
        (const struct sample_end *const[]){
            &(const struct sample_end){.outcome = EG_PASS_MARGINAL, .marginal = HOSTILE, .measured = true},
            NULL},
        1);
    certify(sample, UNIT, &page);
    page_lacks(&page, "<script");
    page_lacks(&page, "\033");
    unsigned count = 0;
    for (const char *at = (const char *)page.data; (at = strstr(at, "&lt;script&gt;")) != NULL; at++)
        count++;
    assert_int_equal(count, 7);
    page_has(&page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&#39;&amp;\xef\xbf\xbd[2J");
    page_has(
        &page,
        "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"");
}

static void customer_and_logo_are_those_of_the_job(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct sample_end *const ends[] = {&passes, NULL};

    run_units(sample, ends, 2);
    certify(sample, "7c:df:a1:00:00:02", &page);
    page_lacks(&page, "class=\"top\"");
    sample->session.batch = "batch-2";
    look_set(sample, "Acme & Co", NULL, LOOK_SVG);
    run_units(sample, ends, 1);
    look_forget(sample);
    certify(sample, UNIT, &page);
    page_has(&page, "<p class=\"cu\"><bdi>Acme &amp; Co</bdi></p></div></header>");
    page_has(&page, "src=\"data:image/svg+xml;base64,");
    page_has(&page, "img-src data:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_page_says_what_the_ledger_says_of_the_last_run),
        with_sample(a_job_without_a_version_has_none_on_the_page),
        with_sample(a_refusal_because_the_unit_had_passed_leaves_it_its_certificate),
        with_sample(a_marginal_pass_says_its_remark),
        with_sample(a_unit_that_failed_later_is_refused),
        with_sample(a_unit_with_a_run_that_has_not_ended_is_refused),
        with_sample(an_unknown_unit_and_a_name_of_two_are_refused),
        with_sample(a_simulated_board_gets_a_specimen),
        with_sample(no_name_from_outside_leaves_its_place),
        with_sample(customer_and_logo_are_those_of_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
