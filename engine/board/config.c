/* SPDX-License-Identifier: Apache-2.0 */

/*
 * esptool's configuration file: time limits, attempts and reset sequences in a section [esptool].
 *
 * The first file that has the section is used, in the order of eg_settings_load(). A file that cannot be read
 * or lacks the section is skipped, except the file that the environment names. Times are seconds and may have
 * a fraction.
 */

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/log.h"
#include "engine/link/reset.h"

#include <errno.h>
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)
#define SECONDS_MAX   86400.0
#define COUNT_MAX     1000000L

enum kind { SECONDS, COUNT, SIGNED_COUNT, TEXT };

static const struct key {
    const char *name;
    enum kind kind;
    size_t offset, room; /* size of a text */
} keys[] = {
#define KEY(name, kind, member)                                                                              \
    {                                                                                                        \
        name, kind, offsetof(struct eg_settings, member), sizeof((struct eg_settings *)0)->member            \
    }
    KEY("timeout", SECONDS, timeout_ms),
    KEY("chip_erase_timeout", SECONDS, chip_erase_timeout_ms),
    KEY("max_timeout", SECONDS, max_timeout_ms),
    KEY("sync_timeout", SECONDS, sync_timeout_ms),
    KEY("md5_timeout_per_mb", SECONDS, md5_timeout_per_mb_ms),
    KEY("erase_region_timeout_per_mb", SECONDS, erase_region_timeout_per_mb_ms),
    KEY("erase_write_timeout_per_mb", SECONDS, erase_write_timeout_per_mb_ms),
    KEY("mem_end_rom_timeout", SECONDS, mem_end_rom_timeout_ms),
    KEY("serial_write_timeout", SECONDS, serial_write_timeout_ms),
    KEY("connect_attempts", SIGNED_COUNT, connect_attempts),
    KEY("write_block_attempts", COUNT, write_block_attempts),
    KEY("reset_delay", SECONDS, reset_delay_ms),
    KEY("open_port_attempts", SIGNED_COUNT, open_port_attempts),
    KEY("custom_reset_sequence", TEXT, custom_reset_sequence),
    KEY("custom_hard_reset_sequence", TEXT, custom_hard_reset_sequence),
#undef KEY
};

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcasecmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool parse_count(const char *text, bool may_be_negative, int *number)
{
    char *end;
    const long value = strtol(text, &end, 10);

    *number = (int)value;
    return end != text && *end == '\0' && value <= COUNT_MAX && value >= (may_be_negative ? -COUNT_MAX : 1);
}

static bool parse_seconds(const char *text, uint32_t *ms)
{
    char *end;
    const double value = strtod(text, &end);

    *ms = value >= 0 && value <= SECONDS_MAX ? (uint32_t)(value * 1000 + 0.5) : 0;
    return end != text && *end == '\0' && value >= 0 && value <= SECONDS_MAX;
}

static enum eg_code set(struct eg_settings *settings, const struct key *key, const char *text,
                        struct eg_error *err)
{
    char *at = (char *)settings + key->offset;
    uint32_t ms;
    int number;

    switch (key->kind) {
    case SECONDS:
        if (!parse_seconds(text, &ms))
            return eg_error_set(err, EG_BAD_JOB, "%s is \"%.60s\", not a number of seconds from 0 to %.0f",
                                key->name, text, SECONDS_MAX);
        memcpy(at, &ms, sizeof ms);
        return EG_OK;
    case COUNT:
    case SIGNED_COUNT:
        if (!parse_count(text, key->kind == SIGNED_COUNT, &number))
            return eg_error_set(err, EG_BAD_JOB, "%s is \"%.60s\", not a whole number", key->name, text);
        memcpy(at, &number, sizeof number);
        return EG_OK;
    case TEXT:
        if (strlen(text) >= key->room)
            return eg_error_set(err, EG_BAD_JOB, "%s has more than %zu characters", key->name, key->room - 1);
        if (text[0] != '\0' && eg_reset_check_custom(text, err) != EG_OK)
            return eg_error_prefix(err, "%s: ", key->name);
        strcpy(at, text);
        return EG_OK;
    }
    return EG_OK;
}

/* Read one line of the section. */
static enum eg_code take(struct eg_settings *settings, char *line, struct eg_logger *logger, const char *path,
                         bool *gave_max, struct eg_error *err)
{
    char *value = strpbrk(line, "=:");

    if (value == NULL)
        return eg_error_set(err, EG_BAD_JOB, "\"%.60s\" has no value", line);
    *value++ = '\0';
    line = eg_text_trim(line);
    const struct key *key = find_key(line);
    if (key == NULL) {
        eg_log_warning(logger, NULL, "%s: there is no setting \"%.60s\"", path, line);
        return EG_OK;
    }
    *gave_max = *gave_max || strcmp(key->name, "max_timeout") == 0;
    return set(settings, key, eg_text_trim(value), err);
}

