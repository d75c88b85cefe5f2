/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The program vboard: simulated boards for programs that program boards.
 *
 * Prints one URL (or path) per board, then serves until SIGINT or SIGTERM. Exit status: 0 ended by a signal,
 * 2 the command line cannot be used, 3 the boards cannot be made or served.
 */

#include "engine/base/bytes.h"
#include "tools/vboard/carrier.h"

#include <errno.h>
#include <popt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BOARDS_MAX 256 /* three descriptors each stay below the usual limit of 1024 */
#define TEXTS_MAX  256

enum { EXIT_USAGE = 2, EXIT_STATION = 3 };

/* Options with a text; popt hands all of them over through one variable. */
enum text_option {
    TEXT_CHIP = 1,
    TEXT_PART,
    TEXT_FAULT,
    TEXT_FLASH_DIR,
    TEXT_STUB_DIR,
    TEXT_LINK_DIR,
    TEXT_BIND,
    TEXT_MAC,
};

#define REVISION_MAX 9999

struct options {
    int boards, port, revision;
    int fast, maximum_times, pty, lines, usb_jtag, download, list_chips, list_parts, list_faults, version;
    int secure_boot, flash_encryption, secure_download;
    long long seed;
    const char *chip, *part, *flash_dir, *stub_dir, *bind, *link_dir, *mac; /* point to texts or constants */
    const char *faults[TEXTS_MAX];
    unsigned fault_count;
    char *texts[TEXTS_MAX]; /* everything popt has handed over, to be freed */
    unsigned text_count;
};

static const struct vb_flash_part *part_of(const char *name)
{
    for (const struct vb_flash_part *part = vb_flash_parts; part->name != NULL; part++)
        if (strcmp(part->name, name) == 0)
            return part;
    return NULL;
}

static void list_chips(void)
{
    for (const struct eg_target *const *target = eg_targets; *target != NULL; target++)
        printf("%-12s %s\n", (*target)->name, (*target)->label);
}

static void list_parts(void)
{
    for (const struct vb_flash_part *part = vb_flash_parts; part->name != NULL; part++)
        printf("%-12s id %02x %02x %02x, %5u KiB, sector erase %u to %u ms\n", part->name,
               (unsigned)part->jedec & 0xff, (unsigned)part->jedec >> 8 & 0xff, (unsigned)part->jedec >> 16,
               (unsigned)part->size / 1024, (unsigned)part->sector_us[0] / 1000,
               (unsigned)part->sector_us[1] / 1000);
}

static void list_faults(void)
{
    printf("%smac=BOARD            shows the MAC of that board\n", vb_fault_help);
}

static bool parse_mac(uint8_t mac[6], const char *text)
{
    char digits[13] = "";

    for (unsigned i = 0; i < 6; i++) {
        if (strlen(text) < 3 * i + 2 || (i < 5 && text[3 * i + 2] != ':'))
            return false;
        memcpy(digits + 2 * i, text + 3 * i, 2);
    }
    return strlen(text) == 17 && eg_hex_parse(mac, 6, digits);
}

/* Checks the words and makes the pattern of the boards. */
static enum eg_code make_config(struct vb_config *config, const struct options *options, struct eg_error *err)
{
    char names[512];

    *config = (struct vb_config){
        .target = eg_target_by_name(options->chip),
        .fast = options->fast != 0,
        .maximum_times = options->maximum_times != 0,
        .secure_boot = options->secure_boot != 0,
        .flash_encryption = options->flash_encryption != 0,
        .secure_download = options->secure_download != 0,
        .strap_low = options->download != 0,
        .flash_path = options->flash_dir,
        .stub_dir = options->stub_dir,
        .seed = (uint64_t)options->seed,
        .revision = (uint16_t)options->revision,
    };
    if (config->target == NULL) {
        eg_target_names(names, sizeof names);
        return eg_error_set(err, EG_BAD_JOB, "--chip %s: there are %s", options->chip, names);
    }
    if (options->part != NULL && (config->part = part_of(options->part)) == NULL)
        return eg_error_set(err, EG_BAD_JOB, "--part %s: see --list-parts", options->part);
    if (options->mac != NULL && !parse_mac(config->mac, options->mac))
        return eg_error_set(err, EG_BAD_JOB, "--mac %s: not a MAC such as 24:0a:c4:00:10:00", options->mac);
    if (options->revision < 0 || options->revision > REVISION_MAX)
        return eg_error_set(err, EG_BAD_JOB, "--revision %d: 0 to %d, major * 100 + minor", options->revision,
                            REVISION_MAX);
    if (options->boards < 1 || options->boards > BOARDS_MAX)
        return eg_error_set(err, EG_BAD_JOB, "--boards %d: 1 to %d", options->boards, BOARDS_MAX);
    if (options->port < 0 || options->port > 65535)
        return eg_error_set(err, EG_BAD_JOB, "--port %d: 0 to 65535", options->port);
    if (options->link_dir != NULL && !options->pty)
        return eg_error_set(err, EG_BAD_JOB, "--link: only together with --pty");
    if (options->lines && options->link_dir == NULL)
        return eg_error_set(err, EG_BAD_JOB, "--lines: only together with --link");
    if (options->usb_jtag && !options->lines)
        return eg_error_set(err, EG_BAD_JOB, "--usb-jtag: only together with --lines");
    return EG_OK;
}

