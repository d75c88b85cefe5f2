/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A command of the program, and one use of it.
 *
 * A command is one file that defines one `const struct cli_command cli_command_FILE`; the build finds it by
 * its name. Parser, --help, manual page and completion are made from it.
 */

#ifndef TOOLS_ESPGANG_COMMAND_H
#define TOOLS_ESPGANG_COMMAND_H

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/espgang.h"
#include "tools/espgang/arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_status {
    CLI_OK = 0,
    CLI_NOT_PASSED = 1,    /* at least one unit did not pass */
    CLI_USAGE = 2,         /* the command line or the job is wrong; nothing was touched */
    CLI_STATION = 3,       /* no port, no ledger, no room */
    CLI_INTERRUPTED = 130, /* every unit in progress is on record as aborted */
};

/** The headings of --help and the parts of the manual page, in this order. */
enum cli_group { CLI_LINE, CLI_JOBS, CLI_LEDGER, CLI_ONE_BOARD, CLI_IMAGES, CLI_SECURITY, CLI_GROUPS };

enum {
    CLI_OFFLINE = 1u << 0, /* needs no board, but takes the options of one and does not look at them */
    CLI_BOARD = 1u << 1,   /* needs a connected board */
    CLI_FLASH = 1u << 2,   /* attaches the flash first */
    CLI_SECURE = 1u << 3,  /* works in secure download mode */
    CLI_STAYS = 1u << 4,   /* leaves the board in the state it is in */
    CLI_LEAVES = 1u << 5,  /* run() leaves the loader itself */
    CLI_ROM = 1u << 6,     /* starts no stub, and leaves the board in its loader unless --after is given */
    CLI_CHAIN = 1u << 7, /* further commands of its family may follow: run() of the first does all of them */
    CLI_BURNS = 1u << 8, /* a step of a chain that burns eFuses */
};

struct cli_call;

struct cli_command {
    const char *name; /* "write-flash"; "secure sign-data" is one of a family */
    enum cli_group group;
    const char *summary;   /* one imperative sentence without a full stop */
    const char *arguments; /* "ADDRESS SIZE OUTPUT"; one line for each form; "" = none */
    /** Further text for help and manual; NULL = none. Paragraphs are separated by an empty line; one whose
     * lines begin with "- " is a list of "- TERM: TEXT", one that begins with two blanks is an example.
     * `Backquotes` mark what is typed. */
    const char *details;
    const struct cli_option *options; /* NULL = none */
    /** Return the options instead, where they come from a registry; the same each time. NULL = `options` has
     * them. */
    const struct cli_option *(*make_options)(void);
    const char *const *words; /* what the first argument may be, for completion; NULL = anything */
    int least, most;          /* number of arguments; most < 0 = any number */
    unsigned flags;           /* CLI_BOARD_OPTIONS, ... */
    /** Check the arguments before anything is touched; may be NULL. */
    enum eg_code (*check)(struct cli_call *call, struct eg_error *err);
    /** A failure is printed by the caller; the exit status is the one its blame leads to. */
    enum eg_code (*run)(struct cli_call *call, struct eg_error *err);
    /** CLI_CHAIN only: its part of run(). `session` is what the commands of a chain share. */
    enum eg_code (*step)(struct cli_call *call, void *session, struct eg_error *err);
};

/** Every command, sorted by folder and file; NULL after the last. */
extern const struct cli_command *const cli_commands[];

/** Return the options of a command's own; NULL = none. */
const struct cli_option *cli_options(const struct cli_command *command);

/** Return whether the command takes the options of a board, cli_board_options. */
bool cli_takes_board_options(const struct cli_command *command);

/** Return whether the command looks at them. */
bool cli_uses_board_options(const struct cli_command *command);

/** One use of a command. */
struct cli_call {
    const struct cli_command *command;
    const char **argument; /* `count` words, then NULL */
    int count;
    struct eg_board *board;   /* connected, for CLI_BOARD; else NULL */
    struct eg_logger *logger; /* to standard output; prints nothing with --silent */
    enum cli_status status;   /* what a `run` that returns EG_OK ends with */
    char *ledger;          /* of the station's file, which cli_text() gives without --ledger; NULL = none */
    bool help, usage;      /* --help, --usage was given */
    struct cli_call *next; /* the command after it in its chain; NULL = none */
    struct cli_given *given;
    int given_count;
    struct cli_arguments words; /* the command line; owned */
    struct poptContext_s *context;
};

/** Return whether the command or every board has an option of this name; only such options may be read. */
bool cli_has_option(const struct cli_call *call, const char *option);

