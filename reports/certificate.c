/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The page is read on a screen and printed on A4 in black and white, so, like the report, it loads nothing
 * and says in words what it says with colour. It takes its look from report.css; certificate.css has the
 * rest.
 */

#include "reports/certificate.h"

#include "db/query/questions.h"
#include "db/query/report.h"
#include "engine/base/mac.h"
#include "reports/html.h"
#include "reports/page_files.h"
#include "reports/qr.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The units that were found; the members after `count` are those of the last one. */
struct found {
    int64_t count;
    char mac[EG_MAC_TEXT], outcome[16];
    int64_t last_run, open_run, flashes, simulated;
};

static enum eg_code take_unit(void *context, const void *row, struct eg_error *err)
{
    const struct eg_unit_summary *unit = row;
    struct found *found = context;

    (void)err;
    found->count++;
    snprintf(found->mac, sizeof found->mac, "%s", unit->mac);
    snprintf(found->outcome, sizeof found->outcome, "%s", unit->outcome);
    found->last_run = unit->last_run;
    found->open_run = unit->open_run;
    found->flashes = unit->flashes;
    found->simulated = unit->simulated;
    return EG_OK;
}

/* Set `refusal` unless the unit gets a certificate. */
static void judge(struct eg_error *refusal, const struct found *found, const char *ledger, const char *text)
{
    if (found->count == 0)
        eg_error_set(refusal, EG_BAD_ARGUMENT,
                     "ledger %s: no run of a unit with MAC, serial, label or pool key '%s'", ledger, text);
    else if (found->count > 1)
        eg_error_set(refusal, EG_BAD_ARGUMENT,
                     "ledger %s: %" PRId64 " units have had '%s'; name one of them by its MAC", ledger,
                     found->count, text);
    else if (found->open_run >= 0)
        eg_error_set(refusal, EG_BAD_ARGUMENT,
                     "unit %s gets no certificate: run %" PRId64 " has begun and has no end on record",
                     found->mac, found->open_run);
    else if (strcmp(found->outcome, eg_outcome_name(EG_PASS)) != 0 &&
             strcmp(found->outcome, eg_outcome_name(EG_PASS_MARGINAL)) != 0)
        eg_error_set(refusal, EG_BAD_ARGUMENT,
                     "unit %s gets no certificate: its last run, %" PRId64 ", ended as '%s'; see 'espgang "
                     "history %s'",
                     found->mac, found->last_run, found->outcome, found->mac);
}

struct seal {
    char sealed[40], runs[EG_SHA256_TEXT], key[EG_SHA256_TEXT];
};

static enum eg_code take_seal(void *context, const char *name, const char *value, struct eg_error *err)
{
    struct seal *seal = context;

    (void)err;
    if (strcmp(name, "sealed_utc") == 0)
        snprintf(seal->sealed, sizeof seal->sealed, "%s", value);
    if (strcmp(name, "runs_sha256") == 0)
        snprintf(seal->runs, sizeof seal->runs, "%s", value);
    if (strcmp(name, "key") == 0)
        snprintf(seal->key, sizeof seal->key, "%s", value);
    return EG_OK;
}

/* What the tables have, for the verdict above them. */
struct tally {
    unsigned regions, equal, measured, passed, given;
};

static enum eg_code count_region(void *context, const void *row, struct eg_error *err)
{
    struct tally *tally = context;

    (void)err;
    tally->regions++;
    tally->equal += strcmp(((const struct eg_run_region *)row)->verdict, "equal") == 0;
    return EG_OK;
}

static bool is_measured(const struct eg_run_value *value)
{
    return strcmp(value->kind, "measured") == 0;
}

/* The serial is among the facts of the unit already. */
static bool is_given(const struct eg_run_value *value)
{
    return !is_measured(value) && strcmp(value->name, "serial") != 0;
}

static enum eg_code count_value(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct tally *tally = context;

    (void)err;
    tally->given += is_given(row);
    tally->measured += is_measured(row);
    tally->passed += is_measured(row) && row->passed;
    return EG_OK;
}

static void fact(struct eg__out *out, const char *name, const char *value)
{
    eg__put(out, "<dt>%s</dt><dd>", name);
    eg__html_name(out, value[0] != '\0' ? value : "not known");
    eg__put(out, "</dd>\n");
}

static void fact_time(struct eg__out *out, const char *name, const char *utc)
{
    const int64_t time_ms = eg__utc_ms(utc);

    eg__put(out, "<dt>%s</dt><dd>%s (%s)</dd>\n", name, eg__day(time_ms).text, eg__zone(time_ms).text);
}

