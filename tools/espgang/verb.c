/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From a command line to a connected board, and back to a board that runs its application.
 *
 * The options are read by popt from tables that are made of those of the verb and those of every board.
 * Everything that can be refused without a board is refused before the port is opened.
 */

#include "tools/espgang/verb.h"

#include "engine/base/log.h"
#include "engine/base/mac.h"
#include "engine/link/port.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/one_board/sim.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX  48
#define EAT_ALL_MAX  4
#define FILTERS_MAX  16
#define BAUD_MAX     5000000
#define BAUD_DEFAULT 115200

struct cli_given {
    const char *option;
    char *text; /* NULL for a flag */
};

static const char *const befores[] = {"default-reset", "usb-reset", "no-reset", "no-reset-no-sync", NULL};
static const char *const afters[] = {"hard-reset",    "soft-reset",     "no-reset",
                                     "no-reset-stub", "watchdog-reset", NULL};
static const char *const supplies[] = {"1.8V", "1.9V", "OFF", NULL};

const struct cli_option cli_board_options[] = {
    {"chip", 'c', "CHIP", "which chip it must be (default: whichever answers)", NULL, "ESPTOOL_CHIP", false},
    {"port", 'p', "PORT", "path or URL of its port (default: the first at which a board answers)", NULL,
     "ESPTOOL_PORT", false},
    {"baud", 'b', "RATE", "rate to work at (default: 115200)", NULL, "ESPTOOL_BAUD", false},
    {"port-filter", 0, "KEY=VALUE", "which ports to try: vid=, pid=, name=, serial=; may be repeated", NULL,
     NULL, true},
    {"before", 0, "MODE", "how to get into the loader (default: default-reset)", befores, "ESPTOOL_BEFORE",
     false},
    {"after", 'a', "MODE", "how to leave it (default: hard-reset)", afters, "ESPTOOL_AFTER", false},
    {"no-stub", 0, NULL, "stay with the chip's ROM", NULL, NULL, false},
    {"stub-dir", 0, "DIR", "take flasher stubs from this folder", NULL, NULL, false},
    {"connect-attempts", 0, "N", "how often to try (default: 7; 0 or less: for ever)", NULL,
     "ESPTOOL_CONNECT_ATTEMPTS", false},
    {"override-vddsdio", 0, "VOLTAGE", "set the flash supply of an ESP32", supplies, NULL, false},
    {"trace", 't', NULL, "show every frame", NULL, NULL, false},
    {"verbose", 'v', NULL, "say more", NULL, NULL, false},
    {"silent", 's', NULL, "say nothing but errors", NULL, NULL, false},
    {.name = NULL},
};

static const struct cli_option *find_option(const struct cli_option *options, const char *name)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

/* The row of an option that the verb has. */
static const struct cli_option *option_of(const struct cli_call *call, const char *name)
{
    const struct cli_option *option = find_option(call->verb->options, name);

    return option != NULL ? option : find_option(cli_board_options, name);
}

const char *cli_texts(const struct cli_call *call, const char *option, int index)
{
    for (int i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option, option) == 0 && index-- == 0)
            return call->given[i].text;
    return NULL;
}

bool cli_flag(const struct cli_call *call, const char *option)
{
    for (int i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option, option) == 0)
            return true;
    return false;
}

const char *cli_text(const struct cli_call *call, const char *option)
{
    const struct cli_option *row = option_of(call, option);

    for (int i = call->given_count; i > 0; i--)
        if (strcmp(call->given[i - 1].option, option) == 0)
            return call->given[i - 1].text;
    const char *text = row != NULL && row->env != NULL ? getenv(row->env) : NULL;
    return text != NULL && text[0] != '\0' ? text : NULL;
}

enum eg_code cli_option_number(const struct cli_call *call, const char *option, uint64_t most,
                               uint64_t fallback, uint64_t *number, struct eg_error *err)
{
    const char *text = cli_text(call, option);

    *number = fallback;
    if (text == NULL || cli_number(text, most, number))
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "--%s: \"%.40s\" is no number up to %llu", option, text,
                        (unsigned long long)most);
}

enum eg_code cli_argument_number(const struct cli_call *call, int index, const char *what, uint32_t *number,
                                 struct eg_error *err)
{
    uint64_t value;

    if (!cli_number(call->argument[index], UINT32_MAX, &value))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s \"%.60s\" is no number of 32 bits", what,
                            call->argument[index]);
    *number = (uint32_t)value;
    return EG_OK;
}

enum eg_code cli_file_check(const char *path, struct eg_error *err)
{
    return access(path, R_OK) == 0 ? EG_OK : eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
}

enum eg_code cli_first_file_check(struct cli_call *call, struct eg_error *err)
{
    return cli_file_check(call->argument[0], err);
}

