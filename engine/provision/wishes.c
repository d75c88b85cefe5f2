/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of a job's section `secure`, the list of wishes that it makes, and what no board could become. */

#include "engine/provision/wishes.h"

#include "engine/plan/template.h"

#include <stdio.h>
#include <string.h>

static const char *const modes[] = {"check", "development", "release", NULL}; /* enum eg_provision_mode */
static const char *const key_choices[] = {"per-board", NULL};
static const char *const shared_choices[] = {"no", "yes", NULL};
static const char *const nvs_choices[] = {"off", "flash", "hmac", NULL}; /* enum eg_provision_nvs */
static const char *const jtag_choices[] = {"open", "off", NULL};
static const char *const download_choices[] = {"open", "secure", "off", NULL};

static const struct eg_option key_options[] = {
    {.key = "purpose",
     .type = EG_OPTION_TEXT,
     .required = true,
     .help =
         "what the chip uses it for: `HMAC_UP`, `HMAC_DOWN_JTAG`, `HMAC_DOWN_DIGITAL_SIGNATURE`, "
         "`HMAC_DOWN_ALL`; where the chip has them `ECDSA_KEY` (P-256), `ECDSA_KEY_P192`, `ECDSA_KEY_P256`, "
         "`ECDSA_KEY_P384` (two blocks)"},
    {.key = "block",
     .type = EG_OPTION_TEXT,
     .required = true,
     .help = "key block that it goes into, which the application knows: `BLOCK_KEY4`"},
    {.key = "file",
     .type = EG_OPTION_SECRET_FILE,
     .without = "each board gets one of its own",
     .help = "32 bytes, readable for their owner alone; not of an ECDSA key"},
    {.key = "shared",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = shared_choices,
     .help = "`yes` with `file`: all boards have the same key"},
    {.key = "escrow",
     .type = EG_OPTION_FILE,
     .without = "nobody can recover a board's key",
     .help = "public key in PEM, as of `secure.flash.escrow`"},
    {.key = NULL},
};

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
     .help =
         "whose key encrypts the flash: each board gets one of its own, which nobody knows afterwards; or "
         "`{file: flash.key, shared: yes}`, or `{pool: keys, column: flash_key}`"},
    {.key = "secure.flash.key.file",
     .type = EG_OPTION_SECRET_FILE,
     .help = "file with the key, as `espgang secure generate-flash-encryption-key` makes it, readable for "
             "its owner "
             "alone"},
    {.key = "secure.flash.key.shared",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = shared_choices,
     .help = "`yes` with `file`: all boards have the same key, and who finds it in one has them all"},
    {.key = "secure.flash.key.pool",
     .type = EG_OPTION_TEXT,
     .help = "pool of the ledger that has a key for each board, imported with `espgang pool import --seal`; "
             "`run --private-key` decrypts it"},
    {.key = "secure.flash.key.column", .type = EG_OPTION_TEXT, .help = "column of that pool"},
    {.key = "secure.flash.bits",
     .type = EG_OPTION_NUMBER,
     .least = 128,
     .most = 512,
     .without = "256; 128 on an ESP32-C2 with secure boot",
     .help = "size of the flash key: 128 (ESP32-C2), 256, or 512 where the chip has XTS-AES-256"},
    {.key = "secure.flash.escrow",
     .type = EG_OPTION_FILE,
     .without = "nobody can recover a board's key",
     .help =
         "public key in PEM, RSA or EC: the key of each board is encrypted to it and recorded before it is "
         "burnt; `espgang "
         "secure recover-key` decrypts it"},
    {.key = "secure.keys",
     .type = EG_OPTION_GROUPS,
     .group = key_options,
     .without = "none",
     .help = "more hidden keys, which only the chip's own hardware uses: one mapping or a list"},
    {.key = "secure.nvs.encrypt",
     .type = EG_OPTION_CHOICE,
     .fallback = "off",
     .choices = nvs_choices,
     .help = "encryption of the NVS of `unit.nvs`: none, by keys of each board in the partition of type "
             "`nvs_keys`, which "
             "flash encryption protects, or by the key `HMAC_UP` of `secure.keys`"},
    {.key = "secure.efuses",
     .type = EG_OPTION_MAP,
     .without = "none",
     .help = "more eFuse fields and the value that each gets: a number, a pin, or all bytes of the field as "
             "hexadecimal digits in memory order (with `0x` in front the last byte first); `espgang efuse "
             "summary` lists them"},
    {.key = "secure.mac",
     .type = EG_OPTION_TEXT,
     .check = eg_template_check,
     .without = "none",
     .help =
         "template of a MAC address of its own for each board, such as a column of its pool, `{wifi_mac}`; "
         "it is burnt as the custom MAC, which an application asks for"},
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

