/* SPDX-License-Identifier: Apache-2.0 */

/* Registers of the chip: one word, a field spread over words, a table of writes. */

#include "engine/loader/loader_internal.h"

enum eg_code eg_loader_read_reg(struct eg_loader *loader, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    const struct eg__request request = {.opcode = EG_OP_READ_REG, .words = &addr, .word_count = 1};
    struct eg__reply reply;

    if (eg__command(loader, &request, &reply, err) != EG_OK)
        return eg_error_prefix(err, "reading register 0x%08x: ", (unsigned)addr);
    *word = reply.value;
    return EG_OK;
}

enum eg_code eg_loader_write_reg(struct eg_loader *loader, uint32_t addr, uint32_t word, uint32_t mask,
                                 uint32_t delay_us, struct eg_error *err)
{
    const uint32_t words[] = {addr, word, mask, delay_us};

    if (eg__simple(loader, EG_OP_WRITE_REG, words, 4, loader->settings.timeout_ms + delay_us / 1000, err) !=
        EG_OK)
        return eg_error_prefix(err, "writing register 0x%08x: ", (unsigned)addr);
    return EG_OK;
}

enum eg_code eg_loader_write_reg_and_pause(struct eg_loader *loader, uint32_t addr, uint32_t word,
                                           uint32_t pause_us, struct eg_error *err)
{
    const uint32_t words[] = {addr, word, 0xffffffff, 0, loader->target->uart_date_addr, 0, 0, pause_us};

    if (eg__simple(loader, EG_OP_WRITE_REG, words, 8, loader->settings.timeout_ms + pause_us / 1000, err) !=
        EG_OK)
        return eg_error_prefix(err, "writing register 0x%08x: ", (unsigned)addr);
    return EG_OK;
}

bool eg__registers_read(void *context, uint32_t addr, uint32_t *word)
{
    struct eg__registers *registers = context;

    for (unsigned i = 0; i < registers->count; i++) {
        if (registers->known[i].addr == addr) {
            *word = registers->known[i].word;
            return true;
        }
    }
    if (eg_loader_read_reg(registers->loader, addr, word, registers->err) != EG_OK) {
        registers->failed = true;
        return false;
    }
    if (registers->count < sizeof registers->known / sizeof *registers->known) {
        registers->known[registers->count].addr = addr;
        registers->known[registers->count++].word = *word;
    }
    return true;
}

enum eg_code eg__read_field(struct eg_loader *loader, enum eg_field_id field, uint32_t *value,
                            struct eg_error *err)
{
    struct eg__registers registers = {.loader = loader, .err = err};

    return eg_field_read(&loader->target->field[field], eg__registers_read, &registers, value) ? EG_OK
                                                                                               : err->code;
}

enum eg_code eg__write_register(struct eg_loader *loader, const struct eg_register_write *write,
                                struct eg_error *err)
{
    const bool masked = write->set_mask != 0 || write->clear_mask != 0;

    EG_TRY(eg_loader_write_reg(loader, write->addr, masked ? write->set_mask : write->value,
                               masked ? write->set_mask | write->clear_mask : 0xffffffff, 0, err));
    return eg_sleep_ms(loader->port->cancel, (write->wait_us + 999) / 1000, err);
}

enum eg_code eg__write_registers(struct eg_loader *loader, const struct eg_register_write *writes,
                                 struct eg_error *err)
{
    for (; writes->addr != 0; writes++)
        EG_TRY(eg__write_register(loader, writes, err));
    return EG_OK;
}

enum eg_code eg_loader_speed_up(struct eg_loader *loader, struct eg_error *err)
{
    if (!loader->stub || loader->target->cpu_fast == NULL || eg_loader_usb_jtag(loader))
        return EG_OK;
    if (eg__write_registers(loader, loader->target->cpu_fast, err) != EG_OK)
        return eg_error_prefix(err, "raising the CPU's clock: ");
    loader->cpu_fast = true;
    return EG_OK;
}
