/* SPDX-License-Identifier: Apache-2.0 */

/* The files of a job with their addresses, as a job file or a build's file lists them, and functions shared
 * by the readers of such files. */

#ifndef JOBS_ENTRIES_H
#define JOBS_ENTRIES_H

#include "jobs/document.h"
#include "targets/target.h"

enum eg__at {
    EG__AT_ADDR, /* at `flash_addr` */
    EG__AT_NAME, /* at the partition `partition` */
    EG__AT_FILE, /* at the addresses in the file */
};

/** A file and its address, neither of them checked yet. */
struct eg__entry {
    char *name;
    char *path; /* path to open */
    enum eg__at at;
    bool raw; /* store the bytes as they are, even of an Intel HEX, UF2 or ELF file */
    uint64_t flash_addr;
    const char *partition; /* belongs to the document */
    struct eg__place addr_place, file_place;
};

/** A word of a file and its place; text NULL = the file has none. Belongs to the document. */
struct eg__word {
    const char *text;
    struct eg__place place;
};

/** A setting of a build that a job does not take over. Belongs to the document. */
struct eg__unused {
    const char *key, *value;
};

/** How to find the files that a build's file names. */
enum eg__paths {
    EG__PATHS_FILES,  /* take the paths as they are */
    EG__PATHS_URLS,   /* URL references: a query and a fragment are cut off, %20 is a blank */
    EG__PATHS_BESIDE, /* look for paths of another machine beside the build's file */
};

struct eg__firmware {
    const struct eg__node *job_chip; /* the caller's: the job's key `chip`; NULL = it has none */
    struct eg__entry *entries;
    unsigned count;
    struct eg__document build; /* the build's file that lists files and addresses, if any */
    const char *build_kind;    /* format of that file, for people; NULL = no such file */
    const char *build_note;    /* a note about the build for people; NULL = none */
    enum eg__paths paths;
    struct eg__word chip, flash_mode, flash_freq, flash_size;
    struct eg__word build_name, build_version; /* name and version of the build in that file */
    struct eg__unused *unused;
    unsigned unused_count;
};

void eg__firmware_finish(struct eg__firmware *firmware);

/** Return whether the chip's ROM starts the application itself, which is then the only file, at 0. false for
 * NULL. */
bool eg__starts_application(const struct eg_target *target);

/**
 * Return the chip of a firmware file, by the header of an image in it or the family of a UF2 file; NULL = the
 * file has neither, or cannot be read.
 *
 * @param merged  look for the image at every chip's bootloader address
 */
const struct eg_target *eg__chip_of_file(const char *path, bool merged);

/** Find the file that a path in `firmware->build` names, by `firmware->paths`, in the form for eg__resolve().
 * The caller frees it. EG_BAD_JOB: it is a URL, or a path of another machine. */
enum eg_code eg__local_path(char **path, const struct eg__firmware *firmware, const struct eg__word *file,
                            struct eg_error *err) EG_CHECKED;

/** Skip the UTF-8 byte order mark, which Windows programs write. */
const char *eg__skip_bom(const char *text);

/** Read a text that is not empty. */
enum eg_code eg__take_word(struct eg__word *word, const struct eg__node *node, const char *what,
                           struct eg_error *err) EG_CHECKED;

/** Return the value of a key that a map must have. */
enum eg_code eg__need(const struct eg__node **value, const struct eg__node *map, const char *key,
                      enum eg__kind kind, struct eg_error *err) EG_CHECKED;

enum eg_code eg__read_addr(uint64_t *addr, const char *text, const struct eg__place *place, const char *what,
                           struct eg_error *err) EG_CHECKED;

/** Read a JSON or YAML boolean, also as text. */
enum eg_code eg__read_bool(bool *value, const struct eg__node *node, const char *what,
                           struct eg_error *err) EG_CHECKED;

/** Refuse `encrypted` if it is true, naming the entry. `node` is a JSON or YAML boolean, or one as text. */
enum eg_code eg__check_encrypted(const struct eg__node *node, const char *entry,
                                 struct eg_error *err) EG_CHECKED;
enum eg_code eg__refuse_encrypted(const struct eg__place *place, const char *entry, struct eg_error *err);

/** Set copies of path and name; name NULL = the file's name. `from` is the file that names it. */
enum eg_code eg__entry_set_file(struct eg__entry *entry, const char *name, const char *from, const char *file,
                                struct eg_error *err) EG_CHECKED;

/** Add an entry of `firmware->build`; refuse an address that has a file already. */
enum eg_code eg__build_add(struct eg__firmware *firmware, const char *name, const struct eg__word *addr,
                           const struct eg__word *file, struct eg_error *err) EG_CHECKED;

/** Do the same with a number as the address. */
enum eg_code eg__build_add_at(struct eg__firmware *firmware, const char *name, uint64_t flash_addr,
                              const struct eg__place *addr_place, const struct eg__word *file,
                              struct eg_error *err) EG_CHECKED;

/** Do the same for a list of mappings with `path` and `offset`, which must not be empty; `what` is its key
 * for the sentence. */
enum eg_code eg__build_add_list(struct eg__firmware *firmware, const struct eg__node *list, const char *what,
                                struct eg_error *err) EG_CHECKED;

/** Note a setting that a job does not take over; the texts must live as long as `firmware->build`. */
enum eg_code eg__build_unused(struct eg__firmware *firmware, const char *key, const char *value,
                              struct eg_error *err) EG_CHECKED;

#endif
