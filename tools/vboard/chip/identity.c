/* SPDX-License-Identifier: Apache-2.0 */

/* Who the chip is: MAC, package and revision, in the eFuse words where the target says they are. */

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define MAGIC_ADDR 0x40001000u

/* Revision a board has when the configuration does not say, as major * 100 + minor: the recordings' chips,
 * and what is sold of the others. Chips without a row are at v0.0. */
static const struct {
    const char *target;
    uint16_t revision;
    uint8_t package;
} usual[] = {
    {"esp32", 301, 1},    {"esp32c2", 102, 0}, {"esp32c3", 4, 0},   {"esp32c5", 100, 0}, {"esp32c6", 2, 0},
    {"esp32c61", 100, 0}, {"esp32h2", 102, 0}, {"esp32p4", 103, 0}, {"esp32s2", 100, 0}, {"esp32s3", 2, 0},
};

/* A locally administered address, so that it is nobody's. */
void vb__identity_init(struct vb_board *board)
{
    static const uint8_t none[6];

    memcpy(board->identity.mac, board->config.mac, sizeof board->identity.mac);
    if (memcmp(board->identity.mac, none, sizeof none) != 0)
        return;
    /* The ESP8266's OTP holds one of Espressif's vendor parts. */
    if (board->target->mac_layout == EG_MAC_ESP8266_OTP)
        memcpy(board->identity.mac, (const uint8_t[]){0x18, 0xfe, 0x34}, 3);
    else
        memcpy(board->identity.mac, (const uint8_t[]){0x02, 0x65, 0x67}, 3);
    board->identity.mac[3] = (uint8_t)(board->config.number >> 16);
    board->identity.mac[4] = (uint8_t)(board->config.number >> 8);
    board->identity.mac[5] = (uint8_t)board->config.number;
}

/* The check byte after the MAC in efuse: CRC-8 with the polynomial 0x31, least bit first, over the six
 * bytes. */
static uint8_t mac_crc(const uint8_t mac[6])
{
    unsigned crc = 0;

    for (size_t i = 0; i < 6; i++) {
        crc ^= mac[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8c : crc >> 1;
    }
    return (uint8_t)crc;
}

static void put_mac(struct vb_board *board)
{
    const uint8_t *mac = board->identity.mac;
    const uint32_t addr = board->target->mac_addr;

    switch (board->target->mac_layout) {
    case EG_MAC_EFUSE:
        vb__memory_put(board, addr,
                       (uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5]);
        vb__memory_put(board, addr + 4, (uint32_t)mac[0] << 8 | mac[1]);
        if ((board->target->quirks & EG_QUIRK_MAC_EXTENSION) != 0) /* as it makes an EUI-64 of any MAC */
            vb__memory_put(board, addr + 4, vb__memory_get(board, addr + 4) | UINT32_C(0xfffe) << 16);
        if (board->target->revision_rule == EG_REVISION_ESP32)
            vb__memory_put(board, addr + 4, vb__memory_get(board, addr + 4) | (uint32_t)mac_crc(mac) << 16);
        break;
    case EG_MAC_ESP8266_OTP:
        /* Bytes 3 to 5 are mac[3..5]; the vendor part stands in word 3, its low three bytes. */
        vb__memory_put(board, addr, (uint32_t)mac[5] << 24);
        vb__memory_put(board, addr + 4, (uint32_t)mac[3] << 8 | mac[4]);
        vb__memory_put(board, addr + 12, (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2]);
        break;
    }
}

static void put_revision(struct vb_board *board, uint16_t revision)
{
    const struct eg_target *target = board->target;
    uint32_t major = revision / 100;

    switch (target->revision_rule) {
    case EG_REVISION_NONE:
        return;
    case EG_REVISION_ESP32: /* thermometer code */
        major = (UINT32_C(1) << (major < 3 ? major : 3)) - 1;
        break;
    case EG_REVISION_FIELDS:
    case EG_REVISION_ESP32_S3:
        break;
    }
    vb__put_field(board, EG_FIELD_REV_MAJOR, major);
    vb__put_field(board, EG_FIELD_REV_MINOR, revision % 100);
}

void vb__identity_burn(struct vb_board *board)
{
    const struct eg_target *target = board->target;
    uint16_t revision = board->config.revision;

    put_mac(board);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (strcmp(usual[i].target, target->name) != 0)
            continue;
        vb__put_field(board, EG_FIELD_PACKAGE, usual[i].package);
        if (revision == 0)
            revision = usual[i].revision;
    }
    put_revision(board, revision == VB_REVISION_0 ? 0 : revision);
    if (target->detect == EG_DETECT_MAGIC)
        vb__memory_put(board, MAGIC_ADDR, target->magic);
}

void vb__identity_read(struct vb_board *board)
{
    uint8_t mac[6];

    if (eg_target_mac(board->target, vb__memory_read, board, mac))
        memcpy(board->identity.mac, mac, sizeof mac);
    if (!eg_target_revision(board->target, vb__memory_read, board, &board->identity.revision))
        board->identity.revision = 0;
}
