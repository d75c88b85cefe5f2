/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/mac.h"
#include "engine/base/bytes.h"

#include <stdio.h>
#include <string.h>

void eg_mac_text(char text[EG_MAC_TEXT], const uint8_t mac[EG_MAC_SIZE])
{
    snprintf(text, EG_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
}

static bool is_separator(char c)
{
    return c == ':' || c == '-' || c == '.';
}

size_t eg_mac_parse_prefix(uint8_t mac[EG_MAC_SIZE], const char *text, size_t size)
{
    size_t count = 0, group = 0; /* bytes read; bytes between separators, 0 = no separator so far */
    char separator = 0;

    for (size_t at = 0; at < size; count++) {
        if (group == 0 && count > 0 && count <= 3 && is_separator(text[at])) {
            group = count;
            separator = text[at];
        }
        if (group != 0 && count % group == 0) {
            if (text[at++] != separator)
                return 0;
        }
        if (at + 1 == size && text[at] == '*')
            return count < EG_MAC_SIZE ? count : 0;
        if (count == EG_MAC_SIZE || size - at < 2)
            return 0;
        const char digits[] = {text[at], text[at + 1], '\0'};
        if (!eg_hex_parse(mac + count, 1, digits))
            return 0;
        at += 2;
    }
    return count;
}

bool eg_mac_parse(uint8_t mac[EG_MAC_SIZE], const char *text)
{
    uint8_t read[EG_MAC_SIZE];

    if (eg_mac_parse_prefix(read, text, strlen(text)) != EG_MAC_SIZE)
        return false;
    memcpy(mac, read, sizeof read);
    return true;
}

bool eg_mac_normalise(char text[EG_MAC_TEXT], const char *given)
{
    uint8_t mac[EG_MAC_SIZE];

    if (!eg_mac_parse(mac, given))
        return false;
    eg_mac_text(text, mac);
    return true;
}
