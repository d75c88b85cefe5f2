/* SPDX-License-Identifier: Apache-2.0 */

/* The free rows of each pool, from 1 without a gap; numbers of pools and imports are the same in both. */

#include "db/files/scratch.h"

#include "db/files/merge_internal.h"
#include "db/journal.h"
#include "db/migrate.h"
#include "db/path.h"
#include "engine/base/bytes.h"
#include "engine/base/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* %s is "is_unique", or "NULL" of a ledger that does not know it. */
static const char copy_sql[] =
    "INSERT INTO main.pool (pool_id, name, mac_column) SELECT pool_id, name, mac_column FROM other.pool;"
    "INSERT INTO main.pool_column (pool_id, position, name, secret, is_unique)"
    " SELECT pool_id, position, name, secret, %s FROM other.pool_column;"
    "INSERT INTO main.pool_import (import_id, pool_id, file, sha256, imported_utc, operator, row_count)"
    " SELECT import_id, pool_id, file, sha256, imported_utc, operator, row_count FROM other.pool_import;"
    "INSERT INTO main.pool_row (pool_id, import_id, position, key, mac, fields)"
    " SELECT pool_id, import_id, row_number() OVER (PARTITION BY pool_id ORDER BY pool_row.position), key, "
    "mac,"
    "  fields FROM other.pool_row JOIN other.pool_free USING (pool_id, row_id)"
    " ORDER BY pool_id, pool_row.position;";

static enum eg_code copy(sqlite3 *db, int64_t version, struct eg_error *err)
{
    char sql[sizeof copy_sql + 16];
    int64_t imports;

    snprintf(sql, sizeof sql, copy_sql, version >= 7 ? "is_unique" : "NULL");
    EG_TRY(eg__sqlite_exec(db, "BEGIN IMMEDIATE", err));
    EG_TRY(eg__sqlite_exec(db, sql, err));
    EG_TRY(eg__sqlite_number(db, "SELECT count(*) FROM main.pool_import", &imports, err));
    for (int64_t number = 1; number <= imports; number++)
        EG_TRY(eg__journal_append(db, EG__ENTRY_IMPORT, number, err));
    return eg__sqlite_exec(db, "COMMIT", err);
}

/* Refuses what is no ledger, or a newer one. */
static enum eg_code version_of(int64_t *version, const char *full, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    EG_TRY(eg__open_reading(&db, full, err));
    return eg__sqlite_number(db, "PRAGMA user_version", version, err);
}

static enum eg_code copy_pools(sqlite3 *db, const char *ledger, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    int64_t version;

    EG_TRY(eg__path_resolve(&full, ledger, err));
    EG_TRY(version_of(&version, full, err));
    if (version < 2) /* has no pools */
        return EG_OK;
    EG_TRY(eg__merge_attach(db, full, err));
    return copy(db, version, err);
}

enum eg_code eg_ledger_scratch(const char *path, const char *ledger, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg_free_cleanup) char *from = NULL;

    EG_TRY(eg__path_make(&full, path, NULL, err));
    EG_TRY(eg__open_recording(&db, full, true, err));
    EG_TRY(eg__path_choose(&from, ledger, err));
    if (access(from, F_OK) != 0)
        return EG_OK;
    return copy_pools(db, from, err) == EG_OK ? EG_OK : eg_error_prefix(err, "ledger %s: ", from);
}
