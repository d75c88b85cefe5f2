/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/board_keys.h"

#include "engine/secure/ecdsa.h"
#include "engine/secure/escrow.h"
#include "engine/secure/nvs_crypt.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 };

static const char *label_of(const struct eg_provision_item *item)
{
    return item->of_flash ? "flash key" : item->name;
}

/* Put the key on record, encrypted to the job's public key, before anything of it is burnt. */
static enum eg_code deposit(struct eg_run *run, const struct eg_board_key *board,
                            const struct eg_provision_item *item, struct eg_error *err)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char name[EG_SECURITY_VALUE];

    if (item->escrow == NULL)
        return EG_OK;
    EG_TRY(eg_escrow_parse(&escrow, item->escrow->text, item->escrow->content.data,
                           item->escrow->content.size, err));
    EG_TRY(eg_buffer_append(&text, board->print, strlen(board->print), err));
    EG_TRY(eg_buffer_append(&text, " ", 1, err));
    EG_TRY(eg_escrow_seal(&escrow, &board->key, &text, err));
    snprintf(name, sizeof name, EG_SECURITY_ESCROW "%s", item->name);
    const struct eg_security_record record = {EG_SECURITY_LEFT, name, (const char *)text.data};
    return run->recorder->ops->secure(run->recorder, run->number, &record, 1, err);
}

/* A block that still shows the key whose fingerprint is on record. */
static enum eg_code adopt(struct eg_run *run, struct eg_board_key *board,
                          const struct eg_provision_item *item, const struct eg_efuses *fuses,
                          const char *known, struct eg_error *err)
{
    const size_t size = eg_provision_key_size(item, fuses);
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    char print[EG_FINGERPRINT_TEXT];

    EG_TRY(eg_secret_init(&key, 32, err));
    for (unsigned block = 0; block < fuses->block_count; block++) {
        if (!eg_provision_read_key(item, fuses, block, key.data))
            continue;
        EG_TRY(run->recorder->ops->fingerprint(run->recorder, key.data, size, print, err));
        if (strcmp(print, known) != 0)
            continue;
        EG_TRY(eg_secret_init(&board->key, size, err));
        memcpy(board->key.data, key.data, size);
        memcpy(board->print, print, sizeof print);
        return deposit(run, board, item, err); /* the job that burnt it may have had no escrow */
    }
    return EG_OK;
}

/* A key whose burn was interrupted and that nobody knows any more has spoilt its block: another takes the
 * next key, where there is another. */
static enum eg_code pass_over_broken(struct eg_run *run, struct eg_board_key *board,
                                     const struct eg_provision_item *item, const struct eg_efuses *fuses,
                                     struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    unsigned number = 0;

    EG_TRY(eg_secret_init(&key, 32, err));
    for (unsigned block = 0; block < fuses->block_count; block++) {
        const bool has = eg_provision_read_key(item, fuses, block, key.data);
        if (has && (fuses->chip->blocks[block].purpose == NULL ||
                    (item->block != NULL && eg_run_is_damaged(fuses, block))))
            return eg_error_set(
                err, EG_SECURED,
                board->in_escrow
                    ? "the burn of the board's %s was interrupted, and %s has no other block for "
                      "one: the key is in escrow, give --private-key FILE, which decrypts it"
                    : "the burn of the board's %s was interrupted, nobody knows the key any more, "
                      "and %s has no other block for one: the board is lost for this job",
                label_of(item), fuses->label);
        if (fuses->chip->blocks[block].purpose == NULL)
            continue;
        if (has && eg_run_is_damaged(fuses, block)) {
            run->broken_blocks = true;
            board->place = number + 1;
        }
        number++;
    }
    return EG_OK;
}

static enum eg_code make_value(struct eg_secret *key, const struct eg_provision_item *item,
                               const struct eg_efuses *fuses, struct eg_error *err)
{
    switch (item->value) {
    case EG_PROVISION_RANDOM:
        return eg_secret_make(key, eg_provision_key_size(item, fuses), err);
    case EG_PROVISION_P192:
        return eg_ecdsa_make(key, EG_SIGN_ECDSA192, err);
    case EG_PROVISION_P256:
        return eg_ecdsa_make(key, EG_SIGN_ECDSA256, err);
    case EG_PROVISION_P384_HIGH:
    case EG_PROVISION_P384_LOW:
        return eg_ecdsa_make_half(key, item->value == EG_PROVISION_P384_HIGH, err);
    }
    return eg_error_set(err, EG_INTERNAL, "%s is made of nothing", item->name);
}

