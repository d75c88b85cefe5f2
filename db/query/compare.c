/* SPDX-License-Identifier: Apache-2.0 */

/* Two selections side by side. Their runs are put into a temporary table, as sides 1 and 2. */

#include "db/query/questions.h"
#include "db/query/select_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows of both sides. */
#define BOTH " FROM side CROSS JOIN outcome USING (run_id) WHERE 1"

/* The lower median, in ms, of the rows of one side in `ranked`: name, side, ms, place, size. */
#define MEDIAN(side) "max(ms) FILTER (WHERE side = " side " AND place = (size + 1) / 2)"
#define RANKED                                                                                               \
    " row_number() OVER (PARTITION BY side, name ORDER BY ms) AS place,"                                     \
    " count(*) OVER (PARTITION BY side, name) AS size"

static const char cycle_sql[] =
    "WITH timed AS (SELECT 'cycle_ms' AS name, side, duration_us / 1000 AS ms" BOTH
    "  AND outcome IN ('pass', 'pass-marginal') AND duration_us IS NOT NULL),"
    " ranked AS (SELECT *," RANKED " FROM timed),"
    " medians AS (SELECT name, " MEDIAN("1") " AS first, " MEDIAN(
        "2") " AS second FROM ranked GROUP BY name)"
             " SELECT 'counts', name, first, second, second - first FROM medians";

static const char codes_sql[] =
    "WITH counted AS (SELECT code AS name, count(*) FILTER (WHERE side = 1) AS first,"
    " count(*) FILTER (WHERE side = 2) AS second" BOTH
    "  AND outcome NOT IN ('pass', 'pass-marginal') AND code <> 'seen-before' GROUP BY code)"
    " SELECT 'codes', name, first, second, second - first FROM counted ORDER BY first + second DESC, name";

static const char stages_sql[] =
    "WITH timed AS (SELECT stage AS name, side, stage.duration_us / 1000 AS ms, position"
    "  FROM side CROSS JOIN stage USING (run_id) WHERE code = 'ok'),"
    " ranked AS (SELECT *," RANKED " FROM timed),"
    " medians AS (SELECT name, " MEDIAN("1") " AS first, " MEDIAN(
        "2") " AS second, avg(position) AS at"
             "  FROM ranked GROUP BY name)"
             " SELECT 'stages', name, first, second, second - first FROM medians ORDER BY at, name";

static const char firmware_sql[] =
    "WITH had AS (SELECT DISTINCT flash_addr, region.name AS name, expected_sha256,"
    "   side = 1 AS in_first, side = 2 AS in_second FROM side CROSS JOIN region USING (run_id)),"
    " one_sided AS (SELECT flash_addr, name, expected_sha256, max(in_first) AS in_first FROM had"
    "  GROUP BY flash_addr, name, expected_sha256 HAVING max(in_first) + max(in_second) = 1)"
    " SELECT 'firmware', printf('0x%08x ', flash_addr) || name,"
    " group_concat(expected_sha256, ', ') FILTER (WHERE in_first),"
    " group_concat(expected_sha256, ', ') FILTER (WHERE NOT in_first), NULL"
    " FROM one_sided GROUP BY flash_addr, name ORDER BY flash_addr, name";

static const char jobs_sql[] =
    "WITH had AS (SELECT job_id, max(side = 1) AS in_first, max(side = 2) AS in_second"
    "  FROM side CROSS JOIN run USING (run_id) CROSS JOIN session USING (session_id)"
    "  GROUP BY job_id HAVING in_first + in_second = 1)"
    " SELECT 'jobs', trim(name || ' ' || version), iif(in_first, sha256, NULL), iif(in_second, sha256, NULL),"
    " NULL FROM had JOIN job USING (job_id) ORDER BY job_id";

static const char values_sql[] =
    "WITH read AS (SELECT name, side, trim(value || ' ' || coalesce(unit, '')) AS value, number"
    "  FROM side CROSS JOIN run_values USING (run_id) WHERE kind = 'measured' AND number IS NOT NULL),"
    " ranked AS (SELECT *, row_number() OVER (PARTITION BY side, name ORDER BY number) AS place,"
    "  count(*) OVER (PARTITION BY side, name) AS size FROM read),"
    " ends (rank, what) AS (VALUES (1, ' min'), (2, ' median'), (3, ' max')),"
    " chosen AS (SELECT name, what, rank, side, value, number FROM ranked JOIN ends"
    "  ON place = CASE rank WHEN 1 THEN 1 WHEN 2 THEN (size + 1) / 2 ELSE size END),"
    " both AS (SELECT name || what AS name, rank, max(value) FILTER (WHERE side = 1) AS first,"
    "  max(value) FILTER (WHERE side = 2) AS second, max(number) FILTER (WHERE side = 1) AS one,"
    "  max(number) FILTER (WHERE side = 2) AS two, name AS of FROM chosen GROUP BY of, rank)"
    " SELECT 'values', name, first, second, iif(two - one IS NULL, NULL, printf('%.6g', two - one))"
    " FROM both ORDER BY of, rank";

static enum eg_code fill_side(struct eg_query *query, int side, const struct eg_selection *selection,
                              struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *fill = NULL;
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    bool row;

    sqlite3_str_appendf(sql, "INSERT INTO side SELECT %d, run.run_id FROM " EG__SELECT_TABLES, side);
    eg__select_counting_where(sql, selection);
    eg__select_ended(sql, selection, "outcome");
    EG_TRY(eg__query_prepare_built(&fill, query, sql, err));
    return eg__query_next(query, fill, &row, err);
}

