/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Faults of the line and of the board, by the number of bytes received, so that they strike at the same place
 * each time; repeats follow at distances drawn from the board's seed.
 */

#include "tools/vboard/board_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What may follow each word. */
enum { PART_AT = 1, PART_AT_NEEDED = 2, PART_COUNT = 4, PART_MS = 8, PART_STUCK = 16 };

static const struct {
    const char *word;
    enum vb_fault_kind kind;
    unsigned parts;
} words[] = {
    {"lose", VB_FAULT_LOSE, PART_AT | PART_AT_NEEDED | PART_COUNT},
    {"flip", VB_FAULT_FLIP, PART_AT | PART_AT_NEEDED | PART_COUNT},
    {"late", VB_FAULT_LATE, PART_AT | PART_AT_NEEDED | PART_MS | PART_COUNT},
    {"drop", VB_FAULT_DROP, PART_AT | PART_AT_NEEDED | PART_COUNT},
    {"silent", VB_FAULT_SILENT, PART_AT},
    {"gone", VB_FAULT_GONE, PART_AT | PART_AT_NEEDED | PART_MS},
    {"brownout", VB_FAULT_BROWNOUT, PART_AT | PART_AT_NEEDED | PART_COUNT},
    {"stuck", VB_FAULT_STUCK, PART_AT | PART_AT_NEEDED | PART_STUCK},
    {"lie", VB_FAULT_LIE, 0},
    {"no-jump-reply", VB_FAULT_NO_JUMP_REPLY, 0},
    {"app-silent", VB_FAULT_APP_SILENT, 0},
    {"app-panic", VB_FAULT_APP_PANIC, PART_COUNT},
    {"same-flash-id", VB_FAULT_SAME_FLASH_ID, 0},
};

#define WORD_COUNT (sizeof words / sizeof words[0])

const char vb_fault_help[] =
    "lose@BYTES[xN]       a byte from the host is lost\n"
    "flip@BYTES[xN]       a bit of a byte from the host is flipped\n"
    "late@BYTES:MS[xN]    the next reply is late by MS milliseconds\n"
    "drop@BYTES[xN]       the next reply is missing\n"
    "silent[@BYTES]       from then on nothing is answered\n"
    "gone@BYTES[:MS]      the port disappears, and is back MS milliseconds later\n"
    "brownout@BYTES[xN]   the chip restarts by itself\n"
    "stuck@ADDR.BIT=V     a flash bit never changes; V is 0 or 1\n"
    "lie                  writes are acknowledged and not done\n"
    "no-jump-reply        the ROM's reply to a jump into RAM is lost\n"
    "app-silent           the application prints nothing\n"
    "app-panic[xN]        it crashes at some line of its log, in its first N starts or all\n"
    "same-flash-id        the flash has a unique id that all boards with this fault share\n"
    "BYTES counts what the board has received; N times at random distances.\n";

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

/* What follows the word; returns false when it is not as `parts` says. */
static bool parse_parts(struct vb_fault *fault, unsigned parts, const char *text)
{
    unsigned long long value;

    if (*text == '@' && (parts & PART_AT) != 0) {
        text++;
        if (!number(&text, (parts & PART_STUCK) != 0 ? UINT32_MAX : UINT64_MAX / 2, &value))
            return false;
        fault->at = (parts & PART_STUCK) != 0 ? 0 : value;
        fault->addr = (parts & PART_STUCK) != 0 ? (uint32_t)value : 0;
    } else if ((parts & PART_AT_NEEDED) != 0) {
        return false;
    }
    if ((parts & PART_STUCK) != 0) {
        if (text[0] != '.' || text[1] < '0' || text[1] > '7' || text[2] != '=' ||
            (text[3] != '0' && text[3] != '1'))
            return false;
        fault->mask = (uint8_t)(1u << (text[1] - '0'));
        fault->value = text[3] == '1';
        return text[4] == '\0';
    }
    if (*text == ':' && (parts & PART_MS) != 0) {
        text++;
        if (!number(&text, UINT32_MAX, &value))
            return false;
        fault->ms = (uint32_t)value;
    } else if (fault->kind == VB_FAULT_LATE) {
        return false;
    }
    if (*text == 'x' && (parts & PART_COUNT) != 0) {
        text++;
        if (!number(&text, 1000000, &value) || value == 0)
            return false;
        fault->count = (unsigned)value;
    }
    return *text == '\0';
}

enum eg_code vb_fault_parse(struct vb_fault *fault, const char *text, struct eg_error *err)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        const size_t length = strlen(words[i].word);
        struct vb_fault parsed = {.kind = words[i].kind};

        if (strncmp(text, words[i].word, length) != 0)
            continue;
        if (!parse_parts(&parsed, words[i].parts, text + length))
            break;
        *fault = parsed;
        return EG_OK;
    }
    return eg_error_set(err, EG_BAD_JOB,
                        "fault '%s': not one of lose@BYTES[xN], flip@BYTES[xN], late@BYTES:MS[xN], "
                        "drop@BYTES[xN], silent[@BYTES], gone@BYTES[:MS], brownout@BYTES[xN], "
                        "stuck@ADDR.BIT=V, lie, no-jump-reply, app-silent, app-panic[xN], "
                        "same-flash-id",
                        text);
}

