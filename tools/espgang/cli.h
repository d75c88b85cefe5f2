/* SPDX-License-Identifier: Apache-2.0 */

/* What the commands of the program share: exit statuses, complaints, options, interruption. */

#ifndef TOOLS_ESPGANG_CLI_H
#define TOOLS_ESPGANG_CLI_H

#include "engine/base/clock.h"
#include "engine/base/error.h"

#include <popt.h>
#include <stdbool.h>

enum cli_status {
    CLI_OK = 0,
    CLI_NOT_PASSED = 1,    /* at least one unit did not pass */
    CLI_USAGE = 2,         /* the command line or the job is wrong; nothing was touched */
    CLI_STATION = 3,       /* no port, no ledger, no room */
    CLI_INTERRUPTED = 130, /* every unit in progress is on record as aborted */
};

struct cli_command {
    const char *name;
    const char *summary; /* one line for help */
    /** argv[0] is the command's name as the user would type it ("espgang run"). */
    enum cli_status (*run)(int argc, const char **argv);
};

/** Every command, ends with a NULL name. */
extern const struct cli_command cli_commands[];

/** NULL = there is none. */
const struct cli_command *cli_find_command(const char *name);

#define CLI_NAME_SIZE 64

/** The name of a command as it is spelled today, from the word that was typed ("write_flash"). */
void cli_command_name(char name[CLI_NAME_SIZE], const char *word);

enum cli_status cli_run(int argc, const char **argv);
enum cli_status cli_check(int argc, const char **argv);
enum cli_status cli_import(int argc, const char **argv);
enum cli_status cli_ports(int argc, const char **argv);
enum cli_status cli_schema(int argc, const char **argv);
enum cli_status cli_report(int argc, const char **argv);
enum cli_status cli_audit(int argc, const char **argv);
enum cli_status cli_seal(int argc, const char **argv);
enum cli_status cli_purge(int argc, const char **argv);
enum cli_status cli_bundle(int argc, const char **argv);
enum cli_status cli_sign(int argc, const char **argv);
enum cli_status cli_trust(int argc, const char **argv);
enum cli_status cli_backup(int argc, const char **argv);
enum cli_status cli_export(int argc, const char **argv);
enum cli_status cli_merge(int argc, const char **argv);

struct eg_plan;

/** Load a job or bundle as this station's trusted keys allow; `trust_dir` is the option of that name, NULL =
 * not given. Anything but CLI_OK after a complaint has been printed. */
enum cli_status cli_load_job(struct eg_plan **plan, const char *job, const char *trust_dir);

/** What the guard has to say about a job that it does not refuse, to standard error. */
void cli_tell_notices(const struct eg_plan *plan);

#define CLI_TRUST_DIR_HELP                                                                                   \
    "folder of the trusted keys (default: $ESPGANG_TRUST, else ~/.config/espgang/trusted)"
enum cli_status cli_nvs(int argc, const char **argv);
enum cli_status cli_secure(int argc, const char **argv);
enum cli_status cli_pool(int argc, const char **argv);
enum cli_status cli_history(int argc, const char **argv);
enum cli_status cli_units(int argc, const char **argv);
enum cli_status cli_compare(int argc, const char **argv);
enum cli_status cli_duplicates(int argc, const char **argv);

/** Whether a word is no option; with one, `run` is the line, else esptool's. */
bool cli_has_argument(int argc, const char *const *argv);

/** The whole program but for main(): argv as the shell gives it. */
enum cli_status cli_main(int argc, const char **argv);

/** The logger that eg_main_logged() was given for commands on one board; NULL = the console. */
struct eg_logger *cli_caller_logger(void);

/** "espgang: SENTENCE" to standard error; the status its blame leads to: host 3, job 2, link and board 1. */
enum cli_status cli_fail(const struct eg_error *err);

/** The same for a wrong command line, with a pointer to --help. Returns CLI_USAGE. */
enum cli_status cli_usage(poptContext context, const char *format, ...) EG_PRINTF(2, 3);

/**
 * Parse all options; positional arguments are left for poptGetArg(). `help` describes them ("JOB").
 *
 * @param context  the caller's to free with EG_CLEANUP(cli_options_finish), whatever the result
 * @return false after a complaint has been printed
 */
bool cli_options(poptContext *context, int argc, const char **argv, const struct poptOption *options,
                 const char *help);
void cli_options_finish(poptContext *context);

/** The context alone, for who reads the options himself; argv[0] is the command's name as in `run` above. */
poptContext cli_context(int argc, const char **argv, const struct poptOption *options, const char *help);

/** Flush standard output; a full disk or closed pipe there must not look like success. */
enum cli_status cli_flush(enum cli_status status);

/** A name given to `option` for the ledger: some UTF-8 text without control characters; NULL is none given.
 * False after a complaint has been printed. */
bool cli_check_name(poptContext context, const char *option, const char *name);

/** Set from SIGINT, SIGTERM and SIGHUP once cli_catch_signals() ran. */
const struct eg_cancel *cli_cancel(void);
/** End everything as a signal would, without a word. */
void cli_request_cancel(void);
/**
 * From now on the first of those signals sets the flag, a second one half a second later or more ends the
 * program at once. SIGHUP stays ignored where it is (nohup). Until cli_main() returns.
 *
 * @param text  said to standard error at the first; a static string, NULL = nothing
 * @param also  called at the first, in the signal handler; may be NULL
 */
void cli_catch_signals(const char *text, void (*also)(void));

#endif
