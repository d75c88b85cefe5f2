/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How eFuse blocks are coded: Reed-Solomon (44, 32) of the newer family, 3/4 of the ESP32.
 *
 * Reed-Solomon is systematic, over GF(256) with the polynomial 0x11d and the roots 2^0 to 2^11; the first
 * byte is the highest power. In 3/4 coding two bytes follow each six: their exclusive or, and the sum of each
 * one's set bits times its place from 1.
 */

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define CHECK_SIZE  (VB__CODED_SIZE - VB__CODED_DATA)
#define CORRECTABLE (CHECK_SIZE / 2)

static uint8_t product(uint8_t a, uint8_t b)
{
    uint8_t result = 0;

    for (; b != 0; b >>= 1) {
        if ((b & 1) != 0)
            result ^= a;
        a = (uint8_t)(a << 1 ^ (a >> 7) * 0x1d);
    }
    return result;
}

static uint8_t power(uint8_t base, unsigned exponent)
{
    uint8_t result = 1;

    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0)
            result = product(result, base);
        base = product(base, base);
    }
    return result;
}

static uint8_t inverse(uint8_t a)
{
    return power(a, 254);
}

/* The value at `x` of a polynomial whose lowest power comes first. */
static uint8_t value(const uint8_t *polynomial, size_t count, uint8_t x)
{
    uint8_t result = 0;

    while (count > 0)
        result = product(result, x) ^ polynomial[--count];
    return result;
}

void vb__rs_check(uint8_t coded[VB__CODED_SIZE])
{
    static const uint8_t generator[CHECK_SIZE] = {0x44, 0x77, 0x43, 0x76, 0xdc, 0x1f,
                                                  0x07, 0x54, 0x5c, 0x7f, 0xd5, 0x61};
    uint8_t rest[CHECK_SIZE] = {0};

    for (size_t i = 0; i < VB__CODED_DATA; i++) {
        const uint8_t factor = coded[i] ^ rest[0];

        memmove(rest, rest + 1, CHECK_SIZE - 1);
        rest[CHECK_SIZE - 1] = 0;
        for (size_t k = 0; k < CHECK_SIZE; k++)
            rest[k] ^= product(factor, generator[k]);
    }
    memcpy(coded + VB__CODED_DATA, rest, CHECK_SIZE);
}

static bool syndromes(uint8_t found[CHECK_SIZE], const uint8_t coded[VB__CODED_SIZE])
{
    bool any = false;

    for (unsigned k = 0; k < CHECK_SIZE; k++) {
        const uint8_t root = power(2, k);

        found[k] = 0;
        for (size_t i = 0; i < VB__CODED_SIZE; i++)
            found[k] = product(found[k], root) ^ coded[i];
        any = any || found[k] != 0;
    }
    return any;
}

/* Berlekamp and Massey: the shortest polynomial that makes the syndromes; returns its degree. */
static unsigned locator(uint8_t found[CHECK_SIZE + 1], const uint8_t syndrome[CHECK_SIZE])
{
    uint8_t before[CHECK_SIZE + 1] = {1}, last = 1;
    unsigned degree = 0, shift = 1;

    memset(found, 0, CHECK_SIZE + 1);
    found[0] = 1;
    for (unsigned n = 0; n < CHECK_SIZE; n++, shift++) {
        uint8_t old[CHECK_SIZE + 1], off = syndrome[n];

        for (unsigned i = 1; i <= degree; i++)
            off ^= product(found[i], syndrome[n - i]);
        if (off == 0)
            continue;
        memcpy(old, found, sizeof old);
        const uint8_t factor = product(off, inverse(last));
        for (unsigned i = 0; i + shift <= CHECK_SIZE; i++)
            found[i + shift] ^= product(factor, before[i]);
        if (2 * degree > n)
            continue;
        degree = n + 1 - degree;
        memcpy(before, old, sizeof before);
        last = off;
        shift = 0;
    }
    return degree;
}

/* Forney: by how much the byte of this power of x is off. */
static uint8_t magnitude(const uint8_t locates[CHECK_SIZE + 1], const uint8_t syndrome[CHECK_SIZE], uint8_t x)
{
    uint8_t evaluates[CHECK_SIZE] = {0}, derivative[CHECK_SIZE + 1] = {0};

    for (unsigned i = 0; i < CHECK_SIZE; i++)
        for (unsigned k = 0; k <= i; k++)
            evaluates[i] ^= product(locates[k], syndrome[i - k]);
    for (unsigned i = 1; i <= CHECK_SIZE; i += 2)
        derivative[i - 1] = locates[i];
    const uint8_t back = inverse(x);

    return product(
        x, product(value(evaluates, CHECK_SIZE, back), inverse(value(derivative, CHECK_SIZE + 1, back))));
}

int vb__rs_correct(uint8_t coded[VB__CODED_SIZE])
{
    uint8_t syndrome[CHECK_SIZE], locates[CHECK_SIZE + 1], fixed[VB__CODED_SIZE];
    unsigned roots = 0;

    if (!syndromes(syndrome, coded))
        return 0;
    const unsigned degree = locator(locates, syndrome);
    if (degree > CORRECTABLE)
        return -1;
    memcpy(fixed, coded, sizeof fixed);
    for (unsigned i = 0; i < VB__CODED_SIZE; i++) {
        const uint8_t x = power(2, VB__CODED_SIZE - 1 - i);

        if (value(locates, CHECK_SIZE + 1, inverse(x)) != 0)
            continue;
        fixed[i] ^= magnitude(locates, syndrome, x);
        roots++;
    }
    if (roots != degree || syndromes(syndrome, fixed))
        return -1;
    memcpy(coded, fixed, sizeof fixed);
    return (int)degree;
}

static void check_group(const uint8_t group[6], uint8_t check[2])
{
    check[0] = check[1] = 0;
    for (unsigned i = 0; i < 6; i++) {
        check[0] ^= group[i];
        for (unsigned bit = 0; bit < 8; bit++)
            check[1] = (uint8_t)(check[1] + (group[i] >> bit & 1) * (i + 1));
    }
}

void vb__three_quarters_encode(uint8_t raw[32], const uint8_t data[24])
{
    for (size_t group = 0; group < 4; group++) {
        memcpy(raw + 8 * group, data + 6 * group, 6);
        check_group(data + 6 * group, raw + 8 * group + 6);
    }
}

static bool group_holds(const uint8_t group[8])
{
    uint8_t check[2];

    check_group(group, check);
    return memcmp(check, group + 6, sizeof check) == 0;
}

unsigned vb__three_quarters_decode(uint8_t data[24], const uint8_t raw[32])
{
    unsigned status = 0;

    for (size_t number = 0; number < 4; number++) {
        uint8_t group[8];

        memcpy(group, raw + 8 * number, sizeof group);
        if (!group_holds(group))
            status |= 1u << number;
        for (unsigned bit = 0; bit < 64 && !group_holds(group); bit++) {
            memcpy(group, raw + 8 * number, sizeof group);
            group[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        memcpy(data + 6 * number, group_holds(group) ? group : raw + 8 * number, 6);
    }
    return status;
}
