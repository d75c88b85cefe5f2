/* SPDX-License-Identifier: Apache-2.0 */

/* Times that a person types. */

#include "tools/espgang/ledger/period.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool days_of(int year, int month, int *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12)
        return false;
    *days = lengths[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
    return true;
}

static bool ago(char utc[EG_UTC_TEXT], const char *text)
{
    static const struct {
        char letter;
        long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    const size_t digits = strspn(text, "0123456789");
    struct tm parts;
    time_t now = time(NULL);

    if (digits == 0 || digits > 6 || text[digits] == '\0' || text[digits + 1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].letter == text[digits]) {
            now -= strtol(text, NULL, 10) * units[i].seconds;
            return gmtime_r(&now, &parts) != NULL &&
                   strftime(utc, EG_UTC_TEXT, "%Y-%m-%dT%H:%M:%S", &parts) != 0;
        }
    return false;
}

/* '9' stands for a digit. */
static bool looks_like(const char *text, size_t size, const char *form)
{
    if (size != strlen(form))
        return false;
    for (size_t i = 0; i < size; i++)
        if (form[i] == '9' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    return true;
}

bool cli_period(char utc[EG_UTC_TEXT], const char *text)
{
    size_t size = strlen(text);
    int year, month, day, hour = 0, minute = 0, second = 0, days;

    if (ago(utc, text))
        return true;
    if (size > strlen("2026-11-27Z") && text[size - 1] == 'Z')
        size--;
    if (!looks_like(text, size, "9999-99-99") && !looks_like(text, size, "9999-99-99T99:99") &&
        !looks_like(text, size, "9999-99-99T99:99:99") && !looks_like(text, size, "9999-99-99T99:99:99.999"))
        return false;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) < 3)
        return false;
    if (!days_of(year, month, &days) || day < 1 || day > days || hour > 23 || minute > 59 || second > 59)
        return false;
    snprintf(utc, EG_UTC_TEXT, "%.*s", (int)size, text);
    return true;
}
