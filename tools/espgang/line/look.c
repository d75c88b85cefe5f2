/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MS 10000 /* how long a word of the station stays */

const char *cli_sign(const struct cli_cells *cells, enum cli_verdict verdict)
{
    static const char *const signs[][2] = {[CLI_FAIL] = {"X", "\xe2\x9c\x97"},
                                           [CLI_AGAIN] = {"!", "!"},
                                           [CLI_CHECK] = {"?", "?"},
                                           [CLI_PASSED] = {"+", "\xe2\x9c\x93"}};

    return signs[verdict][cells->utf8];
}

enum cli_style cli_field_style(enum cli_verdict verdict)
{
    static const enum cli_style styles[] = {[CLI_FAIL] = CLI_ON_FAIL,
                                            [CLI_AGAIN] = CLI_ON_AGAIN,
                                            [CLI_CHECK] = CLI_ON_CHECK,
                                            [CLI_PASSED] = CLI_ON_PASS};

    return styles[verdict];
}

void cli_clock(char text[9], time_t at, bool seconds)
{
    struct tm local;

    text[0] = '\0';
    if (localtime_r(&at, &local) != NULL)
        strftime(text, 9, seconds ? "%H:%M:%S" : "%H:%M", &local);
}

void cli_write_yield(char text[16], unsigned yield)
{
    if (yield % 10 == 0)
        snprintf(text, 16, "%u %%", yield / 10);
    else
        snprintf(text, 16, "%u.%u %%", yield / 10, yield % 10);
}

/* The counts in two halves, which are one line where there is room. */
struct counts {
    char good[48], not_good[48], yield[64], rate[96];
    bool good_yet, bad_yet, below;
};

static void write_counts(struct counts *counts, const struct cli_view *view, const struct cli_look *look)
{
    const int yield = cli_view_yield(view);
    const unsigned rate = cli_view_rate(view, look->now.ms);
    const int64_t left = cli_view_minutes_left(view, look->now.ms);
    char target[32] = "";

    *counts = (struct counts){.good_yet = view->counts.good > 0,
                              .bad_yet = view->counts.not_good > 0,
                              .below = yield >= 0 && view->target_yield != 0 &&
                                       (unsigned)yield < view->target_yield};
    if (view->target != 0)
        snprintf(target, sizeof target, " of %u", view->target);
    snprintf(counts->good, sizeof counts->good, "good %" PRId64 "%s", view->counts.good, target);
    snprintf(counts->not_good, sizeof counts->not_good, "not good %" PRId64, view->counts.not_good);
    if (yield < 0)
        snprintf(counts->yield, sizeof counts->yield, "nothing finished yet");
    else
        snprintf(counts->yield, sizeof counts->yield, "yield %d.%d %%", yield / 10, yield % 10);
    if (view->target_yield != 0) {
        const size_t used = strlen(counts->yield);
        char wanted[16];
        cli_write_yield(wanted, view->target_yield);
        snprintf(counts->yield + used, sizeof counts->yield - used, " (target %s)", wanted);
    }
    if (rate != 0)
        snprintf(counts->rate, sizeof counts->rate, "%u/h", rate);
    if (left >= 60)
        snprintf(counts->rate + strlen(counts->rate), 48, "  %" PRId64 " h %" PRId64 " min left", left / 60,
                 left % 60);
    else if (left > 0)
        snprintf(counts->rate + strlen(counts->rate), 48, "  %" PRId64 " min left", left);
}

unsigned cli_counts_rows(const struct cli_cells *cells, const struct cli_view *view,
                         const struct cli_look *look)
{
    struct counts counts;

    write_counts(&counts, view, look);
    const size_t width = strlen(counts.good) + 2 + strlen(counts.not_good) + 2 + strlen(counts.yield) + 2 +
                         strlen(counts.rate);
    return width <= cells->columns ? 1 : 2;
}

