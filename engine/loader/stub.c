/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Loading a flasher stub into the chip's RAM and starting it.
 *
 * The ROM's reply to MEM_END may be lost, because the stub takes over the UART at that moment. So this file
 * waits for the stub's greeting: a frame of the four bytes OHAI.
 *
 * Some stubs change the UART's clock when they start and then take their rate from a variable of the ROM,
 * which CHANGE_BAUDRATE leaves at the first rate. So before the start the present rate is written there, or
 * both sides go back to the first rate. When no greeting is understood all the same, the stub is looked for
 * at the first rate, where it answers SYNC with zeros.
 *
 * An ESP32-S3 with secure boot refuses to jump into RAM. There the stub's entry replaces the ROM's pointer to
 * its flash-read function for one READ_FLASH_SLOW; afterwards the pointer is restored.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    GREETING_TIMEOUT_MS = 3000,
    FIRST_BAUD = 115200,
    FIRST_BAUD_SYNCS = 3,
    FIRST_BAUD_TIMEOUT_MS = 300,
};

static const uint8_t greeting[] = {'O', 'H', 'A', 'I'};

/* Wait for the greeting; skip answers to commands before it, unless they report a failure. */
static enum eg_code expect_greeting(struct eg_loader *loader, struct eg_error *err)
{
    const uint64_t deadline_ms = eg_clock_ms() + GREETING_TIMEOUT_MS;
    uint8_t frame[256];
    size_t size;

    for (;;) {
        const uint32_t left_ms = eg_clock_left_ms(deadline_ms);
        const enum eg_code code = eg_slip_receive(&loader->slip, frame, sizeof frame, &size, left_ms, err);
        if (code == EG_TIMEOUT || (code == EG_OK && left_ms == 0))
            return eg_error_set(err, EG_STUB_FAILED, "no greeting within %d ms", GREETING_TIMEOUT_MS);
        if (code == EG_BAD_FRAME)
            return eg_error_set(err, EG_STUB_FAILED, "no greeting, but %.300s", err->text);
        if (code != EG_OK)
            return code;
        if (size == sizeof greeting && memcmp(frame, greeting, size) == 0)
            return eg_slip_discard(&loader->slip, err);
        if (size < 10 || frame[0] != 1) {
            char hex[2 * 16 + 1];
            eg_hex(hex, frame, size < 16 ? size : 16);
            return eg_error_set(err, EG_STUB_FAILED, "no greeting, but a frame of %zu bytes, %s%s", size, hex,
                                size > 16 ? "..." : "");
        }
        if (frame[8] != 0) {
            const uint16_t status = (uint16_t)(frame[8] << 8 | frame[9]);
            eg_error_set(err, EG_STUB_FAILED, "device status 0x%04x (%s)", status,
                         eg_device_status_text(status));
            err->device_status = status;
            return EG_STUB_FAILED;
        }
    }
}

/* A stub that goes by the ROM's variable is told the present rate there; where its address is not known, both
 * sides go back to the first rate. */
static enum eg_code agree_on_rate(struct eg_loader *loader, struct eg_error *err)
{
    const uint32_t rate_addr = loader->target->stub_rate_addr;

    if ((loader->target->quirks & EG_QUIRK_STUB_RESETS_RATE) == 0 || loader->baud == FIRST_BAUD)
        return EG_OK;
    if (rate_addr == 0)
        return eg_loader_change_baud(loader, FIRST_BAUD, err);
    return eg_loader_write_reg(loader, rate_addr, loader->baud, 0xffffffff, 0, err);
}

static enum eg_code start(struct eg_loader *loader, uint32_t entry, struct eg_error *err)
{
    const uint32_t words[] = {0, entry};
    const struct eg__request request = {.opcode = EG_OP_MEM_END, .words = words, .word_count = 2};

    EG_TRY(agree_on_rate(loader, err));
    EG_TRY(eg__send(loader, &request, err));
    return expect_greeting(loader, err);
}

