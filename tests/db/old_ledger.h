/* SPDX-License-Identifier: Apache-2.0 */

/* A ledger as the espgang with schema version 1 wrote it: two finished runs, one unfinished. */

#ifndef TESTS_DB_OLD_LEDGER_H
#define TESTS_DB_OLD_LEDGER_H

#include "db/migrate.h"
#include "tests/fakes/check.h"

/* clang-format off */
static const char *const old_ledger_rows[] = {
    "INSERT INTO job VALUES(1,'ab00000000000000000000000000000000000000000000000000000000000000',"
    "'acme-sensor','1.4.0','esp32c3',replace('espgang: 1\\njob: acme-sensor\\n','\\n',char(10)));",
    "INSERT INTO session VALUES(1,1,'2026-11-27T08:30:15.217Z','line 3','mira','batch-1','job.yaml',"
    "'0.1.0');",
    "INSERT INTO run VALUES(1,1,'a','sim:esp32c3','2026-11-27T08:30:15.225Z');",
    "INSERT INTO run VALUES(2,1,'b','sim:esp32c3','2026-11-27T08:30:15.246Z');",
    "INSERT INTO run VALUES(3,1,'c','sim:','2026-11-27T08:30:15.254Z');",
    "INSERT INTO intent VALUES(1,1,'2026-11-27T08:30:15.231Z','7c:df:a1:00:00:01','esp32c3',4,"
    "'ESP32-C3 (QFN32)',1458376,4194304,0,0,0);",
    "INSERT INTO intent VALUES(2,3,'2026-11-27T08:30:15.255Z','7c:df:a1:00:00:02','esp32c3',4,"
    "'ESP32-C3 (QFN32)',1458376,4194304,0,0,0);",
    "INSERT INTO outcome VALUES(1,'2026-11-27T08:30:15.233Z','pass','ok','','','',1,3210000,90500,1900,1,"
    "'7c:df:a1:00:00:01','esp32c3',4,'ESP32-C3 (QFN32)',1458376,4194304,0,0,0);",
    "INSERT INTO outcome VALUES(2,'2026-11-27T08:30:15.251Z','fail','flash-stuck-bits','board',"
    "replace('flash\tbits \\ stuck\\n','\\n',char(10)),'',1,3210000,90500,1900,1,NULL,NULL,NULL,NULL,"
    "NULL,NULL,NULL,NULL,NULL);",
    "INSERT INTO stage VALUES(1,1,'connect',1,'2026-11-23T08:00:00.000Z',150000,'ok','',115200,500,700,"
    "0);",
    "INSERT INTO stage VALUES(1,2,'write',1,'2026-11-23T08:00:01.000Z',2500000,'ok','',921600,90000,1200,"
    "1);",
    "INSERT INTO stage VALUES(2,1,'connect',1,'2026-11-23T08:00:00.000Z',150000,'ok','',115200,500,700,"
    "0);",
    "INSERT INTO stage VALUES(2,2,'write',1,'2026-11-23T08:00:01.000Z',2500000,'flash-stuck-bits',"
    "'tab\there, back\\slash',921600,90000,1200,1);",
    "INSERT INTO region VALUES(1,1,'bootloader','b.bin',0,20480,1,'01000000000000000000000000000000',"
    "'0200000000000000000000000000000000000000000000000000000000000000',"
    "'01000000000000000000000000000000','md5-by-chip','equal',1000);",
    "INSERT INTO region VALUES(1,2,'app','a.bin',65536,65536,1,'03000000000000000000000000000000',"
    "'0400000000000000000000000000000000000000000000000000000000000000',"
    "'03000000000000000000000000000000','md5-by-chip','equal',2000);",
    "INSERT INTO chain VALUES(1,1,1,'0000000000000000000000000000000000000000000000000000000000000000',"
    "'8dae80e449313ee8e5e30d84afb9617d0fd09e0a9d8f0b0bc9aa6f92162df5a9');",
    "INSERT INTO chain VALUES(2,2,1,'8dae80e449313ee8e5e30d84afb9617d0fd09e0a9d8f0b0bc9aa6f92162df5a9',"
    "'28b05270a5099d4ccedf8b215bffd43dc5286097237c983bbd5159d133ba08a2');",
};
/* clang-format on */

static inline void old_ledger_make(const char *path)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, (const char *)eg__schemas[0], NULL, NULL, NULL), SQLITE_OK);
    for (unsigned i = 0; i < sizeof old_ledger_rows / sizeof old_ledger_rows[0]; i++)
        assert_int_equal(sqlite3_exec(db, old_ledger_rows[i], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 1; PRAGMA application_id = 1162300487", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
