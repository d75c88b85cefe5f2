/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of a job's section `secure`, the list of wishes that it makes, and what no board could become. */

#include "engine/image/image.h"
#include "engine/image/partitions.h"
#include "engine/plan/unit.h"
#include "engine/provision/provision_internal.h"
#include "engine/secure/flash_crypt.h"
#include "engine/secure/published.h"
#include "engine/secure/signature.h"

#include <stdio.h>
#include <string.h>

/* Digests that a chip has room for. */
#define DIGESTS_MAX 3

static const char *const modes[] = {"check", "development", "release", NULL};
static const char *const key_choices[] = {"per-board", NULL};
static const char *const jtag_choices[] = {"open", "off", NULL};
static const char *const download_choices[] = {"open", "secure", "off", NULL};

const struct eg_option eg_provision_options[] = {
    {.key = "secure.mode",
     .type = EG_OPTION_CHOICE,
     .without = "no eFuse is touched",
     .choices = modes,
     .help = "burn as a product needs it, burn but keep the board open for development, or burn nothing and "
             "tell what would be"},
    {.key = "secure.boot.keys",
     .type = EG_OPTION_FILE_LIST,
     .without = "no secure boot",
     .help = "public keys of secure boot v2 in PEM, one to three; every image must be signed with one of "
             "them"},
    {.key = "secure.flash.key",
     .type = EG_OPTION_CHOICE,
     .without = "no flash encryption",
     .choices = key_choices,
     .help = "whose key encrypts the flash: each board gets one of its own, which nobody knows afterwards"},
    {.key = "secure.efuses",
     .type = EG_OPTION_MAP,
     .without = "none",
     .help = "more eFuse fields and the number that each gets: `{DIS_FORCE_DOWNLOAD: 1}`; `espgang efuse "
             "summary` lists them"},
    {.key = "secure.jtag",
     .type = EG_OPTION_CHOICE,
     .without = "off with secure boot or flash encryption in release mode, else open",
     .choices = jtag_choices,
     .help = "whether JTAG is switched off for good"},
    {.key = "secure.download",
     .type = EG_OPTION_CHOICE,
     .without = "refused in release mode, else open",
     .choices = download_choices,
     .help = "the loader of a finished board: as it is, reduced to secure download mode, or off for good"},
    {.key = NULL},
};

struct maker {
    struct eg_provision *made;
    const struct eg_plan *plan;
    const struct eg_efuse *chip;
    const char **place;
    struct eg_sign_key keys[DIGESTS_MAX];
    uint8_t digests[DIGESTS_MAX][EG_SHA256_SIZE];
    unsigned key_count;
};

static void maker_finish(struct maker *maker)
{
    for (unsigned i = 0; i < maker->key_count; i++)
        eg_sign_key_finish(&maker->keys[i]);
}

static const struct eg_setting *setting(const struct maker *maker, const char *key)
{
    return eg_plan_setting(maker->plan, key);
}

bool eg__provision_has_purposes(const struct eg_efuse *chip)
{
    return chip->blocks[4].name != NULL && chip->blocks[4].purpose != NULL;
}

static const struct eg_efuse_field *find_field(const struct eg_efuse_field *fields, const char *name)
{
    for (; fields != NULL && fields->name != NULL; fields++)
        if (strcmp(fields->name, name) == 0 || eg_efuse_listed(fields->alt, name))
            return fields;
    return NULL;
}

const struct eg_efuse_field *eg__provision_field(const struct eg_efuse *chip, const char *name)
{
    const struct eg_efuse_field *field = find_field(chip->fields, name);

    return field != NULL ? field : find_field(chip->fields_before, name);
}

static enum eg_code add(struct maker *maker, const struct eg_provision_item *item, struct eg_error *err)
{
    struct eg_provision *const made = maker->made;

