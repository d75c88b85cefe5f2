/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of this folder share: one request and its reply, time limits, synchronising. */

#ifndef ENGINE_LOADER_LOADER_INTERNAL_H
#define ENGINE_LOADER_LOADER_INTERNAL_H

#include "engine/base/bytes.h"
#include "engine/loader/loader.h"

#define EG__SECTOR 0x1000u

enum {
    EG__TIMEOUT_MS = 3000,       /* any command without a rule of its own */
    EG__TIMEOUT_MAX_MS = 240000, /* no command gets more */
    EG__SYNC_TIMEOUT_MS = 100,
};

#define EG__RESULT_MAX 64

#define EG__USB_JTAG_PID 0x1001 /* the vendor is not asked for */

/** One command. Zero means "none" in every field. */
struct eg__request {
    enum eg_opcode opcode;
    const uint32_t *words; /* the payload; for a command that carries data it is made from the fields below */
    size_t word_count;
    const uint8_t *data; /* checksummed block of a data command */
    uint32_t data_size;
    uint32_t padded_size; /* the block is filled with FF up to here; 0 = not filled */
    uint32_t sequence;
    uint32_t timeout_ms;      /* for the reply, counted from when the request has left; 0 = EG__TIMEOUT_MS */
    size_t result_size;       /* bytes in front of the status, at most EG__RESULT_MAX */
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

/** As eg__command() for a data command, but a block that arrived damaged is sent again, three times in all.
 */
enum eg_code eg__send_block(struct eg_loader *loader, const struct eg__request *request,
                            struct eg_error *err) EG_CHECKED;

/** A command whose payload is `word_count` words and whose reply says nothing but whether it worked. */
enum eg_code eg__simple(struct eg_loader *loader, enum eg_opcode opcode, const uint32_t *words,
                        size_t word_count, uint32_t timeout_ms, struct eg_error *err) EG_CHECKED;

/** "READ_REG" and so on. */
const char *eg__opcode_name(enum eg_opcode opcode);

/** Whether what runs on the chip accepts a command that only ROMs since the ESP8266 have. */
bool eg__has(const struct eg_loader *loader, enum eg_opcode opcode);

/** max(3 s, seconds_per_mb per million bytes), capped. */
uint32_t eg__scaled_ms(uint64_t size, uint32_t seconds_per_mb);

/** The chip's own USB (not its USB-Serial/JTAG) carries the port: blocks must be small. */
bool eg__usb_otg(const struct eg_loader *loader);

/** Bytes in a flash block. */
uint32_t eg__flash_block(const struct eg_loader *loader);

/** FLASH_BEGIN or FLASH_DEFL_BEGIN with as many words as the loader wants. */
enum eg_code eg__flash_begin(struct eg_loader *loader, enum eg_opcode opcode, uint32_t size, uint32_t blocks,
                             uint32_t block_size, uint32_t flash_addr, uint32_t timeout_ms,
                             struct eg_error *err) EG_CHECKED;

/** The size word that makes the ESP8266 ROM erase what is meant. */
uint32_t eg__esp8266_erase_size(uint32_t flash_addr, uint32_t size);

/** Discard input, send one SYNC, take all eight replies; *stub is whether a stub gave them. */
enum eg_code eg__sync(struct eg_loader *loader, uint32_t timeout_ms, bool *stub,
                      struct eg_error *err) EG_CHECKED;

/** Reads one field of the target; 0 when the chip lacks it. */
enum eg_code eg__read_field(struct eg_loader *loader, enum eg_field_id field, uint32_t *value,
                            struct eg_error *err) EG_CHECKED;

/** Registers read already in this round, since fields share words and every read costs a turn of the line. */
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

/** Does one write of a table. */
enum eg_code eg__write_register(struct eg_loader *loader, const struct eg_register_write *write,
                                struct eg_error *err) EG_CHECKED;

/** Does the writes of a table whose last row has address 0. */
enum eg_code eg__write_registers(struct eg_loader *loader, const struct eg_register_write *writes,
                                 struct eg_error *err) EG_CHECKED;

#endif
