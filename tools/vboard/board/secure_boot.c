/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Secure boot: what a ROM checks before it runs the bootloader, and a bootloader before it runs the
 * application.
 *
 * Version 2: a sector after the image, at a multiple of 4 KiB, holds up to three signature blocks. One must
 * have the digest of what is before the sector, a key whose digest is burnt and not revoked, and a good
 * signature. The digests are what can be read: one that is hidden reads as zeros. Version 1 (ESP32): a digest
 * at address 0, made with the key of block 2; what is before a bootloader's signature block is not looked at.
 *
 * Not here: version 1 of applications, whose key is in the bootloader; anti-rollback.
 */

#include "tools/vboard/board/life.h"

#include "tools/vboard/chip/chip.h"

#include "engine/base/digest.h"
#include "targets/efuse.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#define SLOTS_MAX    3u
#define BLOCK_SIZE   1216u
#define BLOCK_CRC    1196u
#define MAGIC        0xe7
#define DIGEST_SIZE  32u
#define DIGEST_C2    16u
#define RSA_SIZE     384u
#define POINT_MAX    48u
#define SEGMENTS_MAX 16u
#define IV_SIZE      128u /* of version 1, and its unit */
#define DIGEST_0     9u   /* key purpose; the others follow */
#define KEY_BLOCK_0  4u

/* Signatures that a ROM takes; chips without a row take all. P-384 needs an eFuse besides. */
enum { BY_RSA = 1, BY_ECDSA = 2 };
static const struct {
    const char *target;
    unsigned takes;
} schemes[] = {
    {"esp32", BY_RSA},     {"esp32s2", BY_RSA},    {"esp32s3", BY_RSA},
    {"esp32s31", BY_RSA},  {"esp32c3", BY_RSA},    {"esp32h21", BY_RSA},
    {"esp32c2", BY_ECDSA}, {"esp32c61", BY_ECDSA}, {"esp32h4", BY_ECDSA},
};

/* Where a signature block has what. */
static const struct shape {
    uint8_t version, curve; /* 0 = RSA */
    const char *group;
    uint16_t digest_size, key_at, key_size, point_size, signature_at;
} shapes[] = {
    {2, 0, NULL, 32, 36, 776, 0, 812},
    {3, 1, "P-192", 32, 36, 65, 24, 101},
    {3, 2, "P-256", 32, 36, 65, 32, 101},
    {3, 3, "P-384", 48, 52, 97, 48, 149},
};

/* What may be trusted, as the ROM reads it. */
struct trust {
    unsigned slots; /* bit per slot that is there and not revoked */
    size_t size;    /* bytes of a digest */
    uint8_t digests[SLOTS_MAX][DIGEST_SIZE];
};

static bool is_esp32(const struct vb_board *board)
{
    return board->target->revision_rule == EG_REVISION_ESP32;
}

/* Bytes of a block as software reads them. */
static void read_block(struct vb_board *board, unsigned block, uint32_t from, uint8_t *data, size_t size)
{
    const struct eg_efuse *efuses = eg_efuse_of(board->target);
    const uint32_t addr = efuses->base + efuses->blocks[block].read + from;

    for (size_t i = 0; i < size; i += 4)
        eg_put32(data + i, vb__memory_get(board, addr + (uint32_t)i));
}

static void find_trust(struct vb_board *board, struct trust *trust)
{
    const bool is_c2 = !is_esp32(board) && board->target->key_rule == EG_KEY_WORDS;

    *trust = (struct trust){.size = is_c2 ? DIGEST_C2 : DIGEST_SIZE};
    if (is_esp32(board) || is_c2) {
        trust->slots = 1;
        read_block(board, is_c2 ? 3 : 2, is_c2 ? DIGEST_C2 : 0, trust->digests[0], trust->size);
        return;
    }
    for (unsigned slot = 0; slot < SLOTS_MAX; slot++) {
        char revoke[32];

        snprintf(revoke, sizeof revoke, "SECURE_BOOT_KEY_REVOKE%u", slot);
        for (unsigned i = 0; i < board->target->key_block_count; i++) {
            if (board->security.purposes[i] != DIGEST_0 + slot || vb__efuse_field(board, revoke) != 0)
                continue;
            trust->slots |= 1u << slot;
            read_block(board, KEY_BLOCK_0 + i, 0, trust->digests[slot], DIGEST_SIZE);
        }
    }
}