    for (unsigned i = 0; i < made->count; i++) {
        struct eg_provision_item *const other = &made->items[i];
        if (strcmp(other->name, item->name) != 0 || other->kind != item->kind)
            continue;
        if (other->number == item->number)
            return EG_OK;
        return eg_error_set(err, EG_BAD_JOB, "%s would be %lu (%s) and %lu (%s)", item->name,
                            (unsigned long)other->number, other->reason, (unsigned long)item->number,
                            item->reason);
    }
    if (made->count == EG_PROVISION_ITEMS_MAX)
        return eg_error_set(err, EG_BAD_JOB, "there are more than %d wishes", EG_PROVISION_ITEMS_MAX);
    made->items[made->count++] = *item;
    return EG_OK;
}

static enum eg_code add_field(struct maker *maker, enum eg_provision_step step, const char *name,
                              uint32_t number, const char *reason, struct eg_error *err)
{
    struct eg_provision_item item = {
        .step = step, .kind = EG_PROVISION_FIELD, .number = number, .reason = reason};

    snprintf(item.name, sizeof item.name, "%s", name);
    return add(maker, &item, err);
}

static enum eg_code add_protection(struct maker *maker, const char *name, const char *reason,
                                   struct eg_error *err)
{
    struct eg_provision_item item = {
        .step = EG_PROVISION_LOCK, .kind = EG_PROVISION_PROTECT, .reason = reason};

    snprintf(item.name, sizeof item.name, "%s", name);
    return add(maker, &item, err);
}

/* The number of "NAME" (1), "NAME=all" or "NAME=n". */
static uint32_t listed_number(const struct maker *maker, const char *name, const char *value)
{
    const struct eg_efuse_field *const field = eg__provision_field(maker->chip, name);
    uint64_t number = 1;

    if (strcmp(value, "all") == 0)
        return field->bits < 32 ? (1u << field->bits) - 1 : UINT32_MAX;
    if (value[0] != '\0')
        (void)eg_number_parse(value, &number);
    return (uint32_t)number;
}

/* Every field of a chip's list. */
static enum eg_code add_list(struct maker *maker, const char *list, const char *reason, struct eg_error *err)
{
    for (const char *from = list; from != NULL && *from != '\0'; from += strspn(from, " ")) {
        char word[64];

        snprintf(word, sizeof word, "%.*s", (int)strcspn(from, " "), from);
        from += strlen(word);
        char *const equals = strchr(word, '=');
        if (equals != NULL)
            *equals = '\0';
        EG_TRY(add_field(maker, EG_PROVISION_LOCK, word,
                         listed_number(maker, word, equals != NULL ? equals + 1 : ""), reason, err));
    }
    return EG_OK;
}

/* ---- Secure boot ---- */

static enum eg_code refuse_at(const struct maker *maker, const char *place, struct eg_error *err)
{
    *maker->place = place;
    return err->code = EG_BAD_JOB;
}

static enum eg_code read_key(struct maker *maker, const struct eg_setting_item *item, struct eg_error *err)
{
    const unsigned number = maker->key_count;
    struct eg_sign_key *const key = &maker->keys[number];
    uint8_t *const digest = maker->digests[number];
    const char *scheme;

    EG_TRY(eg_sign_key_parse_public(key, item->text, item->content.data, item->content.size, err));
    maker->key_count++;
    scheme = eg_sign_scheme_name(key->scheme);
    if (!eg_efuse_listed(maker->chip->boot_schemes, scheme))
        return eg_error_set(err, EG_BAD_JOB, "%s is an %s key; the ROM of %s takes %s", item->text, scheme,
                            maker->plan->target->label, maker->chip->boot_schemes);
    if (key->scheme != maker->keys[0].scheme)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is an %s key and the first is an %s key; a chip takes one kind", item->text,
                            scheme, eg_sign_scheme_name(maker->keys[0].scheme));
    EG_TRY(eg_sign_key_digest(digest, key, err));
    if (eg_secret_refuse_published(digest, EG_SHA256_SIZE, err) != EG_OK)
        return eg_error_prefix(err, "%s ", item->text);
    for (unsigned i = 0; i < number; i++)
        if (memcmp(maker->digests[i], digest, EG_SHA256_SIZE) == 0)
            return eg_error_set(err, EG_BAD_JOB, "%s is given twice", item->text);
    return EG_OK;
}

/* Digests that the chip has room for. */
static unsigned digest_room(const struct eg_efuse *chip)
{
    return eg__provision_has_purposes(chip) ? DIGESTS_MAX : 1;
}

