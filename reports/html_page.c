/* SPDX-License-Identifier: Apache-2.0 */

/* What pages begin with: their style, their footer on paper, customer and logo. */

#include "reports/html.h"
#include "reports/page_files.h"

#include "engine/base/file.h"
#include "engine/base/text.h"

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

enum eg_code eg__html_head(struct eg__out *out, const char *kind, const char *name, const char *record,
                           struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];

    EG_TRY(eg_sha256(digest, eg__page_report_js, strlen((const char *)eg__page_report_js), err));
    eg__put(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                 "'unsafe-inline'; img-src data:; script-src 'sha256-");
    put_base64(out, digest, sizeof digest);
    eg__put(out, "'\">\n<title>%s", kind);
    eg__html_text(out, "", name, "</title>\n<style>\n");
    eg__put(out, "%s", (const char *)eg__page_report_css);
    eg__put(out,
            "@page{size:A4 portrait;margin:14mm 13mm 16mm;font:7pt "
            "sans-serif;color:#5a6572;@bottom-left{content:\"%s",
            kind);
    EG_TRY(put_css(out, name, err));
    eg__put(out,
            "\"}@bottom-center{content:\"%s\"}@bottom-right{content:counter(page)\" of "
            "\"counter(pages)}}\n</style></head>\n",
            record);
    return EG_OK;
}

enum eg_code eg__html_customer(struct eg__out *out, const struct eg_report_look *look, struct eg_error *err)
{
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
    return EG_OK;
}
