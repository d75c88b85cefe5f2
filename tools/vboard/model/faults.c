/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The faults: one row each, with its form, its help and what it does.
 *
 * A fault strikes when the board has received a number of bytes, so it strikes at the same place each time;
 * repeats follow at distances drawn from the board's seed. Faults without a number of bytes hold from the
 * start.
 *
 * The command line's help, its refusals and the manual page are made from this table.
 */

#include "tools/vboard/model/model.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MAX  1000000u
#define REPEAT_MAX 65536u /* bytes between two strikes: enough that a block sent again can pass */
#define LOOP_MAX   256u   /* so few that no block can pass */

/* The action of a strike; `faults` holds lasting effects. */
struct strike {
    struct vb__faults *faults;
    const struct vb_fault *fault;
    struct vb__fault_state *state;
    uint8_t *byte;
    unsigned copies;
    enum vb__mishap mishap;
    uint32_t back_ms;
};

static void lose(struct strike *strike)
{
    strike->copies = 0;
}

static void repeat(struct strike *strike)
{
    strike->copies *= 2;
}

static void flip(struct strike *strike)
{
    *strike->byte ^= (uint8_t)(1u << vb__random(&strike->faults->random) % 8);
}

static void late(struct strike *strike)
{
    strike->faults->late_ms = strike->fault->ms;
}

static void unplug(struct strike *strike)
{
    strike->mishap = VB__MISHAP_UNPLUGGED;
    strike->back_ms = strike->fault->ms;
    strike->copies = 0;
}

static void brown_out(struct strike *strike)
{
    strike->mishap = VB__MISHAP_BROWNOUT;
    strike->copies = 0;
}

static void brown_out_again(struct strike *strike)
{
    brown_out(strike);
    strike->state->left = 1;
    strike->state->next = strike->faults->received + 1 + vb__random(&strike->faults->random) % LOOP_MAX;
}

static void bite(struct strike *strike)
{
    strike->mishap = VB__MISHAP_WATCHDOG;
    strike->copies = 0;
}

static void panic(struct strike *strike)
{
    strike->faults->panics = strike->fault->count != 0 ? strike->fault->count : UINT_MAX;
    strike->faults->panic_draw = vb__random(&strike->faults->random);
}

