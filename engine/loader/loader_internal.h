/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the files of this folder: requests and replies, time limits, synchronising. */

#ifndef ENGINE_LOADER_LOADER_INTERNAL_H
#define ENGINE_LOADER_LOADER_INTERNAL_H

#include "engine/base/bytes.h"
#include "engine/loader/loader.h"

#define EG__RESULT_MAX 64

/** One command. Zero means "none" in every field. */
struct eg__request {
    enum eg_opcode opcode;
    const uint32_t *words; /* the payload; for a command that carries data it is made from the fields below */
    size_t word_count;
    const uint8_t *data; /* checksummed block of a data command */
    uint32_t data_size;
    uint32_t padded_size; /* the block is filled with FF up to here; 0 = not filled */
    uint32_t sequence;
    uint32_t timeout_ms; /* for the reply, counted from when the request has left; 0 = that of the settings */
    size_t result_size;  /* bytes before the status, at most EG__RESULT_MAX */
    size_t short_result_size; /* what some chips give instead; 0 = nothing else */
};

struct eg__reply {
    uint32_t value;
    uint8_t result[EG__RESULT_MAX];
    size_t result_size;
};

/** Send a request and nothing more. */
enum eg_code eg__send(struct eg_loader *loader, const struct eg__request *request,
                      struct eg_error *err) EG_CHECKED;

/** Send a request and wait for its reply; `reply` may be NULL. */
enum eg_code eg__command(struct eg_loader *loader, const struct eg__request *request, struct eg__reply *reply,
                         struct eg_error *err) EG_CHECKED;

/** Do the same as eg__command() for a data command, and send a block that arrived damaged again, up to three
 * times in all.
 */
enum eg_code eg__send_block(struct eg_loader *loader, const struct eg__request *request,
                            struct eg_error *err) EG_CHECKED;

/** After a resend, or with `now` at once, go on at the next lower rate, if the loader steps down and there is
 * one. */
enum eg_code eg__slow_down(struct eg_loader *loader, bool now, struct eg_error *err) EG_CHECKED;

/** Ask for a digest once. */
enum eg_code eg__md5_once(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                          uint8_t md5[EG_MD5_SIZE], struct eg_error *err) EG_CHECKED;

/** Return whether a failure means that an answer was lost on its way, or the request. */
bool eg__was_lost(enum eg_code code);

/** A command whose payload is `word_count` words and whose reply has only a status. */
enum eg_code eg__simple(struct eg_loader *loader, enum eg_opcode opcode, const uint32_t *words,
                        size_t word_count, uint32_t timeout_ms, struct eg_error *err) EG_CHECKED;

/** "READ_REG" and so on. */
const char *eg__opcode_name(enum eg_opcode opcode);

/** Return whether the running loader, ROM or stub, has a command. */
bool eg__has(const struct eg_loader *loader, enum eg_opcode opcode);

/** Return the time limit for `size` bytes at `ms_per_mb` per million bytes, within timeout_ms and
 * max_timeout_ms of the settings. */
uint32_t eg__scaled_ms(const struct eg_loader *loader, uint64_t size, uint32_t ms_per_mb);

/** Return the time limit for erasing and programming `size` bytes. */
uint32_t eg__program_ms(const struct eg_loader *loader, uint32_t size);

/** FLASH_BEGIN or FLASH_DEFL_BEGIN. */
struct eg__begin {
    enum eg_opcode opcode;
    uint32_t size, blocks, block_size, flash_addr;
    bool encrypted;
};

/** Send it with as many words as the loader expects. EG_UNSUPPORTED when it has no word for encryption. */
enum eg_code eg__flash_begin(struct eg_loader *loader, const struct eg__begin *begin, uint32_t timeout_ms,
                             struct eg_error *err) EG_CHECKED;

/** Send one block of the current write; `work_ms` is the time limit for erasing and programming it. */
enum eg_code eg__flash_block(struct eg_loader *loader, const uint8_t *data, uint32_t size, uint32_t work_ms,
                             struct eg_error *err) EG_CHECKED;