static void identity(struct eg__out *out, const struct eg_run_record_row *run)
{
    char flash[EG__FLASH_TEXT];

    eg__flash_text(flash, run->flash_jedec, run->flash_size);
    eg__put(out, "<h2>Unit</h2><dl class=\"id\">");
    if (run->serial[0] != '\0')
        fact(out, "Serial number", run->serial);
    fact(out, "MAC", run->mac);
    if (run->label[0] != '\0')
        fact(out, "Label", run->label);
    eg__html_text(out, "<dt>Chip</dt><dd><bdi>", run->chip, "</bdi>");
    eg__html_text(out, ", revision <bdi>", run->revision[0] != '\0' ? run->revision : "not known", "</bdi>");
    if (run->package[0] != '\0')
        eg__html_text(out, ", <bdi>", run->package, "</bdi>");
    eg__put(out, "</dd>\n");
    fact(out, "Flash", flash);
    fact(out, "Flash unique id", run->flash_unique_id);
    eg__put(out, "</dl>\n");
}

static void result(struct eg__out *out, enum eg__mark mark, const char *word)
{
    eg__put(out, "<td><span class=\"bd %s\">", eg__mark_class(mark));
    eg__html_mark(out, mark);
    eg__put(out, "%s</span></td></tr>\n", word);
}

static enum eg_code region_row(void *context, const void *row, struct eg_error *err)
{
    const struct eg_run_region *region = row;
    struct eg__out *out = context;

    (void)err;
    eg__html_text(out, "<tr><th scope=\"row\"><bdi>", region->name, "</bdi></th>");
    eg__html_cell(out, "mo", region->address);
    eg__put(out, "<td class=\"n\">%s</td>", eg__count(region->size).text);
    eg__html_cell(out, "mo dg", region->expected_sha256);
    if (strcmp(region->verdict, "equal") == 0)
        result(out, EG__GOOD, "equal");
    else if (strcmp(region->verdict, "different") == 0)
        result(out, EG__FAIL, "different");
    else
        result(out, EG__NEUTRAL, "not read back");
    return EG_OK;
}

/* Where the value lies between its limits: a ring on a line. */
static void between(struct eg__out *out, const struct eg_run_value *value)
{
    const double place = 100 * (value->number - value->lower) / (value->upper - value->lower);

    eg__put(out, "<td>");
    if (isfinite(place) && place >= 0 && place <= 100)
        eg__put(out, "<span class=\"lm\" aria-hidden=\"true\"><i style=\"left:%.1f%%\"></i></span>", place);
    eg__put(out, "</td>");
}

static enum eg_code measured_row(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    if (!is_measured(row))
        return EG_OK;
    eg__html_text(out, "<tr><th scope=\"row\"><bdi>", row->name, "</bdi></th>");
    eg__html_text(out, "<td class=\"n\"><bdi>", row->value, "</bdi></td>");
    eg__html_cell(out, "", row->unit);
    eg__html_cell(out, "", row->limits[0] != '\0' ? row->limits : "none");
    between(out, row);
    result(out, row->passed ? EG__GOOD : EG__FAIL, row->passed ? "passed" : "not passed");
    return EG_OK;
}

static enum eg_code given_fact(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    if (!is_given(row))
        return EG_OK;
    eg__html_text(out, "<dt><bdi>", row->name, "</bdi></dt>");
    eg__html_text(out, "<dd><bdi>", row->value[0] != '\0' ? row->value : "(not shown)", "</bdi></dd>\n");
    return EG_OK;
}

static void security(struct eg__out *out, const struct eg_run_record_row *run)
{
    eg__put(out, "<div><h2>Security state</h2><dl class=\"kvl\">\n");
    fact(out, "Secure boot, as found", run->secure_boot);
    fact(out, "Flash encryption, as found", run->flash_encryption);
    fact(out, "Secure download mode, as found", run->secure_download);
    fact(out, "Last step of this run",
         run->security[0] != '\0' ? run->security : "none: the run changed nothing of it");
    eg__put(out, "</dl></div>\n");
}

static void made(struct eg__out *out, const struct eg_run_record_row *run)
{
    eg__put(out, "<div><h2>Where and when</h2><dl class=\"kvl\">\n");
    fact(out, "Station", run->station);
    fact(out, "Slot", run->slot);
    fact(out, "Operator", run->operator_name);
    fact_time(out, "Began", run->started_utc);
    fact_time(out, "Ended", run->finished_utc);
    eg__put(out, "<dt>Run</dt><dd>%" PRId64 ", attempts: %" PRId64 ", %s s</dd>\n", run->run, run->attempts,
            eg__real((double)run->duration_ms / 1000, 1).text);
    fact(out, "espgang", run->tool_version);
    eg__put(out, "</dl></div>\n");
}

