/* SPDX-License-Identifier: Apache-2.0 */

/* Values that should be unique in a ledger and are not. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"

#include <stdio.h>

#define SEVERAL " HAVING count(DISTINCT item) > 1 AND (?1 IS NULL OR max(batch = ?1)) ORDER BY value"

/*
 * Each query begins with `had`: rows of value, item, run_id, batch; a value should have one item. Lists are
 * in the order of the runs.
 */
#define LISTS(kind)                                                                                          \
    ", several AS (SELECT value FROM had GROUP BY value" SEVERAL ")"                                         \
    " SELECT '" kind "', value,"                                                                             \
    " (SELECT group_concat(item, ', ') FROM (SELECT item FROM had WHERE had.value = several.value"           \
    "  GROUP BY item ORDER BY min(run_id))),"                                                                \
    " (SELECT group_concat(run_id, ', ') FROM (SELECT DISTINCT run_id FROM had"                              \
    "  WHERE had.value = several.value ORDER BY run_id)) FROM several"

#define PASSES                                                                                               \
    " FROM outcome CROSS JOIN run USING (run_id) CROSS JOIN session USING (session_id)"                      \
    " WHERE outcome.mac IS NOT NULL AND outcome.outcome IN ('pass', 'pass-marginal')"                        \
    " AND " EG__COUNTS("?1")
#define OF_SERIALS                                                                                           \
    " WHERE kind = 'unit' AND name = 'serial' AND value <> ''"                                               \
    " AND outcome.mac IS NOT NULL AND outcome.outcome IN ('pass', 'pass-marginal')"                          \
    " AND " EG__COUNTS("?1")
#define SERIALS                                                                                              \
    " FROM run_value CROSS JOIN outcome USING (run_id) CROSS JOIN run USING (run_id)"                        \
    " CROSS JOIN session USING (session_id)" OF_SERIALS

/* Limits a query to the values of one batch, which an index finds. */
#define OF_BATCH " FROM session CROSS JOIN run USING (session_id)"
#define MAC_IN_BATCH                                                                                         \
    " AND outcome.mac IN (SELECT mac" OF_BATCH " CROSS JOIN outcome USING (run_id) WHERE batch = ?1)"
#define SERIAL_IN_BATCH                                                                                      \
    " AND value IN (SELECT value" OF_BATCH " CROSS JOIN run_value USING (run_id)"                            \
    " WHERE batch = ?1 AND kind = 'unit' AND name = 'serial')"

/* A query consists of its head, `in_batch` if a batch is given, and its tail. */
struct question {
    const char *head, *in_batch, *tail;
};

static const struct question batches_of_mac = {
    "WITH had AS MATERIALIZED (SELECT outcome.mac AS value, batch AS item, run_id, batch" PASSES,
    MAC_IN_BATCH,
    ")" LISTS("batches-of-mac"),
};

static const struct question macs_of_serial = {
    "WITH had AS MATERIALIZED (SELECT run_value.value AS value, outcome.mac AS item, run_id, batch" SERIALS,
    SERIAL_IN_BATCH,
    ")" LISTS("macs-of-serial"),
};

static const struct question serials_of_mac = {
    "WITH had AS MATERIALIZED (SELECT outcome.mac AS value, run_value.value AS item, run_id, batch"
    " FROM outcome CROSS JOIN run_value USING (run_id) CROSS JOIN run USING (run_id)"
    " CROSS JOIN session USING (session_id)" OF_SERIALS,
    MAC_IN_BATCH,
    ")" LISTS("serials-of-mac"),
};

#define DEVICES(value, item)                                                                                 \
    "WITH had AS MATERIALIZED (SELECT " value " AS value, " item " AS item, run_id, batch"                   \
    " FROM run_device CROSS JOIN outcome USING (run_id) CROSS JOIN run USING (run_id)"                       \
    " CROSS JOIN session USING (session_id)"                                                                 \
    " WHERE flash_unique_id IS NOT NULL AND outcome.mac IS NOT NULL AND " EG__COUNTS("?1")

static const struct question macs_of_flash = {
    DEVICES("flash_unique_id", "outcome.mac"),
    "",
    ")" LISTS("macs-of-flash"),
};

static const struct question flashes_of_mac = {
    DEVICES("outcome.mac", "flash_unique_id"),
    MAC_IN_BATCH,
    ")" LISTS("flashes-of-mac"),
};

/* Unfinished runs take part with their intent. */
static const struct question slots_at_once = {
    "WITH going AS MATERIALIZED (SELECT mac, run_id FROM intent"
    "  WHERE mac IS NOT NULL AND run_id NOT IN (SELECT run_id FROM outcome)),"
    " been AS MATERIALIZED (SELECT outcome.mac AS mac, run_id, slot, run.started_utc AS started_utc,"
    "   finished_utc, batch"
    "  FROM outcome CROSS JOIN run USING (run_id) CROSS JOIN session USING (session_id)"
    "  WHERE outcome.mac IN (SELECT mac FROM outcome GROUP BY mac HAVING count(*) > 1"
    "   UNION ALL SELECT mac FROM going) AND " EG__COUNTS("?1"),
    "",
    "  UNION ALL SELECT DISTINCT going.mac, run_id, slot, run.started_utc, '9', batch"
    "  FROM going CROSS JOIN run USING (run_id) CROSS JOIN session USING (session_id)"
    "  WHERE " EG__COUNTS(
        "?1") "),"
              " had AS MATERIALIZED (SELECT one.mac AS value, one.slot AS item, one.run_id AS run_id, "
              "one.batch AS "
              "batch"
              "  FROM been AS one WHERE EXISTS (SELECT 1 FROM been AS other WHERE other.mac = one.mac"
              "   AND other.slot <> one.slot AND other.started_utc < one.finished_utc"
              "   AND one.started_utc < other.finished_utc))" LISTS("slots-at-once"),
};

static enum eg_code walk(struct eg_query *query, const struct question *question, const char *batch,
                         eg_row_visitor *visit, void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_duplicate, kind),
        EG__TEXT(eg_duplicate, value),
        EG__TEXT(eg_duplicate, among),
        EG__TEXT(eg_duplicate, runs),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_duplicate duplicate;
    char sql[3000];

    snprintf(sql, sizeof sql, "%s%s%s", question->head, batch != NULL ? question->in_batch : "",
             question->tail);
    EG_TRY(eg__query_prepare(&rows, query, sql, batch, err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof fields[0], &duplicate, visit, context,
                          err);
}

enum eg_code eg_query_duplicates(struct eg_query *query, const char *batch, eg_row_visitor *visit,
                                 void *context, struct eg_error *err)
{
    EG_TRY(walk(query, &batches_of_mac, batch, visit, context, err));
    EG_TRY(walk(query, &flashes_of_mac, batch, visit, context, err));
    EG_TRY(walk(query, &macs_of_flash, batch, visit, context, err));
    EG_TRY(walk(query, &macs_of_serial, batch, visit, context, err));
    EG_TRY(walk(query, &serials_of_mac, batch, visit, context, err));
    return walk(query, &slots_at_once, batch, visit, context, err);
}