/* In `form`, parts in brackets may be left out: BYTES is when it strikes, N how often. */
static const struct row {
    const char *form, *help;
    void (*act)(struct strike *strike); /* NULL = sets the flag, if any */
    enum vb__flag flag;                 /* VB__FLAG_COUNT = none */
} rows[] = {
    {"lose@BYTES[xN]", "a byte from the host is lost", lose, VB__FLAG_COUNT},
    {"flip@BYTES[xN]", "a bit of a byte from the host is flipped", flip, VB__FLAG_COUNT},
    {"double@BYTES[xN]", "a byte from the host arrives twice", repeat, VB__FLAG_COUNT},
    {"late@BYTES:MS[xN]", "the next reply is late by MS milliseconds", late, VB__FLAG_COUNT},
    {"drop@BYTES[xN]", "the next reply is missing", NULL, VB__DROP_REPLY},
    {"garble@BYTES[xN]", "a bit of the next reply is flipped", NULL, VB__GARBLE_REPLY},
    {"lose-back@BYTES[xN]", "a byte of the next reply is lost", NULL, VB__LOSE_BACK},
    {"double-back@BYTES[xN]", "a byte of the next reply arrives twice", NULL, VB__DOUBLE_BACK},
    {"noise@BYTES[xN]", "garbage comes before the next reply", NULL, VB__NOISE},
    {"refuse@BYTES[xN]", "the next command is refused because of its checksum", NULL, VB__REFUSE},
    {"write-error@BYTES[xN]", "the loader finds an error in its next write", NULL, VB__WRITE_ERROR},
    {"silent[@BYTES]", "nothing is answered any more", NULL, VB__SILENT},
    {"gone@BYTES[:MS]", "the port disappears, and comes back after MS milliseconds", unplug, VB__FLAG_COUNT},
    {"brownout@BYTES[xN]", "the chip restarts because its supply drops", brown_out, VB__FLAG_COUNT},
    {"brownout-loop@BYTES", "the supply drops again and again, each time when a few more bytes have come",
     brown_out_again, VB__FLAG_COUNT},
    {"watchdog@BYTES[xN]", "a watchdog restarts the chip", bite, VB__FLAG_COUNT},
    {"no-jump-reply", "the ROM's reply to a jump into RAM is lost", NULL, VB__NO_JUMP_REPLY},
    {"slow-reset", "EN falls only when it has been pulled low for 50 ms", NULL, VB__SLOW_RESET},
    {"no-rate", "the loader refuses another rate", NULL, VB__NO_RATE},
    {"stuck@ADDR.BIT=V", "a flash bit never changes; V is 0 or 1", NULL, VB__FLAG_COUNT},
    {"flash-off@BYTES", "the flash loses its supply and does not answer any more", NULL, VB__FLASH_OFF},
    {"protect", "the flash's block-protect bits are set, and its WP pin is low, so they stay", NULL,
     VB__PROTECTED},
    {"noisy-flash", "about one byte in a KiB reads with a wrong bit, another each time", NULL,
     VB__NOISY_FLASH},
    {"shift-flash", "reading the flash begins four bits late, as in a mode that it is not in", NULL,
     VB__SHIFT_FLASH},
    {"lie[@BYTES]", "erasing and writing are acknowledged and not done", NULL, VB__LIE},
    {"slow-flash", "erasing and programming take ten times as long", NULL, VB__SLOW_FLASH},
    {"half-flash", "the flash has half of the size that its id says", NULL, VB__HALF_FLASH},
    {"other-flash-id@BYTES", "the flash shows another id from then on", NULL, VB__OTHER_ID},
    {"same-flash-id", "the flash has the unique id of every board with this fault", NULL, VB__SAME_FLASH_ID},
    {"app-silent", "the application prints nothing", NULL, VB__APP_SILENT},
    {"app-panic[xN]", "the application crashes at some line of its log, in its first N starts or all", panic,
     VB__FLAG_COUNT},
    {"efuse-cut@BITS[xN]", "the supply drops while eFuses are burnt, each time BITS more of them are", NULL,
     VB__EFUSE_CUT},
    {"efuse-stuck@BLOCK.FUSE=V", "an eFuse never changes; V is 0 or 1, FUSE counts the check bits, too", NULL,
     VB__EFUSE_STUCK},
    {"efuse-weak@BLOCK.FUSE", "a burnt eFuse reads as not burnt every now and then", NULL, VB__EFUSE_WEAK},
    {"efuse-lie", "burning eFuses is acknowledged and not done", NULL, VB__EFUSE_LIE},
    {"mac=BOARD", "the board shows the MAC of that board", NULL, VB__FLAG_COUNT},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

bool vb_fault_row(size_t index, const char **form, const char **help)
{
    if (index >= ROW_COUNT)
        return false;
    *form = rows[index].form;
    *help = rows[index].help;
    return true;
}

static bool number(const char **text, unsigned long long maximum, unsigned long long *value)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *value = strtoull(*text, &end, 0);
    if (errno != 0 || *value > maximum)
        return false;
    *text = end;
    return true;
}

/* The parts of a form, in their order. */
enum part {
    PART_AT,
    PART_ADDR,
    PART_BITS,
    PART_BLOCK,
    PART_BIT,
    PART_FUSE,
    PART_VALUE,
    PART_MS,
    PART_COUNT,
    PART_BOARD,
};

static const struct {
    const char *name; /* begins with the character that the user writes, too */
    unsigned long long maximum;
} parts[] = {
    [PART_AT] = {"@BYTES", UINT64_MAX / 2},
    [PART_ADDR] = {"@ADDR", UINT32_MAX},
    [PART_BITS] = {"@BITS", UINT32_MAX},
    [PART_BLOCK] = {"@BLOCK", VB__EFUSE_BLOCKS - 1},
    [PART_BIT] = {".BIT", 7},
    [PART_FUSE] = {".FUSE", VB__EFUSE_ROOM * 8 - 1},
    [PART_VALUE] = {"=V", 1},
    [PART_MS] = {":MS", UINT32_MAX},
    [PART_COUNT] = {"xN", COUNT_MAX},
    [PART_BOARD] = {"=BOARD", UINT32_MAX},
};

