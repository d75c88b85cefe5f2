/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Changing the rate of both sides, and sending blocks again, at a lower rate if they have to be too often.
 *
 * The reply comes at the old rate. A ROM's argument may have to be computed from registers, also at the old
 * rate. After the switch the chip needs a moment that differs from chip to chip; instead of a fixed wait, a
 * register is read. An answer that does not arrive in time may still arrive later and would look like the
 * answer to the next read. So from then on the chip is asked by SYNC, whose answers look like no others.
 */

#include "engine/link/bridges.h"
#include "engine/loader/loader_internal.h"

enum {
    SETTLE_MS = 5, /* the stop bit of the reply must have left the chip, and a bridge must have switched */
    PROBE_TIMEOUT_MS = 100,
    SYNCS = 5,
    SYNC_TIMEOUT_MS = 300,
    ROM_CRYSTAL_MHZ = 40, /* where no register says */
    RESENDS_MOST = 2,     /* at one rate, before a lower one is taken */
};

/* The ROM computes its divider from a crystal frequency that it measured against its RC oscillator. So tell
 * it the rate that becomes right by the same error; 0, which is not a rate, when it has measured nothing. */
static enum eg_code calibrated(struct eg_loader *loader, uint32_t baud, uint32_t *word, struct eg_error *err)
{
    uint32_t cali, ck8m;

    EG_TRY(eg__read_field(loader, EG_FIELD_RTC_CALI, &cali, err));
    EG_TRY(eg__read_field(loader, EG_FIELD_CK8M_FREQ, &ck8m, err));
    const uint64_t measured_hz = (uint64_t)cali * 15625 * ck8m / 40;
    const uint64_t nominal_hz = measured_hz > 33000000 ? 40000000 : 26000000;
    *word = (uint32_t)(baud * measured_hz / nominal_hz);
    return EG_OK;
}

enum eg_code eg_loader_crystal_mhz(struct eg_loader *loader, uint32_t *mhz, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    uint32_t divider;

    *mhz = target->crystal.fixed_mhz;
    if (*mhz != 0)
        return EG_OK;
    if (loader->stub && (target->quirks & EG_QUIRK_STUB_RESETS_RATE) != 0)
        return eg_error_set(
            err, EG_UNSUPPORTED,
            "the crystal of %s cannot be measured while a stub runs: its UART has another clock",
            target->label);
    if (eg_loader_read_reg(loader, target->crystal.clkdiv_addr, &divider, err) != EG_OK)
        return eg_error_prefix(err, "measuring the crystal: ");
    const uint64_t measured_hz =
        (uint64_t)loader->baud * (divider & target->crystal.clkdiv_mask) / target->crystal.divisor;
    *mhz = measured_hz > 45000000 ? 48 : measured_hz > 33000000 ? 40 : 26;
    return EG_OK;
}

/* The ROM computes its divider for the crystal it expects. */
static enum eg_code by_ratio(struct eg_loader *loader, uint32_t baud, uint32_t *word, struct eg_error *err)
{
    const struct eg_mistaken_crystal *row = loader->target->crystal.mistaken;
    uint32_t there, expected = ROM_CRYSTAL_MHZ;

    EG_TRY(eg_loader_crystal_mhz(loader, &there, err));
    if (eg_field_exists(&loader->target->field[EG_FIELD_ROM_CRYSTAL]))
        EG_TRY(eg__read_field(loader, EG_FIELD_ROM_CRYSTAL, &expected, err));
    while (row->there != 0 && (row->there != there || row->expected != expected))
        row++;
    *word = row->there != 0 ? (uint32_t)((uint64_t)baud * expected / there) : baud;
    return EG_OK;
}

static enum eg_code rom_word(struct eg_loader *loader, uint32_t baud, uint32_t *word, struct eg_error *err)
{
    switch (loader->target->rom_baud) {
    case EG_ROM_BAUD_NONE:
        *word = 0;
        return EG_OK;
    case EG_ROM_BAUD_PLAIN:
        *word = baud;
        return EG_OK;
    case EG_ROM_BAUD_RTC_CALIBRATION:
        return calibrated(loader, baud, word, err);
    case EG_ROM_BAUD_CRYSTAL_RATIO:
        return by_ratio(loader, baud, word, err);
    }
    return eg_error_set(err, EG_INTERNAL, "no such rule for the ROM's rate");
}

