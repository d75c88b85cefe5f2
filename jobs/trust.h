/* SPDX-License-Identifier: Apache-2.0 */

/* The keys that a station trusts: a folder with a file for each, and a list of those that are revoked. */

#ifndef JOBS_TRUST_H
#define JOBS_TRUST_H

#include "engine/base/key.h"

struct eg_trusted {
    char *name; /* of its file */
    struct eg_key key;
};

/** The file of that list in the folder: a fingerprint in each line; what follows '#' is a comment. */
#define EG_TRUST_REVOKED "revoked"

/** Zero-initialise it; EG_CLEANUP(eg_trust_finish) frees it. */
struct eg_trust {
    char *folder;
    struct eg_trusted *keys; /* by name */
    unsigned count;
    char (*revoked)[EG_KEY_TEXT]; /* fingerprints */
    unsigned revoked_count;
    bool closed; /* the station's file sets the folder: without any key, too, only what is signed runs */
};

/**
 * Read the station's keys.
 *
 * A folder that others may write to, and any file in it that is no sound key, nor the list of revoked ones,
 * is a refusal and never no key.
 *
 * @param folder  NULL = $ESPGANG_TRUST, else $XDG_CONFIG_HOME/espgang/trusted, else that of ~/.config; only
 * this last one may be missing
 *
 * @return EG_OK; EG_IO
 */
enum eg_code eg_trust_read(struct eg_trust *trust, const char *folder, struct eg_error *err) EG_CHECKED;

void eg_trust_finish(struct eg_trust *trust);

/** Whether the station runs only what its keys have signed: it has a key, or has revoked one, or its file
 * says so. */
bool eg_trust_is_closed(const struct eg_trust *trust);

/** NULL = it is not trusted. A revoked key is found: see eg_trust_is_revoked(). */
const struct eg_trusted *eg_trust_find(const struct eg_trust *trust, const struct eg_key *key);

bool eg_trust_is_revoked(const struct eg_trust *trust, const char *fingerprint);

/**
 * Trust the public key in a file, under the name of that file; the folder is made when it is missing.
 *
 * @return EG_OK; EG_BAD_ARGUMENT it is no key, or there is one of that name, or it is trusted already or
 * revoked; EG_IO
 */
enum eg_code eg_trust_add(const char *folder, const char *key_path, struct eg_key *key,
                          struct eg_error *err) EG_CHECKED;

/**
 * Add a key to the list of revoked ones, which nothing takes back, by the name of its file or its
 * fingerprint, which need not be that of a trusted key.
 *
 * @return EG_OK; EG_BAD_ARGUMENT it is neither, or it is revoked already; EG_IO
 */
enum eg_code eg_trust_revoke(const char *folder, const char *which, char fingerprint[EG_KEY_TEXT],
                             struct eg_error *err) EG_CHECKED;

/** Trust a key no longer, by its file's name or its fingerprint. EG_BAD_ARGUMENT: there is none. */
enum eg_code eg_trust_remove(const char *folder, const char *which, struct eg_key *key,
                             struct eg_error *err) EG_CHECKED;

#endif
