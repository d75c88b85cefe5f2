/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A logger of one's own: all that is said gets a prefix and goes to a file too.
 *
 *     custom_logger [--silent] LOG FILE [PORT]
 *
 * In Python one overrides the methods of TemplateLogger and replaces the global logger. Here there is nothing
 * global: a board gets its logger in its options, and two boards may have two. One function takes everything
 * and looks at the kind of record, which is the name that the method has in Python.
 */

#include <espgang.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLASH_ADDR = 0x10000 };

struct custom_logger {
    struct eg_logger logger; /* first: a pointer to it is one to the whole */
    FILE *file;
    enum eg_verbosity verbosity;
};

static void say(const struct custom_logger *custom, FILE *out, const char *kind, const char *text)
{
    fprintf(out, "[CustomLogger] %s%s\n", kind, text);
    fprintf(custom->file, "%s%s\n", kind, text);
}

/* A percentage instead of a bar. */
static void say_progress(const struct custom_logger *custom, const struct eg_log_record *record)
{
    char text[100];

    if (record->total == 0)
        return;
    snprintf(text, sizeof text, "%.60s: %.1f %%", record->text,
             100.0 * (double)record->done / (double)record->total);
    say(custom, stdout, "finished ", text);
}

static void custom_log(struct eg_logger *logger, const struct eg_log_record *record)
{
    const struct custom_logger *custom = (const struct custom_logger *)logger;

    /* Errors are said always, as by the logger that espgang brings. */
    if (record->kind != EG_LOG_ERROR && record->level > custom->verbosity)
        return;
    switch (record->kind) {
    case EG_LOG_PRINT:
        say(custom, stdout, "", record->text);
        break;
    case EG_LOG_NOTE:
        say(custom, stdout, "NOTE: ", record->text);
        break;
    case EG_LOG_WARNING:
        say(custom, stdout, "WARNING: ", record->text);
        break;
    case EG_LOG_ERROR:
        say(custom, stderr, "", record->text);
        break;
    case EG_LOG_STAGE_BEGIN: /* what a terminal could fold up begins here */
        say(custom, stdout, "begin: ", record->stage);
        break;
    case EG_LOG_STAGE_END:
        say(custom, stdout, "end: ", record->stage);
        break;
    case EG_LOG_PROGRESS:
        say_progress(custom, record);
        break;
    case EG_LOG_OUTCOME: /* these two come only where many boards are programmed at once */
    case EG_LOG_UNPLUGGED:
        break;
    }
}

static void custom_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    ((struct custom_logger *)logger)->verbosity = verbosity;
}

/* Stages are the program's to name; print, note, warning and error have calls of their own. */
static void stage(struct eg_logger *logger, enum eg_log_kind kind, const char *name)
{
    const struct eg_log_record record = {.kind = kind,
                                         .level = EG_NORMAL,
                                         .origin = {"", "", ""},
                                         .text = "",
                                         .stage = name,
                                         .outcome = "",
                                         .attempt = 1};

    logger->log(logger, &record);
}

/* From here on everything that espgang says goes through the logger, as does what the program says. */
static enum eg_code write_file(struct eg_board *board, struct eg_logger *logger, const char *path,
                               struct eg_error *err)
{
    const struct eg_flash_file file = {.addr = FLASH_ADDR, .input = {.path = path}};

    eg_log_print(logger, NULL, "%s on %s", eg_board_chip_label(board), eg_board_port(board));
    eg_log_warning(logger, NULL, "what is at 0x%08x will be gone", (unsigned)FLASH_ADDR);
    stage(logger, EG_LOG_STAGE_BEGIN, "write");
    if (eg_board_run_stub(board, err) != EG_OK || eg_board_attach_flash(board, NULL, err) != EG_OK ||
        eg_board_write_flash(board, &file, 1, NULL, NULL, err) != EG_OK)
        return err->code;
    stage(logger, EG_LOG_STAGE_END, "write");
    eg_log_note(logger, NULL, "the board is reset");
    return eg_board_reset_chip(board, EG_AFTER_HARD_RESET, err);
}

static int run(struct eg_logger *logger, const char *path, const char *port)
{
    const struct eg_board_options options = {.port = port, .logger = logger};
    struct eg_board *board = NULL;
    struct eg_error err;
    int status = EXIT_SUCCESS;

    /* A failure is returned and never logged by the library: what to do about it is the program's choice. */
    if (eg_board_detect_chip(&board, &options, &err) != EG_OK ||
        write_file(board, logger, path, &err) != EG_OK) {
        eg_log_error(logger, NULL, &err);
        status = EXIT_FAILURE;
    }
    eg_board_destroy(board);
    return status;
}

int main(int argc, char **argv)
{
    struct custom_logger custom = {{custom_log, custom_set_verbosity}, NULL, EG_NORMAL};
    const int silent = argc > 1 && strcmp(argv[1], "--silent") == 0;
    char **words = argv + 1 + silent;
    const int count = argc - 1 - silent;

    if (count < 2 || count > 3) {
        fputs("usage: custom_logger [--silent] LOG FILE [PORT]\n", stderr);
        return 2;
    }
    custom.file = fopen(words[0], "a");
    if (custom.file == NULL) {
        fprintf(stderr, "custom_logger: %s: %s\n", words[0], strerror(errno));
        return EXIT_FAILURE;
    }
    if (silent)
        eg_log_set_verbosity(&custom.logger, EG_SILENT);
    int status = run(&custom.logger, words[1], count > 2 ? words[2] : NULL);
    if (fclose(custom.file) != 0) {
        fprintf(stderr, "custom_logger: %s: %s\n", words[0], strerror(errno));
        status = EXIT_FAILURE;
    }
    return status;
}
