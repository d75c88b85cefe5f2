/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/json.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"

/* A port's path may hold any bytes, JSON must be UTF-8, and an event may not be missing because of that. */
json_t *eg_json_text(const char *text)
{
    EG_CLEANUP(eg_free_cleanup) char *clean = NULL;
    struct eg_error err;

    json_t *value = json_string(text);
    if (value == NULL && eg_utf8_clean(&clean, text, &err) == EG_OK)
        value = json_string(clean);
    return value;
}