static enum eg_code make(struct eg_run *run, struct eg_board_key *board, const struct eg_provision_item *item,
                         const struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_claim claim = {.kind = EG_CLAIM_VALUE, .name = label_of(item), .value = board->print};

    EG_TRY(make_value(&board->key, item, fuses, err));
    EG_TRY(
        run->recorder->ops->fingerprint(run->recorder, board->key.data, board->key.size, board->print, err));
    EG_TRY(run->recorder->ops->claim(run->recorder, run->number, &run->unit, &claim, 1, err));
    return deposit(run, board, item, err);
}

/* Copy the key of an item out of the whole key. */
static enum eg_code take_part(struct eg_run *run, struct eg_board_key *board,
                              const struct eg_provision_item *item, const struct eg_secret *whole,
                              size_t size, struct eg_error *err)
{
    EG_TRY(eg_secret_init(&board->key, size, err));
    memcpy(board->key.data, whole->data + item->part_at, size);
    return run->recorder->ops->fingerprint(run->recorder, board->key.data, size, board->print, err);
}

/* Read a key from its file, of which it is a part. */
static enum eg_code read_file(struct eg_run *run, struct eg_board_key *board,
                              const struct eg_provision_item *item, const struct eg_efuses *fuses,
                              struct eg_error *err)
{
    const size_t size = eg_provision_key_size(item, fuses);
    EG_CLEANUP(eg_secret_finish) struct eg_secret whole = {0};

    EG_TRY(eg_secret_read(&whole, item->file, FILE_MAX, NULL, err));
    if (item->part_at + size > whole.size || (fuses->chip->purposes == NULL && size != whole.size))
        return eg_error_set(err, EG_SECURED, "%s has %zu bytes, and the key of this board has %zu",
                            item->file, whole.size, item->part_at + size);
    return take_part(run, board, item, &whole, size, err);
}

/* A key that cannot be decrypted is data of a board that cannot be had. */
static enum eg_code blame_data(struct eg_error *err)
{
    if (err->code == EG_BAD_ARGUMENT)
        err->code = EG_BAD_UNIT_DATA;
    return err->code;
}

/* Find the sealed value in the board's row of the pool: "FINGERPRINT ID BASE64". */
static enum eg_code find_sealed(const struct eg_pool_row *row, const struct eg_provision_item *item,
                                const char **sealed, struct eg_error *err)
{
    const size_t head = strlen(EG_POOL_SEALED);

    for (unsigned i = 0; i < row->count; i++) {
        if (strcmp(row->names[i], item->column) != 0)
            continue;
        *sealed = row->values[i] + head;
        if (row->secrets != NULL && row->secrets[i] && strncmp(row->values[i], EG_POOL_SEALED, head) == 0)
            return EG_OK;
        return eg_error_set(err, EG_BAD_UNIT_DATA,
                            "column %s of pool %s is not sealed: import it with 'espgang pool import --seal'",
                            item->column, item->pool);
    }
    return eg_error_set(err, EG_BAD_UNIT_DATA, "pool %s has no column %s", item->pool, item->column);
}

/* Decrypt the key in the board's row of a pool, and claim it for the board. */
static enum eg_code read_pool(struct eg_run *run, struct eg_board_key *board,
                              const struct eg_provision_item *item, const struct eg_efuses *fuses,
                              struct eg_error *err)
{
    const size_t size = eg_provision_key_size(item, fuses);
    const size_t whole_size = fuses->chip->purposes == NULL ? size : item->whole_size;
    const struct eg_pool_wish wish = {.pool = item->pool, .unit = &run->unit};
    const struct eg_claim claim = {.kind = EG_CLAIM_VALUE, .name = label_of(item), .value = board->print};
    EG_CLEANUP(eg_pool_row_finish) struct eg_pool_row row = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret whole = {0};
    const char *sealed = NULL;

    EG_TRY(run->recorder->ops->reserve(run->recorder, run->number, &wish, &row, err));
    run->has_rows = true;
    EG_TRY(find_sealed(&row, item, &sealed, err));
    if (run->private_key == NULL)
        return eg_error_set(
            err, EG_BAD_UNIT_DATA,
            "the keys of pool %s are sealed, and no private key is given: say --private-key FILE",
            item->pool);
    sealed += strcspn(sealed, " ");
    if (eg_escrow_recover(&whole, run->private_key, sealed + strspn(sealed, " "), err) != EG_OK) {
        (void)blame_data(err);
        return eg_error_prefix(err, "pool %s: ", item->pool);
    }
    if (whole.size != whole_size)
        return eg_error_set(err, EG_BAD_UNIT_DATA,
                            "the key in column %s of pool %s has %zu bytes, and that of this board has %zu",
                            item->column, item->pool, whole.size, whole_size);
    EG_TRY(take_part(run, board, item, &whole, size, err));
    return run->recorder->ops->claim(run->recorder, run->number, &run->unit, &claim, 1, err);
}

