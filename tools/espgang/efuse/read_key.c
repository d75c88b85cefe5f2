/* SPDX-License-Identifier: Apache-2.0 */

/* Keys out of files, into locked memory. */

#include "engine/base/digest.h"
#include "engine/secure/published.h"
#include "engine/secure/sign_key.h"
#include "tools/espgang/efuse/session.h"

#include <string.h>

#define KEY_FILE_MAX 64

/* A private value, as many bytes as a key block or two of them take: zeros in front. */
static enum eg_code read_ecdsa(const struct efuse_session *session, const char *path,
                               const struct eg_efuse_purpose *purpose, struct eg_secret *key,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key pair = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret value = {0};
    const size_t size = eg_efuse_key_size(&session->fuses, purpose);
    const enum eg_sign_scheme wanted = purpose->number == EG_PURPOSE_ECDSA_P384       ? EG_SIGN_ECDSA384
                                       : strcmp(purpose->name, "ECDSA_KEY_P192") == 0 ? EG_SIGN_ECDSA192
                                                                                      : EG_SIGN_ECDSA256;

    EG_TRY(eg_sign_key_read(&pair, path, err));
    if (!pair.is_private || pair.scheme != wanted)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: %s takes a private key of %s, and this is a %s one of %s", path,
                            purpose->name, eg_sign_scheme_name(wanted),
                            pair.is_private ? "private" : "public", eg_sign_scheme_name(pair.scheme));
    EG_TRY(eg_sign_key_private_value(&value, &pair, err));
    EG_TRY(eg_secret_init(key, size, err));
    memcpy(key->data + size - value.size, value.data, value.size);
    return EG_OK;
}

enum eg_code efuse_read_key(const struct efuse_session *session, const char *path,
                            const struct eg_efuse_purpose *purpose, struct eg_secret *key,
                            struct eg_error *err)
{
    const bool is_ecdsa = purpose != NULL && strncmp(purpose->name, "ECDSA_KEY", 9) == 0;

    EG_TRY(cli_file_check(path, err));
    if (is_ecdsa)
        EG_TRY(read_ecdsa(session, path, purpose, key, err));
    else
        EG_TRY(eg_secret_read(key, path, KEY_FILE_MAX, NULL, err));
    if (!session->is_virtual && eg_secret_refuse_published(key->data, key->size, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    return EG_OK;
}
