/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Digest and contents of the flash; erasing it.
 *
 * A stub streams raw frames without a header. Each is acknowledged with the number of bytes received so far,
 * and a digest of all of them comes last. A ROM returns 64 bytes per command, whatever size is asked for.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    PACKET = 0x1000,
    IN_FLIGHT = 64,
    SLOW_CHUNK = 64,
    SIZE_WHEN_UNKNOWN = 16 << 20, /* all that a ROM's 24 bits of address reach */
};

enum eg_code eg__md5_once(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                          uint8_t md5[EG_MD5_SIZE], struct eg_error *err)
{
    const uint32_t words[] = {flash_addr, size, 0, 0};
    const struct eg__request request = {
        .opcode = EG_OP_SPI_FLASH_MD5,
        .words = words,
        .word_count = 4,
        .timeout_ms = eg__scaled_ms(loader, size, loader->settings.md5_timeout_per_mb_ms),
        .result_size = loader->stub ? EG_MD5_SIZE : 2 * EG_MD5_SIZE};
    char text[EG_MD5_TEXT] = "";
    struct eg__reply reply;

    EG_TRY(eg__command(loader, &request, &reply, err));
    if (loader->stub) {
        memcpy(md5, reply.result, EG_MD5_SIZE);
        return EG_OK;
    }
    memcpy(text, reply.result, sizeof text - 1);
    if (!eg_hex_parse(md5, EG_MD5_SIZE, text))
        return eg_error_set(err, EG_BAD_REPLY, "what came is not hexadecimal");
    return EG_OK;
}

enum eg_code eg_loader_md5(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                           uint8_t md5[EG_MD5_SIZE], struct eg_error *err)
{
    if (loader->secure_download)
        return eg_error_set(err, EG_CANNOT_VERIFY, "%s computes no digest in secure download mode",
                            loader->target->label);
    if (!eg__has(loader, EG_OP_SPI_FLASH_MD5))
        return eg_error_set(err, EG_CANNOT_VERIFY, "the ROM of %s computes no digest", loader->target->label);
    enum eg_code code = eg__md5_once(loader, flash_addr, size, md5, err);
    if (eg__was_lost(code)) {
        struct eg_error ignored;

        loader->digest_redos++;
        if (eg_loader_resync(loader, &ignored) == EG_OK)
            code = eg__md5_once(loader, flash_addr, size, md5, err);
    }
    if (code != EG_OK)
        return eg_error_prefix(err, "digest of %u bytes at 0x%08x: ", (unsigned)size, (unsigned)flash_addr);
    return EG_OK;
}

enum eg_code eg_loader_read_faster(struct eg_loader *loader, bool *faster, struct eg_error *err)
{
    const struct eg_target *const target = loader->target;
    const uint32_t addr = target->spi.base + target->spi.clock;
    uint32_t word;

    *faster = false;
    /* With the CPU's clock, which the stub raises over USB of the chip's own, the flash's goes up already. */
    if (target->spi.clock == 0 || !loader->stub || loader->secure_download || loader->cpu_fast ||
        eg_loader_usb_jtag(loader))
        return EG_OK;
    EG_TRY(eg_loader_read_reg(loader, addr, &word, err));
    if (word != target->spi.clock_of_rom)
        return EG_OK;
    EG_TRY(eg_loader_write_reg(loader, addr, target->spi.clock_fast, 0xffffffff, 0, err));
    *faster = true;
    return EG_OK;
}

enum eg_code eg_loader_read_as_before(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg_target *const target = loader->target;

    return eg_loader_write_reg(loader, target->spi.base + target->spi.clock, target->spi.clock_of_rom,
                               0xffffffff, 0, err);
}

static enum eg_code acknowledge(struct eg_loader *loader, uint32_t total, struct eg_error *err)
{
    uint8_t word[4];

    eg_put32(word, total);
    return eg_slip_send(&loader->slip, word, sizeof word, loader->settings.timeout_ms, err);
}

static enum eg_code receive_stream(struct eg_loader *loader, uint8_t *data, uint32_t size,
                                   eg_progress *progress, void *context, struct eg_error *err)
{
    /* Time for a packet at a slow rate, every byte escaped. */
    const uint32_t timeout_ms =
        loader->settings.timeout_ms + (loader->baud > 0 ? PACKET * 2 * 10 * 1000 / loader->baud : 0);
    uint8_t digest[EG_MD5_SIZE], expected[EG_MD5_SIZE];
    size_t got;

    for (uint32_t done = 0; done < size; done += PACKET) {
        const uint32_t left = size - done;
        const uint32_t packet = left < PACKET ? left : PACKET;

        EG_TRY(eg_slip_receive(&loader->slip, data + done, packet, &got, timeout_ms, err));
        if (got != packet)
            return eg_error_set(err, EG_BAD_REPLY, "%zu bytes came where %u are due, %u bytes in", got,
                                (unsigned)packet, (unsigned)done);
        EG_TRY(acknowledge(loader, done + packet, err));
        if (progress != NULL)
            progress(context, done + packet, size);
    }
    EG_TRY(eg_slip_receive(&loader->slip, digest, sizeof digest, &got, timeout_ms, err));
    EG_TRY(eg_md5(expected, data, size, err));
    if (got != sizeof digest || memcmp(digest, expected, sizeof digest) != 0)
        return eg_error_set(err, EG_BAD_REPLY,
                            "the bytes that arrived do not have the digest that the chip sent");
    return EG_OK;
}

