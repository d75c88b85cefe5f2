/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Filling pools: each row of a CSV file becomes a pool row, which the line gives to one board.
 *
 * A value of a unique column is in one row of a pool only, and belongs to one board in all pools of the
 * ledger.
 *
 * The file: UTF-8, fields separated by commas, quoted with '"' where needed, one record per line; the first
 * line names the columns. The first column has the row's key, which is unique in the pool. In a column "mac",
 * a value reserves the row for the board with that MAC.
 *
 * A sealed column has a cryptographic key in each row, as hexadecimal digits; the ledger gets EG_POOL_SEALED,
 * its fingerprint, and the key encrypted.
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
    const char *const *secrets; /* columns whose values are never shown */
    const char *const *uniques; /* columns whose values, like secrets, belong to one board */
    const char *const *shared;  /* secret columns whose values may repeat in several rows */
    const char *const *seals;   /* columns of keys that are secret, and encrypted before they are stored */
    const char *seal_to;        /* file with the public key that they are encrypted to, in PEM */
};

struct eg_pool_imported {
    char pool[65];
    int64_t rows, total; /* of this file; of the pool after the import */
    unsigned columns;
    bool new_ledger; /* the import created the ledger's file */
};

/**
 * Import a file into a pool, which is created if it does not exist; later files must have the same columns.
 *
 * All or nothing. While a line records into the ledger, a file is limited to 20000 rows: more would keep the
 * line waiting.
 *
 * @return EG_OK; EG_BAD_ARGUMENT (the sentence names file, line and cause, or the bad request), EG_LEDGER,
 * EG_LEDGER_LOCKED, EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_pool_import(const struct eg_pool_import *import, struct eg_pool_imported *imported,
                            struct eg_error *err) EG_CHECKED;

#endif
