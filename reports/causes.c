/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/causes.h"

#include "engine/base/bytes.h"
#include "reports/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Related codes, so that the most frequent cause is not split into several. Codes that are not here are a
 * cause each. */
static const struct {
    const char *name;
    enum eg_code codes[12]; /* EG_OK after the last */
} families[] = {
    {"Flash faults",
     {EG_FLASH_ABSENT, EG_FLASH_PROTECTED, EG_FLASH_SHIFTED, EG_FLASH_NOISY, EG_NOT_WRITTEN, EG_STUCK_BITS,
      EG_VERIFY_MISMATCH}},
    {"Contact lost",
     {EG_NO_SYNC, EG_TIMEOUT, EG_BAD_FRAME, EG_BAD_REPLY, EG_CORRUPTED, EG_PORT_GONE, EG_BOARD_REMOVED,
      EG_BOARD_EXCHANGED}},
    {"Loader does not work",
     {EG_BOOT_MODE, EG_BOARD_RESET, EG_DEVICE_REFUSED, EG_UNSUPPORTED, EG_STUB_FAILED}},
    {"Wrong board", {EG_WRONG_CHIP, EG_WRONG_REVISION, EG_FLASH_TOO_SMALL, EG_UNKNOWN_CHIP, EG_NOT_ACCEPTED}},
    {"Identity in doubt", {EG_DUPLICATE_MAC, EG_CLONE, EG_NOT_UNIQUE}},
    {"Security setting forbids it", {EG_SECURED}},
    {"Test failed", {EG_TEST_FAILED}},
    {"Aborted", {EG_CANCELLED, EG_ABANDONED}},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char *eg__unit_name(const struct eg__unit *unit)
{
    return unit->serial[0] != '\0' ? unit->serial : unit->label[0] != '\0' ? unit->label : unit->mac;
}

bool eg__unit_is_exception(const struct eg__unit *unit)
{
    return unit->run->outcome != EG_PASS || unit->runs > 1;
}

static const char *family_of(const char *code)
{
    for (size_t i = 0; i < COUNT(families); i++)
        for (const enum eg_code *one = families[i].codes; *one != EG_OK; one++)
            if (strcmp(eg_code_name(*one), code) == 0)
                return families[i].name;
    return code;
}

void eg__cause_name(char name[EG__CAUSE_TEXT], const char *code, const char *outside)
{
    if (outside != NULL && strcmp(code, eg_code_name(EG_TEST_FAILED)) == 0)
        snprintf(name, EG__CAUSE_TEXT, "%s out of limits", outside);
    else
        snprintf(name, EG__CAUSE_TEXT, "%s", family_of(code));
}

static enum eg_code take_cause(struct eg__causes *causes, const char *name, struct eg__cause **cause,
                               struct eg_error *err)
{
    size_t i = 0;

    while (i < causes->count && strcmp(causes->items[i].name, name) != 0)
        i++;
    if (i == causes->count) {
        EG_TRY(eg_grow(&causes->items, i, sizeof *causes->items, err));
        EG_TRY(eg_strdup(&causes->items[i].name, name, err));
        causes->count++;
    }
    *cause = &causes->items[i];
    return EG_OK;
}

struct collect {
    struct eg__causes *causes;
    const struct eg__numbers *numbers;
};

static enum eg_code collect_unit(void *context, const struct eg_report_unit *row, struct eg_error *err)
{
    const struct collect *const collect = context;
    const struct eg_run_row *const last = &row->last;
    char again[48];
    const struct eg__run *const run = eg__numbers_run(collect->numbers, last->run);

    if (run == NULL || run->rank == EG__NONE)
        return EG_OK;
    struct eg__unit *const unit = &collect->causes->units[run->rank];
    unit->run = run;
    unit->runs = row->runs;
    EG_TRY(eg_strdup(&unit->mac, last->mac, err));
    EG_TRY(eg_strdup(&unit->serial, last->serial, err));
    EG_TRY(eg_strdup(&unit->label, last->label, err));
    snprintf(again, sizeof again, "passed at insertion %" PRId64, row->runs);
    return eg_strdup(&unit->remark,
                     !eg__run_passed(run)        ? last->sentence
                     : last->marginal[0] != '\0' ? last->marginal
                     : row->runs > 1             ? again
                                                 : "",
                     err);
}

static enum eg_code add_unit(struct eg__cause *cause, const struct eg__unit *unit, struct eg_error *err)
{
    EG_TRY(eg_grow(&cause->units, cause->count, sizeof *cause->units, err));
    cause->units[cause->count++] = unit;
    return EG_OK;
}

static enum eg_code add_to_cause(struct eg__causes *causes, const struct eg__numbers *numbers,
                                 const struct eg__unit *unit, struct eg_error *err)
{
    struct eg__cause *cause;
    char name[EG__CAUSE_TEXT];

    eg__cause_name(name, unit->run->code, eg__numbers_outside(numbers, unit->run->run));
    EG_TRY(take_cause(causes, name, &cause, err));
    EG_TRY(add_unit(cause, unit, err));
    causes->bad++;
    return EG_OK;
}

/* The codes of a cause with their numbers of units, the most frequent first. */
static enum eg_code tell_codes(struct eg__cause *cause, struct eg_error *err)
{
    struct {
        const char *code;
        size_t count;
    } codes[16] = {{0}};
    char text[400] = "";

    for (size_t i = 0; i < cause->count; i++) {
        size_t at = 0;
        while (at < COUNT(codes) && codes[at].code != NULL &&
               strcmp(codes[at].code, cause->units[i]->run->code) != 0)
            at++;
        if (at == COUNT(codes))
            continue; /* no family has so many */
        codes[at].code = cause->units[i]->run->code;
        codes[at].count++;
    }
    for (;;) {
        size_t most = 0;
        for (size_t i = 1; i < COUNT(codes); i++)
            if (codes[i].count > codes[most].count)
                most = i;
        if (codes[most].count == 0)
            return eg_strdup(&cause->codes, text, err);
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s %zu", used > 0 ? ", " : "", codes[most].code,
                 codes[most].count);
        codes[most].count = 0;
    }
}

