/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A page, such as the HTML report, printed by Chromium where there is one.
 *
 * It gets a folder of its own, mode 0700, for the page, the paper and its profile, which is removed again.
 * The page has neither scripts nor anything to load, so that Chromium's sandbox, which root cannot have, has
 * nothing to keep in.
 */

#include "engine/base/file.h"
#include "engine/base/program.h"
#include "reports/html.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#define PDF_MAX        (256u << 20)
#define PDF_TIMEOUT_MS 300000

static enum eg_code find_program(const char **program, struct eg_error *err)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *program = names[i];
        if (eg_program_check(names[i], err) == EG_OK)
            return EG_OK;
    }
    return eg_error_set(err, EG_PROGRAM_FAILED,
                        "a PDF is printed by Chromium, which is not here; install the Debian package "
                        "chromium, or write --html and print that");
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static void folder_cleanup(char (*folder)[24])
{
    if ((*folder)[0] != '\0')
        nftw(*folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

enum eg_code eg__pdf_check(struct eg_error *err)
{
    const char *program;

    return find_program(&program, err);
}

static enum eg_code print(struct eg__out *out, eg__page_writer *write, const void *context,
                          const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(folder_cleanup) char folder[24] = "/tmp/espgang-pdf-XXXXXX";
    EG_CLEANUP(eg__out_discard) struct eg__out page = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer paper = {0};
    char html[40], pdf[40], profile[60], print_to[60], home[40];
    const char *program;

    EG_TRY(find_program(&program, err));
    if (mkdtemp(folder) == NULL) {
        const int errnum = errno;
        folder[0] = '\0';
        return eg_error_errno(err, EG_IO, errnum, "/tmp");
    }
    snprintf(html, sizeof html, "%s/page.html", folder);
    snprintf(pdf, sizeof pdf, "%s/page.pdf", folder);
    snprintf(profile, sizeof profile, "--user-data-dir=%s/profile", folder);
    snprintf(print_to, sizeof print_to, "--print-to-pdf=%s", pdf);
    snprintf(home, sizeof home, "HOME=%s", folder);
    EG_TRY(eg__out_open(&page, out->what, html, err));
    EG_TRY(write(&page, context, err));
    EG_TRY(eg__out_commit(&page, err));
    const char *const argv[] = {program,
                                "--headless",
                                "--disable-gpu",
                                "--disable-quic",
                                "--disable-sync",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--no-first-run",
                                "--no-pdf-header-footer",
                                "--print-to-pdf-no-header",
                                profile,
                                print_to,
                                html,
                                geteuid() == 0 ? "--no-sandbox" : NULL,
                                NULL};
    const struct eg_program run = {.argv = argv,
                                   .environment = (const char *const[]){home, NULL},
                                   .output_max = 1 << 20,
                                   .timeout_ms = PDF_TIMEOUT_MS};
    EG_TRY(eg_program_run(&run, NULL, cancel, err));
    EG_TRY(eg_file_read(&paper, pdf, PDF_MAX, err));
    fwrite(paper.data, 1, paper.size, out->file);
    return EG_OK;
}

enum eg_code eg__pdf_print(struct eg__out *out, eg__page_writer *write, const void *context,
                           const struct eg_cancel *cancel, struct eg_error *err)
{
    if (print(out, write, context, cancel, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(err, "%s %s: ", out->what, out->path != NULL ? out->path : "-");
}

static enum eg_code write_page(struct eg__out *page, const void *context, struct eg_error *err)
{
    return eg__html(page, context, err);
}

static enum eg_code write_pdf(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    return eg__pdf_print(out, write_page, report, report->cancel, err);
}

const struct eg_report_format eg_report_format_pdf = {
    .name = "pdf",
    .summary = "Write the HTML file printed by Chromium, which must be installed",
    .check = eg__pdf_check,
    .write = write_pdf,
};