/* Flash encryption is on, or was. */
static enum eg_code check_counter(const struct eg_efuses *fuses, struct eg_error *err)
{
    const uint32_t count = eg_efuse_number(fuses, fuses->chip->crypt_count);

    if (count == 0)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "%s is 0x%x and no block hides a flash key: flash encryption was switched on without "
                        "one, and a key cannot come later",
                        fuses->chip->crypt_count, (unsigned)count);
}

/* The chip hides a key: it must be this board's own. */
static enum eg_code accept_hidden(struct eg_board_key *board, const struct eg_provision_item *item,
                                  const char *known, bool made_in_this_run, struct eg_error *err)
{
    if (made_in_this_run)
        return EG_OK;
    if (known[0] == '\0')
        return eg_error_set(err, EG_SECURED,
                            "the chip hides a %s that this ledger does not know: it was burnt elsewhere",
                            label_of(item));
    if (board->key.size != 0 && strcmp(known, board->print) != 0)
        return eg_error_set(
            err, EG_SECURED, "the chip hides a %s that is not that of %s%s: it was burnt by another job",
            label_of(item), item->pool != NULL ? "pool " : "", item->pool != NULL ? item->pool : item->file);
    snprintf(board->print, sizeof board->print, "%.16s", known);
    return EG_OK;
}

/* The ledger knows a key of the board by its fingerprint: decrypt it from escrow, if this station can. */
static enum eg_code recover(struct eg_run *run, struct eg_board_key *board,
                            const struct eg_provision_item *item, struct eg_error *err)
{
    char value[EG_SECURITY_SEALED], name[EG_SECURITY_VALUE], found[EG_FINGERPRINT_TEXT];
    const size_t print = strlen(board->print);
    bool is_for = false;

    snprintf(name, sizeof name, EG_SECURITY_ESCROW "%s", item->name);
    EG_TRY(run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_LEFT, name, value, sizeof value,
                                       err));
    board->in_escrow = strncmp(value, board->print, print) == 0 && value[print] == ' ';
    if (!board->in_escrow || run->private_key == NULL)
        return EG_OK;
    if (eg_escrow_is_for(&is_for, run->private_key, value + print + 1, err) != EG_OK)
        return blame_data(err);
    board->in_escrow = !is_for;
    if (!is_for)
        return EG_OK;
    if (eg_escrow_recover(&board->key, run->private_key, value + print + 1, err) != EG_OK)
        return blame_data(err);
    EG_TRY(run->recorder->ops->fingerprint(run->recorder, board->key.data, board->key.size, found, err));
    if (strcmp(found, board->print) == 0)
        return EG_OK;
    eg_secret_finish(&board->key);
    return eg_error_set(err, EG_BAD_UNIT_DATA,
                        "the %s in escrow is not the one that was burnt into the board", label_of(item));
}

static enum eg_code find_key(struct eg_run *run, const struct eg_provision_item *item,
                             const struct eg_efuses *fuses, struct eg_error *err)
{
    struct eg_board_key *const board = &run->keys[item->secret];
    const bool given = item->file != NULL || item->pool != NULL;
    const bool made = !given && board->key.size != 0;
    char known[EG_SECURITY_VALUE] = "";

    board->hidden = board->in_escrow = false;
    if (item->file != NULL)
        EG_TRY(read_file(run, board, item, fuses, err));
    if (item->pool != NULL)
        EG_TRY(read_pool(run, board, item, fuses, err));
    if (!made)
        EG_TRY(run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_INTENDED, item->name, known,
                                           sizeof known, err));
    if (eg_provision_hides_key(item, fuses)) {
        EG_TRY(accept_hidden(board, item, known, made, err));
        board->hidden = true;
        return board->key.size == 0 ? recover(run, board, item, err) : EG_OK;
    }
    if (item->of_flash)
        EG_TRY(check_counter(fuses, err));
    if (board->key.size == 0 && known[0] != '\0')
        EG_TRY(adopt(run, board, item, fuses, known, err));
    if (board->key.size == 0 && known[0] != '\0') {
        snprintf(board->print, sizeof board->print, "%.16s", known);
        EG_TRY(recover(run, board, item, err));
    }
    if (board->key.size != 0)
        return EG_OK;
    EG_TRY(pass_over_broken(run, board, item, fuses, err));
    board->in_escrow = false;
    return make(run, board, item, fuses, err);
}

