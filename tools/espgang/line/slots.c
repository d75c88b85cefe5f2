/* SPDX-License-Identifier: Apache-2.0 */

/* Choosing slots. */

#include "tools/espgang/line/slots.h"

#include "engine/base/bytes.h"
#include "engine/link/discover.h"
#include "engine/plan/template.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LABEL_MAX = 500 };

/* Two paths may lead to one port: /dev/ttyUSB0 and its links in /dev/serial/. */
static bool same_port(const char *url, const char *other)
{
    struct stat info, other_info;

    if (strcmp(url, other) == 0)
        return true;
    return stat(url, &info) == 0 && stat(other, &other_info) == 0 && S_ISCHR(info.st_mode) &&
           S_ISCHR(other_info.st_mode) && info.st_rdev == other_info.st_rdev;
}

enum eg_code cli_slots_add_slot(struct cli_slots *slots, const struct eg_slot *slot, struct eg_error *err)
{
    for (unsigned i = 0; i < slots->count; i++) {
        if (same_port(slots->slots[i].url, slot->url) || strcmp(slots->slots[i].name, slot->name) == 0)
            return EG_OK;
    }
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *address = NULL;
    EG_CLEANUP(eg_free_cleanup) char *url = NULL;
    EG_TRY(eg_strdup(&name, slot->name, err));
    EG_TRY(eg_strdup(&address, slot->address, err));
    EG_TRY(eg_strdup(&url, slot->url, err));
    EG_TRY(eg_grow(&slots->slots, slots->count, sizeof *slots->slots, err));
    slots->slots[slots->count++] = (struct eg_slot){
        .name = name,
        .address = address,
        .url = url,
        .presence = slot->presence,
        .bridge = slot->bridge,
        .group = slot->group,
        .baud = slot->baud,
    };
    name = address = url = NULL;
    return EG_OK;
}

enum eg_code cli_slots_add(struct cli_slots *slots, const char *name, const char *url, struct eg_error *err)
{
    return cli_slots_add_slot(slots, &(struct eg_slot){.name = name, .address = url, .url = url}, err);
}

/* A USB serial port is a place; what else was asked for by a path keeps it, however many links it is. */
enum eg_code cli_slots_add_found(struct cli_slots *slots, const struct eg_found_port *found, const char *path,
                                 struct eg_error *err)
{
    const bool placed = strchr(found->slot, '/') == NULL;
    struct eg_slot slot = {
        .name = placed ? found->slot : path,
        .address = placed ? found->slot : path,
        .url = path,
        .presence = found->presence,
        .bridge = {.vid = found->vid, .pid = found->pid},
    };

    memcpy(slot.bridge.serial, found->serial, sizeof slot.bridge.serial);
    return cli_slots_add_slot(slots, &slot, err);
}

static enum eg_code add_port(struct cli_slots *slots, const char *url, struct eg_error *err)
{
    struct eg_found_port found;

    EG_TRY(eg_discover_at(&found, url, err));
    return cli_slots_add_found(slots, &found, url, err);
}

static enum eg_code add_url(struct cli_slots *slots, const char *url, struct eg_error *err)
{
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes; *scheme != NULL; scheme++) {
        if ((*scheme)->scheme[0] != '\0' && strncmp(url, (*scheme)->scheme, strlen((*scheme)->scheme)) == 0)
            return add_port(slots, url, err);
    }
    return eg_error_set(err, EG_NO_PORT, "nothing opens '%s'; 'espgang ports' shows the forms of ports", url);
}

static enum eg_code add_pattern(struct cli_slots *slots, const char *pattern, struct eg_error *err)
{
    if (strstr(pattern, "://") != NULL)
        return add_url(slots, pattern, err);
    glob_t found = {0};
    const int result = glob(pattern, 0, NULL, &found);
    enum eg_code code = EG_OK;
    if (result == GLOB_NOMATCH)
        code = eg_error_set(err, EG_NO_PORT, "no port matches '%s'", pattern);
    else if (result != 0)
        code = eg_error_set(err, EG_IO, "looking for ports '%s' failed", pattern);
    else
        for (size_t i = 0; i < found.gl_pathc && code == EG_OK; i++)
            code = add_port(slots, found.gl_pathv[i], err);
    globfree(&found);
    return code;
}

