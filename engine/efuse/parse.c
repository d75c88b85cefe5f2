/* SPDX-License-Identifier: Apache-2.0 */

/* Values of fields as people write them. */

#include "engine/base/bytes.h"
#include "engine/base/mac.h"
#include "engine/efuse/efuse.h"
#include "engine/secure/secret.h"

#include <string.h>

enum { PIN_MAX = 29, PIN_HIGH = 32, PIN_HIGH_MAX = 33, MAKER_SIZE = 3 };

enum eg_code eg_efuse_parse_bytes(const struct eg_efuse_field *field, const char *text,
                                  uint8_t bits[EG_EFUSE_BYTES_MAX], struct eg_error *err)
{
    const size_t size = eg_efuse_size(field);
    const bool reversed = strncmp(text, "0x", 2) == 0;
    uint8_t given[EG_EFUSE_BYTES_MAX];

    memset(bits, 0, EG_EFUSE_BYTES_MAX);
    if (!eg_hex_parse(given, size, text + (reversed ? 2 : 0)))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s takes %zu bytes as %zu hex digits", field->name, size,
                            2 * size);
    for (size_t i = 0; i < size; i++)
        bits[i] = given[reversed ? size - 1 - i : i];
    eg_wipe(given, sizeof given);
    return EG_OK;
}

enum eg_code eg_efuse_parse_pin(const struct eg_efuse_field *field, uint64_t pin, uint32_t *number,
                                struct eg_error *err)
{
    if (pin > PIN_HIGH_MAX || (pin > PIN_MAX && pin < PIN_HIGH))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: %llu is no pin: 1 to %d, %d and %d are", field->name,
                            (unsigned long long)pin, PIN_MAX, PIN_HIGH, PIN_HIGH_MAX);
    *number = (uint32_t)(pin >= PIN_HIGH ? pin - (PIN_HIGH - PIN_MAX - 1) : pin);
    return EG_OK;
}

enum eg_code eg_efuse_check_custom_mac(const struct eg_efuses *fuses, const uint8_t mac[EG_MAC_SIZE],
                                       struct eg_error *err)
{
    uint8_t factory[8];
    char text[EG_MAC_TEXT];

    eg_mac_text(text, mac);
    if ((mac[0] & 1) != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s is a multicast address: the lowest bit of its first byte must be 0", text);
    eg_efuse_mac_bytes(fuses, eg_efuse_find(fuses, "MAC"), factory);
    if (memcmp(mac, factory, MAKER_SIZE) == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s is of the range of the chip's factory: another chip has it, or will have it",
                            text);
    return EG_OK;
}
