/* SPDX-License-Identifier: Apache-2.0 */

#include "db/fingerprint.h"

#include "engine/secure/cipher.h"
#include "engine/secure/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SECRET_SIZE = 32, PRINT_SIZE = (EG_FINGERPRINT_TEXT - 1) / 2 };

static enum eg_code open_secret(struct eg_secret *secret, const char *path, struct eg_error *err)
{
    bool open_to_others = false;
    struct stat info;

    if (lstat(path, &info) != 0 && errno == ENOENT) {
        EG_TRY(eg_secret_make(secret, SECRET_SIZE, err));
        return eg_secret_write(path, secret->data, secret->size, err);
    }
    EG_TRY(eg_secret_read(secret, path, SECRET_SIZE, &open_to_others, err));
    if (secret->size != SECRET_SIZE)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s has %zu bytes, not %d: it is not the secret of a ledger", path, secret->size,
                            SECRET_SIZE);
    if (open_to_others)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s can be read by others: make it readable to its owner alone (chmod 600)",
                            path);
    return EG_OK;
}

enum eg_code eg__fingerprint(const char *ledger, const uint8_t *key, size_t size,
                             char print[EG_FINGERPRINT_TEXT], struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    const size_t path_size = strlen(ledger) + sizeof ".secret";
    uint8_t mac[EG_SHA256_SIZE];

    EG_TRY(eg_alloc(&path, 1, path_size, err));
    snprintf(path, path_size, "%s.secret", ledger);
    if (open_secret(&secret, path, err) != EG_OK)
        return eg_error_prefix(err, "the secret for fingerprints of keys: ");
    EG_TRY(eg_hmac_sha256(mac, secret.data, secret.size, key, size, err));
    eg_hex(print, mac, PRINT_SIZE);
    return EG_OK;
}