/* Where the image ends and its signature sector begins; 0 = there is no image. */
static uint32_t image_end(const struct vb_board *board, uint32_t addr, bool whole_sectors)
{
    uint32_t at = addr + 24;
    uint8_t head[24], segment[8];

    vb__look(board, addr, head, sizeof head);
    if (head[0] != 0xe9 || head[1] > SEGMENTS_MAX)
        return 0;
    for (unsigned i = 0; i < head[1]; i++) {
        vb__look(board, at, segment, sizeof segment);
        if (eg_get32(segment + 4) > board->flash.size)
            return 0;
        at += 8 + eg_get32(segment + 4);
    }
    at = addr + (at - addr) / 16 * 16 + 16 + (head[23] == 1 ? 32 : 0);
    if (whole_sectors)
        at += (EG_FLASH_SECTOR - (at - addr) % EG_FLASH_SECTOR) % EG_FLASH_SECTOR;
    return at - addr <= board->flash.size ? at : 0;
}

/* Digest of the flash from `addr` to `end`, after `before`. */
static bool hash(const struct vb_board *board, const EVP_MD *kind, uint32_t addr, uint32_t end,
                 uint8_t *digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex(context, kind, NULL) == 1;

    for (uint32_t at = addr, size; good && at < end; at += size) {
        uint8_t piece[EG_FLASH_SECTOR];

        size = end - at < sizeof piece ? end - at : (uint32_t)sizeof piece;
        vb__look(board, at, piece, size);
        good = EVP_DigestUpdate(context, piece, size) == 1;
    }
    good = good && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static void reversed(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = from[size - 1 - i];
}

static EVP_PKEY *make_key(const char *kind, OSSL_PARAM_BLD *built)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(built);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *key = NULL;

    if (params != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(const uint8_t *block)
{
    OSSL_PARAM_BLD *built = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_lebin2bn(block + 36, RSA_SIZE, NULL), *e = BN_lebin2bn(block + 420, 4, NULL);
    EVP_PKEY *key = NULL;

    if (built != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(built, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(built, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = make_key("RSA", built);
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(built);
    return key;
}

static EVP_PKEY *ec_key(const uint8_t *block, const struct shape *shape)
{
    OSSL_PARAM_BLD *built = OSSL_PARAM_BLD_new();
    const size_t size = shape->point_size;
    uint8_t point[1 + 2 * POINT_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key = NULL;

    reversed(point + 1, block + shape->key_at + 1, size);
    reversed(point + 1 + size, block + shape->key_at + 1 + size, size);
    if (built != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(built, OSSL_PKEY_PARAM_GROUP_NAME, shape->group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(built, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1)
        key = make_key("EC", built);
    OSSL_PARAM_BLD_free(built);
    return key;
}

/* The signature as OpenSSL takes it; returns its size, 0 = it cannot be one. */
static size_t take_signature(uint8_t *signature, const uint8_t *block, const struct shape *shape)
{
    const uint8_t *at = block + shape->signature_at;
    unsigned char *end = signature;

    if (shape->group == NULL) {
        reversed(signature, at, RSA_SIZE);
        return RSA_SIZE;
    }
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_lebin2bn(at, shape->point_size, NULL),
           *s = BN_lebin2bn(at + shape->point_size, shape->point_size, NULL);
    int size = 0;
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        size = i2d_ECDSA_SIG(pair, &end);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

static bool is_signed(const uint8_t *block, const struct shape *shape, const uint8_t *digest)
{
    EVP_PKEY *key = shape->group == NULL ? rsa_key(block) : ec_key(block, shape);
    EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    uint8_t signature[RSA_SIZE];
    const size_t size = take_signature(signature, block, shape);
    bool good = context != NULL && size != 0 && EVP_PKEY_verify_init(context) == 1;

    if (good && shape->group == NULL)
        good = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    good = good && EVP_PKEY_verify(context, signature, size, digest, shape->digest_size) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

static const struct shape *shape_of(struct vb_board *board, const uint8_t *block)
{
    unsigned takes = BY_RSA | BY_ECDSA;

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strcmp(schemes[i].target, board->target->name) == 0)
            takes = schemes[i].takes;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape *shape = &shapes[i];

        if (block[1] != shape->version || (shape->group != NULL && block[shape->key_at] != shape->curve))
            continue;
        if ((takes & (shape->group == NULL ? BY_RSA : BY_ECDSA)) == 0)
            return NULL;
        return shape->point_size < POINT_MAX || vb__efuse_field(board, "SECURE_BOOT_SHA384_EN") != 0 ? shape
                                                                                                     : NULL;
    }
    return NULL;
}

static bool is_trusted(const struct trust *trust, const uint8_t *block, const struct shape *shape)
{
    uint8_t digest[DIGEST_SIZE];
    struct eg_error err;

    if (eg_sha256(digest, block + shape->key_at, shape->key_size, &err) != EG_OK)
        return false;
    for (unsigned slot = 0; slot < SLOTS_MAX; slot++)
        if ((trust->slots >> slot & 1) != 0 && memcmp(digest, trust->digests[slot], trust->size) == 0)
            return true;
    return false;
}

static bool block_passes(struct vb_board *board, const struct trust *trust, uint32_t addr, uint32_t end,
                         const uint8_t *block)
{
    const struct shape *shape = shape_of(board, block);
    uint8_t digest[EVP_MAX_MD_SIZE];

    return block[0] == MAGIC && shape != NULL && crc32(0, block, BLOCK_CRC) == eg_get32(block + BLOCK_CRC) &&
           hash(board, shape->digest_size > DIGEST_SIZE ? EVP_sha384() : EVP_sha256(), addr, end, digest) &&
           memcmp(digest, block + 4, shape->digest_size) == 0 && is_trusted(trust, block, shape) &&
           is_signed(block, shape, digest);
}

enum vb__signature vb__signature_check(struct vb_board *board, uint32_t addr, uint8_t *magic)
{
    const uint32_t end = image_end(board, addr, true);
    const unsigned blocks = is_esp32(board) || board->target->key_rule == EG_KEY_WORDS ? 1 : SLOTS_MAX;
    struct trust trust;
    uint8_t block[BLOCK_SIZE];

    find_trust(board, &trust);
    vb__look(board, end, magic, 1);
    if (end == 0 || *magic != MAGIC)
        return VB__SIGNATURE_ABSENT;
    for (unsigned i = 0; i < blocks; i++) {
        vb__look(board, end + i * BLOCK_SIZE, block, sizeof block);
        if (block_passes(board, &trust, addr, end, block))
            return VB__SIGNATURE_GOOD;
    }
    return VB__SIGNATURE_BAD;
}

unsigned vb__signature_slots(struct vb_board *board)
{
    struct trust trust;

    find_trust(board, &trust);
    return trust.slots;
}

static void swap_words(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i += 4) {
        uint8_t word[4];

        memcpy(word, data + i, sizeof word);
        reversed(data + i, word, sizeof word);
    }
}

/* A piece as version 1 hashes it; its size is a multiple of the cipher's. */
static bool hash_piece(EVP_MD_CTX *digest, EVP_CIPHER_CTX *cipher, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i += VB__CIPHER_BLOCK) {
        uint8_t block[VB__CIPHER_BLOCK];
        int written = 0;

        reversed(block, data + i, sizeof block);
        if (EVP_EncryptUpdate(cipher, block, &written, block, sizeof block) != 1)
            return false;
        reversed(data + i, block, sizeof block);
    }
    swap_words(data, size);
    return EVP_DigestUpdate(digest, data, size) == 1;
}

/* How much of the bootloader version 1 hashes: an image with its own digest loses a short rest of 128 bytes,
 * any other is filled up. */
static uint32_t hashed_size(const struct vb_board *board, uint32_t size)
{
    const uint32_t rest = size % IV_SIZE;
    uint8_t has_digest;

    vb__look(board, board->target->bootloader_addr + 23, &has_digest, 1);
    return has_digest == 1 && rest <= DIGEST_SIZE ? size - rest : size + (IV_SIZE - rest) % IV_SIZE;
}

static bool hash_v1(const struct vb_board *board, EVP_MD_CTX *digest, EVP_CIPHER_CTX *cipher)
{
    const uint32_t addr = board->target->bootloader_addr, end = image_end(board, addr, false);
    const uint32_t size = hashed_size(board, end - addr);
    uint8_t piece[IV_SIZE];

    vb__look(board, 0, piece, sizeof piece);
    if (end == 0 || !hash_piece(digest, cipher, piece, sizeof piece))
        return false;
    for (uint32_t at = addr; at < addr + size; at += IV_SIZE) {
        memset(piece, 0xff, sizeof piece);
        if (at < end)
            vb__look(board, at, piece, end - at < IV_SIZE ? end - at : IV_SIZE);
        if (!hash_piece(digest, cipher, piece, sizeof piece))
            return false;
    }
    return true;
}

bool vb__digest_passes(struct vb_board *board)
{
    const bool is_short = vb__efuse_field(board, "CODING_SCHEME") == EG_CODING_3_4;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t key[32], found[64], expected[64];

    vb__efuse_key(board, 2, key, is_short ? 24 : sizeof key);
    if (is_short)
        memcpy(key + 24, key + 8, 8);
    vb__look(board, IV_SIZE, expected, sizeof expected);
    bool good = digest != NULL && cipher != NULL &&
                EVP_EncryptInit_ex(cipher, EVP_aes_256_ecb(), NULL, key, NULL) == 1 &&
                EVP_DigestInit_ex(digest, EVP_sha512(), NULL) == 1 && hash_v1(board, digest, cipher) &&
                EVP_DigestFinal_ex(digest, found, NULL) == 1;
    EVP_MD_CTX_free(digest);
    EVP_CIPHER_CTX_free(cipher);
    swap_words(found, good ? sizeof found : 0);
    return good && memcmp(found, expected, sizeof found) == 0;
}