/* A descriptor that is readable once SIGINT or SIGTERM has come. */
static enum eg_code stop_descriptor(int *stop_fd, struct eg_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* whoever reads the URLs may be gone */
    *stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    return *stop_fd < 0 ? eg_error_errno(err, EG_IO, errno, "signalfd") : EG_OK;
}

static enum eg_code serve_rfc2217(struct vb_gang *gang, const struct options *options, int stop_fd,
                                  struct eg_error *err)
{
    EG_CLEANUP(vb_rfc2217_destroy_cleanup) struct vb_rfc2217 *server = NULL;

    EG_TRY(vb_rfc2217_create(&server, gang, options->bind, (uint16_t)options->port, err));
    for (unsigned number = 1; number <= vb_gang_count(gang); number++) {
        char url[128];

        vb_rfc2217_url(server, number, url, sizeof url);
        printf("%s\n", url);
    }
    fflush(stdout);
    return vb_rfc2217_run(server, stop_fd, err);
}

static enum eg_code serve_pty(struct vb_gang *gang, const struct options *options, int stop_fd,
                              struct eg_error *err)
{
    EG_CLEANUP(vb_pty_destroy_cleanup) struct vb_pty *server = NULL;

    const enum vb_pty_lines lines = options->usb_jtag ? VB_PTY_USB_JTAG
                                    : options->lines  ? VB_PTY_UART
                                                      : VB_PTY_NO_LINES;

    EG_TRY(vb_pty_create(&server, gang, options->link_dir, lines, err));
    for (unsigned number = 1; number <= vb_gang_count(gang); number++)
        printf("%s\n", vb_pty_path(server, number));
    fflush(stdout);
    return vb_pty_run(server, stop_fd, err);
}

static enum eg_code serve(const struct options *options, struct eg_error *err)
{
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct vb_config config;
    int stop_fd;

    EG_TRY(make_config(&config, options, err));
    EG_TRY(stop_descriptor(&stop_fd, err));
    EG_TRY(vb_gang_create(&gang, &config, (unsigned)options->boards, options->faults, options->fault_count,
                          err));
    return options->pty ? serve_pty(gang, options, stop_fd, err) : serve_rfc2217(gang, options, stop_fd, err);
}

static void take_text(struct options *options, enum text_option option, const char *text)
{
    switch (option) {
    case TEXT_CHIP:
        options->chip = text;
        break;
    case TEXT_PART:
        options->part = text;
        break;
    case TEXT_FAULT:
        options->faults[options->fault_count++] = text;
        break;
    case TEXT_FLASH_DIR:
        options->flash_dir = text;
        break;
    case TEXT_STUB_DIR:
        options->stub_dir = text;
        break;
    case TEXT_LINK_DIR:
        options->link_dir = text;
        break;
    case TEXT_BIND:
        options->bind = text;
        break;
    case TEXT_MAC:
        options->mac = text;
        break;
    }
}

static enum eg_code parse(poptContext context, struct options *options, char **text, struct eg_error *err)
{
    int option;

    while ((option = poptGetNextOpt(context)) > 0) {
        if (options->text_count == TEXTS_MAX)
            return eg_error_set(err, EG_BAD_JOB, "more than %d options with a text", TEXTS_MAX);
        options->texts[options->text_count++] = *text;
        take_text(options, (enum text_option)option, *text);
        *text = NULL;
    }
    if (option < -1)
        return eg_error_set(err, EG_BAD_JOB, "%s: %s", poptBadOption(context, POPT_BADOPTION_NOALIAS),
                            poptStrerror(option));
    if (poptPeekArg(context) != NULL)
        return eg_error_set(err, EG_BAD_JOB, "\"%s\": vboard takes options only", poptPeekArg(context));
    return EG_OK;
}

static int status_of(enum eg_code code)
{
    if (code == EG_OK)
        return EXIT_SUCCESS;
    return code == EG_BAD_JOB ? EXIT_USAGE : EXIT_STATION;
}

