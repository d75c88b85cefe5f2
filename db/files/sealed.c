/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/sealed.h"

#include "engine/base/file.h"

#include "db/fingerprint.h"
#include "engine/secure/published.h"
#include "engine/secure/sign_key.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 64 };

void eg__sealed_finish(struct eg__sealed *sealed)
{
    if (sealed->columns != NULL && sealed->csv != NULL && sealed->csv->text.data != NULL)
        eg_wipe(sealed->csv->text.data, sealed->csv->text.size);
    eg_escrow_finish(&sealed->escrow);
    for (size_t i = 0; i < sealed->count; i++)
        free(sealed->texts[i]);
    free(sealed->texts);
    sealed->texts = NULL;
    sealed->count = 0;
}

bool eg__sealed_has(const struct eg__sealed *sealed, const char *name)
{
    for (const char *const *column = sealed->columns; column != NULL && *column != NULL; column++)
        if (strcmp(*column, name) == 0)
            return true;
    return false;
}

static enum eg_code refuse(const struct eg__sealed *sealed, size_t row, unsigned column, struct eg_error *err)
{
    return eg_error_prefix(err, "%s:%u: %s ", sealed->csv->path, eg__csv_line(sealed->csv, row),
                           eg__csv_names(sealed->csv)[column]);
}

/* Read a key; no sentence shows it. */
static enum eg_code read_key(struct eg_secret *key, const char *digits, struct eg_error *err)
{
    const size_t size = strlen(digits) / 2;

    if (strlen(digits) % 2 != 0 || (size != 16 && size != 24 && size != 32 && size != KEY_MAX))
        return eg_error_set(err, EG_BAD_ARGUMENT, "is no key: 32, 48, 64 or 128 hexadecimal digits");
    EG_TRY(eg_secret_init(key, size, err));
    if (!eg_hex_parse(key->data, size, digits))
        return eg_error_set(err, EG_BAD_ARGUMENT, "is no key: 32, 48, 64 or 128 hexadecimal digits");
    if (eg_secret_is_uniform(key->data, size))
        return eg_error_set(err, EG_BAD_ARGUMENT, "is no key: all its bytes are the same");
    if (eg_secret_refuse_published(key->data, size, err) == EG_OK)
        return EG_OK;
    return err->code = EG_BAD_ARGUMENT;
}

static enum eg_code check_value(const struct eg__sealed *sealed, size_t row, unsigned column,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    char *const value = (char *)eg__csv_row(sealed->csv, row)[column];

    if (!eg__sealed_has(sealed, eg__csv_names(sealed->csv)[column])) {
        if (strncmp(value, EG_POOL_SEALED, strlen(EG_POOL_SEALED)) != 0)
            return EG_OK;
        eg_error_set(err, EG_BAD_ARGUMENT, "begins with " EG_POOL_SEALED ", as only an encrypted key does");
        return refuse(sealed, row, column, err);
    }
    if (read_key(&key, value, err) != EG_OK)
        return refuse(sealed, row, column, err);
    for (char *at = value; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return EG_OK;
}

static enum eg_code read_pem(struct eg_escrow *escrow, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};

    EG_TRY(eg_file_read(&pem, path, EG_SIGN_KEY_FILE_MAX, err));
    if (eg_escrow_parse(escrow, path, pem.data, pem.size, err) == EG_OK)
        return EG_OK;
    return err->code = EG_BAD_ARGUMENT;
}

enum eg_code eg__sealed_check(struct eg__sealed *sealed, struct eg_error *err)
{
    if (sealed->columns != NULL)
        EG_TRY(read_pem(&sealed->escrow, sealed->pem_path, err));
    for (size_t row = 0; row < sealed->csv->rows; row++)
        for (unsigned column = 0; column < sealed->csv->columns; column++)
            EG_TRY(check_value(sealed, row, column, err));
    return EG_OK;
}

static enum eg_code seal_value(struct eg__sealed *sealed, const char *ledger, const char **value,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char print[EG_FINGERPRINT_TEXT];

    EG_TRY(read_key(&key, *value, err));
    EG_TRY(eg__fingerprint(ledger, key.data, key.size, print, err));
    EG_TRY(eg_buffer_append(&text, EG_POOL_SEALED, strlen(EG_POOL_SEALED), err));
    EG_TRY(eg_buffer_append(&text, print, strlen(print), err));
    EG_TRY(eg_buffer_append(&text, " ", 1, err));
    EG_TRY(eg_escrow_seal(&sealed->escrow, &key, &text, err));
    sealed->texts[sealed->count] = (char *)text.data;
    *value = sealed->texts[sealed->count++];
    text = (struct eg_buffer){0};
    return EG_OK;
}

enum eg_code eg__sealed_seal(struct eg__sealed *sealed, const char *ledger, struct eg_error *err)
{
    unsigned columns = 0;

    for (; sealed->columns != NULL && sealed->columns[columns] != NULL; columns++)
        ;
    if (columns == 0)
        return EG_OK;
    EG_TRY(eg_alloc(&sealed->texts, columns * sealed->csv->rows, sizeof *sealed->texts, err));
    for (size_t row = 0; row < sealed->csv->rows; row++)
        for (unsigned column = 0; column < sealed->csv->columns; column++)
            if (eg__sealed_has(sealed, eg__csv_names(sealed->csv)[column]))
                EG_TRY(
                    seal_value(sealed, ledger, (const char **)&eg__csv_row(sealed->csv, row)[column], err));
    return EG_OK;
}