static enum eg_code read_keys(struct maker *maker, struct eg_error *err)
{
    const struct eg_setting *const keys = setting(maker, "secure.boot.keys");

    if (keys->item_count > digest_room(maker->chip)) {
        (void)eg_error_set(err, EG_BAD_JOB, "secure.boot.keys has %u keys, %s has room for %u",
                           keys->item_count, maker->plan->target->label, digest_room(maker->chip));
        return refuse_at(maker, keys->place, err);
    }
    for (unsigned i = 0; i < keys->item_count; i++)
        if (read_key(maker, &keys->items[i], err) != EG_OK) {
            (void)eg_error_prefix(err, "secure.boot.keys: ");
            return refuse_at(maker, keys->items[i].place, err);
        }
    return EG_OK;
}

static bool is_known(const struct maker *maker, const uint8_t digest[EG_SHA256_SIZE])
{
    for (unsigned i = 0; i < maker->key_count; i++)
        if (memcmp(maker->digests[i], digest, EG_SHA256_SIZE) == 0)
            return true;
    return false;
}

/* A region must be signed with one of the job's keys. */
static enum eg_code check_signed(const struct maker *maker, const struct eg_region *region,
                                 struct eg_error *err)
{
    struct eg_signed_image image;
    struct eg_signature_info info;

    if (!eg_signed_image_find(&image, region->data.data, region->data.size))
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is not signed, and the board would not start it: 'espgang secure sign-data' "
                            "signs it",
                            region->name);
    for (unsigned i = 0; i < image.block_count; i++) {
        if (eg_signature_check(&info, image.block[i], region->data.data, image.content_size, err) != EG_OK)
            return eg_error_prefix(err, "%s, signature %u: ", region->name, i + 1);
        if (is_known(maker, info.key_digest))
            return EG_OK;
    }
    return eg_error_set(err, EG_BAD_JOB, "%s is signed, but with none of secure.boot.keys", region->name);
}

static enum eg_code check_images(const struct maker *maker, struct eg_error *err)
{
    const struct eg_plan *const plan = maker->plan;
    bool bootloader = false;

    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_region *const region = &plan->regions[i];
        if (!region->is_image)
            continue;
        bootloader = bootloader || region->flash_addr == plan->target->bootloader_addr;
        if (check_signed(maker, region, err) != EG_OK)
            return refuse_at(maker, setting(maker, "secure.boot.keys")->place, err);
    }
    if (bootloader)
        return EG_OK;
    (void)eg_error_set(
        err, EG_BAD_JOB,
        "secure.boot.keys: the firmware has no bootloader at 0x%lx, the first that secure boot "
        "would check",
        (unsigned long)plan->target->bootloader_addr);
    return refuse_at(maker, setting(maker, "secure.boot.keys")->place, err);
}

/* ESP32-C2 has room for half a digest, beside its flash key. */
static size_t digest_size(const struct eg_efuse *chip)
{
    return chip->purposes != NULL && !eg__provision_has_purposes(chip) ? EG_SHA256_SIZE / 2 : EG_SHA256_SIZE;
}

static enum eg_code add_digests(struct maker *maker, struct eg_error *err)
{
    for (unsigned i = 0; i < maker->key_count; i++) {
        struct eg_provision_item item = {.step = EG_PROVISION_KEYS,
                                         .kind = EG_PROVISION_DIGEST,
                                         .number = i,
                                         .digest_size = digest_size(maker->chip),
                                         .reason = setting(maker, "secure.boot.keys")->items[i].text};

        memcpy(item.digest, maker->digests[i], sizeof item.digest);
        if (maker->chip->purposes == NULL)
            snprintf(item.name, sizeof item.name, "secure_boot_v2");
        else if (eg__provision_has_purposes(maker->chip))
            snprintf(item.name, sizeof item.name, "SECURE_BOOT_DIGEST%u", i);
        else
            snprintf(item.name, sizeof item.name, "SECURE_BOOT_DIGEST");
        EG_TRY(add(maker, &item, err));
    }
    return EG_OK;
}

