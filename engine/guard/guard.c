/* SPDX-License-Identifier: Apache-2.0 */

/* Asks the rules. */

#include "engine/guard/guard_internal.h"

#include <string.h>

const struct eg_guard_rule *eg_guard_rule_by_name(const char *name)
{
    for (const struct eg_guard_rule *rule = eg_guard_rules; rule->name != NULL; rule++)
        if (strcmp(rule->name, name) == 0)
            return rule;
    return NULL;
}

uint64_t eg_guard_bit(const struct eg_guard_rule *rule)
{
    return UINT64_C(1) << (rule - eg_guard_rules);
}

/* Return whether the request has the facts that the rule needs and the rule was not switched off. Rules that
 * a job allows are still asked, because the result goes on record. */
static bool is_asked(const struct eg_guard_rule *rule, const struct eg_guard_request *request)
{
    const unsigned force = request->action == EG_GUARD_ERASE ? EG_GUARD_FORCE_ERASE : EG_GUARD_FORCE_WRITE;

    if ((rule->actions & EG_GUARD_ON(request->action)) == 0 ||
        (request->job ? rule->one_board_only : rule->job_only) ||
        (request->force && (rule->waiver & force) != 0) ||
        (request->ignore_flash_key && (rule->waiver & EG_GUARD_IGNORE_KEY) != 0))
        return false;
    if (request->board != NULL)
        return request->target != NULL && rule->of_board;
    switch (rule->needs) {
    case EG_GUARD_NEEDS_NOTHING:
        return !request->again;
    case EG_GUARD_NEEDS_FILES:
        return request->target != NULL && !request->again;
    case EG_GUARD_NEEDS_SIZE:
        return request->target != NULL;
    case EG_GUARD_NEEDS_CHIP:
        return request->target != NULL && request->chip != NULL;
    case EG_GUARD_NEEDS_FLASH:
        return request->target != NULL && request->flash != NULL;
    case EG_GUARD_NEEDS_BOARD:
        return false;
    }
    return false;
}

static bool is_refusal(const struct eg_guard_rule *rule, const struct eg_guard_request *request)
{
    return rule->weight == EG_GUARD_REFUSES || (rule->weight == EG_GUARD_WARNS && request->job);
}

/* The result of a check; `code` is EG_OK if it found nothing. */
static enum eg_code weigh(const struct eg_guard_rule *rule, const struct eg_guard_request *request,
                          enum eg_code code, size_t piece, struct eg_guard_finding *found,
                          struct eg_error *err)
{
    const bool allowed =
        (rule->waiver & EG_GUARD_ALLOW) != 0 && (request->allowed & eg_guard_bit(rule)) != 0 && request->job;
    const struct eg_guard_finding finding = {rule, piece, allowed, err->text};

    if (code == EG_OK || code == EG_NO_MEMORY)
        return code;
    if (is_refusal(rule, request) && !allowed) {
        if (found != NULL)
            *found = finding;
        return code;
    }
    if (request->say != NULL)
        request->say(request->context, &finding);
    return EG_OK;
}

static enum eg_code ask(const struct eg_guard_rule *rule, const struct eg__guard_view *view,
                        struct eg_guard_finding *found, struct eg_error *err)
{
    const struct eg_guard_request *const request = view->request;

    if (rule->whole != NULL) {
        size_t piece = request->count;
        const enum eg_code code = rule->whole(view, &piece, err);
        EG_TRY(weigh(rule, request, code, piece, found, err));
    }
    for (size_t i = 0; rule->piece != NULL && i < request->count; i++) {
        const enum eg_code code = rule->piece(view, &request->pieces[i], err);
        EG_TRY(weigh(rule, request, code, i, found, err));
    }
    for (size_t i = 0; rule->image != NULL && i < view->image_count; i++) {
        const enum eg_code code = rule->image(view, &view->images[i], err);
        EG_TRY(weigh(rule, request, code, view->images[i].piece, found, err));
    }
    return EG_OK;
}

enum eg_code eg_guard_ask(const struct eg_guard_request *request, struct eg_guard_finding *found,
                          struct eg_error *err)
{
    EG_CLEANUP(eg__guard_view_finish) struct eg__guard_view view = {.request = request};

    if (request->target != NULL)
        EG_TRY(eg__guard_view_make(&view, request, err));
    for (const struct eg_guard_rule *rule = eg_guard_rules; rule->name != NULL; rule++)
        if (is_asked(rule, request))
            EG_TRY(ask(rule, &view, found, err));
    return EG_OK;
}
