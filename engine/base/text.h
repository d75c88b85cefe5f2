/* SPDX-License-Identifier: Apache-2.0 */

/* UTF-8, and text from file names and command lines, which may not be UTF-8. */

#ifndef ENGINE_BASE_TEXT_H
#define ENGINE_BASE_TEXT_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define EG_WORD_MAX 200

/** Return the length in bytes of the UTF-8 sequence at the start of `text`, which has `size` bytes; 0 = not
 * UTF-8. */
size_t eg_utf8_length(const char *text, size_t size);

/** Whether the sequence `text` begins with is a control character: C0, DEL or C1. Terminals obey all of them.
 */
bool eg_utf8_is_control(const char *text, size_t length);

/** U+FFFD, which stands for what is not shown. */
#define EG_REPLACEMENT "\xef\xbf\xbd"

/**
 * Take the character that a text begins with, for a file that people open.
 *
 * @param size   of the text in bytes, at least 1
 * @param shown  becomes NULL when the character may stand there as it is; else EG_REPLACEMENT, for a byte
 * that is not UTF-8 and a control character other than TAB, LF and CR
 *
 * @return how many bytes of the text it takes
 */
size_t eg_text_take(const char *text, size_t size, const char **shown);

/**
 * Check that a text of `size` bytes is UTF-8 without control characters.
 *
 * @return EG_OK; EG_BAD_ARGUMENT, "byte 0x1b is a control character", "U+0085 is a control character", "byte
 * 0xff is not UTF-8"
 */
enum eg_code eg_text_check(const char *text, size_t size, struct eg_error *err) EG_CHECKED;

/** Replace, in place, every control character and every byte that is not UTF-8 by '?'. For text that comes
 * from a device and is shown: USB strings, names in a flash. */
void eg_text_make_harmless(char *text);

/** Cut white space off the end of a text, in place, and return where it begins after that in front. */
char *eg_text_trim(char *text);

/** Copy a text, replacing each byte that is not UTF-8 by U+FFFD. The caller frees `*clean` with free(). */
enum eg_code eg_utf8_clean(char **clean, const char *text, struct eg_error *err) EG_CHECKED;

/**
 * Skip the UTF-8 byte order mark that a file may begin with.
 *
 * @return EG_OK; EG_BAD_IMAGE the file is UTF-16, which many Windows programs write; the sentence says what
 * to do and does not name the file
 */
enum eg_code eg_text_begin(const char **text, size_t *size, struct eg_error *err) EG_CHECKED;

/**
 * Check a record of CSV that has one field where there must be more.
 *
 * @return EG_OK; EG_BAD_IMAGE the fields are separated by semicolons or tabs, not by commas
 */
enum eg_code eg_csv_check_separator(const char *field, struct eg_error *err) EG_CHECKED;

/** Return the edit distance of two words: how many letters must be changed, added or removed. UINT_MAX if one
 * is longer than EG_WORD_MAX. For suggesting a word after a typing error. */
unsigned eg_text_distance(const char *one, const char *other);

#endif