static enum eg_code add_boot(struct maker *maker, struct eg_error *err)
{
    const bool release = maker->made->mode != EG_PROVISION_DEVELOPMENT;
    char name[EG_PROVISION_NAME];

    EG_TRY(add_digests(maker, err));
    if (release)
        EG_TRY(add_list(maker, maker->chip->enables.boot, "secure boot: what ESP-IDF's bootloader burns, too",
                        err));
    for (unsigned slot = maker->key_count; release && slot < digest_room(maker->chip); slot++) {
        snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%u", slot);
        if (eg__provision_field(maker->chip, name) != NULL)
            EG_TRY(add_field(maker, EG_PROVISION_LOCK, name, 1, "the slot has no key, and nobody may add one",
                             err));
    }
    if (maker->keys[0].scheme == EG_SIGN_ECDSA384 &&
        eg__provision_field(maker->chip, "SECURE_BOOT_SHA384_EN") != NULL)
        EG_TRY(add_field(maker, EG_PROVISION_LOCK, "SECURE_BOOT_SHA384_EN", 1,
                         "the keys are P-384, whose signatures need SHA-384", err));
    return add_field(maker, EG_PROVISION_LOCK, maker->chip->secure_boot, 1,
                     "secure boot on: only what is signed starts", err);
}

/* ---- Flash encryption ---- */

static const struct eg_partition *partition_at(const struct eg_partitions *table, uint32_t flash_addr)
{
    for (size_t i = 0; i < table->count; i++)
        if (flash_addr >= table->rows[i].flash_addr &&
            flash_addr - table->rows[i].flash_addr < table->rows[i].size)
            return &table->rows[i];
    return NULL;
}

/* The partition table among the regions. */
static const struct eg_region *find_table(const struct eg_plan *plan, struct eg_partitions *table)
{
    struct eg_error ignored;

    *table = (struct eg_partitions){.count = 0};
    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_buffer *const data = &plan->regions[i].data;
        if (eg_partitions_is(data->data, data->size) &&
            eg_partitions_parse(table, data->data, data->size, &ignored) == EG_OK)
            return &plan->regions[i];
    }
    return NULL;
}

static bool is_encrypted(const struct eg_partition *row)
{
    enum { OTA = 0, NVS_KEYS = 4 };

    return row->type != EG_PARTITION_DATA || row->subtype == OTA || row->subtype == NVS_KEYS ||
           (row->flags & EG_PARTITION_ENCRYPTED) != 0;
}

bool eg_provision_encrypts(const struct eg_plan *plan, uint32_t flash_addr)
{
    struct eg_partitions partitions;
    const struct eg_region *const table = find_table(plan, &partitions);
    const struct eg_partition *const row = partition_at(&partitions, flash_addr);

    if (flash_addr == plan->target->bootloader_addr || (table != NULL && flash_addr == table->flash_addr))
        return true;
    if (row != NULL)
        return is_encrypted(row);
    for (unsigned i = 0; i < plan->region_count; i++)
        if (plan->regions[i].flash_addr == flash_addr)
            return plan->regions[i].is_image;
    return false;
}

/* A file goes into one place, which is encrypted as a whole or not at all. */
static enum eg_code check_region(const struct eg_plan *plan, const struct eg_partitions *partitions,
                                 const struct eg_region *region, struct eg_error *err)
{
    const uint32_t end = region->flash_addr + (uint32_t)region->data.size;
    const struct eg_partition *const row = partition_at(partitions, region->flash_addr);

    for (unsigned i = 0; i < partitions->count; i++) {
        const struct eg_partition *const other = &partitions->rows[i];
        if (other == row || other->flash_addr < region->flash_addr || other->flash_addr >= end)
            continue;
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.flash.key: %s goes over several places of the flash, of which each is "
                            "encrypted or not: give each a file of its own",
                            region->name);
    }
    if (region->flash_addr == plan->target->bootloader_addr && region->flash_addr < EG_PARTITIONS_ADDR &&
        end > EG_PARTITIONS_ADDR)
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.flash.key: %s holds more than the bootloader: give bootloader, partition "
                            "table and application a file each",
                            region->name);
    return EG_OK;
}

