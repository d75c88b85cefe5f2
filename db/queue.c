/* SPDX-License-Identifier: Apache-2.0 */

#define _DEFAULT_SOURCE /* flock() */

#include "db/queue.h"

#include "db/path.h"
#include "db/sqlite.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FORM        1 /* of the file; a newer one is refused */
#define TURNS       20
#define TURN_MS     100
#define PAGE_SIZE   4096
#define LOCK_SUFFIX ".lock"

struct eg_queue {
    sqlite3 *db;
    sqlite3_stmt *put, *read, *drop, *count;
    char *path; /* resolved */
    int lead_fd;
};

void eg_queue_close(struct eg_queue *queue)
{
    if (queue == NULL)
        return;
    sqlite3_finalize(queue->put);
    sqlite3_finalize(queue->read);
    sqlite3_finalize(queue->drop);
    sqlite3_finalize(queue->count);
    sqlite3_close(queue->db);
    eg_fd_close_cleanup(&queue->lead_fd);
    free(queue->path);
    free(queue);
}

void eg_queue_close_cleanup(struct eg_queue **queue)
{
    eg_queue_close(*queue);
}

/* The limit also holds for a file that another program has made larger: then nothing fits until it is
 * shorter.
 */
static enum eg_code set_up(sqlite3 *db, uint64_t size_max, struct eg_error *err)
{
    char sql[300];
    int64_t form;

    EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", &form, err));
    if (form > FORM)
        return eg_error_set(err, EG_LEDGER, "it was made by a newer espgang");
    EG_TRY(eg__sqlite_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err));
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %" PRIu64, size_max / PAGE_SIZE);
    EG_TRY(eg__sqlite_exec(db, sql, err));
    if (form == FORM)
        return EG_OK;
    return eg__sqlite_exec(db,
                           "BEGIN IMMEDIATE;"
                           "CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT "
                           "NOT NULL) STRICT;"
                           "PRAGMA user_version = 1; COMMIT",
                           err);
}

static enum eg_code prepare(struct eg_queue *queue, struct eg_error *err)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&queue->put, "INSERT INTO item(text) VALUES(?)"},
        {&queue->read, "SELECT id, text FROM item WHERE id > ? ORDER BY id LIMIT ?"},
        {&queue->drop, "DELETE FROM item WHERE id <= ?"},
        {&queue->count, "SELECT count(*) FROM item WHERE id > ?"},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (sqlite3_prepare_v3(queue->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].statement,
                               NULL) != SQLITE_OK)
            return eg__sqlite_error(queue->db, err);
    return EG_OK;
}

/* Two programs that make the file at the same time meet without waiting for each other: the change to WAL
 * asks no busy handler. */
static enum eg_code open_file(struct eg_queue *queue, uint64_t size_max, struct eg_error *err)
{
    for (unsigned turn = 1;; turn++) {
        EG_TRY(eg__sqlite_open(&queue->db, queue->path, false, err));
        if (set_up(queue->db, size_max, err) == EG_OK)
            return prepare(queue, err);
        const bool busy = (sqlite3_errcode(queue->db) & 0xff) == SQLITE_BUSY;
        if (!busy || turn == TURNS)
            return err->code;
        sqlite3_close(queue->db);
        queue->db = NULL;
        EG_TRY(eg_sleep_ms(NULL, TURN_MS, err));
    }
}

enum eg_code eg_queue_open(struct eg_queue **queue, const char *path, uint64_t size_max, struct eg_error *err)
{
    struct eg_queue *made;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    made->lead_fd = -1;
    if (eg__path_make(&made->path, path, NULL, err) != EG_OK || open_file(made, size_max, err) != EG_OK) {
        eg_queue_close(made);
        return eg_error_prefix(err, "%s: ", path);
    }
    *queue = made;
    return EG_OK;
}

static enum eg_code insert(struct eg_queue *queue, const struct eg_queue_item *items, unsigned count,
                           struct eg_error *err)
{
    for (unsigned i = 0; i < count; i++) {
        sqlite3_bind_text(queue->put, 1, items[i].text, (int)items[i].size, SQLITE_STATIC);
        const int status = sqlite3_step(queue->put);
        if (status != SQLITE_DONE)
            eg__sqlite_error(queue->db, err);
        sqlite3_reset(queue->put);
        if (status != SQLITE_DONE)
            return err->code;
    }
    return eg__sqlite_exec(queue->db, "COMMIT", err);
}

