/* SPDX-License-Identifier: Apache-2.0 */

/* Names and codes of flash settings, for building, merging and printing. */

#include "engine/image/settings.h"

#include <stdio.h>
#include <string.h>

static const char *const modes[] = {"qio", "qout", "dio", "dout"};

int eg_flash_mode_code(const char *name)
{
    for (int code = 0; code < (int)(sizeof modes / sizeof *modes); code++)
        if (strcmp(name, modes[code]) == 0)
            return code;
    return -1;
}

const char *eg_flash_mode_name(int code)
{
    return code >= 0 && code < (int)(sizeof modes / sizeof *modes) ? modes[code] : NULL;
}

const char *eg_header_name(const struct eg_header_code *codes, int code)
{
    for (; codes->name != NULL; codes++)
        if (codes->code == code)
            return codes->name;
    return NULL;
}

static bool kept(const char *name)
{
    return name == NULL || strcmp(name, "keep") == 0;
}

static enum eg_code parse_code(int *code, const char *what, const struct eg_target *target,
                               const struct eg_header_code *codes, const char *name, struct eg_error *err)
{
    char names[200] = "";
    size_t used = 0;

    *code = kept(name) ? -1 : eg_header_code(codes, name);
    if (kept(name) || *code >= 0)
        return EG_OK;
    for (; codes->name != NULL && used < sizeof names; codes++)
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", codes->name);
    return eg_error_set(err, EG_BAD_JOB, "%s \"%.40s\" is none of %s: %s", what, name, target->label, names);
}

enum eg_code eg_flash_settings_parse(struct eg_flash_settings *settings, const struct eg_target *target,
                                     const char *mode, const char *freq, const char *size,
                                     struct eg_error *err)
{
    settings->mode = kept(mode) ? -1 : eg_flash_mode_code(mode);
    if (!kept(mode) && settings->mode < 0)
        return eg_error_set(err, EG_BAD_JOB, "flash mode \"%.40s\" is none of qio, qout, dio, dout", mode);
    EG_TRY(parse_code(&settings->freq, "flash frequency", target, target->flash_freqs, freq, err));
    return parse_code(&settings->size, "flash size", target, target->flash_sizes, size, err);
}

enum eg_code eg_size_parse(uint32_t *size, const char *text, struct eg_error *err)
{
    const size_t digits = strspn(text, "0123456789");
    const char *const unit = text + digits;
    uint64_t value = 0;

    for (size_t i = 0; i < digits && value <= UINT32_MAX; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    value *= strncmp(unit, "MB", 2) == 0 ? 1024 * 1024 : 1024;
    if (digits == 0 || (strncmp(unit, "MB", 2) != 0 && strncmp(unit, "KB", 2) != 0) ||
        (unit[2] != '\0' && unit[2] != '-'))
        return eg_error_set(err, EG_BAD_JOB, "\"%.40s\" is not a size such as 512KB or 4MB", text);
    if (value == 0 || value > UINT32_MAX)
        return eg_error_set(err, EG_BAD_JOB, "size \"%.40s\" is out of range", text);
    *size = (uint32_t)value;
    return EG_OK;
}
