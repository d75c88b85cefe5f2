/* SPDX-License-Identifier: Apache-2.0 */

/* Times that a person types. */

#define _DEFAULT_SOURCE /* timegm() */

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

static void put_utc(char utc[EG_UTC_TEXT], time_t seconds, int milliseconds)
{
    struct tm parts;
    char text[EG_UTC_TEXT];

    if (gmtime_r(&seconds, &parts) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        text[0] = '\0';
    snprintf(utc, EG_UTC_TEXT, "%.19s.%03dZ", text, milliseconds);
}

static bool ago(struct cli_period *period, const char *text)
{
    static const struct {
        char letter;
        long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    const size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 6 || text[digits] == '\0' || text[digits + 1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].letter == text[digits]) {
            const time_t then = time(NULL) - strtol(text, NULL, 10) * units[i].seconds;
            put_utc(period->begin_utc, then, 0);
            put_utc(period->end_utc, then + 1, 0);
            return true;
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

/* The forms, and what a text of each form stands for: of all but a day, so many milliseconds. */
static const struct {
    const char *form;
    int64_t ms;
} forms[] = {{"9999-99-99", 0},
             {"9999-99-99T99:99", 60000},
             {"9999-99-99T99:99:99", 1000},
             {"9999-99-99T99:99:99.999", 1}};
#define FORMS (sizeof forms / sizeof forms[0])

bool cli_period(struct cli_period *period, const char *text)
{
    size_t size = strlen(text), form = 0;
    int year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0, days;
    bool utc = false;

    if (ago(period, text))
        return true;
    if (size > strlen("2026-11-27Z") && text[size - 1] == 'Z') {
        utc = true;
        size--;
    }
    while (form < FORMS && !looks_like(text, size, forms[form].form))
        form++;
    if (form == FORMS || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &year, &month, &day, &hour, &minute,
                                &second, &millisecond) < 3)
        return false;
    if (!days_of(year, month, &days) || day < 1 || day > days || hour > 23 || minute > 59 || second > 59)
        return false;
    struct tm parts = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second,
                       .tm_isdst = -1};
    struct tm next = parts;
    next.tm_mday++; /* a day may have 23 or 25 hours */
    const time_t begin = utc ? timegm(&parts) : mktime(&parts);
    put_utc(period->begin_utc, begin, millisecond);
    if (forms[form].ms == 0) {
        put_utc(period->end_utc, mktime(&next), 0);
    } else {
        const int64_t end_ms = millisecond + forms[form].ms;
        put_utc(period->end_utc, begin + (time_t)(end_ms / 1000), (int)(end_ms % 1000));
    }
    return true;
}
