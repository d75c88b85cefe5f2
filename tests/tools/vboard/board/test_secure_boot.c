/* SPDX-License-Identifier: Apache-2.0 */

/* Secure boot of a simulated board: which images of the fixtures run, and the log. */

#include "engine/base/file.h"
#include "targets/efuse.h"
#include "tests/tools/vboard/player.h"
#include "tools/vboard/board/life.h"

#include <jansson.h>

#define APP 0x10000u

/* Burn these bits, into a word that may have others already. */
static void add_word(struct vb_config *config, uint32_t addr, uint32_t bits)
{
    unsigned i = 0;

    while (i < config->register_count && config->registers[i].addr != addr)
        i++;
    if (i == config->register_count)
        config->registers[config->register_count++] = (struct vb_register){addr, 0};
    config->registers[i].word |= bits;
}

static void add_field(struct vb_config *config, const char *name, uint32_t value)
{
    const struct eg_efuse *map = eg_efuse_of(config->target);
    const struct eg_efuse_field *field = map->fields;

    while (strcmp(field->name, name) != 0)
        field++;
    add_word(config, map->base + map->blocks[field->block].read + 4u * field->word, value << field->pos);
}

static void add_bytes(struct vb_config *config, unsigned block, unsigned from, const uint8_t *data,
                      size_t size)
{
    const struct eg_efuse *map = eg_efuse_of(config->target);

    for (size_t i = 0; i < size; i += 4)
        add_word(config, map->base + map->blocks[block].read + from + (uint32_t)i, eg_get32(data + i));
}

/* Read the digest of a public key of the fixtures. */
static void digest_of(uint8_t digest[32], const char *key)
{
    char path[4096], name[64];
    json_t *const root = json_load_file(fixture_path(path, "security/sign/sign.json"), 0, NULL);

    snprintf(name, sizeof name, "%s.pub.pem", key);
    assert_true(eg_hex_parse(
        digest, 32, json_string_value(json_object_get(json_object_get(root, "public_key_digests"), name))));
    json_decref(root);
}

static void add_digest(struct vb_config *config, unsigned slot, const char *key)
{
    uint8_t digest[32];
    char name[32];

    digest_of(digest, key);
    if (strcmp(config->target->name, "esp32") == 0) {
        add_bytes(config, 2, 0, digest, 32);
    } else if (strcmp(config->target->name, "esp32c2") == 0) {
        add_bytes(config, 3, 16, digest, 16);
    } else {
        snprintf(name, sizeof name, "KEY_PURPOSE_%u", slot);
        add_field(config, name, 9 + slot);
        add_bytes(config, 4 + slot, 0, digest, 32);
    }
}

/* Copy a file of the fixtures into the flash, unchanged. */
static void lay(struct vb_board *board, uint32_t addr, const char *file)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    char path[4096], name[64];
    struct eg_error err;

    snprintf(name, sizeof name, "security/sign/%s", file);
    assert_ok(eg_file_read(&data, fixture_path(path, name), 0x10000, &err), err);
    memcpy(board->flash.data + addr, data.data, data.size);
}

#define SUCCEEDED "secure boot verification succeeded\r\n"
#define FAILED    "secure boot verification failed\r\nets_main.c 329"
#define NO_MAGIC                                                                                             \
    "No signature block magic byte found at signature sector (found 0xe6 not 0xe7). Image not V2 signed?"

