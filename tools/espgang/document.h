/* SPDX-License-Identifier: Apache-2.0 */

/* The JSON document of a command that prints facts. */

#ifndef TOOLS_ESPGANG_DOCUMENT_H
#define TOOLS_ESPGANG_DOCUMENT_H

#include "tools/espgang/command.h"

#include <jansson.h>

/** The row of --json in the options of such a command. */
#define CLI_OPTION_JSON                                                                                      \
    {                                                                                                        \
        .name = "json", .help = "Print one JSON document",                                                   \
        .more = "Standard output has nothing else; progress goes to standard error. The document begins "    \
                "with `espgang` (the command) and `version`, for a board `port` and `chip` follow. `null` "  \
                "stands for what is not known."                                                              \
    }

/**
 * Print the document: {"espgang": COMMAND, "version": 1}, with a connected board "port" and "chip", then the
 * members.
 *
 * @param members  an object, freed in every case; NULL = making it failed
 *
 * @return EG_OK; EG_NO_MEMORY. Errors of standard output are found when it is flushed.
 */
enum eg_code cli_print_document(const struct cli_call *call, json_t *members,
                                struct eg_error *err) EG_CHECKED;

/** For EG_CLEANUP. */
void cli_json_cleanup(json_t **json);

/** A string of the text; null for NULL, for "" and for what is not UTF-8. NULL = no memory. */
json_t *cli_json_text(const char *text);

#endif