void cli_say(const struct cli_call *call, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    eg_log_print(call->logger, NULL, "%s", text);
}

/* popt's tables: the verb's options, then every board's. */
struct tables {
    struct poptOption verb[OPTIONS_MAX], board[OPTIONS_MAX], all[4];
};

static bool has_letter(const struct cli_option *options, char letter)
{
    for (; options != NULL && options->name != NULL; options++)
        if (options->letter == letter)
            return true;
    return false;
}

/* A letter that is also one of `taken` is that one's. */
static void fill(struct poptOption *table, const struct cli_option *options, const struct cli_option *taken,
                 unsigned hidden, int first)
{
    int count = 0;

    for (; options != NULL && options->name != NULL && count < OPTIONS_MAX - 1; options++, count++)
        table[count] = (struct poptOption){
            options->name,
            has_letter(taken, options->letter) ? '\0' : options->letter,
            (options->value != NULL ? POPT_ARG_STRING : POPT_ARG_NONE) | hidden,
            NULL,
            first + count,
            options->help,
            options->value,
        };
    table[count] = (struct poptOption)POPT_TABLEEND;
}

static void make_tables(struct tables *tables, const struct cli_verb *verb)
{
    static const struct poptOption help[] = {POPT_AUTOHELP POPT_TABLEEND};
    int rows = 0;

    /* Without a board its options are taken and not looked at, as by esptool. */
    const bool offline = (verb->flags & CLI_VERB_OFFLINE) != 0;

    fill(tables->verb, verb->options, NULL, 0, 1);
    fill(tables->board, cli_board_options, verb->options, offline ? POPT_ARGFLAG_DOC_HIDDEN : 0,
         1 + OPTIONS_MAX);
    if (verb->options != NULL)
        tables->all[rows++] =
            (struct poptOption){NULL, '\0', POPT_ARG_INCLUDE_TABLE, tables->verb, 0, "Options:", NULL};
    tables->all[rows++] = (struct poptOption){NULL,          '\0', POPT_ARG_INCLUDE_TABLE,
                                              tables->board, 0,    offline ? NULL : "The board and its port:",
                                              NULL};
    tables->all[rows++] = help[0];
    tables->all[rows] = (struct poptOption)POPT_TABLEEND;
}

static enum eg_code check_choice(const struct cli_option *option, const char *text, struct eg_error *err)
{
    char allowed[300] = "";

    if (option->choices == NULL || text == NULL)
        return EG_OK;
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        if (strcmp(*choice, text) == 0)
            return EG_OK;
        snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), "%s%s",
                 choice != option->choices ? ", " : "", *choice);
    }
    return eg_error_set(err, EG_BAD_ARGUMENT, "--%s: \"%.40s\" is none of %s", option->name, text, allowed);
}

/* esptool 4 wrote reset modes with underscores. */
static void hyphenate(const struct cli_option *option, char *text)
{
    for (; (option->choices == befores || option->choices == afters) && *text != '\0'; text++)
        if (*text == '_')
            *text = '-';
}

static enum eg_code take(struct cli_call *call, const struct cli_option *option, char *text,
                         struct eg_error *err)
{
    struct cli_given *more = realloc(call->given, ((size_t)call->given_count + 1) * sizeof *more);

    if (more == NULL) {
        free(text);
        return eg_error_set(err, EG_NO_MEMORY, "%d options", call->given_count + 1);
    }
    call->given = more;
    call->given[call->given_count++] = (struct cli_given){option->name, text};
    if (text != NULL)
        hyphenate(option, text);
    return check_choice(option, text, err);
}

static enum eg_code parse(struct cli_call *call, poptContext context, struct eg_error *err)
{
    int value;

    while ((value = poptGetNextOpt(context)) > 0) {
        const struct cli_option *option = value > OPTIONS_MAX ? &cli_board_options[value - 1 - OPTIONS_MAX]
                                                              : &call->verb->options[value - 1];
        EG_TRY(take(call, option, poptGetOptArg(context), err));
    }
    if (value != -1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: %s", poptBadOption(context, 0), poptStrerror(value));
    const char **arguments = poptGetArgs(context);
    call->argument = arguments;
    while (arguments != NULL && arguments[call->count] != NULL)
        call->count++;
    if (call->count < call->verb->least)
        return eg_error_set(err, EG_BAD_ARGUMENT, "wants %s", call->verb->arguments);
    if (call->verb->most >= 0 && call->count > call->verb->most)
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.60s\" is one argument too many",
                            call->argument[call->verb->most]);
    if (cli_flag(call, "silent") && (cli_flag(call, "verbose") || cli_flag(call, "trace")))
        return eg_error_set(err, EG_BAD_ARGUMENT, "--silent goes with neither --verbose nor --trace");
    for (int i = 0; cli_board_options[i].name != NULL; i++)
        EG_TRY(check_choice(&cli_board_options[i], cli_text(call, cli_board_options[i].name), err));
    return EG_OK;
}

