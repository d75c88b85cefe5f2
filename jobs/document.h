/* SPDX-License-Identifier: Apache-2.0 */

/* A YAML or JSON file as a tree in which each value has its line and column. */

#ifndef JOBS_DOCUMENT_H
#define JOBS_DOCUMENT_H

#include "engine/base/bytes.h"

/** Longest document. */
#define EG__DOCUMENT_SIZE_MAX ((size_t)1 << 20)

struct eg__bundle;

/** Line and column count from 1, columns in characters; line 0 = not in a file: sentences begin without a
 * place. `file` and `bundle` belong to the document. */
struct eg__place {
    const char *file;
    int line, column;
    const struct eg__bundle *bundle; /* contains the files that are named here; NULL = they are in folders */
};

enum eg__kind { EG__TEXT, EG__LIST, EG__MAP };

struct eg__pair {
    char *key;
    struct eg__place place;
    struct eg__node *value;
};

/** Belongs to its document. An alias is the node of its anchor, so the tree may share branches. */
struct eg__node {
    enum eg__kind kind;
    struct eg__place place;
    char *text; /* EG__TEXT; without control characters; "" also for a missing value */
    size_t count;
    struct eg__node **items; /* EG__LIST */
    struct eg__pair *pairs;  /* EG__MAP; keys are unique, merge keys resolved */
};

struct eg__document {
    char *file;
    const struct eg__bundle *bundle; /* the bundle that contains it; set before reading */
    struct eg_buffer text;           /* as read */
    struct eg__node *root;
    struct eg__node **nodes;
    size_t node_count;
};

/**
 * Read one document of YAML, or of JSON when the file's name ends in ".json".
 *
 * @param document  zero-initialised except `bundle`; eg__document_finish() frees its content, also after a
 * failure
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " before the cause; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__document_read(struct eg__document *document, const char *path,
                               struct eg_error *err) EG_CHECKED;

/** Read a document from memory; the document takes over the text. `file` is its name. */
enum eg_code eg__document_parse(struct eg__document *document, const char *file, struct eg_buffer *text,
                                struct eg_error *err) EG_CHECKED;

void eg__document_finish(struct eg__document *document);

/** Put "FILE:LINE:COLUMN: " before a sentence; return its code. */
enum eg_code eg__prefix_place(const struct eg__place *place, struct eg_error *err);

/** Return EG_BAD_JOB with the place and the sentence. */
enum eg_code eg__refuse(const struct eg__place *place, struct eg_error *err, const char *format, ...)
    EG_PRINTF(3, 4);

/** Return the value of a key; NULL = the map lacks it. */
struct eg__node *eg__node_get(const struct eg__node *map, const char *key);

/** Refuse a node of another kind, or empty text; `what` is the key for the sentence. */
enum eg_code eg__node_expect(const struct eg__node *node, enum eg__kind kind, const char *what,
                             struct eg_error *err) EG_CHECKED;

/** Resolve a path that the file `from` names: relative paths start at its folder. The caller frees the
 * result. */
enum eg_code eg__resolve(char **resolved, const char *from, const char *path,
                         struct eg_error *err) EG_CHECKED;

/** Return the content of a file of a bundle, or NULL. */
const struct eg_buffer *eg__bundle_file(const struct eg__bundle *bundle, const char *name);

/** Read a whole file that is named at `place`: from its bundle, else as eg_file_read() does. EG_IO, also if
 * the bundle does not have it. */
enum eg_code eg__file_read(struct eg_buffer *buffer, const struct eg__place *place, const char *path,
                           size_t size_max, struct eg_error *err) EG_CHECKED;

/** Return the path to start a program of the job, or a name without a slash, which is searched in PATH; the
 * caller frees it. */
enum eg_code eg__program_path(char **path, const struct eg__node *node, struct eg_error *err) EG_CHECKED;

#endif