void cli_put_counts(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                    unsigned row, unsigned rows)
{
    struct counts counts;
    struct cli_span at = cli_row(cells, row);

    write_counts(&counts, view, look);
    at.from = cli_put(cells, at, counts.good_yet ? CLI_GOOD : CLI_PLAIN, counts.good) + 2;
    at.from = cli_put(cells, at, counts.bad_yet ? CLI_BAD : CLI_PLAIN, counts.not_good) + 2;
    if (rows > 1)
        at = cli_row(cells, row + 1);
    at.from = cli_put(cells, at, counts.below ? CLI_BAD : CLI_PLAIN, counts.yield) + 2;
    cli_put(cells, at, CLI_PLAIN, counts.rate);
}

/* Slots whose boards want the same done. */
struct group {
    const char *advice;
    enum cli_verdict verdict;
    unsigned count;
    char names[200]; /* "A3, C3 and 5 more" */
};

static void add_name(struct group *group, const char *name, bool is_last)
{
    const size_t used = strlen(group->names);

    snprintf(group->names + used, sizeof group->names - used, "%s%s",
             group->count == 0 ? ""
             : is_last         ? " and "
                               : ", ",
             name);
    group->count++;
}

static bool wants(const struct cli_view_slot *slot, const struct group *group)
{
    return slot->state == CLI_SLOT_DONE && cli_verdict_of(slot->outcome) == group->verdict &&
           strcmp(cli_advice(slot->outcome, slot->code), group->advice) == 0;
}

/* The names of a group's slots, as many as `room` has columns for. */
static void collect(struct group *group, const struct cli_view *view, unsigned room)
{
    unsigned count = 0;

    for (unsigned i = 0; i < view->slot_count; i++)
        count += wants(&view->slots[i], group);
    for (unsigned i = 0; i < view->slot_count; i++) {
        const struct cli_view_slot *const slot = &view->slots[i];
        if (!wants(slot, group))
            continue;
        if (group->count > 0 && (strlen(group->names) + strlen(slot->shown) + strlen(" and 99 more") > room ||
                                 strlen(group->names) + strlen(slot->shown) + 20 > sizeof group->names)) {
            const size_t used = strlen(group->names);
            snprintf(group->names + used, sizeof group->names - used, " and %u more", count - group->count);
            group->count = count;
            return;
        }
        add_name(group, slot->shown, group->count == count - 1);
    }
}

/* The next group after `former`, by urgency and then by the order of slots; false = there is none. */
static bool next_group(const struct cli_view *view, const struct group *groups, unsigned count,
                       struct group *next)
{
    for (enum cli_verdict verdict = CLI_FAIL; verdict <= CLI_AGAIN; verdict++) {
        for (unsigned i = 0; i < view->slot_count; i++) {
            const struct cli_view_slot *const slot = &view->slots[i];
            if (slot->state != CLI_SLOT_DONE || cli_verdict_of(slot->outcome) != verdict)
                continue;
            bool known = false;
            for (unsigned g = 0; g < count; g++)
                known |= wants(slot, &groups[g]);
            if (!known) {
                *next = (struct group){.advice = cli_advice(slot->outcome, slot->code), .verdict = verdict};
                return true;
            }
        }
    }
    return false;
}

static void put_calm_action(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                            struct cli_span span)
{
    unsigned at_work = 0, done = 0;

    for (unsigned i = 0; i < view->slot_count; i++) {
        at_work += view->slots[i].state == CLI_SLOT_AT_WORK;
        done += view->slots[i].state == CLI_SLOT_DONE;
    }
    if (at_work > 0)
        span.from =
            cli_putf(cells, span, CLI_REVERSE, "%u board%s at work", at_work, at_work == 1 ? "" : "s");
    if (look->ending)
        cli_put(cells, span, CLI_REVERSE, at_work > 0 ? "; no further one begins" : "The line ends");
    else if (look->serves && done > 0)
        cli_putf(cells, span, CLI_REVERSE, "%s%u %s: take %s out", at_work > 0 ? "; " : "", done,
                 done == 1 ? "is good" : "are good", done == 1 ? "it" : "them");
    else if (look->serves && at_work == 0)
        cli_put(cells, span, CLI_REVERSE, "Insert boards");
    else if (at_work == 0)
        cli_putf(cells, span, CLI_REVERSE, "%u of %u boards done", done, view->slot_count);
}