static void call_finish(struct cli_call *call)
{
    for (int i = 0; i < call->given_count; i++)
        free(call->given[i].text);
    free(call->given);
}

static unsigned index_of(const char *const *choices, const char *text)
{
    unsigned index = 0;

    while (text != NULL && choices[index] != NULL && strcmp(choices[index], text) != 0)
        index++;
    return text != NULL ? index : 0;
}

/* What a signal handler can reach. */
static struct eg_board *_Atomic current;

static void cancel_board(void)
{
    struct eg_board *board = atomic_load(&current);

    if (board != NULL)
        eg_board_cancel(board);
}

static enum eg_code tell_chip(const struct cli_call *call, struct eg_error *err)
{
    char description[EG_DESCRIPTION_TEXT], features[EG_FEATURES_TEXT], mac_text[EG_MAC_TEXT];
    struct eg_board *board = call->board;
    struct eg_mac mac;
    uint32_t mhz;

    cli_say(call, "Connected to %s on %s:", eg_board_chip_label(board), eg_board_port(board));
    if (eg_board_secure_download(board)) {
        cli_say(call, "Chip type:          %s in Secure Download Mode", eg_board_chip_label(board));
        return EG_OK;
    }
    EG_TRY(eg_board_chip_description(board, description, err));
    EG_TRY(eg_board_chip_features(board, features, err));
    const enum eg_code measured = eg_board_crystal_mhz(board, &mhz, err);
    if (measured != EG_UNSUPPORTED) /* a stub that was met running can make it so */
        EG_TRY(measured);
    EG_TRY(eg_board_read_mac(board, &mac, err));
    eg_mac_text(mac_text, mac.base);
    cli_say(call, "Chip type:          %s", description);
    cli_say(call, "Features:           %s", features);
    if (measured == EG_OK)
        cli_say(call, "Crystal frequency:  %uMHz", (unsigned)mhz);
    if (eg_board_usb_mode(board) != NULL)
        cli_say(call, "USB mode:           %s", eg_board_usb_mode(board));
    cli_say(call, "MAC:                %s", mac_text);
    return EG_OK;
}

static enum eg_code create_board(struct cli_call *call, const struct eg_settings *settings,
                                 const struct cli_sim *sim, const char **filters, uint64_t *baud,
                                 struct eg_error *err)
{
    struct eg_board_options options = {
        .port = sim->gang != NULL ? sim->url : cli_text(call, "port"),
        .port_filters = filters,
        .chip = cli_text(call, "chip"),
        .before = (enum eg_before)index_of(befores, cli_text(call, "before")),
        .stub_dir = cli_text(call, "stub-dir"),
        .settings = settings,
        .logger = call->logger,
        .trace = cli_flag(call, "trace"),
        .schemes = sim->schemes,
    };
    const char *attempts = cli_text(call, "connect-attempts");

    EG_TRY(cli_option_number(call, "baud", BAUD_MAX, BAUD_DEFAULT, baud, err));
    if (*baud == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--baud: 0 is no rate");
    options.baud = (uint32_t)*baud;
    if (attempts != NULL) {
        char *end;
        const long number = strtol(attempts, &end, 0);
        if (end == attempts || *end != '\0' || number > INT_MAX)
            return eg_error_set(err, EG_BAD_ARGUMENT, "--connect-attempts: \"%.40s\" is no number", attempts);
        options.connect_attempts = number > 0 ? (int)number : -1;
    }
    for (int i = 0; i < FILTERS_MAX && (filters[i] = cli_texts(call, "port-filter", i)) != NULL; i++)
        ;
    return eg_board_create(&call->board, &options, err);
}

enum eg_after cli_after(const struct cli_call *call)
{
    return (enum eg_after)index_of(afters, cli_text(call, "after"));
}

/* What --after asks for in so many words must be possible; the default does what it can. */
static enum eg_code check_after(const struct cli_call *call, struct eg_error *err)
{
    const char *after = cli_text(call, "after");

    if (after == NULL || (call->verb->flags & CLI_VERB_STAYS) != 0)
        return EG_OK;
    if (eg_board_can_leave(call->board, cli_after(call), err) != EG_OK)
        return eg_error_prefix(err, "--after %s: ", after);
    return EG_OK;
}

/* esptool's steps 1 to 7. */
static enum eg_code bring_up(struct cli_call *call, uint64_t baud, struct eg_error *err)
{
    const struct cli_verb *verb = call->verb;
    struct eg_board *board = call->board;
    const char *supply = cli_text(call, "override-vddsdio");