static enum eg_code check_places(const struct maker *maker, struct eg_error *err)
{
    const struct eg_plan *const plan = maker->plan;
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    struct eg_partitions partitions;

    if (find_table(plan, &partitions) == NULL)
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.flash.key: the firmware has no partition table, which says what is "
                            "encrypted");
    for (unsigned i = 0; i < plan->region_count; i++)
        EG_TRY(check_region(plan, &partitions, &plan->regions[i], err));
    EG_TRY(eg_unit_places_find(&places, plan, maker->place, err));
    for (unsigned i = 0; i < places.count; i++)
        if (places.list[i].kind == EG_UNIT_NVS && eg_provision_encrypts(plan, places.list[i].flash_addr))
            return eg_error_set(err, EG_BAD_JOB,
                                "secure.flash.key: %s is in an encrypted partition, where no NVS works",
                                places.list[i].name);
    return EG_OK;
}

static enum eg_code add_flash_key(struct maker *maker, struct eg_error *err)
{
    struct eg_provision_item item = {.step = EG_PROVISION_KEYS,
                                     .kind = EG_PROVISION_SECRET,
                                     .number = 32,
                                     .reason = "key of the flash, of this board alone"};

    if (maker->chip->purposes == NULL) {
        snprintf(item.name, sizeof item.name, "flash_encryption");
    } else if (eg__provision_has_purposes(maker->chip) || maker->key_count == 0) {
        snprintf(item.name, sizeof item.name, "XTS_AES_128_KEY");
    } else { /* the other half of the one block has the digest */
        snprintf(item.name, sizeof item.name, "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS");
        item.number = 16;
    }
    return add(maker, &item, err);
}

static enum eg_code add_encryption(struct maker *maker, struct eg_error *err)
{
    const struct eg_efuse *const chip = maker->chip;
    const bool release = maker->made->mode != EG_PROVISION_DEVELOPMENT;

    maker->made->encrypts = true;
    if (check_places(maker, err) != EG_OK)
        return refuse_at(maker, setting(maker, "secure.flash.key")->place, err);
    EG_TRY(add_flash_key(maker, err));
    if (release)
        EG_TRY(add_list(maker, chip->enables.encryption,
                        "flash encryption: what ESP-IDF's bootloader burns, too", err));
    else if (eg__provision_field(chip, "FLASH_CRYPT_CONFIG") != NULL)
        EG_TRY(add_field(maker, EG_PROVISION_LOCK, "FLASH_CRYPT_CONFIG", EG_FLASH_CRYPT_CONFIG,
                         "the key is mixed with the address", err));
    return add_field(maker, EG_PROVISION_LOCK, chip->crypt_count, release ? chip->enables.crypt_release : 1,
                     release ? "flash encryption on, for good" : "flash encryption on", err);
}

static enum eg_code protect_list(struct maker *maker, const char *list, struct eg_error *err)
{
    for (const char *from = list; from != NULL && *from != '\0'; from += strspn(from, " ")) {
        char word[EG_PROVISION_NAME];

        snprintf(word, sizeof word, "%.*s", (int)strcspn(from, " "), from);
        from += strlen(word);
        EG_TRY(add_protection(maker, word, "what ESP-IDF's bootloader protects, too", err));
    }
    return EG_OK;
}

static enum eg_code add_protections(struct maker *maker, struct eg_error *err)
{
    if (maker->made->mode == EG_PROVISION_DEVELOPMENT)
        return EG_OK;
    if (maker->made->encrypts)
        EG_TRY(protect_list(maker, maker->chip->enables.encryption_protects, err));
    if (maker->key_count > 0)
        return add_protection(maker, "RD_DIS", "the digests stay readable: the chip must read them", err);
    return maker->made->encrypts ? add_protection(maker, "RD_DIS", "nobody hides another block", err) : EG_OK;
}

/* ---- JTAG, fields, loader ---- */

static enum eg_code add_jtag(struct maker *maker, struct eg_error *err)
{
    static const char *const switches[] = {"JTAG_DISABLE", "HARD_DIS_JTAG", "DIS_PAD_JTAG", "DIS_USB_JTAG"};
    const struct eg_setting *const jtag = setting(maker, "secure.jtag");