/* Boards that are to be removed are seen in their slots. */
static void put_pause(struct cli_cells *cells, const struct cli_look *look, struct cli_span span)
{
    static const char *const keys[] = {
        "PAUSED: too many boards in a row failed. Mend the cause, then press c",
        "PAUSED: mend the cause, then press c", "PAUSED: c goes on", "PAUSED"};
    static const char *const lines[] = {
        "PAUSED: too many boards in a row failed. Mend the cause, then /c Enter",
        "PAUSED: mend the cause, then /c Enter", "PAUSED: /c goes on", "PAUSED"};
    const char *const *text = look->lines ? lines : keys;

    while (strlen(*text) + 2 > cells->columns && strcmp(*text, "PAUSED") != 0)
        text++;
    cli_cells_fill(cells, span, CLI_ON_FAIL, ' ');
    span.from = 1;
    cli_put(cells, span, CLI_ON_FAIL, *text);
}

void cli_put_action(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                    unsigned row)
{
    struct group groups[4];
    unsigned count = 0;
    struct cli_span span = cli_row(cells, row);

    if (look->paused && !look->ending) {
        put_pause(cells, look, span);
        return;
    }
    while (count < sizeof groups / sizeof groups[0] && next_group(view, groups, count, &groups[count])) {
        collect(&groups[count], view, cells->columns / 2);
        count++;
    }
    const enum cli_style style = count > 0 ? cli_field_style(groups[0].verdict) : CLI_REVERSE;
    cli_cells_fill(cells, span, style, ' ');
    span.from = 1;
    if (count == 0) {
        put_calm_action(cells, view, look, span);
        return;
    }
    span.from = cli_putf(cells, span, style, "%s ", cli_sign(cells, groups[0].verdict));
    for (unsigned i = 0; i < count; i++) {
        const struct group *const group = &groups[i];
        if (i == 0 && group->verdict == CLI_FAIL)
            span.from = cli_putf(cells, span, style, "REMOVE BOARD%s IN %s: %s", group->count == 1 ? "" : "S",
                                 group->names, group->advice);
        else
            span.from = cli_putf(cells, span, style, "%s%s: %s", i == 0 ? "" : ". Then ", group->names,
                                 group->advice);
    }
}

const char *cli_message(const struct cli_view *view, const struct cli_look *look)
{
    return look->now.ms - view->message_ms < MESSAGE_MS ? view->message : "";
}

void cli_put_keys(struct cli_cells *cells, const struct cli_look *look, const char *message, unsigned row)
{
    static const char *const lines[] = {"? help  1-9 A-Z slot  l log  d drain: finish, begin no more  q quit",
                                        "? help  1-9 A-Z slot  l log  d drain  q quit",
                                        "? help  d drain  q quit", "? help"};
    static const char *const typed_lines[] = {"Enter begins every free slot; /? Enter: help",
                                              "/? Enter: help", "/?"};
    const struct cli_span span = cli_row(cells, row);
    const char *const *line = look->lines ? typed_lines : lines;

    if (look->question[0] != '\0') {
        cli_put(cells, span, CLI_REVERSE, look->question);
    } else if (look->typed[0] != '\0') {
        cli_putf(cells, span, CLI_BOLD, "slot %s_   Enter opens it, Esc forgets it", look->typed);
    } else if (message[0] != '\0') {
        cli_put(cells, span, CLI_PLAIN, message);
    } else if (!look->keys) {
        cli_put(cells, span, CLI_FAINT, look->serves ? "Ctrl-C finishes and begins no more" : "Ctrl-C ends");
    } else {
        while (strlen(*line) > cells->columns && strlen(*line) > strlen("? help") && strcmp(*line, "/?") != 0)
            line++;
        cli_put(cells, span, CLI_FAINT, *line);
    }
}
