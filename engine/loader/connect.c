/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Resetting a chip into its loader and synchronising with it.
 *
 * An attempt is one reset sequence and up to five SYNCs. The sequences take turns, because which one works
 * depends on the board's capacitors and on the connection. A chip that already runs a stub answers SYNC too,
 * with a value of zero. The first attempt pulls EN low for a short time only; a board that needs longer gets
 * it from the second on. The strap is held until the ROM says that it waits for a download, or for the time
 * of the sequence.
 *
 * What the chip prints meanwhile is kept. When nothing answers, it tells a board that started its application
 * from a board that waits in its loader and receives nothing.
 */

#include "engine/link/reset.h"
#include "engine/loader/loader_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROM_WAITS  "waiting for download"
#define ROM_CLOSED "Download mode is disabled" /* said by an ESP32 whose UART_DOWNLOAD_DIS is burnt */

enum {
    CONNECT_BAUD = 115200,
    SYNCS_PER_ATTEMPT = 5,
    SYNC_PAUSE_MS = 50,
    SYNC_SLOW_MS = 500,
    COLLECT_MS = 100, /* a board that never stops talking */
};

struct step {
    const char *custom; /* NULL = `sequence` */
    enum eg_reset sequence;
    uint32_t hold_ms;
    bool exactly; /* `hold_ms` is what the caller of the loader has asked for */
};

/* Printable text that arrived instead of frames. */
struct log {
    char text[2048];
    size_t used;
};

static void append(struct log *log, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && log->used < sizeof log->text - 1; i++) {
        const bool text = (data[i] >= 0x20 && data[i] < 0x7f) || data[i] == '\n';
        if (data[i] != '\r')
            log->text[log->used++] = text ? (char)data[i] : '.';
    }
    log->text[log->used] = '\0';
}

/* Keep what has arrived since the reset, before a SYNC discards it. */
static enum eg_code collect(struct eg_loader *loader, struct log *log, struct eg_error *err)
{
    const uint64_t until_ms = eg_clock_ms() + COLLECT_MS;
    uint8_t data[256];
    size_t got;

    do {
        EG_TRY(eg_port_read(loader->port, data, sizeof data, &got, 0, err));
        append(log, data, got);
    } while (got > 0 && eg_clock_left_ms(until_ms) > 0);
    return EG_OK;
}

/* A cable answers at once. A network or a pty may be slower than any limit that suits a cable, and an answer
 * that comes too late is discarded. So each attempt waits longer there. */
static uint32_t sync_timeout_ms(const struct eg_loader *loader, unsigned attempt)
{
    const uint32_t least_ms = loader->settings.sync_timeout_ms;
    const uint64_t timeout_ms = (uint64_t)least_ms * (attempt + 1);

    if ((!loader->port->remote && eg_port_has_lines(loader->port)) || least_ms >= SYNC_SLOW_MS)
        return least_ms;
    return timeout_ms < SYNC_SLOW_MS ? (uint32_t)timeout_ms : SYNC_SLOW_MS;
}

static enum eg_code attempt_sync(struct eg_loader *loader, unsigned attempt, struct log *log,
                                 struct eg_error *err)
{
    enum eg_code code = EG_NO_SYNC;

    for (unsigned i = 0; i < SYNCS_PER_ATTEMPT; i++) {
        if (i > 0)
            EG_TRY(eg_sleep_ms(loader->port->cancel, SYNC_PAUSE_MS, err));
        EG_TRY(collect(loader, log, err));
        code = eg__sync(loader, sync_timeout_ms(loader, attempt), &loader->stub, err);
        if (code == EG_OK)
            return eg__drain_syncs(loader, loader->syncs - 1, err);
        if (eg__port_ended(code) || loader->port_is_stuck)
            return code;
        append(log, loader->slip.noise, loader->slip.noise_size);
    }
    return code;
}

static unsigned choose(const struct eg_loader *loader, enum eg_before before, struct step steps[4])
{
    const struct eg_port *port = loader->port;
    const struct eg_settings *settings = &loader->settings;
    const uint32_t delay_ms = settings->reset_delay_ms;
    unsigned count = 0;

    if (before == EG_BEFORE_NO_RESET || !eg_port_has_lines(port))
        return 0;
    if (settings->custom_reset_sequence[0] != '\0') {
        steps[count++] = (struct step){.custom = settings->custom_reset_sequence};
        return count;
    }
    if (before == EG_BEFORE_USB_RESET || eg_loader_usb_jtag(loader)) {
        steps[count++] = (struct step){.sequence = EG_RESET_USB_JTAG};
        return count;
    }
    const enum eg_reset sequences[] = {port->remote ? EG_RESET_REMOTE : EG_RESET_UNIX_TIGHT,
                                       EG_RESET_CLASSIC};
    const uint32_t holds_ms[] = {EG_RESET_HOLD_MS, EG_RESET_HOLD_EXTRA_MS};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < (delay_ms != 0 ? 1 : 2); j++)
            steps[count++] = (struct step){.sequence = sequences[i],
                                           .hold_ms = delay_ms != 0 ? delay_ms : holds_ms[j],
                                           .exactly = delay_ms != 0};
    return count;
}

static bool hear_rom(void *context, const uint8_t *data, size_t size)
{
    struct log *log = context;

    append(log, data, size);
    return strstr(log->text, ROM_WAITS) != NULL;
}