    EG_TRY(eg_board_connect(board, err));
    EG_TRY(check_after(call, err));
    EG_TRY(tell_chip(call, err));
    if (eg_board_secure_download(board) && (verb->flags & CLI_VERB_SECURE) == 0)
        return eg_error_set(err, EG_SECURED, "%s is not possible in secure download mode", verb->name);
    if (!cli_flag(call, "no-stub")) {
        EG_TRY(eg_board_run_stub(board, err));
        if (eg_board_has_stub(board))
            cli_say(call, "Stub flasher running");
    }
    if (supply != NULL)
        EG_TRY(eg_board_override_vddsdio(board, supply, err));
    if (baud > eg_board_baud(board)) {
        const enum eg_code code = eg_board_change_baud(board, (uint32_t)baud, err);
        if (code == EG_UNSUPPORTED)
            eg_log_warning(call->logger, NULL, "%s", err->text);
        else
            EG_TRY(code);
    }
    if ((verb->flags & CLI_VERB_FLASH) != 0)
        EG_TRY(eg_board_attach_flash(board, cli_text(call, "spi-connection"), err));
    return EG_OK;
}

/* Also after a failure, as esptool does; what failed first is what there is to say. */
static enum eg_code leave(struct cli_call *call, enum eg_code code, struct eg_error *err)
{
    struct eg_error second;

    if ((call->verb->flags & CLI_VERB_STAYS) != 0 ||
        (code == EG_OK && (call->verb->flags & CLI_VERB_LEAVES) != 0) || code == EG_PORT_GONE ||
        code == EG_CANCELLED)
        return code;
    if (eg_board_reset_chip(call->board, cli_after(call), &second) == EG_OK)
        return code;
    if (code == EG_OK)
        *err = second;
    return err->code;
}

static enum eg_code with_board(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_sim_finish) struct cli_sim sim = {0};
    const char *filters[FILTERS_MAX + 1] = {NULL};
    struct eg_settings settings;
    uint64_t baud;

    EG_TRY(eg_settings_load(&settings, call->logger, err));
    EG_TRY(cli_sim_init(&sim, cli_text(call, "port"), cli_text(call, "stub-dir"), err));
    EG_TRY(create_board(call, &settings, &sim, filters, &baud, err));
    atomic_store(&current, call->board);
    cli_catch_signals("\nespgang: interrupted; the board may still be in its loader\n", cancel_board);
    enum eg_code code = bring_up(call, baud, err);
    if (code == EG_OK)
        code = call->verb->run(call, err);
    if (eg_board_chip_name(call->board)[0] != '\0')
        code = leave(call, code, err);
    atomic_store(&current, NULL);
    eg_board_destroy(call->board);
    call->board = NULL;
    return code;
}

static enum eg_code do_it(struct cli_call *call, struct eg_error *err)
{
    if (call->verb->check != NULL)
        EG_TRY(call->verb->check(call, err));
    if ((call->verb->flags & CLI_VERB_OFFLINE) != 0)
        return call->verb->run(call, err);
    return with_board(call, err);
}

static enum cli_status run(struct cli_call *call, poptContext context)
{
    EG_CLEANUP(eg_console_logger_finish) struct eg_console_logger console;
    struct eg_error err;

    call->logger = eg_console_logger_init(&console, stdout);
    if (cli_caller_logger() != NULL)
        call->logger = cli_caller_logger();
    if (parse(call, context, &err) != EG_OK)
        return cli_usage(context, "%s", err.text);
    eg_log_set_verbosity(call->logger, cli_flag(call, "silent")    ? EG_SILENT
                                       : cli_flag(call, "trace")   ? EG_TRACE
                                       : cli_flag(call, "verbose") ? EG_VERBOSE
                                                                   : EG_NORMAL);
    const enum eg_code code = do_it(call, &err);
    eg_console_logger_end_line(&console);
    return code == EG_OK ? CLI_OK : cli_fail(&err);
}

enum cli_status cli_verb_run(const struct cli_verb *verb, int argc, const char *const *argv)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments words = {0};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    EG_CLEANUP(call_finish) struct cli_call call = {.verb = verb};
    const char *eat_all[EAT_ALL_MAX + 1] = {NULL};
    struct tables tables;
    struct eg_error err;
    int count = 0;

    for (const struct cli_option *option = verb->options; option != NULL && option->name != NULL; option++)
        if (option->eat_all && count < EAT_ALL_MAX - 1)
            eat_all[count++] = option->name;
    eat_all[count] = "port-filter";
    if (cli_arguments_spell(&words, argc, argv, eat_all, &err) != EG_OK)
        return cli_fail(&err);
    make_tables(&tables, verb);
    context = cli_context(words.count, (const char **)words.word, tables.all, verb->arguments);
    return run(&call, context);
}