/* Waits until the chip answers at the new rate. */
static enum eg_code settle(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg__request probe = {.opcode = EG_OP_READ_REG,
                                      .words = &loader->target->uart_date_addr,
                                      .word_count = 1,
                                      .timeout_ms = PROBE_TIMEOUT_MS};

    EG_TRY(eg_sleep_ms(loader->port->cancel, SETTLE_MS, err));
    EG_TRY(eg_slip_discard(&loader->slip, err));
    if (!loader->secure_download) {
        const enum eg_code code = eg__command(loader, &probe, NULL, err);
        if (code == EG_OK || eg__port_ended(code))
            return code;
    }
    for (unsigned i = 1;; i++) {
        bool stub;
        const enum eg_code code = eg__sync(loader, SYNC_TIMEOUT_MS, &stub, err);
        if (code == EG_OK || eg__port_ended(code) || i == SYNCS)
            return code;
    }
}

enum eg_code eg_loader_change_baud(struct eg_loader *loader, uint32_t baud, struct eg_error *err)
{
    uint32_t words[] = {baud, loader->baud};

    if (baud == loader->baud || !eg_port_has_baud(loader->port))
        return EG_OK;
    if (loader->secure_download && (loader->target->quirks & EG_QUIRK_SECURE_RATE_KEPT) != 0)
        return EG_OK; /* its crystal cannot be measured */
    if (!loader->stub) {
        EG_TRY(rom_word(loader, baud, &words[0], err));
        if (words[0] == 0)
            return EG_OK;
        words[1] = 0;
    }
    if (eg__simple(loader, EG_OP_CHANGE_BAUDRATE, words, 2, 0, err) != EG_OK)
        return eg_error_prefix(err, "changing the rate to %u baud: ", (unsigned)baud);
    EG_TRY(eg_port_set_baud(loader->port, baud, err));
    loader->baud = baud;
    if (settle(loader, err) != EG_OK)
        return eg_error_prefix(err, "at %u baud: ", (unsigned)baud);
    return EG_OK;
}

/* Find the board again at one of two rates. */
static enum eg_code find_rate(struct eg_loader *loader, const uint32_t rates[2], struct eg_error *err)
{
    enum eg_code code = EG_OK;

    for (unsigned i = 0; i < 2; i++) {
        EG_TRY(eg_port_set_baud(loader->port, rates[i], err));
        loader->baud = rates[i];
        code = eg_loader_resync(loader, err);
        if (code == EG_OK || eg__port_ended(code) || code == EG_BOARD_RESET)
            break;
    }
    return code;
}

enum eg_code eg__slow_down(struct eg_loader *loader, bool now, struct eg_error *err)
{
    const uint32_t rates[] = {eg_rate_at_most(loader->baud - 1), loader->baud};

    if (!loader->steps_down || (++loader->resends_here < RESENDS_MOST && !now) || rates[0] == 0)
        return EG_OK;
    loader->baud_failed = loader->baud;
    loader->resends_here = 0;
    const enum eg_code code = eg_loader_change_baud(loader, rates[0], err);
    if (!eg__was_lost(code))
        return code;
    /* Nobody knows whether the chip has changed its rate. */
    EG_TRY(find_rate(loader, rates, err));
    return eg_loader_change_baud(loader, rates[0], err);
}

enum eg_code eg__send_block(struct eg_loader *loader, const struct eg__request *request, struct eg_error *err)
{
    for (unsigned attempt = 1;; attempt++) {
        const enum eg_code code = eg__command(loader, request, NULL, err);
        if (code != EG_CORRUPTED || attempt >= loader->settings.write_block_attempts)
            return code;
        loader->resends++;
        EG_TRY(eg_slip_discard(&loader->slip, err));
        EG_TRY(eg__slow_down(loader, false, err));
    }
}