static void find_next(struct vb_board *board)
{
    board->fault_next = VB__NEVER;
    for (unsigned i = 0; i < board->fault_count; i++) {
        if (board->faults[i].next < board->fault_next)
            board->fault_next = board->faults[i].next;
    }
}

void vb__faults_init(struct vb_board *board)
{
    board->fault_count =
        board->config.fault_count < VB_FAULTS_MAX ? board->config.fault_count : VB_FAULTS_MAX;
    for (unsigned i = 0; i < board->fault_count; i++) {
        struct vb__fault_state *state = &board->faults[i];

        state->fault = board->config.faults[i];
        state->left = state->fault.count != 0 ? state->fault.count : 1;
        state->next = state->fault.at;
        switch (state->fault.kind) {
        case VB_FAULT_LIE:
            board->lie = true;
            state->next = VB__NEVER;
            break;
        case VB_FAULT_NO_JUMP_REPLY:
            board->no_jump_reply = true;
            state->next = VB__NEVER;
            break;
        case VB_FAULT_APP_SILENT:
            board->app.silent = true;
            state->next = VB__NEVER;
            break;
        case VB_FAULT_APP_PANIC:
            board->app.panics = state->fault.count != 0 ? state->fault.count : UINT_MAX;
            board->app.panic_at = (size_t)(vb__random(&board->random) % (board->app.count + 1));
            state->next = VB__NEVER;
            break;
        case VB_FAULT_SAME_FLASH_ID:
            board->same_flash_id = true;
            state->next = VB__NEVER;
            break;
        case VB_FAULT_NONE:
        case VB_FAULT_STUCK:
            state->next = VB__NEVER;
            break;
        case VB_FAULT_SILENT:
            if (state->fault.at == 0)
                board->silent = true;
            break;
        case VB_FAULT_LOSE:
        case VB_FAULT_FLIP:
        case VB_FAULT_LATE:
        case VB_FAULT_DROP:
        case VB_FAULT_GONE:
        case VB_FAULT_BROWNOUT:
            break;
        }
    }
    find_next(board);
    vb__faults_stick(board, 0, board->flash_size);
}

size_t vb__faults_reach(const struct vb_board *board, size_t size)
{
    if (board->fault_next == VB__NEVER)
        return size;
    if (board->fault_next <= board->received)
        return 0;
    return board->fault_next - board->received < size ? (size_t)(board->fault_next - board->received) : size;
}

/* Returns false when the byte is lost. */
static bool strike(struct vb_board *board, const struct vb_fault *fault, uint8_t *byte)
{
    switch (fault->kind) {
    case VB_FAULT_LOSE:
        return false;
    case VB_FAULT_FLIP:
        *byte ^= (uint8_t)(1u << vb__random(&board->random) % 8);
        return true;
    case VB_FAULT_LATE:
        board->late_ms = fault->ms;
        return true;
    case VB_FAULT_DROP:
        board->drop_reply = true;
        return true;
    case VB_FAULT_SILENT:
        board->silent = true;
        return true;
    case VB_FAULT_GONE:
        board->gone_ns = board->now_ns;
        vb__stop(board);
        vb__wire_cut(&board->rx, board->now_ns);
        board->back_ns = fault->ms != 0 ? board->now_ns + (uint64_t)fault->ms * 1000000 : VB__NEVER;
        return false;
    case VB_FAULT_BROWNOUT:
        vb__reset(board, VB__CAUSE_BROWNOUT);
        return false;
    case VB_FAULT_NONE:
    case VB_FAULT_STUCK:
    case VB_FAULT_LIE:
    case VB_FAULT_NO_JUMP_REPLY:
    case VB_FAULT_APP_SILENT:
    case VB_FAULT_APP_PANIC:
    case VB_FAULT_SAME_FLASH_ID:
        break;
    }
    return true;
}

bool vb__faults_strike(struct vb_board *board, uint8_t *byte)
{
    bool kept = true;

    for (unsigned i = 0; i < board->fault_count; i++) {
        struct vb__fault_state *state = &board->faults[i];

        if (state->next > board->received)
            continue;
        state->left--;
        /* Far enough apart that a block sent again has a chance. */
        state->next = state->left == 0 ? VB__NEVER : board->received + 1 + vb__random(&board->random) % 65536;
        kept = strike(board, &state->fault, byte) && kept;
    }
    find_next(board);
    return kept;
}

void vb__faults_stick(const struct vb_board *board, uint32_t addr, uint32_t size)
{
    addr %= board->flash_size;
    for (unsigned i = 0; i < board->fault_count; i++) {
        const struct vb_fault *fault = &board->faults[i].fault;
        const uint32_t at = fault->addr % board->flash_size;

        if (fault->kind != VB_FAULT_STUCK || (at + board->flash_size - addr) % board->flash_size >= size)
            continue;
        if (fault->value)
            board->flash[at] |= fault->mask;
        else
            board->flash[at] &= (uint8_t)~fault->mask;
    }
}