static const struct row {
    const char *chip, *image;
    const char *keys[3]; /* keys whose digests are burnt, by slot */
    unsigned revoked;    /* slots */
    int flipped;         /* byte whose bit 0 is flipped; 0 = none */
    const char *text;
    bool sha384;
} rows[] = {
    {"esp32c3",
     "v2-rsa3072-a.bin",
     {"rsa3072-a"},
     0,
     0,
     "Valid secure boot key blocks: 0\r\n" SUCCEEDED "load:",
     false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-b"}, 0, 0, "Valid secure boot key blocks: 0\r\n" FAILED, false},
    {"esp32c3", "v2-rsa3072-a.bin", {NULL}, 0, 0, "Valid secure boot key blocks:\r\n" FAILED, false},
    {"esp32c3", "v2-three-rsa.bin", {NULL, NULL, "rsa3072-c"}, 0, 0, "blocks: 2\r\n" SUCCEEDED, false},
    {"esp32c3", "v2-three-rsa.bin", {"rsa3072-a"}, 1, 0, "blocks:\r\n" FAILED, false},
    {"esp32c3", "v2-three-rsa.bin", {"rsa3072-a", "rsa3072-b"}, 1, 0, "blocks: 1\r\n" SUCCEEDED, false},
    {"esp32c3",
     "v2-rsa3072-a.bin",
     {"rsa3072-a", "rsa3072-b", "rsa3072-c"},
     1,
     0,
     "blocks: 1 2\r\n" FAILED,
     false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 40, FAILED, false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 4096, NO_MAGIC "\r\n" FAILED, false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 4100, FAILED, false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 5292, FAILED, false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 5296, SUCCEEDED, false},
    {"esp32c3", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 5312, SUCCEEDED, false},
    {"esp32c3", "v2-rsa3072-a.badsig.bin", {"rsa3072-a"}, 0, 0, FAILED, false},
    {"esp32c3", "v2-ec256-a.bin", {"ec256-a"}, 0, 0, FAILED, false}, /* takes RSA alone */
    {"esp32", "v2-rsa3072-a.bin", {"rsa3072-a"}, 0, 0, "(SPI_FAST_FLASH_BOOT)\r\n" SUCCEEDED, false},
    {"esp32", "v2-three-rsa.bin", {"rsa3072-c"}, 0, 0, FAILED, false}, /* looks at one block */
    {"esp32c2", "v2-ec256-a.bin", {"ec256-a"}, 0, 0, "blocks: 0\r\n" SUCCEEDED, false},
    {"esp32c2", "v2-ec256-a.bin", {"ec256-b"}, 0, 0, FAILED, false},
    {"esp32c2", "v2-ec192-a.bin", {"ec192-a"}, 0, 0, SUCCEEDED, false},
    {"esp32c2", "v2-appended.bin", {"ec256-b"}, 0, 0, FAILED, false},
    {"esp32c6", "v2-appended.bin", {"ec256-b"}, 0, 0, SUCCEEDED, false},
    {"esp32c5", "v2-ec384-a.bin", {"ec384-a"}, 0, 0, SUCCEEDED, true},
    {"esp32c5", "v2-ec384-a.bin", {"ec384-a"}, 0, 0, FAILED, false},
};

static struct vb_config config_of(const struct row *row)
{
    struct vb_config config = {.target = eg_target_by_name(row->chip), .fast = true};
    const struct eg_efuse *map = eg_efuse_of(config.target);

    for (unsigned slot = 0; slot < 3; slot++) {
        char name[32];

        if (row->keys[slot] != NULL)
            add_digest(&config, slot, row->keys[slot]);
        snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%u", slot);
        if ((row->revoked >> slot & 1) != 0)
            add_field(&config, name, 1);
    }
    if (row->sha384)
        add_field(&config, "SECURE_BOOT_SHA384_EN", 1);
    add_field(&config, map->secure_boot, 1);
    return config;
}

static void boot(struct player *player)
{
    vb_board_set_host_baud(player->board, player->now_us, 0);
    player_hard_reset(player);
    player_idle(player, 100000);
}

static void a_bootloader_runs_when_a_trusted_key_has_signed_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct player player;

        player_start(&player, config_of(&rows[i]));
        const uint32_t addr = player.target->bootloader_addr;
        /* The fixtures' images have chip 0 in their headers, which no ROM checks here. */
        lay(player.board, addr, rows[i].image);
        if (rows[i].flipped != 0)
            player.board->flash.data[addr + (uint32_t)rows[i].flipped] ^= 1;
        boot(&player);
        if (!player_heard(&player, rows[i].text) ||
            player_heard(&player, "entry ") != (strstr(rows[i].text, SUCCEEDED) != NULL))
            fail_msg("row %zu: %.*s", i, (int)player.got_size, (const char *)player.got);
        vb_board_destroy(player.board);
    }
}