static void record(struct eg__out *out, const struct eg_run_record_row *run, const struct seal *seal)
{
    eg__put(out,
            "<div class=\"seal\"><h2>Record</h2><dl class=\"kvl\">\n<dt>Run's hash, record %" PRId64 "</dt>",
            run->chain_id);
    eg__html_text(out, "<dd class=\"mo dg\" id=\"hash\">", run->hash, "</dd>\n");
    if (seal->sealed[0] == '\0')
        eg__put(out, "<dt>Batch</dt><dd>not sealed</dd>\n");
    else {
        fact_time(out, "Batch sealed", seal->sealed);
        eg__html_text(out, "<dt>Digest of its runs</dt><dd class=\"mo dg\">", seal->runs, "</dd>\n");
        eg__html_text(out, "<dt>Public key of its signature</dt><dd class=\"mo dg\">",
                      seal->key[0] != '\0' ? seal->key : "not signed", "</dd>\n");
    }
    eg__put(out, "</dl><p class=\"sm\">The QR code is the run's hash. <code>espgang audit</code> checks the "
                 "record.</p></div>\n");
}

/* What a page is made of. */
struct page {
    struct eg_query *query;
    const struct found *found;
    const struct eg_run_record_row *run;
    struct eg_report_look look; /* customer and logo, as the job says */
    struct tally tally;
    struct seal seal;
};

static enum eg_code verdict(struct eg__out *out, const struct page *page, struct eg_error *err)
{
    const bool marginal = page->run->marginal[0] != '\0';
    const struct tally *const tally = &page->tally;
    const int64_t ended_ms = eg__utc_ms(page->run->finished_utc);

    eg__put(out, "<div class=\"res\"><div class=\"verdict v-%s\"><p class=\"vw1 %s\">",
            marginal ? "marg" : "good", marginal ? "marg" : "good");
    eg__html_mark(out, marginal ? EG__MARGINAL : EG__GOOD);
    eg__put(out, "<b class=\"vh\">%s</b></p><p>The run of %s (%s) passed.",
            marginal ? "Passed, with a remark" : "Passed", eg__day(ended_ms).text, eg__zone(ended_ms).text);
    eg__put(out, " Regions read back equal: %u of %u.", tally->equal, tally->regions);
    if (tally->measured > 0)
        eg__put(out, " Measured values that passed: %u of %u.", tally->passed, tally->measured);
    if (marginal)
        eg__html_text(out, " Remark: <bdi>", page->run->marginal, "</bdi>.");
    if (page->found->flashes > 1)
        eg__put(out, " Flashes that have shown this MAC: %" PRId64 "; this page is about the one below.",
                page->found->flashes);
    eg__put(out, "</p></div>");
    EG_TRY(eg__qr(out, page->run->hash, "QR code of the run's hash", err));
    eg__put(out, "</div>\n");
    return EG_OK;
}

static enum eg_code tables(struct eg__out *out, const struct page *page, struct eg_error *err)
{
    static const char *const regions[] = {"Region", "Address", "#Bytes", "SHA-256", "Read back", NULL};
    static const char *const measured[] = {"Test",   "#Value", "Unit", "Limits", "Between the limits",
                                           "Result", NULL};
    const int64_t run = page->run->run;

    eg__put(out, "<h2>Firmware</h2><dl class=\"kvl\"><dt>Job</dt><dd>");
    eg__html_name(out, page->run->job);
    if (page->run->job_version[0] != '\0')
        eg__html_text(out, ", version <bdi>", page->run->job_version, "</bdi>");
    eg__html_text(out, ", SHA-256 <span class=\"mo dg\">", page->run->job_sha256, "</span></dd></dl>\n");
    eg__html_table(out, "firmware", "fw", "What the flash holds", regions);
    EG_TRY(eg_query_run_regions(page->query, run, region_row, out, err));
    eg__html_table_end(out);
    eg__put(out, "<h2>Tests</h2>");
    if (page->tally.measured == 0)
        eg__put(out, "<p>The job measures no values.</p>\n");
    else {
        eg__html_table(out, "tests", "ts", "Values measured in this run", measured);
        EG_TRY(eg_query_run_values(page->query, run, measured_row, out, err));
        eg__html_table_end(out);
    }
    if (page->tally.given > 0) {
        eg__put(out, "<h2>Data of this unit</h2><dl class=\"id\">\n");
        EG_TRY(eg_query_run_values(page->query, run, given_fact, out, err));
        eg__put(out, "</dl>\n");
    }
    return EG_OK;
}