static enum eg_code read_fast(struct eg_loader *loader, uint32_t flash_addr, uint8_t *data, uint32_t size,
                              eg_progress *progress, void *context, struct eg_error *err)
{
    const uint32_t words[] = {flash_addr, size, PACKET, IN_FLIGHT};

    EG_TRY(eg__simple(loader, EG_OP_READ_FLASH, words, 4, 0, err));
    return receive_stream(loader, data, size, progress, context, err);
}

static enum eg_code read_slow(struct eg_loader *loader, uint32_t flash_addr, uint8_t *data, uint32_t size,
                              eg_progress *progress, void *context, struct eg_error *err)
{
    for (uint32_t done = 0; done < size;) {
        const uint32_t left = size - done;
        const uint32_t chunk = left < SLOW_CHUNK ? left : SLOW_CHUNK;
        const uint32_t words[] = {flash_addr + done, chunk};
        const struct eg__request request = {
            .opcode = EG_OP_READ_FLASH_SLOW, .words = words, .word_count = 2, .result_size = SLOW_CHUNK};
        struct eg__reply reply;

        EG_TRY(eg__command(loader, &request, &reply, err));
        memcpy(data + done, reply.result, chunk);
        done += chunk;
        if (progress != NULL)
            progress(context, done, size);
    }
    return EG_OK;
}

enum eg_code eg_loader_read_flash(struct eg_loader *loader, uint32_t flash_addr, uint8_t *data, uint32_t size,
                                  eg_progress *progress, void *context, struct eg_error *err)
{
    enum eg_code code;

    if (size == 0)
        return EG_OK;
    if (loader->secure_download || !eg__has(loader, EG_OP_READ_FLASH_SLOW))
        return eg_error_set(err, EG_UNSUPPORTED, "%s reads no flash %s", loader->target->label,
                            loader->secure_download ? "in secure download mode" : "without a stub");
    if (loader->stub)
        code = read_fast(loader, flash_addr, data, size, progress, context, err);
    else
        code = read_slow(loader, flash_addr, data, size, progress, context, err);
    if (code != EG_OK)
        return eg_error_prefix(err, "reading %u bytes at 0x%08x: ", (unsigned)size, (unsigned)flash_addr);
    return EG_OK;
}

/* A ROM assumes 2 MB of flash unless it is told the size. */
static enum eg_code ensure_flash_size(struct eg_loader *loader, struct eg_error *err)
{
    struct eg_flash_info info;

    if (loader->flash_size != 0)
        return EG_OK;
    EG_TRY(eg_loader_flash_info(loader, &info, err));
    return eg_loader_set_flash_size(loader, info.size != 0 ? info.size : SIZE_WHEN_UNKNOWN, err);
}

static enum eg_code erase(struct eg_loader *loader, uint32_t flash_addr, uint32_t size, struct eg_error *err)
{
    const uint32_t words[] = {flash_addr, size};
    const uint32_t timeout_ms = eg__scaled_ms(loader, size, loader->settings.erase_region_timeout_per_mb_ms);

    if (loader->stub)
        return eg__simple(loader, EG_OP_ERASE_REGION, words, 2, timeout_ms, err);
    EG_TRY(ensure_flash_size(loader, err));
    const uint32_t block_size = eg_loader_flash_block_size(loader);
    const struct eg__begin begin = {.opcode = EG_OP_FLASH_BEGIN,
                                    .size = size,
                                    .blocks = eg_div_up(size, block_size),
                                    .block_size = block_size,
                                    .flash_addr = flash_addr};
    return eg__flash_begin(loader, &begin, timeout_ms, err);
}

enum eg_code eg_loader_erase_flash(struct eg_loader *loader, struct eg_error *err)
{
    if (!loader->stub)
        return eg_error_set(err, EG_UNSUPPORTED, "%s erases its whole flash only with a stub",
                            loader->target->label);
    if (eg__simple(loader, EG_OP_ERASE_FLASH, NULL, 0, loader->settings.chip_erase_timeout_ms, err) != EG_OK)
        return eg_error_prefix(err, "erasing the flash: ");
    return EG_OK;
}

enum eg_code eg_loader_erase_region(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                                    struct eg_error *err)
{
    if (!loader->stub && (loader->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) != 0)
        return eg_error_set(err, EG_UNSUPPORTED, "%s erases nothing without a stub", loader->target->label);
    if (erase(loader, flash_addr, size, err) != EG_OK)
        return eg_error_prefix(err, "erasing %u bytes at 0x%08x: ", (unsigned)size, (unsigned)flash_addr);
    return EG_OK;
}
