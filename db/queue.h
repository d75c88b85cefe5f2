/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A queue of texts on disk, first in, first out: what a receiver elsewhere does not have yet. It is an SQLite
 * file of its own beside the ledger. Several programs may put into it; one at a time takes out.
 *
 * Threads: a queue belongs to one thread at a time; each thread that uses the same file opens its own.
 */

#ifndef DB_QUEUE_H
#define DB_QUEUE_H

#include "engine/base/error.h"

#include <stddef.h>
#include <stdint.h>

/** Least size that a queue can be limited to. */
#define EG_QUEUE_LEAST (256u * 1024)

struct eg_queue;

/** A text in the queue. */
struct eg_queue_item {
    int64_t id; /* grows; never used twice */
    char *text;
    size_t size;
};

/**
 * Open the queue at a path, or make it: mode 0600, in a folder that must exist.
 *
 * @param size_max  most bytes that the file grows to
 *
 * @return EG_OK; EG_LEDGER, EG_IO, EG_NO_ROOM with the path in the sentence; EG_NO_MEMORY
 */
enum eg_code eg_queue_open(struct eg_queue **queue, const char *path, uint64_t size_max,
                           struct eg_error *err) EG_CHECKED;

/** Close it; NULL is allowed. */
void eg_queue_close(struct eg_queue *queue);
void eg_queue_close_cleanup(struct eg_queue **queue);

/**
 * Append texts, all or none. On EG_OK they are on the disk. The ids of the items are ignored.
 *
 * @return EG_OK; EG_NO_ROOM: the disk or the limit; EG_IO, EG_LEDGER
 */
enum eg_code eg_queue_put(struct eg_queue *queue, const struct eg_queue_item *items, unsigned count,
                          struct eg_error *err) EG_CHECKED;

/**
 * Read the oldest texts after an id, in their order.
 *
 * @param items  room for `most`; eg_queue_items_free() frees what is in them
 * @param size_max  end before the texts together are larger; one text is read whatever its size
 */
enum eg_code eg_queue_read(struct eg_queue *queue, int64_t after, unsigned most, size_t size_max,
                           struct eg_queue_item *items, unsigned *count, struct eg_error *err) EG_CHECKED;
void eg_queue_items_free(struct eg_queue_item *items, unsigned count);

/** Remove all texts up to this id. */
enum eg_code eg_queue_drop(struct eg_queue *queue, int64_t id, struct eg_error *err) EG_CHECKED;

/** Count the texts after an id. */
enum eg_code eg_queue_count(struct eg_queue *queue, int64_t after, int64_t *count,
                            struct eg_error *err) EG_CHECKED;

/** Try to become the one who takes out; it lasts until the queue is closed or the program ends. Returns
 * false while another queue of the same file has this role. */
bool eg_queue_lead(struct eg_queue *queue);

/** Count the texts of the queue at a path without making it: 0 if there is no such file. */
enum eg_code eg_queue_waiting(const char *path, int64_t *count, struct eg_error *err) EG_CHECKED;

#endif