static enum eg_code fill_sides(struct eg_query *query, const struct eg_selection *first,
                               const struct eg_selection *second, struct eg_error *err)
{
    if (eg__sqlite_exec(query->db,
                        "CREATE TEMP TABLE IF NOT EXISTS side (side INTEGER, run_id INTEGER,"
                        " PRIMARY KEY (side, run_id)) WITHOUT ROWID; DELETE FROM side",
                        err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", query->path);
    EG_TRY(fill_side(query, 1, first, err));
    return fill_side(query, 2, second, err);
}

static enum eg_code walk(struct eg_query *query, const char *sql, eg_row_visitor *visit, void *context,
                         struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_comparison, section), EG__TEXT(eg_comparison, name),       EG__TEXT(eg_comparison, first),
        EG__TEXT(eg_comparison, second),  EG__TEXT(eg_comparison, difference),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_comparison row;

    EG_TRY(eg__query_prepare(&rows, query, sql, NULL, err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof fields[0], &row, visit, context, err);
}

/* Cycles of runs that passed; of values the first of each board. */
static const char samples_sql[] =
    "SELECT 'cycle_ms' AS name, side, duration_us / 1000.0 AS number" BOTH
    "  AND outcome IN ('pass', 'pass-marginal') AND duration_us IS NOT NULL"
    " UNION ALL SELECT name, side, number FROM (SELECT name, side, number, min(run_id) FROM side"
    "  CROSS JOIN outcome USING (run_id) CROSS JOIN run_values USING (run_id)"
    "  WHERE kind = 'measured' AND number IS NOT NULL GROUP BY side, name, coalesce(mac, run_id))"
    " ORDER BY name";

enum eg_code eg_query_compare_samples(struct eg_query *query, const struct eg_selection *first,
                                      const struct eg_selection *second, eg_row_visitor *visit, void *context,
                                      struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(fill_sides(query, first, second, err));
    EG_TRY(eg__query_prepare(&rows, query, samples_sql, NULL, err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        const struct eg_sample sample = {.name = eg__query_text(rows, 0),
                                         .second = eg__query_number(rows, 1) == 2,
                                         .number = sqlite3_column_double(rows, 2)};
        EG_TRY(visit(context, &sample, err));
    }
}

#define NUMBERS 10 /* of a side */

static const char *const number_names[NUMBERS] = {
    "units",   "passed",  "marginal", "failed",        "errors",
    "aborted", "repeats", "no_board", "yield_percent", "first_pass_percent"};

/* Count a side. Shares are in tenths of a percent; -1 = no unit. */
static enum eg_code count_side(struct eg_query *query, const struct eg_selection *selection,
                               int64_t numbers[NUMBERS], struct eg_error *err)
{
    struct eg_unit_counts counts;

    EG_TRY(eg_query_count_units(query, selection, &counts, err));
    const int64_t good = counts.passed + counts.marginal;
    const int64_t found[NUMBERS] = {
        counts.units,
        counts.passed,
        counts.marginal,
        counts.failed,
        counts.errors,
        counts.aborted,
        counts.repeats,
        counts.no_board,
        counts.units > 0 ? (good * 1000 + counts.units / 2) / counts.units : -1,
        counts.units > 0 ? (counts.first_pass * 1000 + counts.units / 2) / counts.units : -1};
    memcpy(numbers, found, sizeof found);
    return EG_OK;
}

enum eg_code eg_query_count_units(struct eg_query *query, const struct eg_selection *selection,
                                  struct eg_unit_counts *counts, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    bool row;

    sqlite3_str_appendall(sql, "WITH " EG__COUNTED_BEGIN);
    eg__select_counting(sql, selection);
    eg__select_ended(sql, selection, "outcome");
    sqlite3_str_appendall(sql,
                          EG__COUNTED_END "," EG__TALLY " SELECT units, passed, marginal, failed, errors,"
                                          " aborted, first_pass, repeats, no_board FROM counts");
    EG_TRY(eg__query_prepare_built(&rows, query, sql, err));
    EG_TRY(eg__query_next(query, rows, &row, err));
    *counts = (struct eg_unit_counts){
        .units = eg__query_number(rows, 0),
        .passed = eg__query_number(rows, 1),
        .marginal = eg__query_number(rows, 2),
        .failed = eg__query_number(rows, 3),
        .errors = eg__query_number(rows, 4),
        .aborted = eg__query_number(rows, 5),
        .first_pass = eg__query_number(rows, 6),
        .repeats = eg__query_number(rows, 7),
        .no_board = eg__query_number(rows, 8),
    };
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

enum eg_code eg_query_compare(struct eg_query *query, const struct eg_selection *first,
                              const struct eg_selection *second, eg_row_visitor *visit, void *context,
                              struct eg_error *err)
{
    int64_t numbers[2][NUMBERS];
    char texts[3][32];

    EG_TRY(fill_sides(query, first, second, err));
    EG_TRY(count_side(query, first, numbers[0], err));
    EG_TRY(count_side(query, second, numbers[1], err));
    for (unsigned i = 0; i < NUMBERS; i++) {
        const int64_t one = numbers[0][i], two = numbers[1][i];
        const bool tenths = i >= NUMBERS - 2;
        number_text(texts[0], one, one >= 0, tenths);
        number_text(texts[1], two, two >= 0, tenths);
        number_text(texts[2], two - one, one >= 0 && two >= 0, tenths);
        const struct eg_comparison row = {"counts", number_names[i], texts[0], texts[1], texts[2]};
        EG_TRY(visit(context, &row, err));
    }
    EG_TRY(walk(query, cycle_sql, visit, context, err));
    EG_TRY(walk(query, codes_sql, visit, context, err));
    EG_TRY(walk(query, stages_sql, visit, context, err));
    EG_TRY(walk(query, firmware_sql, visit, context, err));
    EG_TRY(walk(query, jobs_sql, visit, context, err));
    return walk(query, values_sql, visit, context, err);
}
