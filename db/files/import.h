/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Filling pools: rows of a CSV file become rows that the line gives to boards, one to each.
 *
 * A value of a unique column is in no two rows of a pool, and belongs to one board in all pools of the
 * ledger.
 *
 * The file: UTF-8, fields between commas, quoted with '"' where needed, one record per line; the first line
 * names the columns. The first column has the key of a row, which no other row of the pool has. In a column
 * "mac" is the MAC of the board that the row is for.
 */

#ifndef DB_FILES_IMPORT_H
#define DB_FILES_IMPORT_H

#include "engine/base/error.h"

#include <stdint.h>

struct eg_pool_import {
    const char *ledger; /* as eg_ledger_open() takes it; made when absent, migrated when old */
    const char *pool;   /* of [A-Za-z0-9_-]; NULL = the file's name without its ending */
    const char *path;   /* of the file */
    /* Columns, NULL-terminated; NULL = none. */
    const char *const *secrets; /* whose values are never shown */
    const char *const *uniques; /* each value of which belongs to one board, as those of secret columns do */
    const char *const *shared;  /* secret ones whose values may be in several rows */
};

struct eg_pool_imported {
    char pool[65];
    int64_t rows, total; /* of this file; of the pool now */
    unsigned columns;
    bool new_ledger; /* the import made the ledger's file */
};

/**
 * Import a file into a pool, which is made when there is none; later files have the same columns.
 *
 * All or nothing. While a line records into the ledger, a file may have 20000 rows: more would keep it
 * waiting.
 *
 * @return EG_OK; EG_BAD_ARGUMENT (the sentence names file, line and cause, or what is wrong with what was
 * asked for), EG_LEDGER, EG_LEDGER_LOCKED, EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_pool_import(const struct eg_pool_import *import, struct eg_pool_imported *imported,
                            struct eg_error *err) EG_CHECKED;

#endif