static enum eg_code take_step(struct eg_loader *loader, const struct step *step, struct log *log,
                              struct eg_error *err)
{
    const struct eg_reset_times times = {.low_ms = loader->en_low_ms,
                                         .hold_ms = step->hold_ms,
                                         .heard = step->exactly ? NULL : hear_rom,
                                         .context = log};

    log->used = 0; /* what it said before is of another start */
    log->text[0] = '\0';
    if (step->custom != NULL)
        return eg_reset_run_custom(loader->port, step->custom, err);
    return eg_reset_run(loader->port, step->sequence, &times, err);
}

/* Keep the end of the log, as one line. */
static void keep_log(struct eg_loader *loader, const struct log *log)
{
    const size_t room = sizeof loader->boot_log - 1;
    const size_t from = log->used > room ? log->used - room : 0;

    snprintf(loader->boot_log, sizeof loader->boot_log, "%s", log->text + from);
    for (char *at = loader->boot_log; *at != '\0'; at++)
        if (*at == '\n')
            *at = ' ';
    for (size_t end = strlen(loader->boot_log); end > 0 && loader->boot_log[end - 1] == ' '; end--)
        loader->boot_log[end - 1] = '\0';
}

static enum eg_code explain(const struct eg_loader *loader, const struct log *log, unsigned attempts,
                            struct eg_error *err)
{
    const char *boot = strstr(log->text, "boot:0x");
    char other[64];

    if (eg_port_other_reader(loader->port, other, sizeof other))
        return eg_error_set(
            err, EG_NO_SYNC,
            "no valid answer in %u attempt%s: %s has the port open too and takes bytes of it; end that "
            "program",
            attempts, attempts == 1 ? "" : "s", other);
    if (strstr(log->text, ROM_CLOSED) != NULL)
        return eg_error_set(err, EG_SECURED,
                            "the chip says \"" ROM_CLOSED
                            "\": an eFuse has switched its loader off for good");
    if (boot != NULL) {
        const unsigned mode = (unsigned)strtoul(boot + strlen("boot:"), NULL, 16) & 0xff;
        if (strstr(boot, ROM_WAITS) != NULL)
            return eg_error_set(
                err, EG_NO_SYNC,
                "the chip waits in its loader (boot mode 0x%02x) but hears nothing: check the "
                "line from the host to the chip's RX",
                mode);
        return eg_error_set(err, EG_BOOT_MODE,
                            "the chip started in boot mode 0x%02x, not in its loader: check DTR, RTS and the "
                            "boot strap, or hold BOOT down while it resets",
                            mode);
    }
    if (loader->boot_log[0] != '\0')
        return eg_error_set(
            err, EG_NO_SYNC,
            "no valid answer in %u attempt%s, but \"%s\": check the boot strap, the wiring and "
            "the quality of the line",
            attempts, attempts == 1 ? "" : "s", loader->boot_log);
    return eg_error_set(err, EG_NO_SYNC,
                        "no answer in %u attempt%s: check power, cable and the seat of the board", attempts,
                        attempts == 1 ? "" : "s");
}

/* Only these sequences ask for a time. */
static bool may_be_short(const struct step *step)
{
    return step->custom == NULL && step->sequence != EG_RESET_USB_JTAG;
}

/* A stub that answers after a reset has not been reset. */
static bool was_too_short(const struct eg_loader *loader, unsigned step_count)
{
    return step_count > 0 && loader->stub && loader->en_low_ms == EG_RESET_LOW_SHORT_MS;
}

enum eg_code eg_loader_connect(struct eg_loader *loader, enum eg_before before, uint32_t baud, int attempts,
                               struct eg_error *err)
{
    struct eg_port *port = loader->port;
    const struct eg_settings settings = loader->settings;
    const struct eg_slip_trace *trace = loader->slip.trace;
    struct step steps[4];
    struct log log = {.used = 0};

    eg_loader_init(loader, port);
    loader->settings = settings;
    loader->slip.trace = trace;
    const unsigned step_count = choose(loader, before, steps);
    loader->baud = before == EG_BEFORE_NO_RESET_NO_SYNC || baud < CONNECT_BAUD ? baud : CONNECT_BAUD;
    if (port->baud != loader->baud)
        EG_TRY(eg_port_set_baud(port, loader->baud, err));
    if (before == EG_BEFORE_NO_RESET_NO_SYNC) {
        loader->stub = true;
        return EG_OK;
    }

    for (unsigned i = 0; attempts <= 0 || i < (unsigned)attempts; i++) {
        EG_TRY(eg_slip_discard(&loader->slip, err));
        if (step_count > 0) {
            const struct step *step = &steps[i % step_count];
            loader->en_low_ms =
                may_be_short(step) && i == 0 && attempts != 1 ? EG_RESET_LOW_SHORT_MS : EG_RESET_LOW_MS;
            EG_TRY(take_step(loader, step, &log, err));
        }
        const enum eg_code code = attempt_sync(loader, i, &log, err);
        keep_log(loader, &log);
        if (eg__port_ended(code) || loader->port_is_stuck ||
            (code == EG_OK && !was_too_short(loader, step_count)))
            return code;
    }
    return explain(loader, &log, (unsigned)attempts, err);
}
