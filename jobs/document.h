/* SPDX-License-Identifier: Apache-2.0 */

/* A YAML or JSON file as a tree that knows where in the file each of its values stands. */

#ifndef JOBS_DOCUMENT_H
#define JOBS_DOCUMENT_H

#include "engine/base/bytes.h"

/** No document is longer. */
#define EG__DOCUMENT_SIZE_MAX ((size_t)1 << 20)

struct eg__bundle;

/** Line and column count from 1, columns in characters; line 0 = in no line of a file, and sentences begin
 * without a place. `file` and `bundle` are the document's. */
struct eg__place {
    const char *file;
    int line, column;
    const struct eg__bundle *bundle; /* has the files that are named here; NULL = they are in folders */
};

enum eg__kind { EG__TEXT, EG__LIST, EG__MAP };

struct eg__pair {
    char *key;
    struct eg__place place;
    struct eg__node *value;
};

/** Belongs to its document. An alias is the node that its anchor names: the tree may share branches. */
struct eg__node {
    enum eg__kind kind;
    struct eg__place place;
    char *text; /* EG__TEXT; without control characters; "" also for a value left out */
    size_t count;
    struct eg__node **items; /* EG__LIST */
    struct eg__pair *pairs;  /* EG__MAP; keys are unique, merge keys resolved */
};

struct eg__document {
    char *file;
    const struct eg__bundle *bundle; /* that it is in; set before it is read */
    struct eg_buffer text;           /* as read */
    struct eg__node *root;
    struct eg__node **nodes;
    size_t node_count;
};

/**
 * Read one document of YAML, or of JSON when the file's name ends in ".json".
 *
 * @param document  zero-initialised but for `bundle`; eg__document_finish() frees what is in it, also after a
 * failure
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " in front of the cause; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__document_read(struct eg__document *document, const char *path,
                               struct eg_error *err) EG_CHECKED;

/** The same of text in memory, which is taken over; `file` is its name. */
enum eg_code eg__document_parse(struct eg__document *document, const char *file, struct eg_buffer *text,
                                struct eg_error *err) EG_CHECKED;

void eg__document_finish(struct eg__document *document);

/** Put "FILE:LINE:COLUMN: " in front of a sentence; returns its code. */
enum eg_code eg__prefix_place(const struct eg__place *place, struct eg_error *err);

/** EG_BAD_JOB with the place and the sentence. */
enum eg_code eg__refuse(const struct eg__place *place, struct eg_error *err, const char *format, ...)
    EG_PRINTF(3, 4);

/** The value of a key; NULL = the map lacks it. */
struct eg__node *eg__node_get(const struct eg__node *map, const char *key);

/** Refuse a node that is of another kind, or empty text; `what` is the key for the sentence. */
enum eg_code eg__node_expect(const struct eg__node *node, enum eg__kind kind, const char *what,
                             struct eg_error *err) EG_CHECKED;

/** The file `path` names when it stands in the file `from`: relative to the folder of that; for free(). */
enum eg_code eg__resolve(char **resolved, const char *from, const char *path,
                         struct eg_error *err) EG_CHECKED;

/** Read a file that is named at `place`, whole: one of its bundle, or as eg_file_read() does. EG_IO, also
 * when the bundle does not have it. */
enum eg_code eg__file_read(struct eg_buffer *buffer, const struct eg__place *place, const char *path,
                           size_t size_max, struct eg_error *err) EG_CHECKED;

/** The path by which a program that a job names, with a slash, can be started; for free(). */
enum eg_code eg__program_path(char **path, const struct eg__node *node, struct eg_error *err) EG_CHECKED;

#endif
