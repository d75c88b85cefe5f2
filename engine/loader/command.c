/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One request to the loader, ROM or stub, and its reply; SYNC, which is a request with many.
 *
 * A reply is found by its opcode. Frames that are too short, have the wrong direction or answer another
 * command are skipped, because answers to SYNC may come late and in numbers. The status is read after the
 * result, whose size is known per command; that fits the two bytes of a stub and the four of a ROM. A failing
 * command may leave its result out. The length field of a reply is never used, because some stubs send a
 * wrong one.
 *
 * A ROM answers an unknown command under the opcode of an earlier one, with status 01 05, once or eight
 * times. All these answers must be read before the next command is sent. So unless all eight have come, the
 * chip is synchronised by SYNC, whose answers come after them.
 *
 * A status that means "arrived damaged" becomes EG_CORRUPTED: the command was not executed and may be sent
 * again. That is the checksum, and for blocks of data also the length.
 *
 * A chip answers each SYNC eight times, and a slow link may keep the answers back; all are read before the
 * next command.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    HEADER = 8,
    DATA_HEADER = 16,
    FRAMES_MAX = 100,     /* then frames arrive, but no answer */
    REPEATS = 8,          /* of "unsupported" */
    REPEAT_WAIT_MS = 100, /* they come back to back, except over a network */
    STATUS_UNKNOWN_MESSAGE = 0x05,

    SYNC_REPLIES = 8,
    SYNC_FOLLOWING_MS = 250, /* they come back to back; a network may put a pause between them */
    DRAIN_QUIET_MS = 50,     /* a pause that ends the answers of a cable; of a network SYNC_FOLLOWING_MS */
    DRAIN_MS = 1000,
    RESYNC_ATTEMPTS = 6,
    RESYNC_TIMEOUT_MS = 500, /* the chip may be finishing an erase */
};

void eg_loader_init(struct eg_loader *loader, struct eg_port *port)
{
    *loader = (struct eg_loader){.port = port, .baud = port->baud};
    eg_settings_init(&loader->settings);
    eg_slip_init(&loader->slip, port);
}

const char *eg_opcode_name(uint8_t opcode)
{
    switch ((enum eg_opcode)opcode) {
    case EG_OP_FLASH_BEGIN:
        return "FLASH_BEGIN";
    case EG_OP_FLASH_DATA:
        return "FLASH_DATA";
    case EG_OP_FLASH_END:
        return "FLASH_END";
    case EG_OP_MEM_BEGIN:
        return "MEM_BEGIN";
    case EG_OP_MEM_END:
        return "MEM_END";
    case EG_OP_MEM_DATA:
        return "MEM_DATA";
    case EG_OP_SYNC:
        return "SYNC";
    case EG_OP_WRITE_REG:
        return "WRITE_REG";
    case EG_OP_READ_REG:
        return "READ_REG";
    case EG_OP_SPI_SET_PARAMS:
        return "SPI_SET_PARAMS";
    case EG_OP_SPI_ATTACH:
        return "SPI_ATTACH";
    case EG_OP_READ_FLASH_SLOW:
        return "READ_FLASH_SLOW";
    case EG_OP_CHANGE_BAUDRATE:
        return "CHANGE_BAUDRATE";
    case EG_OP_FLASH_DEFL_BEGIN:
        return "FLASH_DEFL_BEGIN";
    case EG_OP_FLASH_DEFL_DATA:
        return "FLASH_DEFL_DATA";
    case EG_OP_FLASH_DEFL_END:
        return "FLASH_DEFL_END";
    case EG_OP_SPI_FLASH_MD5:
        return "SPI_FLASH_MD5";
    case EG_OP_GET_SECURITY_INFO:
        return "GET_SECURITY_INFO";
    case EG_OP_ERASE_FLASH:
        return "ERASE_FLASH";
    case EG_OP_ERASE_REGION:
        return "ERASE_REGION";
    case EG_OP_READ_FLASH:
        return "READ_FLASH";
    case EG_OP_RUN_USER_CODE:
        return "RUN_USER_CODE";
    }
    return NULL;
}

