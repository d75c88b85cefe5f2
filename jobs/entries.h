/* SPDX-License-Identifier: Apache-2.0 */

/* The files of a job with their addresses, as a job file or the file of a build tells them, and what those
 * that read such files share. */

#ifndef JOBS_ENTRIES_H
#define JOBS_ENTRIES_H

#include "jobs/document.h"
#include "targets/target.h"

enum eg__at {
    EG__AT_ADDR, /* at `flash_addr` */
    EG__AT_NAME, /* at the partition `partition` */
    EG__AT_FILE, /* the file says it */
};

/** A file and its address, neither of them looked at yet. */
struct eg__entry {
    char *name;
    char *path; /* as it can be opened */
    enum eg__at at;
    bool raw; /* store the bytes as they are, of an Intel HEX, UF2 or ELF file, too */
    uint64_t flash_addr;
    const char *partition; /* belongs to the document */
    struct eg__place addr_place, file_place;
};

/** What a file says besides: text and where it stands; text NULL = nothing. Belongs to the document. */
struct eg__word {
    const char *text;
    struct eg__place place;
};

/** A setting of a build that a job does not take over. Belongs to the document. */
struct eg__unused {
    const char *key, *value;
};

/** How the paths in a build's file become files here. */
enum eg__paths {
    EG__PATHS_FILES,  /* as they stand */
    EG__PATHS_URLS,   /* URL references: a query and a fragment are cut off, %20 is a blank */
    EG__PATHS_BESIDE, /* those of another machine are looked for beside the build's file */
};

struct eg__firmware {
    const struct eg__node *job_chip; /* the caller's: the job's key `chip`; NULL = it has none */
    struct eg__entry *entries;
    unsigned count;
    struct eg__document build; /* the file in which a build tells what goes where, when there is one */
    const char *build_kind;    /* what that file is, for people; NULL = there is none */
    const char *build_note;    /* what people should know of the build besides; NULL = nothing */
    enum eg__paths paths;
    struct eg__word chip, flash_mode, flash_freq, flash_size;
    struct eg__word build_name, build_version; /* what the build is called in it */
    struct eg__unused *unused;
    unsigned unused_count;
};

void eg__firmware_finish(struct eg__firmware *firmware);

/** Whether the chip's ROM starts the application itself, which is then all there is, at 0. NULL does not. */
bool eg__starts_application(const struct eg_target *target);

/**
 * The chip that a firmware file is for, by the header of an image in it or the family of a UF2 file; NULL =
 * it does not say, or cannot be read.
 *
 * @param merged  the image may stand wherever a chip has its bootloader
 */
const struct eg_target *eg__chip_of_file(const char *path, bool merged);

/** The file that a path in `firmware->build` means, by `firmware->paths`, as eg__resolve() takes it; for
 * free(). EG_BAD_JOB it is a URL, or a path of another machine. */
enum eg_code eg__local_path(char **path, const struct eg__firmware *firmware, const struct eg__word *file,
                            struct eg_error *err) EG_CHECKED;

/** UTF-8's mark at the beginning, which Windows programs write and nobody needs. */
const char *eg__skip_bom(const char *text);

/** Takes text, not empty. */
enum eg_code eg__take_word(struct eg__word *word, const struct eg__node *node, const char *what,
                           struct eg_error *err) EG_CHECKED;

/** The value of a key that a map must have. */
enum eg_code eg__need(const struct eg__node **value, const struct eg__node *map, const char *key,
                      enum eg__kind kind, struct eg_error *err) EG_CHECKED;

enum eg_code eg__read_addr(uint64_t *addr, const char *text, const struct eg__place *place, const char *what,
                           struct eg_error *err) EG_CHECKED;

/** A JSON or YAML boolean, also as text. */
enum eg_code eg__read_bool(bool *value, const struct eg__node *node, const char *what,
                           struct eg_error *err) EG_CHECKED;

/** Refuses a true `encrypted`, naming the entry. `node` is a JSON or YAML boolean or that as text. */
enum eg_code eg__check_encrypted(const struct eg__node *node, const char *entry,
                                 struct eg_error *err) EG_CHECKED;
enum eg_code eg__refuse_encrypted(const struct eg__place *place, const char *entry, struct eg_error *err);

/** Sets path and name, of which copies are made; name NULL = the file's own. `from` is where it is named. */
enum eg_code eg__entry_set_file(struct eg__entry *entry, const char *name, const char *from, const char *file,
                                struct eg_error *err) EG_CHECKED;

/** Add an entry that stands in `firmware->build`; an address that has a file already is refused. */
enum eg_code eg__build_add(struct eg__firmware *firmware, const char *name, const struct eg__word *addr,
                           const struct eg__word *file, struct eg_error *err) EG_CHECKED;

/** The same with an address that is a number. */
enum eg_code eg__build_add_at(struct eg__firmware *firmware, const char *name, uint64_t flash_addr,
                              const struct eg__place *addr_place, const struct eg__word *file,
                              struct eg_error *err) EG_CHECKED;

/** The same for a list, not empty, of mappings with `path` and `offset`; `what` is its key for the sentence.
 */
enum eg_code eg__build_add_list(struct eg__firmware *firmware, const struct eg__node *list, const char *what,
                                struct eg_error *err) EG_CHECKED;

/** Note a setting that a job does not take over; the texts must live as long as `firmware->build`. */
enum eg_code eg__build_unused(struct eg__firmware *firmware, const char *key, const char *value,
                              struct eg_error *err) EG_CHECKED;

#endif
