/* SPDX-License-Identifier: Apache-2.0 */

/* Files in which a build tells what goes where, a reader for each format, and what the readers share. */

#ifndef JOBS_BUILDS_H
#define JOBS_BUILDS_H

#include "jobs/firmware.h"
#include "targets/target.h"

/**
 * Read such a file when `path` is one, or the folder of a build: entries, the chip, flash settings, and what
 * is left over. The format is told by the content.
 *
 * @param is_build  false = it is none; firmware, or a file that cannot be read
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " in front of the cause; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__build_read(struct eg__firmware *firmware, const char *path, bool *is_build,
                            struct eg_error *err) EG_CHECKED;

/* The readers. `firmware->build` has the file: its tree, or for flash_args its text alone. */

/** ESP-IDF: flasher_args.json. */
enum eg_code eg__flasher_args_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** ESP Web Tools: manifest.json; among several builds `firmware->job_chip` chooses. When that is no chip,
 * nothing is read: who knows the job refuses it. */
enum eg_code eg__manifest_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** PlatformIO: idedata.json. */
enum eg_code eg__idedata_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** Words for esptool's @FILE, as ESP-IDF and Arduino write them to flash_args: whether text looks like that.
 */
bool eg__flash_args_is(const struct eg_buffer *text);
/** Unquotes in place: what is read points into `firmware->build.text`. */
enum eg_code eg__flash_args_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;
/** The same for words that were apart already. */
enum eg_code eg__flash_args_words(struct eg__firmware *firmware, const struct eg__word *words, size_t count,
                                  struct eg_error *err) EG_CHECKED;

/**
 * Read the folder of a build: the file in it that lists its files, else what PlatformIO and Arduino name
 * bootloader, partition table and application. The application goes to the partition that starts first.
 *
 * @return EG_OK; EG_BAD_JOB the folder is none of a build, or something is missing; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__folder_read(struct eg__firmware *firmware, const char *folder,
                             struct eg_error *err) EG_CHECKED;

/* What they share. */

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
