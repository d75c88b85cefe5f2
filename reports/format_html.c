/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The report of one batch as one HTML file.
 *
 * It is read on a screen, printed on A4 and filed, so it loads nothing, says with words and shapes what it
 * says with colour, and can be read whole without its script, which sorts, filters and searches the table of
 * units. Every text that came from a job, a board or a person goes through eg__out_escaped().
 *
 * Not here: what the numbers mean and how they are counted, which is db/query/query.h's and numbers.h's.
 */

#include "reports/html.h"
#include "reports/page_files.h"

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"

#include <inttypes.h>
#include <string.h>

#define LOGO_MAX (256u << 10)

static void put_base64(struct eg__out *out, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t bits = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                              (left > 2 ? data[i + 2] : 0);
        putc(digits[bits >> 18], out->file);
        putc(digits[bits >> 12 & 63], out->file);
        putc(left > 1 ? digits[bits >> 6 & 63] : '=', out->file);
        putc(left > 2 ? digits[bits & 63] : '=', out->file);
    }
}

/* The kind of a logo, by its first bytes; NULL = it is none that a browser shows. */
static const char *kind_of_logo(const struct eg_buffer *logo)
{
    static const struct {
        const char *begin;
        size_t size;
        const char *kind;
    } kinds[] = {{"\x89PNG\r\n\x1a\n", 8, "png"},
                 {"\xff\xd8\xff", 3, "jpeg"},
                 {"<svg", 4, "svg+xml"},
                 {"<?xml", 5, "svg+xml"}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (logo->size >= kinds[i].size && memcmp(logo->data, kinds[i].begin, kinds[i].size) == 0)
            return kinds[i].kind;
    return NULL;
}

/* As an image, in which a browser runs no script and loads nothing, whatever is in it. */
static enum eg_code put_logo(struct eg__out *out, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer logo = {0};

    if (eg_file_read(&logo, path, LOGO_MAX, err) != EG_OK)
        return eg_error_prefix(err, "logo: ");
    const char *const kind = kind_of_logo(&logo);
    if (kind == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "logo %s: is no PNG, JPEG or SVG file", path);
    eg__put(out, "<img class=\"logo\" alt=\"\" src=\"data:image/%s;base64,", kind);
    put_base64(out, logo.data, logo.size);
    eg__put(out, "\">");
    return EG_OK;
}

/* A text from outside within a string of CSS within <style>: nothing of it can end either. */
static enum eg_code put_css(struct eg__out *out, const char *given, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *clean = NULL;

    EG_TRY(eg_utf8_clean(&clean, given, err));
    for (const char *text = clean; *text != '\0'; text++)
        if (strchr("\\\"'<>&", *text) != NULL || (unsigned char)*text < ' ' || *text == 0x7f)
            eg__put(out, "\\%x ", (unsigned)(unsigned char)*text);
        else
            putc(*text, out->file);
    return EG_OK;
}

struct seal {
    char sealed[40], hash[EG_SHA256_TEXT];
};

static enum eg_code take_seal(void *context, const char *name, const char *value, struct eg_error *err)
{
    struct seal *seal = context;

    (void)err;
    if (strcmp(name, "sealed_utc") == 0)
        snprintf(seal->sealed, sizeof seal->sealed, "%s", value);
    if (strcmp(name, "runs_sha256") == 0)
        snprintf(seal->hash, sizeof seal->hash, "%s", value);
    return EG_OK;
}

static enum eg_code put_print(struct eg__out *out, const struct eg__numbers *numbers, const struct seal *seal,
                              struct eg_error *err)
{
    eg__put(out, "@page{size:A4 portrait;margin:14mm 13mm 16mm;font:7pt "
                 "sans-serif;color:#5a6572;@bottom-left{content:\"Batch ");
    EG_TRY(put_css(out, numbers->batch.name, err));
    eg__put(out, "\"}@bottom-center{content:\"");
    if (seal->hash[0] != '\0')
        eg__put(out, "Sealed %s, %.16s", eg__day(eg__utc_ms(seal->sealed)).text, seal->hash);
    else if (numbers->chain_hash[0] != '\0')
        eg__put(out, "Not sealed; record %" PRId64 ": %.16s", numbers->chain_id, numbers->chain_hash);
    eg__put(out, "\"}@bottom-right{content:counter(page)\" of \"counter(pages)}}\n");
    return EG_OK;
}

static enum eg_code head(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *const numbers = report->numbers;
    uint8_t digest[EG_SHA256_SIZE];
    struct seal seal = {"", ""};

    EG_TRY(eg_query_seal(report->query, numbers->batch.name, take_seal, &seal, err));
    EG_TRY(eg_sha256(digest, eg__page_report_js, strlen((const char *)eg__page_report_js), err));
    eg__put(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                 "'unsafe-inline'; img-src data:; script-src 'sha256-");
    put_base64(out, digest, sizeof digest);
    eg__html_text(out, "'\">\n<title>Batch ", numbers->batch.name, "</title>\n<style>\n");
    eg__put(out, "%s", (const char *)eg__page_report_css);
    EG_TRY(put_print(out, numbers, &seal, err));
    eg__put(out, "</style></head>\n");
    return EG_OK;
}

/* "line 1, line 2": the different names among the sessions. */
static void put_names(struct eg__out *out, const struct eg__numbers *numbers, size_t member)
{
    unsigned shown = 0;

    for (size_t i = 0; i < numbers->session_count; i++) {
        const char *const name = *(char *const *)(const void *)((const char *)&numbers->sessions[i] + member);
        bool known = name[0] == '\0';
        for (size_t other = 0; !known && other < i; other++)
            known = strcmp(*(char *const *)(const void *)((const char *)&numbers->sessions[other] + member),
                           name) == 0;
        if (known)
            continue;
        eg__put(out, shown++ > 0 ? ", " : "");
        eg__html_name(out, name);
    }
}

static void put_made(struct eg__out *out, const struct eg__numbers *numbers)
{
    const int64_t first_ms = eg__utc_ms(numbers->batch.first_utc),
                  last_ms = eg__utc_ms(numbers->batch.last_utc);

    eg__put(out, "<div><dt>Made</dt><dd>");
    if (first_ms < 0)
        eg__put(out, "no run yet");
    else if (last_ms < 0)
        eg__put(out, "since %s (%s)", eg__day(first_ms).text, eg__zone(first_ms).text);
    else
        eg__put(out, "%s to %s <span class=\"sm\">(%s; %.16sZ to %.16sZ)</span>", eg__day(first_ms).text,
                eg__clock(numbers, last_ms).text, eg__zone(first_ms).text, numbers->batch.first_utc,
                numbers->batch.last_utc);
    eg__put(out, "</dd></div>");
}

static enum eg_code top(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *const numbers = report->numbers;
    const struct eg_report_look *const look = report->look;
    const struct eg__session *const session = numbers->session_count > 0 ? numbers->sessions : NULL;

    eg__put(out, "<body class=\"%s%s\">\n<a class=\"skip\" href=\"#summary\">Skip to the result</a>\n",
            look->full ? "full" : "", numbers->batch.units > EG__UNITS_LISTED ? " large" : "");
    eg__html_shapes(out);
    eg__put(out, "<header class=\"top\">");
    if (look->logo != NULL)
        EG_TRY(put_logo(out, look->logo, err));
    eg__put(out, "<div class=\"ti\">");
    if (look->customer != NULL || look->order != NULL) {
        eg__put(out, "<p class=\"cu\">");
        if (look->customer != NULL)
            eg__html_name(out, look->customer);
        eg__put(out, look->customer != NULL && look->order != NULL ? " · " : "");
        if (look->order != NULL)
            eg__html_text(out, "order <bdi>", look->order, "</bdi>");
        eg__put(out, "</p>");
    }
    eg__put(out, "<h1>");
    if (look->title != NULL) {
        eg__html_name(out, look->title);
        eg__put(out, ", batch ");
    } else {
        eg__put(out, "Batch ");
    }
    eg__html_name(out, numbers->batch.name);
    eg__put(out, "</h1></div><dl class=\"mt\">");
    put_made(out, numbers);
    eg__put(out, "<div><dt>Where</dt><dd>");
    put_names(out, numbers, offsetof(struct eg__session, station));
    eg__put(out, "; ");
    put_names(out, numbers, offsetof(struct eg__session, operator_name));
    eg__put(out, "</dd></div><div><dt>What</dt><dd>");
    put_names(out, numbers, offsetof(struct eg__session, job));
    eg__put(out, " ");
    put_names(out, numbers, offsetof(struct eg__session, job_version));
    if (session != NULL)
        eg__html_text(out, " on ", session->chip, "");
    eg__put(out, "</dd></div></dl></header>\n<main>\n");
    if (numbers->batch.simulated != 0)
        eg__put(out, "<p id=\"simulated\" class=\"note\">The boards of this batch were simulated.</p>\n");
    return EG_OK;
}

static void bottom(struct eg__out *out, const struct eg__numbers *numbers)
{
    char now[EG_UTC_TEXT];

    eg_clock_utc(now);
    const int64_t now_ms = eg__utc_ms(now);
    eg__put(out,
            "</main>\n<footer class=\"ft\"><p>" EG_UNIT_DEFINITION
            " Retries: further attempts within runs. Times are "
            "local (%s) unless they end with Z, which is UTC. Report made %s by espgang " EG_VERSION
            ".</p></footer>\n<script>%s</script></body></html>\n",
            eg__zone(eg__utc_ms(numbers->batch.first_utc) < 0 ? now_ms : eg__utc_ms(numbers->batch.first_utc))
                .text,
            eg__day(now_ms).text, (const char *)eg__page_report_js);
}

enum eg_code eg__html(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    EG_TRY(head(out, report, err));
    EG_TRY(top(out, report, err));
    eg__html_summary(out, report);
    EG_TRY(eg__html_causes(out, report, err));
    EG_TRY(eg__html_where(out, report, err));
    eg__html_when(out, report);
    eg__html_how_long(out, report);
    eg__html_measured(out, report);
    EG_TRY(eg__html_record(out, report, err));
    EG_TRY(eg__html_units(out, report, err));
    bottom(out, report->numbers);
    return EG_OK;
}

const struct eg_report_format eg_report_format_html = {
    .name = "html",
    .summary = "Write one HTML file that needs no network and prints on A4",
    .more =
        "It says whether the batch is good enough, why units are not good, where and since when, how long "
        "it took, what was measured, and lists the units.",
    .write = eg__html,
};