static void put_part(struct vb_fault *fault, enum part part, unsigned long long value)
{
    switch (part) {
    case PART_AT:
        fault->at = value;
        break;
    case PART_ADDR:
        fault->addr = (uint32_t)value;
        break;
    case PART_BIT:
        fault->mask = (uint8_t)(1u << value);
        break;
    case PART_BITS:
        fault->bits = (uint32_t)value;
        break;
    case PART_BLOCK:
        fault->block = (uint8_t)value;
        break;
    case PART_FUSE:
        fault->fuse = (uint16_t)value;
        break;
    case PART_VALUE:
        fault->value = value != 0;
        break;
    case PART_MS:
        fault->ms = (uint32_t)value;
        break;
    case PART_COUNT:
        fault->count = (unsigned)value;
        break;
    case PART_BOARD:
        fault->mac_of = (unsigned)value;
        break;
    }
}

static size_t word_length(const char *form)
{
    return strcspn(form, "@[:=");
}

/* Read what the form says; false when the text is something else. */
static bool parse_row(struct vb_fault *fault, const char *form, const char *text)
{
    const size_t length = word_length(form);

    if (strncmp(text, form, length) != 0)
        return false;
    text += length;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *const part = strstr(form + length, parts[i].name);
        unsigned long long value;

        if (part == NULL || (*text != parts[i].name[0] && part[-1] == '['))
            continue;
        if (*text != parts[i].name[0])
            return false;
        text++;
        if (!number(&text, parts[i].maximum, &value) || (value == 0 && (i == PART_COUNT || i == PART_BOARD)))
            return false;
        put_part(fault, (enum part)i, value);
    }
    return *text == '\0';
}

static void list_words(char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < ROW_COUNT && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", i > 0 ? ", " : "",
                                 (int)word_length(rows[i].form), rows[i].form);
}

enum eg_code vb_fault_parse(struct vb_fault *fault, const char *text, struct eg_error *err)
{
    const size_t length = word_length(text);
    char words[512];

    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct vb_fault parsed = {.row = (unsigned)i};

        if (parse_row(&parsed, rows[i].form, text)) {
            *fault = parsed;
            return EG_OK;
        }
        if (length == word_length(rows[i].form) && strncmp(text, rows[i].form, length) == 0)
            return eg_error_set(err, EG_BAD_JOB, "fault '%s': not of the form %s", text, rows[i].form);
    }
    list_words(words, sizeof words);
    return eg_error_set(err, EG_BAD_JOB, "fault '%s': not one of %s", text, words);
}

static void find_next(struct vb__faults *faults)
{
    faults->next = VB__NEVER;
    for (unsigned i = 0; i < faults->count; i++) {
        if (faults->states[i].next < faults->next)
            faults->next = faults->states[i].next;
    }
}

static void act(struct strike *strike)
{
    const struct row *const row = &rows[strike->fault->row];

    if (row->act != NULL)
        row->act(strike);
    else if (row->flag != VB__FLAG_COUNT)
        strike->faults->flags[row->flag] = true;
}

static bool strikes_later(const struct vb_fault *fault)
{
    const char *const at = strstr(rows[fault->row].form, parts[PART_AT].name);

    return at != NULL && (at[-1] != '[' || fault->at != 0);
}

void vb__faults_init(struct vb_board *board)
{
    struct vb__faults *const faults = &board->faults;

    faults->random = board->config.seed ^ (uint64_t)board->config.number << 32;
    faults->count = board->config.fault_count < VB_FAULTS_MAX ? board->config.fault_count : VB_FAULTS_MAX;
    for (unsigned i = 0; i < faults->count; i++) {
        struct vb__fault_state *const state = &faults->states[i];
        uint8_t byte = 0;
        struct strike strike = {.faults = faults, .fault = &state->fault, .byte = &byte};

        state->fault = board->config.faults[i];
        state->left = state->fault.count != 0 ? state->fault.count : 1;
        state->next = state->fault.at;
        if (strikes_later(&state->fault))
            continue;
        state->next = VB__NEVER;
        act(&strike);
    }
    find_next(faults);
}