/** Do the same as eg_loader_spi_command() without checks; `read_bits` up to 512: the first 32 are the result,
 * the rest stay in the controller. */
enum eg_code eg__spi_command(struct eg_loader *loader, const struct eg_spi_command *command, uint32_t *result,
                             struct eg_error *err) EG_CHECKED;

/** Return whether the loader takes the registers of several commands in one request. */
bool eg__spi_batches(const struct eg_loader *loader);

#define EG__SPI_BATCH_MAX 3

/** Raw commands with many registers per request, and what the controller's registers held before. */
struct eg__spi {
    struct eg_loader *loader;
    uint32_t usr, usr1, usr2;
};

struct eg__spi_step {
    struct eg_spi_command command; /* `read_bits` up to 512: they stay in the controller */
    uint32_t pause_us;             /* after it; 0 = as long as the command itself may take */
};

/** Save the controller's registers. Only where eg__spi_batches(). */
enum eg_code eg__spi_begin(struct eg__spi *spi, struct eg_loader *loader, struct eg_error *err) EG_CHECKED;

/** Run up to EG__SPI_BATCH_MAX commands, one after the other; *word is the first word that the last has read.
 */
enum eg_code eg__spi_run(struct eg__spi *spi, const struct eg__spi_step *steps, size_t count, uint32_t *word,
                         struct eg_error *err) EG_CHECKED;

/** Restore the registers. */
enum eg_code eg__spi_end(const struct eg__spi *spi, struct eg_error *err) EG_CHECKED;

/** Return the size word that makes the ESP8266 ROM erase the right sectors. */
uint32_t eg__esp8266_erase_size(uint32_t flash_addr, uint32_t size);

/** Discard input, send one SYNC, take all eight replies; *stub is whether a stub gave them. */
enum eg_code eg__sync(struct eg_loader *loader, uint32_t timeout_ms, bool *stub,
                      struct eg_error *err) EG_CHECKED;

/** Take what still comes in answer to `syncs` SYNCs that were sent before the one that was answered: the chip
 * answers each eight times, and a slow link may have kept them. Ends when all have come or the line is quiet.
 */
enum eg_code eg__drain_syncs(struct eg_loader *loader, unsigned syncs, struct eg_error *err) EG_CHECKED;

/** Return whether the port cannot be used any more: it is gone, cancelled, or its server has closed. */
static inline bool eg__port_ended(enum eg_code code)
{
    return code == EG_PORT_GONE || code == EG_PORT_REFUSED || code == EG_CANCELLED;
}

/** Read one field of the target; 0 when the chip does not have it. */
enum eg_code eg__read_field(struct eg_loader *loader, enum eg_field_id field, uint32_t *value,
                            struct eg_error *err) EG_CHECKED;

/** Cache of registers: fields share words, and every read costs a round trip. */
struct eg__registers {
    struct eg_loader *loader;
    struct eg_error *err;
    bool failed; /* *err is set */
    unsigned count;
    struct {
        uint32_t addr, word;
    } known[16];
};

/** An eg_target_reader whose context is a struct eg__registers. */
bool eg__registers_read(void *context, uint32_t addr, uint32_t *word);

/** Do one write of a table. */
enum eg_code eg__write_register(struct eg_loader *loader, const struct eg_register_write *write,
                                struct eg_error *err) EG_CHECKED;

/** Do the writes of a table whose last row has address 0. */
enum eg_code eg__write_registers(struct eg_loader *loader, const struct eg_register_write *writes,
                                 struct eg_error *err) EG_CHECKED;

/** A sector, or a part of one, that is not what it should be. */
struct eg__sample {
    uint32_t flash_addr;
    const uint8_t *is, *again; /* read twice */
    const uint8_t *wanted;
    uint32_t size;
    bool written;    /* it was just written */
    bool checked;    /* what was read came with a digest */
    bool has_status; /* `status` is that of the flash: registers 1 and 2 */
    uint32_t status;
};

/** Name the cause and the remedy. Returns the code in `err`; never EG_OK. */
enum eg_code eg__flash_cause(const struct eg__sample *sample, struct eg_error *err);

#endif
