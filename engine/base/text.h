/* SPDX-License-Identifier: Apache-2.0 */

/* UTF-8, and text that should be but came from a file name or a command line. */

#ifndef ENGINE_BASE_TEXT_H
#define ENGINE_BASE_TEXT_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define EG_WORD_MAX 200

/** Length in bytes of the UTF-8 sequence that `text`, of `size` bytes, begins with; 0 = it is none. */
size_t eg_utf8_length(const char *text, size_t size);

/** Whether the sequence `text` begins with is a control character: C0, DEL or C1. Terminals obey all of them.
 */
bool eg_utf8_is_control(const char *text, size_t length);

/** Replace, in place, every control character and every byte that is not UTF-8 by '?'. For text that comes
 * from a device and is shown: USB strings, names in a flash. */
void eg_text_make_harmless(char *text);

/** A copy in which each byte that is not UTF-8 has become U+FFFD; the caller's, for free(). */
enum eg_code eg_utf8_clean(char **clean, const char *text, struct eg_error *err) EG_CHECKED;

/** Letters to change, add and take out until one word is the other; UINT_MAX when one of them has more than
 * EG_WORD_MAX. For telling what was meant. */
unsigned eg_text_distance(const char *one, const char *other);

#endif