static enum eg_code add_patterns(struct cli_slots *slots, const char *const *patterns, bool must_match,
                                 struct eg_error *err)
{
    for (; *patterns != NULL; patterns++) {
        EG_CLEANUP(eg_free_cleanup) char *list = NULL;
        EG_TRY(eg_strdup(&list, *patterns, err));
        char *rest = list;
        for (char *pattern = strtok_r(list, ",", &rest); pattern != NULL;
             pattern = strtok_r(NULL, ",", &rest)) {
            const enum eg_code code = add_pattern(slots, pattern, err);
            if (code != EG_OK && (must_match || code != EG_NO_PORT))
                return code;
        }
    }
    return EG_OK;
}

static enum eg_code add_attached(struct cli_slots *slots, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count;

    EG_TRY(eg_discover_ports(&found, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (found[i].default_choice)
            EG_TRY(cli_slots_add_found(slots, &found[i], found[i].path, err));
    }
    return EG_OK;
}

enum eg_code cli_slots_choose(struct cli_slots *slots, const char *const *patterns, struct eg_error *err)
{
    EG_TRY(patterns == NULL ? add_attached(slots, err) : add_patterns(slots, patterns, true, err));
    if (slots->count == 0 && patterns == NULL)
        return eg_error_set(
            err, EG_NO_PORT,
            "no board is attached: no USB serial port with a known bridge; 'espgang ports' lists what "
            "there is, --ports names others, --sim 8 rehearses without boards");
    if (slots->count == 0)
        return eg_error_set(err, EG_NO_PORT, "--ports names no port");
    return EG_OK;
}

enum eg_code cli_slots_scan(struct cli_slots *slots, const char *const *patterns, struct eg_error *err)
{
    return patterns == NULL ? add_attached(slots, err) : add_patterns(slots, patterns, false, err);
}

enum eg_code cli_slots_label(struct cli_slots *slots, const char *text, struct eg_error *err)
{
    const size_t name_size = strcspn(text, "=");
    const char *const label = text + name_size + 1;
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *copy = NULL;
    struct eg_slot *slot = NULL;

    if (name_size == 0 || text[name_size] == '\0' || label[0] == '\0')
        return eg_error_set(err, EG_BAD_JOB, "--label is '%.80s', not SLOT=TEXT", text);
    EG_TRY(eg_strdup(&name, text, err));
    name[name_size] = '\0';
    for (unsigned i = 0; i < slots->count && slot == NULL; i++)
        if (strcmp(slots->slots[i].name, name) == 0 || same_port(slots->slots[i].url, name))
            slot = &slots->slots[i];
    if (slot == NULL)
        return eg_error_set(err, EG_BAD_JOB, "--label: no board is in slot %.80s", name);
    if (slot->label != NULL)
        return eg_error_set(err, EG_BAD_JOB, "--label: slot %.80s has the label %.80s already", name,
                            slot->label);
    if (strlen(label) > LABEL_MAX)
        return eg_error_set(err, EG_BAD_JOB, "--label: that of slot %.80s has %zu bytes, more than %d", name,
                            strlen(label), LABEL_MAX);
    if (eg_given_text_check(label, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg_error_prefix(err, "--label: that of slot %.80s ", name);
    }
    EG_TRY(eg_strdup(&copy, label, err));
    slot->label = copy;
    copy = NULL;
    return EG_OK;
}

void cli_slots_finish(struct cli_slots *slots)
{
    for (unsigned i = 0; i < slots->count; i++) {
        free((void *)slots->slots[i].name);
        free((void *)slots->slots[i].address);
        free((void *)slots->slots[i].url);
        free((void *)slots->slots[i].label);
    }
    free(slots->slots);
    *slots = (struct cli_slots){0};
}