/* Other programs have settings in the same files. Text after the header is a comment, as in Python's
 * configparser. */
static bool is_ours(const char *header)
{
    static const char ours[] = "[esptool]";

    return strncmp(header, ours, sizeof ours - 1) == 0;
}

/* `*found` is set to whether the text has the section. */
static enum eg_code parse(struct eg_settings *settings, char *text, const char *path,
                          struct eg_logger *logger, bool *found, struct eg_error *err)
{
    bool inside = false, gave_max = false;
    char *next = text;

    *found = false;
    for (unsigned number = 1; next != NULL; number++) {
        char *line = next;
        char *end = strchr(next, '\n');

        next = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = '\0';
        line = eg_text_trim(line);

        if (*line == '\0' || *line == '#' || *line == ';')
            continue;
        if (*line == '[') {
            inside = is_ours(line);
            *found = *found || inside;
        } else if (inside && take(settings, line, logger, path, &gave_max, err) != EG_OK) {
            return eg_error_prefix(err, "%s:%u: ", path, number);
        }
    }
    if (!gave_max && *found)
        settings->max_timeout_ms = 2 * settings->chip_erase_timeout_ms;
    return EG_OK;
}

static enum eg_code load_file(struct eg_settings *settings, const char *path, struct eg_logger *logger,
                              bool *found, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    EG_TRY(eg_file_read(&file, path, FILE_SIZE_MAX, err));
    return parse(settings, (char *)file.data, path, logger, found, err);
}

static enum eg_code search(struct eg_settings *settings, const char *folder, struct eg_logger *logger,
                           bool *found, struct eg_error *err)
{
    static const char *const files[] = {"esptool.cfg", "setup.cfg", "tox.ini"};
    char path[4096];

    for (size_t i = 0; i < sizeof files / sizeof *files && !*found; i++) {
        if (snprintf(path, sizeof path, "%s%s", folder, files[i]) >= (int)sizeof path ||
            access(path, R_OK) != 0)
            continue;
        const enum eg_code code = load_file(settings, path, logger, found, err);
        if (code == EG_IO || code == EG_BAD_ARGUMENT)
            eg_log_warning(logger, NULL, "%s", err->text);
        else if (code != EG_OK)
            return code;
    }
    return EG_OK;
}

static enum eg_code search_home(struct eg_settings *settings, const char *below, struct eg_logger *logger,
                                bool *found, struct eg_error *err)
{
    const char *home = getenv("HOME");
    char folder[4096];

    if (*found || home == NULL || snprintf(folder, sizeof folder, "%s%s", home, below) >= (int)sizeof folder)
        return EG_OK;
    return search(settings, folder, logger, found, err);
}

static enum eg_code open_port_attempts(struct eg_settings *settings, struct eg_error *err)
{
    const char *text = getenv("ESPTOOL_OPEN_PORT_ATTEMPTS");

    if (text != NULL && !parse_count(text, true, &settings->open_port_attempts))
        return eg_error_set(err, EG_BAD_JOB, "$ESPTOOL_OPEN_PORT_ATTEMPTS is \"%.60s\", not a whole number",
                            text);
    return EG_OK;
}

enum eg_code eg_settings_load(struct eg_settings *settings, struct eg_logger *logger, struct eg_error *err)
{
    const char *named = getenv("ESPTOOL_CFGFILE");
    struct eg_settings loaded;
    bool found = false;

    eg_settings_init(&loaded);
    if (named != NULL && named[0] != '\0' && access(named, F_OK) != 0 && errno == ENOENT) {
        eg_log_warning(logger, NULL, "$ESPTOOL_CFGFILE is %s, and there is no such file", named);
    } else if (named != NULL && named[0] != '\0') {
        EG_TRY(load_file(&loaded, named, logger, &found, err));
        if (!found)
            eg_log_warning(logger, NULL, "%s: has no section [esptool]", named);
    }
    EG_TRY(search(&loaded, "", logger, &found, err));
    EG_TRY(search_home(&loaded, "/.config/esptool/", logger, &found, err));
    EG_TRY(search_home(&loaded, "/", logger, &found, err));
    EG_TRY(open_port_attempts(&loaded, err));
    *settings = loaded;
    return EG_OK;
}