/* Put the public key of an ECDSA key on record before the private one is burnt: the chip does not tell it. */
static enum eg_code record_public(struct eg_run *run, const struct eg_provision *wishes, unsigned index,
                                  struct eg_error *err)
{
    const struct eg_provision_item *const item = &wishes->items[index];
    const struct eg_secret *const key = &run->keys[item->secret].key;
    const struct eg_secret *low = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char name[EG_SECURITY_VALUE];

    if (item->value == EG_PROVISION_RANDOM || item->value == EG_PROVISION_P384_LOW)
        return EG_OK;
    if (item->value == EG_PROVISION_P384_HIGH)
        low = &run->keys[wishes->items[index + 1].secret].key;
    if (key->size == 0 || (low != NULL && low->size == 0)) /* hidden: it was recorded when it was burnt */
        return EG_OK;
    EG_TRY(eg_ecdsa_public(&text,
                           item->value == EG_PROVISION_P192   ? EG_SIGN_ECDSA192
                           : item->value == EG_PROVISION_P256 ? EG_SIGN_ECDSA256
                                                              : EG_SIGN_ECDSA384,
                           key, low, err));
    snprintf(name, sizeof name, EG_SECURITY_PUBLIC "%s", item->name);
    const struct eg_security_record record = {EG_SECURITY_LEFT, name, (const char *)text.data};
    return run->recorder->ops->secure(run->recorder, run->number, &record, 1, err);
}

enum eg_code eg_run_find_keys(struct eg_run *run, const struct eg_provision *wishes,
                              const struct eg_efuses *fuses, struct eg_error *err)
{
    for (unsigned i = 0; i < wishes->count && wishes->mode != EG_PROVISION_CHECK; i++)
        if (wishes->items[i].kind == EG_PROVISION_SECRET)
            EG_TRY(find_key(run, &wishes->items[i], fuses, err));
    for (unsigned i = 0; i < wishes->count && wishes->mode != EG_PROVISION_CHECK; i++)
        if (wishes->items[i].kind == EG_PROVISION_SECRET)
            EG_TRY(record_public(run, wishes, i, err));
    return EG_OK;
}

enum eg_code eg_run_flash_key(const struct eg_run *run, struct eg_secret *whole, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_provision *wishes = NULL;
    size_t size = 0;

    EG_TRY(eg_alloc(&wishes, 1, sizeof *wishes, err));
    EG_TRY(eg_run_wishes(run, wishes, err));
    EG_TRY(eg_secret_init(whole, FILE_MAX, err));
    for (unsigned i = 0; i < wishes->count; i++) {
        const struct eg_provision_item *const item = &wishes->items[i];
        if (item->kind != EG_PROVISION_SECRET || !item->of_flash)
            continue;
        const struct eg_secret *const part = &run->keys[item->secret].key;
        if (part->size == 0) {
            eg_secret_finish(whole);
            return EG_OK;
        }
        memcpy(whole->data + size, part->data, part->size);
        size += part->size;
    }
    whole->size = size;
    return EG_OK;
}

/* The key of the HMAC peripheral that the job has. */
static enum eg_code derive(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_provision *wishes = NULL;

    EG_TRY(eg_alloc(&wishes, 1, sizeof *wishes, err));
    EG_TRY(eg_run_wishes(run, wishes, err));
    for (unsigned i = 0; i < wishes->count; i++) {
        const struct eg_provision_item *const item = &wishes->items[i];
        if (item->kind == EG_PROVISION_SECRET && item->purpose != NULL &&
            strcmp(item->purpose, EG_PROVISION_HMAC_UP) == 0 && run->keys[item->secret].key.size != 0)
            return eg_nvs_keys_derive(&run->nvs_keys, &run->keys[item->secret].key, err);
    }
    return EG_OK;
}

enum eg_code eg_run_find_nvs_keys(struct eg_run *run, const struct eg_secret *flash_key, struct eg_error *err)
{
    if (run->nvs_keys.size != 0)
        return EG_OK;
    switch (eg_provision_nvs(run->plan)) {
    case EG_PROVISION_NVS_PLAIN:
        return EG_OK;
    case EG_PROVISION_NVS_FLASH:
        return flash_key->size != 0 ? eg_nvs_keys_make(&run->nvs_keys, err) : EG_OK;
    case EG_PROVISION_NVS_HMAC:
        return derive(run, err);
    }
    return eg_error_set(err, EG_INTERNAL, "NVS is encrypted in no way");
}