static enum eg_code write_page(struct eg__out *out, const void *context, struct eg_error *err)
{
    const struct page *const page = context;
    const struct eg_run_record_row *const run = page->run;
    const char *const title =
        page->found->simulated == 1 ? "Specimen of a simulated board" : "Certificate of programming and test";

    eg__put(out,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'unsafe-inline'; img-src data:\">\n<title>%s: ",
            title);
    eg__html_text(out, "", run->serial[0] != '\0' ? run->serial : run->mac, "</title>\n<style>\n");
    eg__put(out, "%s%s</style></head>\n<body>\n", (const char *)eg__page_report_css,
            (const char *)eg__page_certificate_css);
    eg__html_shapes(out);
    eg__put(out, "<main class=\"sheet\">");
    if (page->look.customer != NULL || page->look.logo.size > 0) {
        EG_TRY(eg__html_customer(out, &page->look, err));
        eg__put(out, "</div></header>\n");
    }
    eg__put(out, "<header class=\"hd\"><h1>%s</h1><p>", title);
    eg__html_text(out, "Batch <b><bdi>", run->batch, "</bdi></b></p></header>\n");
    if (page->found->simulated == 1)
        eg__put(out, "<p class=\"note\">The board was simulated: this page certifies nothing.</p>\n");
    EG_TRY(verdict(out, page, err));
    identity(out, run);
    EG_TRY(tables(out, page, err));
    eg__put(out, "<div class=\"two\">");
    security(out, run);
    made(out, run);
    eg__put(out, "</div>\n");
    record(out, run, &page->seal);
    eg__put(out, "<div class=\"sig\"><p>Date, quality assurance</p><p>Signature</p></div>\n"
                 "</main></body></html>\n");
    return EG_OK;
}

struct writing {
    const struct eg_certificate *wanted;
    const struct eg_cancel *cancel;
    struct eg_query *query;
    const struct found *found;
};

static enum eg_code write_files(void *context, const void *row, struct eg_error *err)
{
    EG_CLEANUP(eg__out_discard) struct eg__out html = {0};
    EG_CLEANUP(eg__out_discard) struct eg__out pdf = {0};
    const struct writing *const writing = context;
    const struct eg_certificate *const wanted = writing->wanted;
    EG_CLEANUP(eg_batch_look_finish) struct eg_batch_look of_job = {0};
    struct page page = {.query = writing->query, .found = writing->found, .run = row};

    EG_TRY(eg_query_batch_look(page.query, page.run->batch, &of_job, err));
    page.look = (struct eg_report_look){.customer = of_job.customer, .logo = of_job.logo};
    EG_TRY(eg_query_run_regions(page.query, page.run->run, count_region, &page.tally, err));
    EG_TRY(eg_query_run_values(page.query, page.run->run, count_value, &page.tally, err));
    EG_TRY(eg_query_seal(page.query, page.run->batch, take_seal, &page.seal, err));
    if (wanted->html != NULL) {
        EG_TRY(eg__out_open(&html, "certificate", wanted->html, err));
        EG_TRY(write_page(&html, &page, err));
    }
    if (wanted->pdf != NULL) {
        EG_TRY(eg__out_open(&pdf, "certificate", wanted->pdf, err));
        EG_TRY(eg__pdf_print(&pdf, write_page, &page, writing->cancel, err));
    }
    if (wanted->html != NULL)
        EG_TRY(eg__out_commit(&html, err));
    if (wanted->pdf != NULL)
        EG_TRY(eg__out_commit(&pdf, err));
    return EG_OK;
}

enum eg_code eg_certificate_write(const struct eg_certificate *wanted, struct eg_error *refusal,
                                  const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct found found = {0};

    *refusal = (struct eg_error){.code = EG_OK};
    if (wanted->pdf != NULL)
        EG_TRY(eg__pdf_check(err));
    EG_TRY(eg_query_open(&query, wanted->ledger, err));
    EG_TRY(eg_query_find_units(query, wanted->unit, take_unit, &found, err));
    judge(refusal, &found, eg_query_path(query), wanted->unit);
    if (refusal->code != EG_OK)
        return EG_OK;
    struct writing writing = {.wanted = wanted, .cancel = cancel, .query = query, .found = &found};
    return eg_query_run_record(query, found.last_run, write_files, &writing, err);
}