const char *eg__opcode_name(enum eg_opcode opcode)
{
    const char *name = eg_opcode_name((uint8_t)opcode);

    return name != NULL ? name : "a command";
}

const char *eg_device_status_text(uint16_t status)
{
    static const struct {
        uint16_t status;
        const char *text;
    } texts[] = {
        {0x0100, "undefined error"},
        {0x0101, "bad input parameter"},
        {0x0102, "out of memory"},
        {0x0103, "send failed"},
        {0x0104, "receive failed"},
        {0x0105, "message invalid or not allowed"},
        {0x0106, "operation failed"},
        {0x0107, "checksum wrong"},
        {0x0108, "flash write error"},
        {0x0109, "flash read error"},
        {0x010a, "flash read length error"},
        {0x010b, "inflate error"},
        {0x010c, "inflate checksum wrong"},
        {0x010d, "inflate parameter wrong"},
        {0x010e, "RAM image size invalid"},
        {0x010f, "RAM image address invalid"},
        {0x0164, "bad parameter"},
        {0x0165, "bad format"},
        {0x0166, "description too long"},
        {0x0167, "bad encoding of description"},
        {0x0169, "storage full"},
        {0xc000, "bad data length"},
        {0xc0ee, "message too long"},
        {0xc100, "data checksum wrong"},
        {0xc200, "bad block size"},
        {0xc300, "invalid command"},
        {0xc400, "SPI operation failed"},
        {0xc500, "SPI unlock failed"},
        {0xc600, "no write in progress"},
        {0xc700, "inflate error"},
        {0xc800, "not enough data"},
        {0xc900, "too much data"},
        {0xca00, "NAND program failed"},
        {0xcb00, "NAND erase failed"},
        {0xff00, "not implemented"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "unknown error";
}

bool eg__has(const struct eg_loader *loader, enum eg_opcode opcode)
{
    if (loader->stub || loader->target == NULL)
        return true;
    return opcode < 0x20 && (loader->target->rom_commands & EG_ROM_HAS(opcode)) != 0;
}

uint32_t eg__scaled_ms(const struct eg_loader *loader, uint64_t size, uint32_t ms_per_mb)
{
    const struct eg_settings *settings = &loader->settings;
    const uint64_t ms = size * ms_per_mb / 1000000;

    if (ms > settings->max_timeout_ms)
        return settings->max_timeout_ms;
    return ms < settings->timeout_ms ? settings->timeout_ms : (uint32_t)ms;
}

bool eg_loader_usb_jtag(const struct eg_loader *loader)
{
    return loader->port->pid == 0x1001; /* the vendor is not asked for */
}

bool eg_loader_usb_otg(const struct eg_loader *loader)
{
    const struct eg_target *target = loader->target;

    return loader->port->vid == 0x303a && target != NULL && target->otg_reset != EG_OTG_RESET_NONE &&
           loader->port->pid == target->image_chip_id;
}

/* Twice the time on the wire, because every byte may need an escape; 0 for a rate that is not known. */
static uint32_t wire_ms(const struct eg_loader *loader, size_t size)
{
    return loader->baud > 0 ? (uint32_t)(size * 2 * 10 * 1000 / loader->baud) : 0;
}

static size_t build(uint8_t *frame, const struct eg__request *request)
{
    const uint32_t padded =
        request->padded_size > request->data_size ? request->padded_size : request->data_size;
    uint8_t *at = frame + HEADER;
    uint32_t checksum = 0;

    if (request->data != NULL) {
        eg_put32(at, padded);
        eg_put32(at + 4, request->sequence);
        memset(at + 8, 0, 8);
        at += DATA_HEADER;
        memcpy(at, request->data, request->data_size);
        memset(at + request->data_size, 0xff, padded - request->data_size);
        checksum = 0xef;
        for (uint32_t i = 0; i < padded; i++)
            checksum ^= at[i];
        at += padded;
    }
    for (size_t i = 0; i < request->word_count; i++, at += 4)
        eg_put32(at, request->words[i]);
    frame[0] = 0;
    frame[1] = (uint8_t)request->opcode;
    eg_put16(frame + 2, (uint16_t)(at - frame - HEADER));
    eg_put32(frame + 4, checksum);
    return (size_t)(at - frame);
}

static enum eg_code send(struct eg_loader *loader, const struct eg__request *request, size_t *size,
                         struct eg_error *err)
{
    uint8_t frame[EG_SLIP_FRAME_MAX];

    *size = build(frame, request);
    if (eg_slip_send(&loader->slip, frame, *size,
                     loader->settings.serial_write_timeout_ms + wire_ms(loader, *size), err) != EG_OK)
        return eg_error_prefix(err, "sending %s: ", eg__opcode_name(request->opcode));
    return EG_OK;
}

enum eg_code eg__send(struct eg_loader *loader, const struct eg__request *request, struct eg_error *err)
{
    size_t size;

    return send(loader, request, &size, err);
}

static bool is_sync_reply(const uint8_t *frame, size_t size)
{
    return size >= 10 && frame[0] == 1 && frame[1] == EG_OP_SYNC && frame[8] == 0;
}

/* Skip other frames: a ROM refuses an unknown command under the opcode of an earlier one, usually SYNC, and
 * that answer may come late. */
static enum eg_code receive_sync(struct eg_loader *loader, uint32_t timeout_ms, bool *zero,
                                 struct eg_error *err)
{
    const uint64_t deadline_ms = eg_clock_ms() + timeout_ms;
    uint8_t frame[256];
    size_t size;

    for (;;) {
        const uint32_t left_ms = eg_clock_left_ms(deadline_ms);

        EG_TRY(eg_slip_receive(&loader->slip, frame, sizeof frame, &size, left_ms, err));
        if (is_sync_reply(frame, size)) {
            *zero = eg_get32(frame + 4) == 0;
            return EG_OK;
        }
        if (left_ms == 0)
            return eg_error_set(err, EG_TIMEOUT, "no answer to SYNC within %u ms, but other frames",
                                (unsigned)timeout_ms);
    }
}

enum eg_code eg__sync(struct eg_loader *loader, uint32_t timeout_ms, bool *stub, struct eg_error *err)
{
    static const uint32_t words[] = {0x20120707, 0x55555555, 0x55555555, 0x55555555, 0x55555555,
                                     0x55555555, 0x55555555, 0x55555555, 0x55555555};
    const struct eg__request request = {
        .opcode = EG_OP_SYNC, .words = words, .word_count = sizeof words / sizeof *words};
    bool all_zero = true;

    EG_TRY(eg_slip_discard(&loader->slip, err));
    loader->syncs++;
    const enum eg_code sent = eg__send(loader, &request, err);
    loader->port_is_stuck = sent == EG_TIMEOUT;
    EG_TRY(sent);
    for (unsigned i = 0; i < SYNC_REPLIES; i++) {
        bool zero = false;
        EG_TRY(receive_sync(loader, i == 0 ? timeout_ms : SYNC_FOLLOWING_MS, &zero, err));
        all_zero = all_zero && zero;
    }
    *stub = all_zero;
    return EG_OK;
}

enum eg_code eg__drain_syncs(struct eg_loader *loader, unsigned syncs, struct eg_error *err)
{
    const uint64_t until_ms = eg_clock_ms() + DRAIN_MS;
    const uint32_t quiet_ms = loader->port->remote ? SYNC_FOLLOWING_MS : DRAIN_QUIET_MS;
    uint8_t frame[256];
    size_t size;

    for (unsigned due = syncs * SYNC_REPLIES; due > 0 && eg_clock_left_ms(until_ms) > 0;) {
        const enum eg_code code = eg_slip_receive(&loader->slip, frame, sizeof frame, &size, quiet_ms, err);

        if (code == EG_TIMEOUT)
            return EG_OK;
        if (eg__port_ended(code) || code == EG_BOARD_RESET)
            return code;
        if (code == EG_OK && is_sync_reply(frame, size))
            due--;
    }
    return EG_OK;
}

enum eg_code eg_loader_resync(struct eg_loader *loader, struct eg_error *err)
{
    for (unsigned i = 1;; i++) {
        bool stub;
        const enum eg_code code = eg__sync(loader, RESYNC_TIMEOUT_MS, &stub, err);
        if (code == EG_OK && loader->stub && !stub)
            return eg_error_set(err, EG_BOARD_RESET, "the chip restarted: its ROM answers, not the stub");
        if (code == EG_OK)
            return eg__drain_syncs(loader, i - 1, err);
        if (eg__port_ended(code) || code == EG_BOARD_RESET || i == RESYNC_ATTEMPTS)
            return code;
    }
}

/* The status bytes report a failure. */
static enum eg_code refused(const struct eg__request *request, uint16_t status, struct eg_error *err)
{
    enum eg_code code = EG_DEVICE_REFUSED;

    switch (status) {
    case 0x0107:
    case 0xc100:
    case 0xc0ee:
        code = EG_CORRUPTED;
        break;
    case 0x0105:
    case 0xc000:
        if (request->data != NULL)
            code = EG_CORRUPTED;
        else if (status == 0x0105 && request->opcode == EG_OP_GET_SECURITY_INFO)
            code = EG_UNSUPPORTED;
        break;
    case 0xc300:
        code = request->data != NULL ? EG_CORRUPTED : EG_UNSUPPORTED; /* every stub takes data */
        break;
    case 0xff00:
        code = EG_UNSUPPORTED;
        break;
    default:
        break;
    }
    eg_error_set(err, code, "device status 0x%04x (%s)", status, eg_device_status_text(status));
    err->device_status = status;
    return code;
}

/* The ROM did not know the command: either it has none such, or it got something else than was sent. Late
 * answers to SYNC may come between its answers. */
static enum eg_code unsupported(struct eg_loader *loader, const struct eg__request *request,
                                const uint8_t *first, size_t first_size, struct eg_error *err)
{
    const char *name = eg__opcode_name(request->opcode);
    const uint64_t until_ms = eg_clock_ms() + REPEATS * REPEAT_WAIT_MS;
    uint8_t frame[64];
    size_t size;
    unsigned count = 1;

    while (count < REPEATS && eg_clock_left_ms(until_ms) > 0) {
        const enum eg_code code =
            eg_slip_receive(&loader->slip, frame, sizeof frame, &size, REPEAT_WAIT_MS, err);
        if (eg__port_ended(code) || code == EG_BOARD_RESET)
            return code;
        if (code != EG_OK)
            break;
        count += size == first_size && memcmp(frame, first, size) == 0;
    }
    if (count < REPEATS)
        EG_TRY(eg_loader_resync(loader, err));
    else
        EG_TRY(eg_slip_discard(&loader->slip, err));
    if (loader->target != NULL && !loader->secure_download && eg__has(loader, request->opcode))
        return eg_error_set(err, EG_CORRUPTED, "%s reached the chip damaged", name);
    return eg_error_set(err, EG_UNSUPPORTED, "the chip's ROM does not accept %s%s", name,
                        loader->secure_download ? " in secure download mode" : "");
}

static enum eg_code take(const struct eg__request *request, const uint8_t *frame, size_t size,
                         struct eg__reply *reply, struct eg_error *err)
{
    size_t result_size = request->result_size;

    if (size < HEADER + result_size + 2 && request->short_result_size > 0)
        result_size = request->short_result_size;
    if (size < HEADER + result_size + 2) {
        if (size >= HEADER + 2 && frame[HEADER] != 0)
            return refused(request, (uint16_t)(frame[HEADER] << 8 | frame[HEADER + 1]), err);
        return eg_error_set(err, EG_BAD_REPLY, "%s was answered with %zu bytes where %zu are needed",
                            eg__opcode_name(request->opcode), size, HEADER + result_size + 2);
    }
    const uint8_t *status = frame + HEADER + result_size;
    if (status[0] != 0)
        return refused(request, (uint16_t)(status[0] << 8 | status[1]), err);
    if (reply != NULL) {
        reply->value = eg_get32(frame + 4);
        reply->result_size = result_size;
        memcpy(reply->result, frame + HEADER, result_size);
    }
    return EG_OK;
}

static void note_answer(struct eg_loader *loader, uint64_t begun_us, uint64_t wire_before_ns)
{
    const uint64_t took_us = eg_clock_us() - begun_us;
    const uint64_t wire_us = (loader->port->wire_ns - wire_before_ns) / 1000;
    const uint32_t rest_us = took_us > wire_us ? (uint32_t)(took_us - wire_us) : 0;

    if (loader->requests == 0 || rest_us < loader->round_trip_us)
        loader->round_trip_us = rest_us;
    loader->requests++;
}

enum eg_code eg__command(struct eg_loader *loader, const struct eg__request *request, struct eg__reply *reply,
                         struct eg_error *err)
{
    const uint32_t asked_ms = request->timeout_ms > 0 ? request->timeout_ms : loader->settings.timeout_ms;
    const uint32_t most_ms = loader->settings.max_timeout_ms;
    const uint32_t timeout_ms = asked_ms < most_ms ? asked_ms : most_ms;
    const uint64_t begun_us = eg_clock_us(), wire_before_ns = loader->port->wire_ns;
    uint8_t frame[256];
    size_t size;

    EG_TRY(send(loader, request, &size, err));
    const uint64_t deadline_ms = eg_clock_ms() + timeout_ms + wire_ms(loader, size);
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        const enum eg_code code =
            eg_slip_receive(&loader->slip, frame, sizeof frame, &size, eg_clock_left_ms(deadline_ms), err);
        if (code == EG_TIMEOUT)
            return eg_error_set(err, EG_TIMEOUT, "no answer to %s within %u ms",
                                eg__opcode_name(request->opcode), (unsigned)timeout_ms);
        if (code == EG_BAD_FRAME)
            return eg_error_prefix(err, "answer to %s: ", eg__opcode_name(request->opcode));
        if (code != EG_OK)
            return code;
        if (size < HEADER || frame[0] != 1)
            continue;
        if (frame[1] == request->opcode) {
            note_answer(loader, begun_us, wire_before_ns);
            return take(request, frame, size, reply, err);
        }
        if (!loader->stub && size >= HEADER + 2 && frame[HEADER] != 0 &&
            frame[HEADER + 1] == STATUS_UNKNOWN_MESSAGE)
            return unsupported(loader, request, frame, size, err);
    }
    return eg_error_set(err, EG_BAD_REPLY, "none of %d frames answered %s", FRAMES_MAX,
                        eg__opcode_name(request->opcode));
}

enum eg_code eg__simple(struct eg_loader *loader, enum eg_opcode opcode, const uint32_t *words,
                        size_t word_count, uint32_t timeout_ms, struct eg_error *err)
{
    const struct eg__request request = {
        .opcode = opcode, .words = words, .word_count = word_count, .timeout_ms = timeout_ms};

    return eg__command(loader, &request, NULL, err);
}

bool eg__was_lost(enum eg_code code)
{
    return code == EG_TIMEOUT || code == EG_BAD_FRAME || code == EG_BAD_REPLY || code == EG_CORRUPTED;
}