static enum eg_code start_by_hook(struct eg_loader *loader, uint32_t entry, struct eg_error *err)
{
    const uint32_t hook = loader->target->stub_hook_addr;
    const uint32_t stay[] = {1, 0}, nothing[] = {0, 0};
    const struct eg__request request = {.opcode = EG_OP_READ_FLASH_SLOW, .words = nothing, .word_count = 2};
    uint32_t saved;

    EG_TRY(eg__simple(loader, EG_OP_MEM_END, stay, 2, loader->settings.mem_end_rom_timeout_ms, err));
    EG_TRY(eg_loader_read_reg(loader, hook, &saved, err));
    EG_TRY(eg_loader_write_reg(loader, hook, entry, 0xffffffff, 0, err));
    EG_TRY(eg__send(loader, &request, err));
    EG_TRY(expect_greeting(loader, err));
    loader->stub = true;
    return eg_loader_write_reg(loader, hook, saved, 0xffffffff, 0, err);
}

/* EG_OK when a stub answers at the first rate; else `err` is unchanged. */
static enum eg_code look_at_first_baud(struct eg_loader *loader, struct eg_error *err)
{
    if (err->code != EG_STUB_FAILED || loader->baud == FIRST_BAUD || !eg_port_has_baud(loader->port))
        return err->code;
    EG_TRY(eg_port_set_baud(loader->port, FIRST_BAUD, err));
    loader->baud = FIRST_BAUD;
    for (unsigned i = 0; i < FIRST_BAUD_SYNCS; i++) {
        struct eg_error ignored;
        bool stub = false;
        const enum eg_code code = eg__sync(loader, FIRST_BAUD_TIMEOUT_MS, &stub, &ignored);
        if (code == EG_OK && stub)
            return EG_OK;
        if (eg__port_ended(code)) {
            *err = ignored;
            break;
        }
    }
    return err->code;
}

static void remember_ram(struct eg_loader *loader, const struct eg_stub *stub)
{
    const uint32_t data_start = stub->bss_addr != 0 ? stub->bss_addr : stub->data_addr;

    loader->stub_ram[0] = (struct eg_range){stub->text_addr, stub->text_addr + stub->text_size};
    loader->stub_ram[1] = (struct eg_range){data_start, stub->data_addr + stub->data_size};
}

enum eg_code eg_loader_run_stub(struct eg_loader *loader, const struct eg_stub *stub, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    const bool secure_boot = loader->has_security && (loader->security.flags & EG_SECURITY_SECURE_BOOT) != 0;
    enum eg_code code;

    if (loader->stub) {
        if (loader->stub_ram[0].end == 0)
            remember_ram(loader, stub);
        return EG_OK;
    }
    if (loader->secure_download)
        return eg_error_set(err, EG_SECURED, "%s starts no stub in secure download mode", target->label);
    if (secure_boot && (target->quirks & EG_QUIRK_SECURE_BOOT_NO_STUB) != 0)
        return eg_error_set(err, EG_SECURED, "%s starts no stub with secure boot on", target->label);

    if (eg_loader_load_mem(loader, stub->text_addr, stub->text, stub->text_size, err) != EG_OK ||
        eg_loader_load_mem(loader, stub->data_addr, stub->data, stub->data_size, err) != EG_OK)
        return eg_error_prefix(err, "uploading the stub: ");
    if (secure_boot && (target->quirks & EG_QUIRK_SECURE_BOOT_STUB_HOOK) != 0)
        code = start_by_hook(loader, stub->entry, err);
    else
        code = start(loader, stub->entry, err);
    if (code != EG_OK)
        code = look_at_first_baud(loader, err);
    if (code != EG_OK)
        return eg_error_prefix(err, "starting the stub: ");
    loader->stub = true;
    remember_ram(loader, stub);
    loader->flash_size = 0; /* what the ROM was told the stub does not know */
    return EG_OK;
}
