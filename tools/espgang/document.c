/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

#define VERSION 1 /* grows when a member changes its meaning or goes */

void cli_json_cleanup(json_t **json)
{
    json_decref(*json);
}

json_t *cli_json_text(const char *text)
{
    json_t *const value = text != NULL && text[0] != '\0' ? json_string(text) : NULL;

    return value != NULL ? value : json_null();
}

enum eg_code cli_print_document(const struct cli_call *call, json_t *members, struct eg_error *err)
{
    EG_CLEANUP(cli_json_cleanup) json_t *taken = members;
    EG_CLEANUP(cli_json_cleanup)
    json_t *document = json_pack("{s:s, s:i}", "espgang", call->command->name, "version", VERSION);
    bool whole = true;

    if (call->board != NULL)
        whole = json_object_update_new(document, json_pack("{s:o, s:s}", "port",
                                                           cli_json_text(eg_board_port(call->board)), "chip",
                                                           eg_board_chip_name(call->board))) == 0;
    whole = whole && json_object_update(document, taken) == 0;
    EG_CLEANUP(eg_free_cleanup) char *text = whole ? json_dumps(document, JSON_COMPACT) : NULL;
    if (text == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the JSON document");
    puts(text);
    return EG_OK;
}