    if (!jtag->given)
        return EG_OK;
    if (jtag->choice == EG__JTAG_OFF) {
        for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
            if (eg__provision_field(maker->chip, switches[i]) != NULL)
                EG_TRY(add_field(maker, EG_PROVISION_LOCK, switches[i], 1, "secure.jtag is off", err));
        return EG_OK;
    }
    if (maker->made->mode != EG_PROVISION_RELEASE || (maker->key_count == 0 && !maker->made->encrypts))
        return EG_OK;
    (void)eg_error_set(err, EG_BAD_JOB, "secure.jtag is open, but %s in release mode switches JTAG off",
                       maker->key_count > 0 ? "secure boot" : "flash encryption");
    return refuse_at(maker, jtag->place, err);
}

/* Fields that other keys of the job decide about. */
static const char *other_key(const struct eg_efuse *chip, const struct eg_efuse_field *field)
{
    if (strcmp(field->name, chip->secure_boot) == 0)
        return "secure.boot.keys";
    if (strcmp(field->name, chip->download_off) == 0 ||
        (chip->download_secure != NULL && strcmp(field->name, chip->download_secure) == 0))
        return "secure.download";
    if (strcmp(field->name, chip->crypt_count) == 0)
        return "secure.flash.key";
    return NULL;
}

static enum eg_code read_wish(struct maker *maker, const struct eg_setting_item *item, struct eg_error *err)
{
    const struct eg_efuse_field *const field = eg__provision_field(maker->chip, item->name);
    uint64_t number;

    if (field == NULL)
        return eg_error_set(err, EG_BAD_JOB, "secure.efuses: %s has no eFuse field %.60s",
                            maker->plan->target->label, item->name);
    if (other_key(maker->chip, field) != NULL)
        return eg_error_set(err, EG_BAD_JOB, "secure.efuses: %s is burnt by the key %s of the job",
                            field->name, other_key(maker->chip, field));
    if (strcmp(field->name, "WR_DIS") == 0 || strcmp(field->name, "RD_DIS") == 0 ||
        field->kind == EG_AS_KEY || field->kind == EG_AS_PURPOSE)
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.efuses: %s is part of keys or protection, which no job "
                            "burns by number",
                            field->name);
    if (field->bits > 32 || field->parts != NULL || field->kind == EG_AS_MAC)
        return eg_error_set(err, EG_BAD_JOB, "secure.efuses: %s is no number", field->name);
    if (!eg_number_parse(item->text, &number) || number == 0 ||
        (field->bits < 32 && number >> field->bits != 0) || number > UINT32_MAX)
        return eg_error_set(err, EG_BAD_JOB, "secure.efuses: %s is \"%.40s\", not a number from 1 to %llu",
                            field->name, item->text, (1ULL << field->bits) - 1);
    return add_field(maker, EG_PROVISION_LOCK, field->name, (uint32_t)number, "secure.efuses", err);
}

static enum eg_code add_fields(struct maker *maker, struct eg_error *err)
{
    const struct eg_setting *const fields = setting(maker, "secure.efuses");

    for (unsigned i = 0; i < fields->item_count; i++)
        if (read_wish(maker, &fields->items[i], err) != EG_OK)
            return refuse_at(maker, fields->items[i].place, err);
    return EG_OK;
}

static enum eg_code add_loader(struct maker *maker, struct eg_error *err)
{
    const struct eg_setting *const download = setting(maker, "secure.download");

    if (!download->given && maker->made->mode == EG_PROVISION_RELEASE) {
        (void)eg_error_set(err, EG_BAD_JOB,
                           "secure.download is missing: in release mode say open, secure or off");
        return refuse_at(maker, setting(maker, "secure.mode")->place, err);
    }
    if (!download->given || download->choice == EG__DOWNLOAD_OPEN)
        return EG_OK;
    if (download->choice == EG__DOWNLOAD_OFF)
        return add_field(maker, EG_PROVISION_CLOSE, maker->chip->download_off, 1,
                         "secure.download is off: nobody can write to the board any more", err);
    if (maker->chip->download_secure != NULL)
        return add_field(maker, EG_PROVISION_CLOSE, maker->chip->download_secure, 1,
                         "secure.download is secure: the loader writes, but reads nothing", err);
    (void)eg_error_set(err, EG_BAD_JOB, "secure.download is secure, which %s does not have: say open or off",
                       maker->plan->target->label);
    return refuse_at(maker, download->place, err);
}