/** Return whether the option is given. */
bool cli_flag(const struct cli_call *call, const char *option);

/** Return how --after leaves the loader. */
enum eg_after cli_after(const struct cli_call *call);

/** Return its value: the last one given, else that of its environment variable, else NULL. */
const char *cli_text(const struct cli_call *call, const char *option);

/** Return value number `index`, from 0, of an option that may be repeated; NULL = there are fewer. */
const char *cli_texts(const struct cli_call *call, const char *option, int index);

/** Return all its values, NULL after the last, as one block for free(). */
enum eg_code cli_list(const struct cli_call *call, const char *option, const char ***values, int *count,
                      struct eg_error *err) EG_CHECKED;

/** Return its value as a number up to `most`, `fallback` without one. EG_BAD_ARGUMENT names the option. */
enum eg_code cli_option_number(const struct cli_call *call, const char *option, uint64_t most,
                               uint64_t fallback, uint64_t *number, struct eg_error *err) EG_CHECKED;

/** Return argument `index` as a number of 32 bits. EG_BAD_ARGUMENT names it by `what`. */
enum eg_code cli_argument_number(const struct cli_call *call, int index, const char *what, uint32_t *number,
                                 struct eg_error *err) EG_CHECKED;

/** Return EG_BAD_ARGUMENT with this sentence and a pointer to --help. */
enum eg_code cli_usage(const struct cli_call *call, struct eg_error *err, const char *format, ...)
    EG_PRINTF(3, 4) EG_CHECKED;

/** Check a name given to `option` for the ledger: UTF-8 text without control characters, not empty; NULL is
 * none given. EG_BAD_ARGUMENT names the option. */
enum eg_code cli_check_name(const struct cli_call *call, const char *option, struct eg_error *err) EG_CHECKED;

/** Check that a folder given to `option` is there; EG_BAD_ARGUMENT names the option. */
enum eg_code cli_folder_check(const struct cli_call *call, const char *option,
                              struct eg_error *err) EG_CHECKED;

/** Check that a file could be written there: its folder is, and it is not a folder itself. EG_BAD_ARGUMENT.
 */
enum eg_code cli_output_check(const char *path, struct eg_error *err) EG_CHECKED;

/** `check` of commands whose first argument is a file to read. */
enum eg_code cli_first_file_check(struct cli_call *call, struct eg_error *err) EG_CHECKED;

/** Print a line of a result through the logger. */
void cli_say(const struct cli_call *call, const char *format, ...) EG_PRINTF(2, 3);

/** Set from SIGINT, SIGTERM and SIGHUP once cli_catch_signals() ran. */
const struct eg_cancel *cli_cancel(void);
/** End everything as a signal would, without a message; `by` is a static text and says who. */
void cli_request_cancel(const char *by);
/** Set when a line is to begin no further board. */
const struct eg_cancel *cli_ending(void);
void cli_request_ending(void);
/** A line that is paused begins no board until somebody lets it go on: a key, a client of the dashboard, or
 * SIGUSR1, which cli_catch_signals_of_line() catches. Any thread. */
void cli_request_pause(void);
void cli_request_go_on(void);
bool cli_paused(void);
/**
 * From now on the first of those signals sets the flag; a second one half a second later or more ends the
 * program at once. SIGHUP stays ignored where it is (nohup). Until cli_main() returns.
 *
 * @param text  printed to standard error at the first; a static string, NULL = nothing
 * @param also  called at the first, in the signal handler; may be NULL
 */
void cli_catch_signals(const char *text, void (*also)(void));
/** Print to standard error if it takes anything at the moment: never waits. May be called in a signal
 * handler. */
void cli_say_at_once(const char *text);
/** Have something called, in the signal handler, before a signal ends the program; or not any more. Two at
 * most. */
void cli_when_killed(void (*action)(void), bool on);
/** The same for a line: the first signal only sets the flag of cli_ending(), the second that of cli_cancel(),
 * the third ends the program. `drain` is printed at the first, and may not be NULL. */
void cli_catch_signals_of_line(const char *drain, const char *text);

#define CLI_OPTION_LEDGER(what)                                                                              \
    {                                                                                                        \
        .name = "ledger", .value = "FILE", .help = what " (default: $ESPGANG_LEDGER, else the station's)"    \
    }
#define CLI_OPTION_TRUST_DIR                                                                                 \
    {                                                                                                        \
        .name = "trust-dir", .value = "DIR",                                                                 \
        .help = "Folder of the trusted keys (default: $ESPGANG_TRUST, else ~/.config/espgang/trusted)"       \
    }

#endif