size_t vb__faults_reach(const struct vb_board *board, size_t size)
{
    const struct vb__faults *const faults = &board->faults;

    if (faults->next == VB__NEVER)
        return size;
    if (faults->next <= faults->received)
        return 0;
    return faults->next - faults->received < size ? (size_t)(faults->next - faults->received) : size;
}

void vb__faults_pass(struct vb_board *board, size_t count)
{
    board->faults.received += count;
}

enum vb__mishap vb__faults_strike(struct vb_board *board, uint8_t *byte, unsigned *copies, uint32_t *back_ms)
{
    struct vb__faults *const faults = &board->faults;
    struct strike strike = {.faults = faults, .byte = byte, .copies = 1};

    for (unsigned i = 0; i < faults->count; i++) {
        struct vb__fault_state *const state = &faults->states[i];

        if (state->next > faults->received)
            continue;
        state->left--;
        state->next =
            state->left == 0 ? VB__NEVER : faults->received + 1 + vb__random(&faults->random) % REPEAT_MAX;
        strike.fault = &state->fault;
        strike.state = state;
        act(&strike);
    }
    find_next(faults);
    faults->received++;
    *copies = strike.copies;
    *back_ms = strike.back_ms;
    return strike.mishap;
}

bool vb__faulty(const struct vb_board *board, enum vb__flag flag)
{
    return board->faults.flags[flag];
}

bool vb__faults_take(struct vb_board *board, enum vb__flag flag)
{
    const bool taken = board->faults.flags[flag];

    board->faults.flags[flag] = false;
    return taken;
}

void vb__faults_disturb(struct vb_board *board, uint8_t *data, uint32_t size)
{
    if (!vb__faulty(board, VB__NOISY_FLASH))
        return;
    for (uint64_t at = 0; (at += vb__random(&board->faults.random) % 2048) < size;)
        data[at] ^= (uint8_t)(1u << vb__random(&board->faults.random) % 8);
}

uint32_t vb__faults_take_delay(struct vb_board *board)
{
    const uint32_t late_ms = board->faults.late_ms;

    board->faults.late_ms = 0;
    return late_ms;
}

void vb__faults_stick(const struct vb_board *board, uint8_t *flash, uint32_t flash_size, uint32_t addr,
                      uint32_t size)
{
    addr %= flash_size;
    for (unsigned i = 0; i < board->faults.count; i++) {
        const struct vb_fault *const fault = &board->faults.states[i].fault;
        const uint32_t at = fault->addr % flash_size;

        if (fault->mask == 0 || (at + flash_size - addr) % flash_size >= size)
            continue;
        if (fault->value)
            flash[at] |= fault->mask;
        else
            flash[at] &= (uint8_t)~fault->mask;
    }
}

static void put_bit(uint8_t *bytes, unsigned bit, bool value)
{
    const uint8_t mask = (uint8_t)(1u << bit % 8);

    bytes[bit / 8] = (uint8_t)(value ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
}

void vb__faults_stick_efuse(const struct vb_board *board, unsigned block, uint8_t *fuses)
{
    for (unsigned i = 0; i < board->faults.count; i++) {
        const struct vb_fault *const fault = &board->faults.states[i].fault;

        if (rows[fault->row].flag == VB__EFUSE_STUCK && fault->block == block)
            put_bit(fuses, fault->fuse, fault->value);
    }
}

void vb__faults_weaken_efuse(struct vb_board *board, unsigned block, uint8_t *fuses)
{
    for (unsigned i = 0; i < board->faults.count; i++) {
        const struct vb_fault *const fault = &board->faults.states[i].fault;

        if (rows[fault->row].flag == VB__EFUSE_WEAK && fault->block == block &&
            vb__random(&board->faults.random) % 2 == 0)
            put_bit(fuses, fault->fuse, false);
    }
}

bool vb__faults_burn(struct vb_board *board)
{
    struct vb__faults *const faults = &board->faults;

    for (unsigned i = 0; i < faults->count; i++) {
        struct vb__fault_state *const state = &faults->states[i];

        if (rows[state->fault.row].flag != VB__EFUSE_CUT || state->left == 0 ||
            faults->burnt - state->burnt < state->fault.bits)
            continue;
        state->left--;
        state->burnt = faults->burnt;
        faults->flags[VB__POWER_CUT] = true;
        return false;
    }
    faults->burnt++;
    return true;
}
