/* SPDX-License-Identifier: Apache-2.0 */

/* Two batches side by side. The counts of each batch come from eg_query_batch(). */

#include "db/query/query_internal.h"
#include "db/query/questions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows of the two batches: ?1 and ?2. */
#define BOTH                                                                                                 \
    " FROM session CROSS JOIN run USING (session_id) CROSS JOIN outcome USING (run_id)"                      \
    " WHERE batch IN (?1, ?2)"

/* The lower median, in ms, of the rows of one batch in `ranked`: name, batch, ms, place, size. */
#define MEDIAN(batch) "max(ms) FILTER (WHERE batch = " batch " AND place = (size + 1) / 2)"
#define RANKED                                                                                               \
    " row_number() OVER (PARTITION BY batch, name ORDER BY ms) AS place,"                                    \
    " count(*) OVER (PARTITION BY batch, name) AS size"

static const char cycle_sql[] =
    "WITH timed AS (SELECT 'cycle_ms' AS name, batch, duration_us / 1000 AS ms" BOTH
    "  AND outcome IN ('pass', 'pass-marginal') AND duration_us IS NOT NULL),"
    " ranked AS (SELECT *," RANKED " FROM timed),"
    " medians AS (SELECT name, " MEDIAN("?1") " AS first, " MEDIAN(
        "?2") " AS second FROM ranked GROUP BY name)"
              " SELECT 'counts', name, first, second, second - first FROM medians";

static const char codes_sql[] =
    "WITH counted AS (SELECT code AS name, count(*) FILTER (WHERE batch = ?1) AS first,"
    " count(*) FILTER (WHERE batch = ?2) AS second" BOTH
    "  AND outcome NOT IN ('pass', 'pass-marginal') AND code <> 'seen-before' GROUP BY code)"
    " SELECT 'codes', name, first, second, second - first FROM counted ORDER BY first + second DESC, name";

static const char stages_sql[] =
    "WITH timed AS (SELECT stage AS name, batch, stage.duration_us / 1000 AS ms, position"
    "  FROM session CROSS JOIN run USING (session_id) CROSS JOIN stage USING (run_id)"
    "  WHERE batch IN (?1, ?2) AND code = 'ok'),"
    " ranked AS (SELECT *," RANKED " FROM timed),"
    " medians AS (SELECT name, " MEDIAN("?1") " AS first, " MEDIAN(
        "?2") " AS second, avg(position) AS at"
              "  FROM ranked GROUP BY name)"
              " SELECT 'stages', name, first, second, second - first FROM medians ORDER BY at, name";

static const char firmware_sql[] =
    "WITH had AS (SELECT DISTINCT flash_addr, region.name AS name, expected_sha256,"
    "   batch = ?1 AS in_first, batch = ?2 AS in_second"
    "  FROM session CROSS JOIN run USING (session_id) CROSS JOIN region USING (run_id)"
    "  WHERE batch IN (?1, ?2)),"
    " one_sided AS (SELECT flash_addr, name, expected_sha256, max(in_first) AS in_first FROM had"
    "  GROUP BY flash_addr, name, expected_sha256 HAVING max(in_first) + max(in_second) = 1)"
    " SELECT 'firmware', printf('0x%08x ', flash_addr) || name,"
    " group_concat(expected_sha256, ', ') FILTER (WHERE in_first),"
    " group_concat(expected_sha256, ', ') FILTER (WHERE NOT in_first), NULL"
    " FROM one_sided GROUP BY flash_addr, name ORDER BY flash_addr, name";

static const char jobs_sql[] =
    "WITH had AS (SELECT job_id, max(batch = ?1) AS in_first, max(batch = ?2) AS in_second FROM session"
    "  WHERE batch IN (?1, ?2) GROUP BY job_id HAVING in_first + in_second = 1)"
    " SELECT 'jobs', trim(name || ' ' || version), iif(in_first, sha256, NULL), iif(in_second, sha256, NULL),"
    " NULL FROM had JOIN job USING (job_id) ORDER BY job_id";

