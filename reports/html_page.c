/* SPDX-License-Identifier: Apache-2.0 */

/* What pages begin with: their style, their footer on paper, customer and logo. */

#include "reports/html.h"
#include "reports/page_files.h"

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/plan/look.h"

#include <string.h>

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

/* As an image, in which a browser runs no script and loads nothing, whatever is in it. */
static enum eg_code put_logo(struct eg__out *out, const struct eg_buffer *logo, struct eg_error *err)
{
    const char *kind;

    EG_TRY(eg_look_logo(&kind, logo, err));
    eg__put(out, "<img class=\"logo\" alt=\"\" src=\"data:image/%s;base64,", kind);
    put_base64(out, logo->data, logo->size);
    eg__put(out, "\">");
    return EG_OK;
}

static enum eg_code put_logo_file(struct eg__out *out, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer logo = {0};

    if (eg_file_read(&logo, path, EG_LOOK_LOGO_MAX, err) != EG_OK)
        return eg_error_prefix(err, "logo: ");
    return put_logo(out, &logo, err) == EG_OK ? EG_OK : eg_error_prefix(err, "logo %s: ", path);
}

#define FOOT_CHARACTERS 40 /* of a name at the foot of a sheet */

/* A text from outside within a string of CSS within <style>: nothing of it can end either. The end of a long
 * one is cut, since a foot has one line. */
static enum eg_code put_css(struct eg__out *out, const char *given, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *clean = NULL;
    unsigned characters = 0;

    EG_TRY(eg_utf8_clean(&clean, given, err));
    for (const char *text = clean; *text != '\0'; text++) {
        characters += ((unsigned char)*text & 0xc0) != 0x80;
        if (characters > FOOT_CHARACTERS) {
            eg__put(out, "\xe2\x80\xa6");
            break;
        }
        if (strchr("\\\"'<>&", *text) != NULL || (unsigned char)*text < ' ' || *text == 0x7f)
            eg__put(out, "\\%x ", (unsigned)(unsigned char)*text);
        else
            putc(*text, out->file);
    }
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
    if (look->logo_path != NULL)
        EG_TRY(put_logo_file(out, look->logo_path, err));
    else if (look->logo.size > 0)
        EG_TRY(put_logo(out, &look->logo, err));
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
