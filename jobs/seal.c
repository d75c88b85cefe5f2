/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The seal is one skippable frame of zstd (RFC 8878, 3.1.2), which decoders pass over:
 *
 *     4  magic 0x184D2A5E       4  size of what follows, 36 or 132
 *     4  "EGB1" or "EGR1"       32 SHA-256 of every byte before the frame
 *     32 public Ed25519 key     64 its signature of a purpose, a NUL and that SHA-256
 *
 * Numbers are little-endian; key and signature are not there when nobody has signed. It is looked for at the
 * end only, and its size is exact, so that nothing can follow it or come in between. The purpose of "EGB1" is
 * "espgang bundle 1"; of "EGR1", which permits a rollback and is always signed, it is "espgang rollback".
 */

#include "jobs/seal.h"

#include <string.h>

enum { FRAME_HEADER = 8, TAG_SIZE = 4, PLAIN_SIZE = TAG_SIZE + EG_SHA256_SIZE };
enum { SIGNED_SIZE = PLAIN_SIZE + EG_KEY_SIZE + EG_SIGNATURE_SIZE };

#define FRAME_MAGIC 0x184D2A5Eu

/* By whether a rollback is permitted. */
static const char tags[2][TAG_SIZE + 1] = {"EGB1", "EGR1"};
static const char purposes[2][17] = {"espgang bundle 1", "espgang rollback"};

/* What is signed: the purpose keeps the key's other signatures from counting here. */
struct message {
    uint8_t bytes[sizeof purposes[0] + EG_SHA256_SIZE];
};

static struct message message_of(bool rollback, const uint8_t sha256[EG_SHA256_SIZE])
{
    struct message message;

    memcpy(message.bytes, purposes[rollback], sizeof purposes[rollback]);
    memcpy(message.bytes + sizeof purposes[rollback], sha256, EG_SHA256_SIZE);
    return message;
}

/* What is in the frame at the end of the file, when it is one of this size; NULL = it is not. */
static const uint8_t *find(const uint8_t *file, size_t size, size_t payload_size, bool rollback)
{
    if (size < FRAME_HEADER + payload_size)
        return NULL;
    const uint8_t *const payload = file + size - payload_size, *const header = payload - FRAME_HEADER;
    return eg_get32(header) == FRAME_MAGIC && eg_get32(header + 4) == payload_size &&
                   memcmp(payload, tags[rollback], TAG_SIZE) == 0
               ? payload
               : NULL;
}

enum eg_code eg__seal_check(struct eg__seal *seal, const void *file, size_t size, struct eg_error *err)
{
    const uint8_t *payload = find(file, size, PLAIN_SIZE, false);
    uint8_t sha256[EG_SHA256_SIZE];

    *seal = (struct eg__seal){.is_signed = payload == NULL};
    if (seal->is_signed)
        payload = find(file, size, SIGNED_SIZE, false);
    seal->allows_rollback = payload == NULL;
    if (seal->allows_rollback)
        payload = find(file, size, SIGNED_SIZE, true);
    if (payload == NULL)
        return eg_error_set(err, EG_BAD_BUNDLE,
                            "is no bundle, or not all of one: there is no seal at its end");
    const uint8_t *const stated = payload + TAG_SIZE, *const key = stated + EG_SHA256_SIZE;
    seal->content_size = size - (seal->is_signed ? SIGNED_SIZE : PLAIN_SIZE) - FRAME_HEADER;
    EG_TRY(eg_sha256(sha256, file, seal->content_size, err));
    if (memcmp(sha256, stated, sizeof sha256) != 0)
        return eg_error_set(err, EG_BAD_BUNDLE, "is damaged: its SHA-256 is not the one in its seal");
    memcpy(seal->sha256, sha256, sizeof sha256);
    if (!seal->is_signed)
        return EG_OK;
    memcpy(seal->signer.raw, key, EG_KEY_SIZE);
    const struct message message = message_of(seal->allows_rollback, sha256);
    if (!eg_key_verify(&seal->signer, key + EG_KEY_SIZE, message.bytes, sizeof message.bytes))
        return eg_error_set(err, EG_BAD_BUNDLE, "is damaged: its signature is not that of its key");
    return EG_OK;
}

enum eg_code eg__seal_append(struct eg_buffer *content, const char *key_path, bool allow_rollback,
                             struct eg_error *err)
{
    uint8_t frame[FRAME_HEADER + SIGNED_SIZE];
    uint8_t *const sha256 = frame + FRAME_HEADER + TAG_SIZE;
    const uint32_t size = key_path != NULL ? SIGNED_SIZE : PLAIN_SIZE;

    eg_put32(frame, FRAME_MAGIC);
    eg_put32(frame + 4, size);
    memcpy(frame + FRAME_HEADER, tags[allow_rollback], TAG_SIZE);
    EG_TRY(eg_sha256(sha256, content->data, content->size, err));
    if (key_path != NULL) {
        uint8_t *const key = sha256 + EG_SHA256_SIZE;
        const struct message message = message_of(allow_rollback, sha256);
        struct eg_key signer;
        EG_TRY(eg_key_sign(key + EG_KEY_SIZE, &signer, key_path, message.bytes, sizeof message.bytes, err));
        memcpy(key, signer.raw, EG_KEY_SIZE);
    }
    return eg_buffer_append(content, frame, FRAME_HEADER + size, err);
}