const char *eg_provision_mode_name(enum eg_provision_mode mode)
{
    return modes[mode];
}

const struct eg_setting *eg__wish_setting(const struct eg__wish_maker *maker, const char *key)
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

enum eg_code eg__wish_add(struct eg__wish_maker *maker, const struct eg_provision_item *item,
                          struct eg_error *err)
{
    struct eg_provision *const made = maker->made;

    for (unsigned i = 0; i < made->count; i++) {
        struct eg_provision_item *const other = &made->items[i];
        if (strcmp(other->name, item->name) != 0 || other->kind != item->kind)
            continue;
        if (other->number == item->number && memcmp(other->bytes, item->bytes, sizeof item->bytes) == 0)
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

enum eg_code eg__wish_add_field(struct eg__wish_maker *maker, enum eg_provision_step step, const char *name,
                                uint32_t number, const char *reason, struct eg_error *err)
{
    struct eg_provision_item item = {
        .step = step, .kind = EG_PROVISION_FIELD, .number = number, .reason = reason};

    snprintf(item.name, sizeof item.name, "%s", name);
    return eg__wish_add(maker, &item, err);
}

static enum eg_code add_protection(struct eg__wish_maker *maker, const char *name, const char *reason,
                                   struct eg_error *err)
{
    struct eg_provision_item item = {
        .step = EG_PROVISION_LOCK, .kind = EG_PROVISION_PROTECT, .reason = reason};

    snprintf(item.name, sizeof item.name, "%s", name);
    return eg__wish_add(maker, &item, err);
}

/* The number of "NAME" (1), "NAME=all" or "NAME=n". */
static uint32_t listed_number(const struct eg__wish_maker *maker, const char *name, const char *value)
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
enum eg_code eg__wish_add_list(struct eg__wish_maker *maker, const char *list, const char *reason,
                               struct eg_error *err)
{
    for (const char *from = list; from != NULL && *from != '\0'; from += strspn(from, " ")) {
        char word[64];

        snprintf(word, sizeof word, "%.*s", (int)strcspn(from, " "), from);
        from += strlen(word);
        char *const equals = strchr(word, '=');
        if (equals != NULL)
            *equals = '\0';
        struct eg_provision_item item = {.step = EG_PROVISION_LOCK,
                                         .kind = EG_PROVISION_FIELD,
                                         .number =
                                             listed_number(maker, word, equals != NULL ? equals + 1 : ""),
                                         .if_there = true,
                                         .reason = reason};
        snprintf(item.name, sizeof item.name, "%.*s", (int)sizeof item.name - 1, word);
        EG_TRY(eg__wish_add(maker, &item, err));
    }
    return EG_OK;
}

enum eg_code eg__wish_refuse_at(const struct eg__wish_maker *maker, const char *place, struct eg_error *err)
{
    *maker->place = place;
    return err->code = EG_BAD_JOB;
}

/* ---- Protection ---- */

static enum eg_code protect_list(struct eg__wish_maker *maker, const char *list, struct eg_error *err)
{
    for (const char *from = list; from != NULL && *from != '\0'; from += strspn(from, " ")) {
        char word[EG_PROVISION_NAME];

        snprintf(word, sizeof word, "%.*s", (int)strcspn(from, " "), from);
        from += strlen(word);
        EG_TRY(add_protection(maker, word, "what ESP-IDF's bootloader protects, too", err));
    }
    return EG_OK;
}

static enum eg_code add_protections(struct eg__wish_maker *maker, struct eg_error *err)
{
    if (maker->made->mode == EG_PROVISION_DEVELOPMENT)
        return EG_OK;
    if (maker->made->encrypts)
        EG_TRY(protect_list(maker, maker->chip->enables.encryption_protects, err));
    if (maker->key_count > 0)
        return add_protection(maker, "RD_DIS", "the digests stay readable: the chip must read them", err);
    return maker->made->secret_count > 0 ? add_protection(maker, "RD_DIS", "nobody hides another block", err)
                                         : EG_OK;
}

/* ---- JTAG, loader ---- */

static enum eg_code add_jtag(struct eg__wish_maker *maker, struct eg_error *err)
{
    static const char *const switches[] = {"JTAG_DISABLE", "HARD_DIS_JTAG", "DIS_PAD_JTAG", "DIS_USB_JTAG"};
    const struct eg_setting *const jtag = eg__wish_setting(maker, "secure.jtag");

    if (!jtag->given)
        return EG_OK;
    if (jtag->choice == EG__JTAG_OFF) {
        for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
            if (eg__provision_field(maker->chip, switches[i]) != NULL)
                EG_TRY(
                    eg__wish_add_field(maker, EG_PROVISION_LOCK, switches[i], 1, "secure.jtag is off", err));
        return EG_OK;
    }
    if (maker->made->mode != EG_PROVISION_RELEASE || (maker->key_count == 0 && !maker->made->encrypts))
        return EG_OK;
    (void)eg_error_set(err, EG_BAD_JOB, "secure.jtag is open, but %s in release mode switches JTAG off",
                       maker->key_count > 0 ? "secure boot" : "flash encryption");
    return eg__wish_refuse_at(maker, jtag->place, err);
}

static enum eg_code add_loader(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_setting *const download = eg__wish_setting(maker, "secure.download");

    if (!download->given && maker->made->mode == EG_PROVISION_RELEASE) {
        (void)eg_error_set(err, EG_BAD_JOB,
                           "secure.download is missing: in release mode say open, secure or off");
        return eg__wish_refuse_at(maker, eg__wish_setting(maker, "secure.mode")->place, err);
    }
    if (!download->given || download->choice == EG__DOWNLOAD_OPEN)
        return EG_OK;
    if (download->choice == EG__DOWNLOAD_OFF)
        return eg__wish_add_field(maker, EG_PROVISION_CLOSE, maker->chip->download_off, 1,
                                  "secure.download is off: nobody can write to the board any more", err);
    if (maker->chip->download_secure != NULL)
        return eg__wish_add_field(maker, EG_PROVISION_CLOSE, maker->chip->download_secure, 1,
                                  "secure.download is secure: the loader writes, but reads nothing", err);
    (void)eg_error_set(err, EG_BAD_JOB, "secure.download is secure, which %s does not have: say open or off",
                       maker->plan->target->label);
    return eg__wish_refuse_at(maker, download->place, err);
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
static enum eg_code check_proof(const struct eg__wish_maker *maker, struct eg_error *err)
{
    if (eg__wish_setting(maker, "test")->group_count > 0 || maker->made->count == 0 ||
        (maker->made->mode != EG_PROVISION_RELEASE && !maker->made->encrypts))
        return EG_OK;
    (void)eg_error_set(err, EG_BAD_JOB,
                       "secure burns for good, but the job has no test: nothing would prove that the board "
                       "starts with it");
    return eg__wish_refuse_at(maker, eg__wish_setting(maker, "secure.mode")->place, err);
}

static enum eg_code make(struct eg__wish_maker *maker, struct eg_error *err)
{
    EG_TRY(eg__wish_read_keys(maker, err));
    EG_TRY(eg__wish_keys(maker, err)); /* first, for they say their blocks */
    EG_TRY(eg__wish_encryption(maker, err));
    EG_TRY(eg__wish_check_nvs(maker, err));
    if (maker->key_count > 0)
        EG_TRY(eg__wish_boot(maker, err));
    EG_TRY(add_jtag(maker, err));
    EG_TRY(eg__wish_mac(maker, err));
    EG_TRY(eg__wish_efuses(maker, err));
    EG_TRY(add_protections(maker, err));
    EG_TRY(add_loader(maker, err));
    return check_proof(maker, err);
}

enum eg_code eg__provision_make(struct eg_provision *provision, const struct eg_plan *plan, bool checks,
                                const char **place, struct eg_error *err)
{
    EG_CLEANUP(eg__wish_maker_finish)
    struct eg__wish_maker maker = {
        .made = provision, .plan = plan, .chip = eg_efuse_of(plan->target), .place = place, .checks = checks};
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
    if (checks && maker.key_count > 0)
        EG_TRY(eg__wish_check_images(&maker, err));
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