static int more_units(const void *one, const void *other)
{
    const struct eg__cause *const a = one, *const b = other;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->name, b->name);
}

/* Units by the places of their last runs. */
struct places {
    int64_t *slots, *flash;
    int64_t units, identified; /* all; those whose flash is known */
    size_t looked_at;
};

static void places_finish(struct places *places)
{
    free(places->slots);
    free(places->flash);
}

static enum eg_code count_places(struct places *places, const struct eg__numbers *numbers,
                                 struct eg_error *err)
{
    EG_TRY(eg_alloc(&places->slots, numbers->slots.count + 1, sizeof *places->slots, err));
    EG_TRY(eg_alloc(&places->flash, numbers->flash.count + 1, sizeof *places->flash, err));
    for (size_t i = 0; i < numbers->run_count; i++) {
        const struct eg__run *const run = &numbers->runs[i];
        if (!run->last)
            continue;
        places->units++;
        places->looked_at += places->slots[run->slot]++ == 0;
        if (run->flash == EG__NONE)
            continue;
        places->identified++;
        places->looked_at += places->flash[run->flash]++ == 0;
    }
    return EG_OK;
}

/* Hold one place against all others; the least likely one stays. */
static void look_at(struct eg__cluster *best, const struct eg__cluster *place, int64_t of_cause, int64_t all)
{
    const int64_t elsewhere = of_cause - place->here, others = all - place->units;

    if (place->here < 2 || others <= 0 || place->here * others <= elsewhere * place->units)
        return;
    const double p = eg_stats_fisher(place->here, place->units, elsewhere, others);
    if (best->name != NULL && p >= best->p)
        return;
    *best = *place;
    best->p = p;
}

static enum eg_code find_cluster(struct eg__cause *cause, const struct places *places,
                                 const struct eg__numbers *numbers, struct eg_error *err)
{
    EG_CLEANUP(places_finish) struct places mine = {0};
    struct eg__cluster best = {0};

    EG_TRY(eg_alloc(&mine.slots, numbers->slots.count + 1, sizeof *mine.slots, err));
    EG_TRY(eg_alloc(&mine.flash, numbers->flash.count + 1, sizeof *mine.flash, err));
    for (size_t i = 0; i < cause->count; i++) {
        const struct eg__run *const run = cause->units[i]->run;
        cause->slots += mine.slots[run->slot]++ == 0;
        if (run->flash == EG__NONE)
            continue;
        mine.identified++;
        mine.flash[run->flash]++;
    }
    for (size_t i = 0; i < numbers->slots.count; i++) {
        const struct eg__cluster place = {numbers->slots.items[i].name, true, mine.slots[i], places->slots[i],
                                          1};
        look_at(&best, &place, (int64_t)cause->count, places->units);
    }
    for (size_t i = 0; i < numbers->flash.count; i++) {
        const struct eg__cluster place = {numbers->flash.items[i].name, false, mine.flash[i],
                                          places->flash[i], 1};
        look_at(&best, &place, mine.identified, places->identified);
    }
    if (best.name != NULL && best.p < EG__CHANCE / (double)places->looked_at)
        cause->cluster = best;
    return EG_OK;
}

enum eg_code eg__causes_collect(struct eg__causes *causes, struct eg_query *query,
                                const struct eg__numbers *numbers, struct eg_error *err)
{
    EG_CLEANUP(places_finish) struct places places = {0};
    struct collect collect = {causes, numbers};

    causes->unit_count = (size_t)numbers->batch.units;
    EG_TRY(eg_alloc(&causes->units, causes->unit_count + 1, sizeof *causes->units, err));
    EG_TRY(eg_query_report_units(query, numbers->batch.name, collect_unit, &collect, err));
    for (size_t i = 0; i < causes->unit_count; i++)
        if (!eg__run_passed(causes->units[i].run))
            EG_TRY(add_to_cause(causes, numbers, &causes->units[i], err));
        else if (causes->units[i].run->slow)
            EG_TRY(add_unit(&causes->slow, &causes->units[i], err));
    EG_TRY(count_places(&places, numbers, err));
    for (size_t i = 0; i < causes->count; i++) {
        struct eg__cause *const cause = &causes->items[i];
        cause->since_ms = cause->units[0]->run->ended_ms;
        EG_TRY(tell_codes(cause, err));
        EG_TRY(find_cluster(cause, &places, numbers, err));
    }
    EG_TRY(find_cluster(&causes->slow, &places, numbers, err));
    if (causes->count > 0)
        qsort(causes->items, causes->count, sizeof *causes->items, more_units);
    return EG_OK;
}

void eg__causes_finish(struct eg__causes *causes)
{
    for (size_t i = 0; i < causes->unit_count && causes->units != NULL; i++) {
        free(causes->units[i].mac);
        free(causes->units[i].serial);
        free(causes->units[i].label);
        free(causes->units[i].remark);
    }
    for (size_t i = 0; i < causes->count; i++) {
        free(causes->items[i].units);
        free(causes->items[i].name);
        free(causes->items[i].codes);
    }
    free(causes->slow.units);
    free(causes->items);
    free(causes->units);
}
