/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A ledger of the newest schema with changed bytes: the input is a list of places (3 bytes) and new values (1
 * byte). Opening, querying and auditing it end with an answer or a refusal.
 */

#include "db/migrate.h"
#include "db/proof/audit.h"
#include "db/query/query.h"
#include "engine/base/file.h"
#include "tests/fuzz/file.h"

static enum eg_code see(void *context, const struct eg_run_row *row, struct eg_error *err)
{
    (void)context;
    (void)row;
    (void)err;
    return EG_OK;
}

static void make_sound(struct eg_buffer *sound)
{
    static const char *const rows =
        "INSERT INTO job VALUES (1, 'aa', 'acme', '1.0', 'esp32', 'espgang: 1');"
        "INSERT INTO session (session_id, job_id, started_utc, station, operator, batch, job_path, "
        "tool_version)"
        " VALUES (1, 1, '2026-01-01T00:00:00.000Z', 's', 'o', 'b', 'job.yaml', '0');"
        "INSERT INTO run VALUES (1, 1, 'slot', 'port', '2026-01-01T00:00:00.000Z')";
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    struct eg_error err;
    char sql[300];

    const char *const path = fuzz_file("ledger.db", "", 0);
    unlink(path);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", path);
    HOLDS(eg__migrate_fresh(&db, &err) == EG_OK);
    HOLDS(sqlite3_exec(db, rows, NULL, NULL, NULL) == SQLITE_OK);
    HOLDS(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    HOLDS(eg_file_read(sound, path, 1 << 24, &err) == EG_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct eg_buffer sound;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_audit audit;
    struct eg_batch batch;
    struct eg_error err;

    if (sound.size == 0)
        make_sound(&sound);
    HOLDS(eg_buffer_append(&file, sound.data, sound.size, &err) == EG_OK);
    for (size_t i = 0; i + 4 <= size; i += 4)
        file.data[(eg_get32(data + i) & 0xffffff) % file.size] = data[i + 3];
    const char *const path = fuzz_file("ledger.db", file.data, file.size);
    if (eg_query_open(&query, path, &err) != EG_OK) {
        HOLDS(err.text[0] != '\0');
        return 0;
    }
    if (eg_query_batch(query, NULL, &batch, &err) == EG_OK &&
        eg_query_runs(query, "b", true, see, NULL, &err) != EG_OK)
        HOLDS(err.text[0] != '\0');
    if (eg_audit(&audit, path, NULL, NULL, NULL, &err) != EG_OK)
        HOLDS(err.text[0] != '\0');
    return 0;
}
