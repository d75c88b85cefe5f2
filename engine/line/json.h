/* SPDX-License-Identifier: Apache-2.0 */

/* JSON of what may hold any bytes. */

#ifndef ENGINE_LINE_JSON_H
#define ENGINE_LINE_JSON_H

#include <jansson.h>

/** A string of the text, in which bytes that are not UTF-8 have become U+FFFD. NULL = no memory. */
json_t *eg_json_text(const char *text);

#endif
