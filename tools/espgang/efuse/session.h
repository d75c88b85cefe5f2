/* SPDX-License-Identifier: Apache-2.0 */

/* What the commands of espefuse share: the eFuses of a board or of a virtual memory, and one plan of burns.
 */

#ifndef TOOLS_ESPGANG_EFUSE_SESSION_H
#define TOOLS_ESPGANG_EFUSE_SESSION_H

#include "engine/efuse/plan.h"
#include "engine/efuse/virt.h"
#include "tools/espgang/command.h"
#include "tools/espgang/efuse/extend.h"

#include <jansson.h>

struct efuse_session {
    struct eg_efuses fuses;
    struct eg_efuse_plan plan;
    struct eg_efuse_virt virt;
    struct efuse_extension extension;
    bool is_virtual;
};

/**
 * `run` of every command here: open the eFuses, collect what the commands of the chain want burnt, check it
 * as a whole, ask for the word BURN, burn. Commands that only read and stand before the first that burns do
 * so before; the others after it.
 */
enum eg_code efuse_run(struct cli_call *call, struct eg_error *err) EG_CHECKED;

/** "True", "3", "aa bb": the value of a field. */
const char *efuse_text(const struct efuse_session *session, const struct eg_efuse_field *field,
                       struct eg_efuse_value *value);

/** The same as JSON: true, 3, "aa bb". NULL = no memory. */
json_t *efuse_json(const struct eg_efuse_value *value);

/** Other fields with the same protection bits, for a sentence: "A, B"; "" = none. */
void efuse_shared(const struct efuse_session *session, const struct eg_efuse_field *field, bool write,
                  char text[400]);

/** A MAC address as an argument. EG_BAD_ARGUMENT */
enum eg_code efuse_mac(const char *text, uint8_t mac[6], struct eg_error *err) EG_CHECKED;

/** The same for a custom MAC: EG_BAD_ARGUMENT also for a multicast address and one of the chip's factory. */
enum eg_code efuse_check_mac(const struct efuse_session *session, const char *text, uint8_t *mac,
                             struct eg_error *err) EG_CHECKED;

/** Read a key for `purpose` (NULL on an ESP32): a PEM file for ECDSA keys, else the bytes. A key that anyone
 * can download is refused unless the chip is virtual. */
enum eg_code efuse_read_key(const struct efuse_session *session, const char *path,
                            const struct eg_efuse_purpose *purpose, struct eg_secret *key,
                            struct eg_error *err) EG_CHECKED;

/** Print a block as 32-bit words, the one of the lowest address first. */
void efuse_print_words(const struct cli_call *call, const struct eg_efuses *fuses, unsigned block);

/** Refuse the same block twice in `count` groups of `step` arguments. */
enum eg_code efuse_check_blocks(const struct cli_call *call, int step, struct eg_error *err) EG_CHECKED;

/* Options of every command. */
#define EFUSE_OPTIONS                                                                                        \
    {.name = "virt", .help = "Use a virtual eFuse memory and no board (--chip says which; default: esp32)"}, \
        {.name = "path-efuse-file",                                                                          \
         .value = "FILE",                                                                                    \
         .help = "File of the virtual memory, as espefuse has it; else it is blank, and forgotten"},         \
        {.name = "extend-efuse-table",                                                                       \
         .value = "FILE",                                                                                    \
         .help = "Fields of your own, in a CSV table of ESP-IDF's form"},                                    \
        {.name = "debug",                                                                                    \
         .letter = 'd',                                                                                      \
         .help = "Show the blocks before and after burning, but none that may hold a key"},                  \
        {.name = "do-not-confirm", .help = "Do not ask for the word BURN before burning"},                   \
        {.name = "postpone", .help = "Burn what seals block 0 after its other fields (default)"},            \
    {                                                                                                        \
        .name = "no-postpone", .help = "Burn block 0 in one"                                                 \
    }
#define EFUSE_FORCE                                                                                          \
    {                                                                                                        \
        .name = "force-write-always",                                                                        \
        .help = "Skip the checks for what is burnt, protected or coded; hardware keeps its own"              \
    }
#define EFUSE_FLAGS (CLI_OFFLINE | CLI_ROM | CLI_CHAIN)

#endif
