/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Commands for one board, esptool's: what each is, and what it is given.
 *
 * A verb is a row: its name, its options, and a function that gets a connected board. The frame reads the
 * command line, connects, tells what the chip is, starts the stub, raises the rate, attaches the flash, runs
 * the function, and resets the board, in esptool's order.
 */

#ifndef TOOLS_ESPGANG_VERB_H
#define TOOLS_ESPGANG_VERB_H

#include "engine/espgang.h"
#include "tools/espgang/cli.h"

/** An option of a verb; tables end with a NULL name. */
struct cli_option {
    const char *name;  /* without dashes: "flash-size" */
    char letter;       /* 0 = none */
    const char *value; /* what help calls its value; NULL = it has none */
    const char *help;
    const char *const *choices; /* the values it may have, NULL behind the last; NULL = any */
    const char *env;            /* environment variable with its value when it is not given; NULL = none */
    bool eat_all;               /* takes every word up to the next option */
};

struct cli_call;

enum {
    CLI_VERB_OFFLINE = 1u << 0, /* needs no board in its loader */
    CLI_VERB_FLASH = 1u << 1,   /* attaches the flash first */
    CLI_VERB_SECURE = 1u << 2,  /* works in secure download mode */
    CLI_VERB_STAYS = 1u << 3,   /* the board is left as it then is */
    CLI_VERB_LEAVES = 1u << 4,  /* run() leaves the loader itself */
};

struct cli_verb {
    const char *name;
    const char *summary;              /* one line for help */
    const char *arguments;            /* for help: "ADDRESS SIZE OUTPUT" */
    const struct cli_option *options; /* may be NULL */
    int least, most;                  /* how many arguments; most < 0 = any number */
    unsigned flags;                   /* CLI_VERB_* */
    /** Look at the arguments before anything is touched; may be NULL. */
    enum eg_code (*check)(struct cli_call *call, struct eg_error *err);
    enum eg_code (*run)(struct cli_call *call, struct eg_error *err);
};

/** Options of every verb that talks to a board; their letters count in front of the verb, and behind it
 * unless the verb has the same letter. */
extern const struct cli_option cli_board_options[];

/** Options of verbs that take flash mode, frequency, size, pins. */
#define CLI_OPTION_SPI_CONNECTION                                                                            \
    {                                                                                                        \
        .name = "spi-connection", .value = "PINS",                                                           \
        .help = "where the flash hangs: SPI, HSPI, or CLK,Q,D,HD,CS (-sc)"                                   \
    }
extern const char *const cli_flash_modes[], *const cli_flash_freqs[], *const cli_flash_sizes[];

/** One use of a verb. */
struct cli_call {
    const struct cli_verb *verb;
    const char **argument; /* `count` words */
    int count;
    struct eg_board *board;   /* connected, unless the verb is offline */
    struct eg_logger *logger; /* to standard output; says nothing with --silent */
    struct cli_given *given;
    int given_count;
};

/** Whether the option is there. */
bool cli_flag(const struct cli_call *call, const char *option);

/** How --after says to leave the loader. */
enum eg_after cli_after(const struct cli_call *call);

/** Its value: as given the last time, else that of its environment variable; NULL = neither. */
const char *cli_text(const struct cli_call *call, const char *option);

/** Value number `index`, from 0, of an option that may be given many times; NULL = there are fewer. */
const char *cli_texts(const struct cli_call *call, const char *option, int index);

/** Its value as a number up to `most`, `fallback` when it is not given. EG_BAD_ARGUMENT names the option. */
enum eg_code cli_option_number(const struct cli_call *call, const char *option, uint64_t most,
                               uint64_t fallback, uint64_t *number, struct eg_error *err) EG_CHECKED;

/** Argument `index` as a number of 32 bits. EG_BAD_ARGUMENT says which it is by `what`. */
enum eg_code cli_argument_number(const struct cli_call *call, int index, const char *what, uint32_t *number,
                                 struct eg_error *err) EG_CHECKED;

/** Whether the file can be read: EG_BAD_ARGUMENT names it. */
enum eg_code cli_file_check(const char *path, struct eg_error *err) EG_CHECKED;

/** `check` of verbs whose first argument is a file to read. */
enum eg_code cli_first_file_check(struct cli_call *call, struct eg_error *err) EG_CHECKED;

/** Every verb; ends with a NULL. */
extern const struct cli_verb *const cli_verbs[];

/** NULL = there is none. */
const struct cli_verb *cli_find_verb(const char *name);

/** Do it. `board_words` are options that stood in front of the verb, in their long form. */
enum cli_status cli_verb_run(const struct cli_verb *verb, int argc, const char *const *argv);

/** Say a line of a result, through the logger. */
void cli_say(const struct cli_call *call, const char *format, ...) EG_PRINTF(2, 3);

#endif