/* ---- All of it ---- */

static bool is_section(const struct eg_setting *one)
{
    return strncmp(one->option->key, "secure.", strlen("secure.")) == 0;
}

bool eg_provision_applies(const struct eg_plan *plan)
{
    return eg_plan_setting(plan, "secure.mode")->given;
}

/* Without a mode nothing would be burnt, whatever else the section says. */
static enum eg_code check_mode(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    for (unsigned i = 0; i < plan->setting_count; i++)
        if (is_section(&plan->settings[i]) && plan->settings[i].given) {
            *place = plan->settings[i].place;
            return eg_error_set(err, EG_BAD_JOB, "secure.mode is missing: say release, development or check");
        }
    return EG_OK;
}

/* A board that is locked must have shown that it starts. */
static enum eg_code check_proof(const struct maker *maker, struct eg_error *err)
{
    if (setting(maker, "test")->group_count > 0 || maker->made->count == 0 ||
        (maker->made->mode != EG_PROVISION_RELEASE && !maker->made->encrypts))
        return EG_OK;
    (void)eg_error_set(err, EG_BAD_JOB,
                       "secure burns for good, but the job has no test: nothing would prove that the board "
                       "starts with it");
    return refuse_at(maker, setting(maker, "secure.mode")->place, err);
}

static enum eg_code make(struct maker *maker, struct eg_error *err)
{
    EG_TRY(read_keys(maker, err));
    if (setting(maker, "secure.flash.key")->given)
        EG_TRY(add_encryption(maker, err));
    if (maker->key_count > 0)
        EG_TRY(add_boot(maker, err));
    EG_TRY(add_jtag(maker, err));
    EG_TRY(add_fields(maker, err));
    EG_TRY(add_protections(maker, err));
    EG_TRY(add_loader(maker, err));
    return check_proof(maker, err);
}

enum eg_code eg__provision_make(struct eg_provision *provision, const struct eg_plan *plan, bool images,
                                const char **place, struct eg_error *err)
{
    EG_CLEANUP(maker_finish)
    struct maker maker = {.made = provision, .plan = plan, .chip = eg_efuse_of(plan->target), .place = place};
    const struct eg_setting *const mode = eg_plan_setting(plan, "secure.mode");

    *place = NULL;
    *provision = (struct eg_provision){.target = plan->target};
    if (!mode->given)
        return check_mode(plan, place, err);
    provision->mode = (enum eg_provision_mode)mode->choice;
    *place = mode->place;
    if (maker.chip == NULL)
        return eg_error_set(err, EG_BAD_JOB, "secure: %s has no eFuses that may be burnt",
                            plan->target->label);
    if (maker.chip->crypt_count == NULL)
        return eg_error_set(err, EG_BAD_JOB, "secure: which eFuses secure %s is not known yet",
                            plan->target->label);
    EG_TRY(make(&maker, err));
    if (images && maker.key_count > 0)
        EG_TRY(check_images(&maker, err));
    *place = NULL;
    return EG_OK;
}

enum eg_code eg_provision_make(struct eg_provision *provision, const struct eg_plan *plan, const char **place,
                               struct eg_error *err)
{
    return eg__provision_make(provision, plan, false, place, err);
}

bool eg_provision_burns(const struct eg_plan *plan, enum eg_provision_step step)
{
    struct eg_provision provision;
    struct eg_error ignored;
    const char *place;

    if (!eg_provision_applies(plan) || eg_provision_make(&provision, plan, &place, &ignored) != EG_OK ||
        provision.mode == EG_PROVISION_CHECK)
        return false;
    for (unsigned i = 0; i < provision.count; i++)
        if (provision.items[i].step == step)
            return true;
    return false;
}