static enum eg_code run(poptContext context, struct options *options, char **text, struct eg_error *err)
{
    EG_TRY(parse(context, options, text, err));
    if (options->version) {
        printf("vboard %s\n", VB_VERSION);
        return EG_OK;
    }
    if (options->list_chips)
        list_chips();
    if (options->list_parts)
        list_parts();
    if (options->list_faults)
        list_faults();
    if (options->list_chips || options->list_parts || options->list_faults)
        return EG_OK;
    return serve(options, err);
}

int main(int argc, const char **argv)
{
    struct options options = {.boards = 1, .chip = "esp32", .bind = "127.0.0.1"};
    char *text = NULL;
    /* clang-format off */
    const struct poptOption table[] = {
        {"boards", 'n', POPT_ARG_INT, &options.boards, 0, "how many boards", "N"},
        {"chip", 'c', POPT_ARG_STRING, &text, TEXT_CHIP, "which chip (esp32); see --list-chips", "CHIP"},
        {"part", 0, POPT_ARG_STRING, &text, TEXT_PART, "which flash part; see --list-parts", "PART"},
        {"mac", 0, POPT_ARG_STRING, &text, TEXT_MAC, "MAC of the first board; the others count up", "MAC"},
        {"revision", 0, POPT_ARG_INT, &options.revision, 0, "chip revision, major * 100 + minor; 0 = the usual one", "N"},
        {"fast", 0, POPT_ARG_NONE, &options.fast, 0, "leave time out: infinite baud, instant flash", NULL},
        {"max-times", 0, POPT_ARG_NONE, &options.maximum_times, 0, "flash at the datasheet's maximum times", NULL},
        {"fault", 0, POPT_ARG_STRING, &text, TEXT_FAULT, "a fault, may be repeated, of one board or of all; see --list-faults",
         "[BOARD:]FAULT"},
        {"seed", 0, POPT_ARG_LONGLONG, &options.seed, 0, "of the faults", "N"},
        {"flash-dir", 0, POPT_ARG_STRING, &text, TEXT_FLASH_DIR, "keep the flash of board N in DIR/boardN.bin", "DIR"},
        {"pty", 0, POPT_ARG_NONE, &options.pty, 0, "pseudo-terminals instead of RFC 2217", NULL},
        {"link", 0, POPT_ARG_STRING, &text, TEXT_LINK_DIR, "with --pty: make links DIR/boardN", "DIR"},
        {"lines", 0, POPT_ARG_NONE, &options.lines, 0, "with --link: modem lines by sockets DIR/boardN.lines, and the pty's rate", NULL},
        {"usb-jtag", 0, POPT_ARG_NONE, &options.usb_jtag, 0, "with --lines: those of the chip's own USB, without a rate", NULL},
        {"port", 'p', POPT_ARG_INT, &options.port, 0, "TCP port of the first board; 0 = free ports", "BASE"},
        {"bind", 0, POPT_ARG_STRING, &text, TEXT_BIND,
         "address to listen at (127.0.0.1); anybody who can reach it can use the boards", "ADDR"},
        {"download", 0, POPT_ARG_NONE, &options.download, 0, "hold the boot strap low: every reset ends in the loader", NULL},
        {"secure-boot", 0, POPT_ARG_NONE, &options.secure_boot, 0, "boards with secure boot on", NULL},
        {"flash-encryption", 0, POPT_ARG_NONE, &options.flash_encryption, 0, "boards with flash encryption on", NULL},
        {"secure-download", 0, POPT_ARG_NONE, &options.secure_download, 0, "boards in secure download mode", NULL},
        {"stub-dir", 0, POPT_ARG_STRING, &text, TEXT_STUB_DIR, "also run the stubs of this folder", "DIR"},
        {"list-chips", 0, POPT_ARG_NONE, &options.list_chips, 0, "show the chips and end", NULL},
        {"list-parts", 0, POPT_ARG_NONE, &options.list_parts, 0, "show the flash parts and end", NULL},
        {"list-faults", 0, POPT_ARG_NONE, &options.list_faults, 0, "show the faults and end", NULL},
        {"version", 0, POPT_ARG_NONE, &options.version, 0, "show the version and end", NULL},
        POPT_AUTOHELP
        POPT_TABLEEND
    };
    /* clang-format on */
    struct eg_error err = {0};
    poptContext context = poptGetContext("vboard", argc, argv, table, 0);

    const enum eg_code code = run(context, &options, &text, &err);
    if (code != EG_OK)
        fprintf(stderr, "vboard: %s\n", err.text);
    for (unsigned i = 0; i < options.text_count; i++)
        free(options.texts[i]);
    free(text);
    poptFreeContext(context);
    return status_of(code);
}
