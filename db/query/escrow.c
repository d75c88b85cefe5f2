/* SPDX-License-Identifier: Apache-2.0 */

/* Encrypted keys: of boards, in escrow, and in columns of pools. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"
#include "engine/plan/recorder.h"

#include <string.h>

#define MAC_OF                                                                                               \
    "coalesce(outcome.mac, (SELECT max(mac) FROM intent WHERE intent.run_id = run_security.run_id))"
#define OF_BOARD " FROM run_security LEFT JOIN outcome USING (run_id) WHERE " MAC_OF " = ?1"

/* The last deposit of each key; of a key that was to be burnt, the one that was. */
static const char sql[] =
    "WITH held AS (SELECT run_id, position, substr(item, length('" EG_SECURITY_ESCROW "') + 1) AS key,"
    "  substr(value, 1, 16) AS print, substr(value, 18) AS sealed" OF_BOARD
    "  AND event = 'left' AND item LIKE '" EG_SECURITY_ESCROW "%'),"
    " burnt AS (SELECT run_id, position, item, value" OF_BOARD " AND event = 'intended')"
    " SELECT key, sealed, print FROM held WHERE print = coalesce((SELECT value FROM burnt WHERE item = key"
    "  ORDER BY run_id DESC, position DESC LIMIT 1), print)"
    " AND NOT EXISTS (SELECT 1 FROM held AS later WHERE later.key = held.key AND later.print = held.print"
    "  AND (later.run_id, later.position) > (held.run_id, held.position)) ORDER BY key, run_id, position";

enum eg_code eg_query_escrow(struct eg_query *query, const char *mac, eg_row_visitor *visit, void *context,
                             struct eg_error *err)
{
    static const struct eg__field fields[] = {EG__TEXT(eg_escrow_row, key), EG__TEXT(eg_escrow_row, sealed),
                                              EG__TEXT(eg_escrow_row, print)};
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_escrow_row row;

    EG_TRY(eg__query_prepare(&rows, query, sql, mac, err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof fields[0], &row, visit, context, err);
}

enum eg_code eg_query_sealed(struct eg_query *query, const char *pool, const char *column, const char *mac,
                             struct eg_buffer *text, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(
        &rows, query,
        "SELECT coalesce((SELECT json_extract(fields, '$[' || (pool_column.position - 1) || ']') FROM "
        "pool_row"
        " WHERE pool_row.pool_id = pool.pool_id AND secret AND (?3 IS NULL OR row_id IN (SELECT row_id FROM"
        " pool_event WHERE pool_event.pool_id = pool.pool_id AND pool_event.mac = ?3 AND state = 'written'))"
        " LIMIT 1), '')"
        " FROM pool_column JOIN pool USING (pool_id) WHERE pool.name = ?1 AND pool_column.name = ?2",
        pool, err));
    eg__bind_text(rows, 2, column);
    if (mac != NULL)
        eg__bind_text(rows, 3, mac);
    EG_TRY(eg__query_next(query, rows, &row, err));
    if (!row)
        return eg_error_set(err, EG_BAD_ARGUMENT, "pool %s has no column %s", pool, column);
    const char *const value = eg__query_text(rows, 0), *const sealed = strchr(value, ' ');
    if (strncmp(value, EG_POOL_SEALED, strlen(EG_POOL_SEALED)) != 0 || sealed == NULL)
        return EG_OK;
    return eg_buffer_append(text, sealed + 1, strlen(sealed), err);
}
