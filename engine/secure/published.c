/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/published.h"

#include "engine/base/digest.h"

/* The first eight bytes of the SHA-256 of each, as a big-endian number. Symmetric keys, then private values
 * of ECDSA keys with zeros in front to 32 or 64 bytes, then digests of public keys. */
static const uint64_t published[] = {
    0xf2ded1a56fd004fe, 0x456bce532fae2005, 0x56d3a3fbd59c3cac, 0xa4c7b3e126f0d8af, 0x731839fceb10fbf1,
    0xa00e4a5b83734162, 0xcb2635dc0340e3b6, 0x2ffadd6659caeda1, 0x9e6fe538e067ca5d, 0xc7e7cc5f1cc3c56e,
    0x7848109376a55e12, 0xa3d277bd68a37fce, 0xc133e0af80cbec24, 0xf781b1136aab0c28, 0xf13bf4784e19324d,
    0x5642d501a1b2e5c8, 0xd18a68dd6410cf1b, 0x8aec389846921d3b, 0x3f504eb3392d6711, 0xbf0b03fe7478d930,
    0xba1f7db2d097c661, 0x53a59f20c45c1b5f, 0x596a8860a075a196, 0x0ed172356d1889f5, 0x87f615419ad212aa,
};

enum eg_code eg_secret_refuse_published(const uint8_t *key, size_t size, struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];
    uint64_t number = 0;

    EG_TRY(eg_sha256(digest, key, size, err));
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        if (published[i] == number)
            return eg_error_set(err, EG_SECURED,
                                "is a key for tests that anyone can have: make one of your own");
    return EG_OK;
}