static const char values_sql[] =
    "WITH read AS (SELECT name, batch, trim(value || ' ' || coalesce(unit, '')) AS value, number"
    "  FROM session CROSS JOIN run USING (session_id) CROSS JOIN run_values USING (run_id)"
    "  WHERE batch IN (?1, ?2) AND kind = 'measured' AND number IS NOT NULL),"
    " ranked AS (SELECT *, row_number() OVER (PARTITION BY batch, name ORDER BY number) AS place,"
    "  count(*) OVER (PARTITION BY batch, name) AS size FROM read),"
    " ends (rank, what) AS (VALUES (1, ' min'), (2, ' median'), (3, ' max')),"
    " chosen AS (SELECT name, what, rank, batch, value, number FROM ranked JOIN ends"
    "  ON place = CASE rank WHEN 1 THEN 1 WHEN 2 THEN (size + 1) / 2 ELSE size END),"
    " both AS (SELECT name || what AS name, rank, max(value) FILTER (WHERE batch = ?1) AS first,"
    "  max(value) FILTER (WHERE batch = ?2) AS second, max(number) FILTER (WHERE batch = ?1) AS one,"
    "  max(number) FILTER (WHERE batch = ?2) AS two, name AS of FROM chosen GROUP BY of, rank)"
    " SELECT 'values', name, first, second, iif(two - one IS NULL, NULL, printf('%.6g', two - one))"
    " FROM both ORDER BY of, rank";

static enum eg_code walk(struct eg_query *query, const char *sql, const char *const *batches,
                         eg_row_visitor *visit, void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_comparison, section), EG__TEXT(eg_comparison, name),       EG__TEXT(eg_comparison, first),
        EG__TEXT(eg_comparison, second),  EG__TEXT(eg_comparison, difference),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_comparison row;

    EG_TRY(eg__query_prepare(&rows, query, sql, batches[0], err));
    EG_TRY(eg__query_bind(query, rows, 2, batches[1], err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof fields[0], &row, visit, context, err);
}

#define NUMBERS 10 /* of a batch */

static const char *const number_names[NUMBERS] = {
    "units",   "passed",  "marginal", "failed",        "errors",
    "aborted", "repeats", "no_board", "yield_percent", "first_pass_percent"};

/* Count a batch. Shares are in tenths of a percent; -1 = no unit. */
static enum eg_code count_batch(struct eg_query *query, const char *name, int64_t numbers[NUMBERS],
                                struct eg_error *err)
{
    struct eg_batch batch;

    EG_TRY(eg_query_batch(query, name, &batch, err));
    const int64_t good = batch.passed + batch.marginal;
    const int64_t found[NUMBERS] = {
        batch.units,
        batch.passed,
        batch.marginal,
        batch.failed,
        batch.errors,
        batch.aborted,
        batch.repeats,
        batch.no_board,
        batch.units > 0 ? (good * 1000 + batch.units / 2) / batch.units : -1,
        batch.units > 0 ? (batch.first_pass * 1000 + batch.units / 2) / batch.units : -1};
    memcpy(numbers, found, sizeof found);
    return EG_OK;
}

static void number_text(char text[32], int64_t number, bool known, bool tenths)
{
    const uint64_t size = (uint64_t)(number < 0 ? -number : number);

    if (!known)
        text[0] = '\0';
    else if (tenths)
        snprintf(text, 32, "%s%" PRIu64 ".%u", number < 0 ? "-" : "", size / 10, (unsigned)(size % 10));
    else
        snprintf(text, 32, "%" PRId64, number);
}

enum eg_code eg_query_compare(struct eg_query *query, const char *first, const char *second,
                              eg_row_visitor *visit, void *context, struct eg_error *err)
{
    const char *const batches[] = {first, second};
    int64_t numbers[2][NUMBERS];
    char texts[3][32];

    for (unsigned i = 0; i < 2; i++)
        EG_TRY(count_batch(query, batches[i], numbers[i], err));
    for (unsigned i = 0; i < NUMBERS; i++) {
        const int64_t one = numbers[0][i], two = numbers[1][i];
        const bool tenths = i >= NUMBERS - 2;
        number_text(texts[0], one, one >= 0, tenths);
        number_text(texts[1], two, two >= 0, tenths);
        number_text(texts[2], two - one, one >= 0 && two >= 0, tenths);
        const struct eg_comparison row = {"counts", number_names[i], texts[0], texts[1], texts[2]};
        EG_TRY(visit(context, &row, err));
    }
    EG_TRY(walk(query, cycle_sql, batches, visit, context, err));
    EG_TRY(walk(query, codes_sql, batches, visit, context, err));
    EG_TRY(walk(query, stages_sql, batches, visit, context, err));
    EG_TRY(walk(query, firmware_sql, batches, visit, context, err));
    EG_TRY(walk(query, jobs_sql, batches, visit, context, err));
    return walk(query, values_sql, batches, visit, context, err);
}
