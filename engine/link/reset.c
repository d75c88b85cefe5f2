/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reset sequences on DTR and RTS. Each is a text in the language of esptool's custom sequences, run by one
 * small interpreter. Two words are our own: "L" and "H", the waits that the caller chooses.
 *
 * With the usual two transistors RTS pulls EN and DTR pulls the boot strap; when both are asserted, neither
 * is pulled. A delay between "strap" and "out of reset" would start the application, so over a network both
 * go in one packet. esp_rfc2217_server must see the classic sequence otherwise, because it recognises it and
 * runs it locally.
 *
 * An adapter with flow control of its own (CP2102C) pulls RTS while it receives and when it is closed. With
 * the strap released that is a reset, so the strap stays asserted there: with both asserted, neither is
 * pulled.
 *
 * Not here: which sequence to try when, and what to do when the port fails during one. That is the loader's
 * part.
 */

#include "engine/link/reset.h"

#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_S 60

static bool has_flow_control(const struct eg_port *port)
{
    return port->vid == 0x10c4 && port->pid == 0xea64;
}

static const char *sequence_text(enum eg_reset sequence, bool flow_control)
{
    switch (sequence) {
    case EG_RESET_CLASSIC:
        return flow_control ? "D0|R1|L|D1|R0|H" : "D0|R1|L|D1|R0|H|D0";
    case EG_RESET_REMOTE:
        return "D0|R1|L|U1,0|H|D0";
    case EG_RESET_UNIX_TIGHT: /* the last D0: some drivers lose a change of both lines */
        return flow_control ? "U0,0|U1,1|U0,1|L|U1,0|H" : "U0,0|U1,1|U0,1|L|U1,0|H|U0,0|D0";
    case EG_RESET_USB_JTAG:
        return "R0|D0|W0.1|D1|R0|W0.1|R1|D0|R1|W0.1|D0|R0"; /* to 01 through 11, not 00 */
    case EG_RESET_HARD:
        return flow_control ? "D0|R1|L|D1|L|R0" : "R1|L|R0";
    case EG_RESET_HARD_USB:
        return flow_control ? "D0|R1|W0.1|D1|W0.1|R0" : "R1|W0.2|R0|W0.2";
    }
    return "";
}

enum kind { SET_DTR, SET_RTS, SET_BOTH, WAIT, LOW, HOLD };

struct step {
    enum kind kind;
    bool dtr, rts;
    uint32_t wait_ms;
};

static bool is_level(char digit)
{
    return digit == '0' || digit == '1';
}

/* Parse the word of `size` characters at `word`. */
static bool parse(struct step *step, const char *word, size_t size)
{
    char *end;

    if (size == 2 && word[0] == 'D' && is_level(word[1])) {
        *step = (struct step){.kind = SET_DTR, .dtr = word[1] == '1'};
        return true;
    }
    if (size == 2 && word[0] == 'R' && is_level(word[1])) {
        *step = (struct step){.kind = SET_RTS, .rts = word[1] == '1'};
        return true;
    }
    if (size == 4 && word[0] == 'U' && is_level(word[1]) && word[2] == ',' && is_level(word[3])) {
        *step = (struct step){.kind = SET_BOTH, .dtr = word[1] == '1', .rts = word[3] == '1'};
        return true;
    }
    if (size > 1 && word[0] == 'W' && strspn(word + 1, "0123456789.") == size - 1) {
        const double wait_s = strtod(word + 1, &end);
        *step = (struct step){.kind = WAIT,
                              .wait_ms = wait_s <= WAIT_MAX_S ? (uint32_t)(wait_s * 1000 + 0.5) : 0};
        return end == word + size && wait_s <= WAIT_MAX_S;
    }
    *step = (struct step){.kind = word[0] == 'L' ? LOW : HOLD};
    return size == 1 && (word[0] == 'L' || word[0] == 'H');
}

static enum eg_code pause_ms(struct eg_port *port, uint32_t duration_ms, struct eg_error *err)
{
    return eg_sleep_ms(port->cancel, duration_ms, err) == EG_OK ? EG_OK
                                                                : eg_error_prefix(err, "%s: ", port->url);
}

static enum eg_code hold(struct eg_port *port, const struct eg_reset_times *times, struct eg_error *err)
{
    const uint64_t until_ms = eg_clock_ms() + times->hold_ms;
    uint8_t data[256];
    size_t got;

    if (times->heard == NULL)
        return pause_ms(port, times->hold_ms, err);
    do {
        EG_TRY(eg_port_read(port, data, sizeof data, &got, eg_clock_left_ms(until_ms), err));
    } while (got > 0 && !times->heard(times->context, data, got) && eg_clock_left_ms(until_ms) > 0);
    return EG_OK;
}

static enum eg_code take(struct eg_port *port, const struct step *step, const struct eg_reset_times *times,
                         struct eg_error *err)
{
    switch (step->kind) {
    case SET_DTR:
        return eg_port_set_lines(port, step->dtr, port->rts, err);
    case SET_RTS:
        return eg_port_set_lines(port, port->dtr, step->rts, err);
    case SET_BOTH:
        return eg_port_set_lines(port, step->dtr, step->rts, err);
    case WAIT:
        return pause_ms(port, step->wait_ms, err);
    case LOW:
        return pause_ms(port, times->low_ms, err);
    case HOLD:
        return hold(port, times, err);
    }
    return EG_OK;
}

/* With `port` NULL, only check the text. */
static enum eg_code run(struct eg_port *port, const char *sequence, const struct eg_reset_times *times,
                        struct eg_error *err)
{
    for (const char *word = sequence;; word++) {
        const size_t size = strcspn(word, "|");
        struct step step;

        if (!parse(&step, word, size))
            return eg_error_set(err, EG_BAD_JOB,
                                "reset sequence \"%s\": unknown word \"%.*s\"; use D0, D1, R0, R1, "
                                "U<dtr>,<rts> or W<seconds>",
                                sequence, (int)size, word);
        if (port != NULL)
            EG_TRY(take(port, &step, times, err));
        word += size;
        if (*word == '\0')
            return EG_OK;
    }
}

enum eg_code eg_reset_run(struct eg_port *port, enum eg_reset sequence, const struct eg_reset_times *times,
                          struct eg_error *err)
{
    const bool flow_control = has_flow_control(port);
    const bool hard = sequence == EG_RESET_HARD || sequence == EG_RESET_HARD_USB;
    bool kept = true;

    if (!eg_port_has_lines(port))
        return EG_OK;
    if (flow_control && hard)
        EG_TRY(eg_port_keep_lines(port, &kept, err));
    EG_TRY(run(port, sequence_text(sequence, flow_control), times, err));
    return kept ? EG_OK : run(port, "D0", times, err); /* before closing releases both lines, in any order */
}

static const struct eg_reset_times usual = {EG_RESET_LOW_MS, EG_RESET_HOLD_MS, NULL, NULL};

enum eg_code eg_reset_run_custom(struct eg_port *port, const char *sequence, struct eg_error *err)
{
    EG_TRY(eg_reset_check_custom(sequence, err));
    if (!eg_port_has_lines(port))
        return EG_OK;
    return run(port, sequence, &usual, err);
}

enum eg_code eg_reset_check_custom(const char *sequence, struct eg_error *err)
{
    return run(NULL, sequence, &usual, err);
}
