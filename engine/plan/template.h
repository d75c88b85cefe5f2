/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Texts with names in braces, and the names of one board.
 *
 *     {serial}  {serial:06d}  {mac_nic:04x}  {mac:upper}  {lot:lower}  {mac:plain}
 *
 * d, x and X write a whole number, padded to the width with blanks, or with zeros when the width begins with
 * one; a number with more digits is written whole. plain leaves colons and dashes out. "{{" and "}}" are a
 * brace.
 *
 * In a file, which has braces of its own, a name is replaced where it stands in braces as one word, and
 * everything else is as it was.
 */

#ifndef ENGINE_PLAN_TEMPLATE_H
#define ENGINE_PLAN_TEMPLATE_H

#include "engine/base/bytes.h"

#include <stdbool.h>

struct eg_name {
    char *name;
    char *value;
    bool given;  /* to this board, so that it goes on record */
    bool secret; /* the record has no value */
    bool unique; /* the value belongs to one board */
};

/** Names in the order they were made. Zero-initialise it; EG_CLEANUP(eg_names_finish) frees them. */
struct eg_names {
    struct eg_name *list;
    unsigned count;
};

/** Add a copy; `*name` has its texts copied. */
enum eg_code eg_names_add(struct eg_names *names, const struct eg_name *name,
                          struct eg_error *err) EG_CHECKED;

/** Return NULL if there is none. */
const struct eg_name *eg_names_find(const struct eg_names *names, const char *name);

void eg_names_finish(struct eg_names *names);

enum eg_template_kind { EG_TEMPLATE_TEXT, EG_TEMPLATE_FILE };

struct eg_template {
    enum eg_template_kind kind;
    const char *text;
    size_t size;
};

static inline struct eg_template eg_template_of(const char *text)
{
    return (struct eg_template){EG_TEMPLATE_TEXT, text, __builtin_strlen(text)};
}

/** Check that a text is a template. It is the check of an option, so the sentence follows the key.
 * EG_BAD_JOB. */
enum eg_code eg_template_check(const char *text, struct eg_error *err) EG_CHECKED;

/** Check that every name of a well-formed template exists. EG_BAD_UNIT_DATA, the sentence follows what has
 * the template. */
enum eg_code eg_template_check_names(const struct eg_template *template, const struct eg_names *names,
                                     struct eg_error *err) EG_CHECKED;

/** A name of a template that is not there, and what it must be. */
struct eg_unknown_name {
    char name[80];
    bool number; /* it is written as a number */
};

/** A piece of a template: literal text, or a name in braces, which is a template of its own. */
struct eg_template_piece {
    const char *text; /* in the template, with the braces */
    size_t size;
    bool is_name;
};

/** Read the piece at `*at`, 0 at first, and move past it. EG_BAD_JOB: the template is not well-formed. */
enum eg_code eg_template_next(struct eg_template_piece *piece, const struct eg_template *template, size_t *at,
                              struct eg_error *err) EG_CHECKED;

/** Find the first name of a well-formed template that is not there; false = all are. */
bool eg_template_unknown(struct eg_unknown_name *unknown, const struct eg_template *template,
                         const struct eg_names *names);

/**
 * Append what the template comes to, which is not terminated.
 *
 * @param secret  set when a secret name is used, else left; may be NULL
 *
 * @return EG_OK; EG_BAD_UNIT_DATA a name is unknown or is no number where it must be: the sentence follows
 * what has the template, and shows no value; EG_NO_MEMORY
 */
enum eg_code eg_template_expand(struct eg_buffer *out, bool *secret, const struct eg_template *template,
                                const struct eg_names *names, struct eg_error *err) EG_CHECKED;

/** Do the same into a new text; the caller frees it. */
enum eg_code eg_template_text(char **text, bool *secret, const char *template, const struct eg_names *names,
                              struct eg_error *err) EG_CHECKED;

/** Check that a board can be given the text: UTF-8 without control characters. EG_BAD_UNIT_DATA, the sentence
 * follows what has it. */
enum eg_code eg_given_text_check(const char *text, struct eg_error *err) EG_CHECKED;

#endif