enum eg_code eg_queue_put(struct eg_queue *queue, const struct eg_queue_item *items, unsigned count,
                          struct eg_error *err)
{
    EG_TRY(eg__sqlite_exec(queue->db, "BEGIN IMMEDIATE", err));
    if (insert(queue, items, count, err) == EG_OK)
        return EG_OK;
    sqlite3_exec(queue->db, "ROLLBACK", NULL, NULL, NULL); /* SQLite may have done so itself */
    return err->code;
}

enum eg_code eg_queue_read(struct eg_queue *queue, int64_t after, unsigned most, size_t size_max,
                           struct eg_queue_item *items, unsigned *count, struct eg_error *err)
{
    size_t size = 0;
    int status;

    *count = 0;
    sqlite3_bind_int64(queue->read, 1, after);
    sqlite3_bind_int64(queue->read, 2, most);
    while ((status = sqlite3_step(queue->read)) == SQLITE_ROW) {
        struct eg_queue_item *const item = &items[*count];
        *item = (struct eg_queue_item){.id = sqlite3_column_int64(queue->read, 0),
                                       .size = (size_t)sqlite3_column_bytes(queue->read, 1)};
        size += item->size;
        if (*count > 0 && size > size_max)
            break;
        const char *const text = (const char *)sqlite3_column_text(queue->read, 1);
        item->text = text != NULL ? strdup(text) : NULL;
        if (item->text == NULL) {
            status = SQLITE_NOMEM;
            break;
        }
        ++*count;
    }
    if (status == SQLITE_NOMEM)
        eg_error_set(err, EG_NO_MEMORY, "out of memory for events");
    else if (status != SQLITE_ROW && status != SQLITE_DONE)
        eg__sqlite_error(queue->db, err);
    sqlite3_reset(queue->read);
    if (status == SQLITE_ROW || status == SQLITE_DONE)
        return EG_OK;
    eg_queue_items_free(items, *count);
    *count = 0;
    return err->code;
}

void eg_queue_items_free(struct eg_queue_item *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(items[i].text);
}

enum eg_code eg_queue_drop(struct eg_queue *queue, int64_t id, struct eg_error *err)
{
    sqlite3_bind_int64(queue->drop, 1, id);
    const int status = sqlite3_step(queue->drop);
    if (status != SQLITE_DONE)
        eg__sqlite_error(queue->db, err);
    sqlite3_reset(queue->drop);
    return status == SQLITE_DONE ? EG_OK : err->code;
}

enum eg_code eg_queue_count(struct eg_queue *queue, int64_t after, int64_t *count, struct eg_error *err)
{
    sqlite3_bind_int64(queue->count, 1, after);
    const int status = sqlite3_step(queue->count);
    if (status == SQLITE_ROW)
        *count = sqlite3_column_int64(queue->count, 0);
    else
        eg__sqlite_error(queue->db, err);
    sqlite3_reset(queue->count);
    return status == SQLITE_ROW ? EG_OK : err->code;
}

/* The lock lies on a file next to the queue, because SQLite locks the queue itself. */
bool eg_queue_lead(struct eg_queue *queue)
{
    char path[PATH_MAX];

    if (queue->lead_fd < 0 &&
        (size_t)snprintf(path, sizeof path, "%s" LOCK_SUFFIX, queue->path) < sizeof path)
        queue->lead_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    return queue->lead_fd >= 0 && flock(queue->lead_fd, LOCK_EX | LOCK_NB) == 0;
}

enum eg_code eg_queue_waiting(const char *path, int64_t *count, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;

    *count = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return EG_OK;
    if (eg__path_resolve(&full, path, err) != EG_OK || eg__sqlite_open(&db, full, true, err) != EG_OK ||
        eg__sqlite_number(db, "SELECT count(*) FROM item", count, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    return EG_OK;
}