static void a_hidden_digest_is_none(void **state)
{
    struct vb_config config = config_of(&rows[0]);
    struct player player;

    (void)state;
    add_field(&config, "RD_DIS", 1);
    player_start(&player, config);
    lay(player.board, 0, rows[0].image);
    boot(&player);
    assert_true(player_heard(&player, FAILED));
    vb_board_destroy(player.board);
}

static void an_application_without_a_signature_does_not_start(void **state)
{
    static const uint8_t table[] = {0xaa, 0x50, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0};

    (void)state;
    for (int with = 0; with < 2; with++) {
        struct player player;

        player_start(&player, config_of(&rows[0]));
        uint8_t *const flash = player.board->flash.data;
        lay(player.board, 0, rows[0].image);
        memcpy(flash + 0x8000, table, sizeof table);
        lay(player.board, APP, rows[0].image);
        memcpy(flash + APP + 0x2000, "vboard says: hello", 19);
        if (!with)
            memset(flash + APP + 0x1000, 0xff, 0x1000);
        boot(&player);
        assert_int_equal(player_heard(&player, "hello\r\n"), with);
        assert_int_equal(player_heard(&player, "esp_image: Secure boot signature verification failed"),
                         !with);
        vb_board_destroy(player.board);
    }
}

/* The fixtures' digest for a key in block 2, of 24 bytes with 3/4 coding. */
static void version_1_compares_the_digest_at_address_0(void **state)
{
    char path[4096];
    json_t *const root = json_load_file(fixture_path(path, "security/sign/sign.json"), 0, NULL);
    const json_t *outputs = json_object_get(root, "outputs");
    unsigned tried = 0;

    (void)state;
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const json_t *output = json_array_get(outputs, i);
        struct vb_config config = {.target = eg_target_by_name("esp32"), .fast = true};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer key = {0};
        uint8_t burnt[32];
        char name[64];
        struct player player;
        struct eg_error err;

        if (strcmp(json_string_value(json_object_get(output, "kind")), "v1 bootloader digest") != 0)
            continue;
        snprintf(name, sizeof name, "security/keys/%s", json_string_value(json_object_get(output, "key")));
        assert_ok(eg_file_read(&key, fixture_path(path, name), 32, &err), err);
        for (size_t k = 0; k < key.size; k++)
            burnt[k] = key.data[key.size - 1 - k];
        add_bytes(&config, 2, 0, burnt, key.size);
        add_field(&config, "CODING_SCHEME", key.size == 24);
        add_field(&config, "RD_DIS", 2);
        add_field(&config, "ABS_DONE_0", 1);
        player_start(&player, config);
        uint8_t *const flash = player.board->flash.data;
        lay(player.board, 0, "v1-iv.bin");
        assert_true(eg_hex_parse(flash + 128, 64, json_string_value(json_object_get(output, "digest"))));
        lay(player.board, 0x1000, json_string_value(json_object_get(output, "image")));
        boot(&player);
        if (!player_heard(&player, "entry "))
            fail_msg("output %zu: %.*s", i, (int)player.got_size, (const char *)player.got);
        flash[0x1000 + 40] ^= 1;
        boot(&player);
        assert_true(player_heard(&player, "Secure boot check fail\r\n"));
        assert_false(player_heard(&player, "entry "));
        vb_board_destroy(player.board);
        tried++;
    }
    assert_int_equal(tried, 10);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bootloader_runs_when_a_trusted_key_has_signed_it),
        cmocka_unit_test(a_hidden_digest_is_none),
        cmocka_unit_test(an_application_without_a_signature_does_not_start),
        cmocka_unit_test(version_1_compares_the_digest_at_address_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
