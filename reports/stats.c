/* SPDX-License-Identifier: Apache-2.0 */

/* Quantiles are selected, not sorted for, so that a batch of any size is summed up in linear time. */

#include "reports/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* log of the probability that exactly k of n are bad. */
static double log_binomial(int64_t k, int64_t n, double p)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) + (double)k * log(p) +
           (double)(n - k) * log1p(-p);
}

/* Least and most bad ones whose tails beyond are each rarer than EG__TAIL. Only few are expected, or nearly
 * all, so that the sum from the near end is short. */
static struct eg__limits exact_limits(double p, int64_t n)
{
    const bool flip = p > 0.5;
    const double q = flip ? 1 - p : p;
    double below = 0, upto;
    int64_t low = 0, high = 0;

    for (;; high++) {
        upto = below + exp(log_binomial(high, n, q));
        if (below < EG__TAIL && upto >= EG__TAIL)
            low = high;
        if (high == n || 1 - upto < EG__TAIL)
            break;
        below = upto;
    }
    const double least = (double)low / (double)n, most = (double)high / (double)n;
    return (struct eg__limits){flip ? 1 - most : least, flip ? 1 - least : most, true};
}

struct eg__limits eg__control_limits(double p, int64_t trials)
{
    const double n = (double)trials;

    if (p <= 0 || p >= 1)
        return (struct eg__limits){p, p, true};
    if (n * p < 5 || n * (1 - p) < 5)
        return exact_limits(p, trials);
    const double width = 3 * sqrt(p * (1 - p) / n);
    return (struct eg__limits){fmax(0, p - width), fmin(1, p + width), false};
}

static void swap(double *one, double *other)
{
    const double kept = *one;

    *one = *other;
    *other = kept;
}

double eg__quantile(double *values, size_t count, double q)
{
    const double rank = ceil(q * (double)count);
    const ptrdiff_t wanted = rank < 1 ? 0 : (ptrdiff_t)rank - 1;

    for (ptrdiff_t low = 0, high = (ptrdiff_t)count - 1; low < high;) {
        const double pivot = values[low + (high - low) / 2];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j)
                swap(&values[i++], &values[j--]);
        }
        if (wanted <= j)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            break;
    }
    return values[wanted];
}

void eg__histogram(const double *values, size_t count, double low, double high, int64_t *parts, unsigned bins)
{
    memset(parts, 0, bins * sizeof *parts);
    for (size_t i = 0; i < count; i++) {
        const double part = high > low ? (values[i] - low) / (high - low) * bins : 0;
        parts[part <= 0 ? 0 : part >= bins ? bins - 1 : (unsigned)part]++;
    }
}

struct eg__capability eg__capability_of(double mean, double sd, double low, double high)
{
    struct eg__capability found = {mean, sd, NAN, NAN};

    if (sd <= 1e-12 * fabs(mean))
        return found; /* all are alike */
    found.cp = (high - low) / (6 * sd);
    found.cpk = fmin((mean - low) / (3 * sd), (high - mean) / (3 * sd));
    return found;
}

struct eg__capability eg__capability(const double *values, size_t count, double low, double high)
{
    double mean = 0, squares = 0;

    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return eg__capability_of(mean, count > 1 ? sqrt(squares / (double)(count - 1)) : 0, low, high);
}

enum eg__grade eg__grade_of(double cpk)
{
    const double shown = round(100 * cpk);

    return shown >= 133 ? EG__CAPABLE : shown >= 100 ? EG__BARELY_CAPABLE : EG__NOT_CAPABLE;
}

const char *eg__capable(double cpk)
{
    static const char *const words[] = {[EG__NOT_CAPABLE] = "not capable",
                                        [EG__BARELY_CAPABLE] = "barely capable",
                                        [EG__CAPABLE] = "capable"};

    return words[eg__grade_of(cpk)];
}

struct eg__limits eg__wilson(int64_t k, int64_t n)
{
    const double z = 1.959963984540054, of = (double)n, p = (double)k / of;
    const double middle = (p + z * z / (2 * of)) / (1 + z * z / of);
    const double half = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of);

    return (struct eg__limits){fmax(0, middle - half), fmin(1, middle + half), false};
}

static double log_choose(int64_t n, int64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

double eg_stats_fisher(int64_t a, int64_t n, int64_t b, int64_t m)
{
    const int64_t bad = a + b, least = bad > m ? bad - m : 0, most = bad < n ? bad : n;
    const double all = log_choose(n + m, bad);
    const double seen = log_choose(n, a) + log_choose(m, b) - all;
    double p = 0;

    for (int64_t k = least; k <= most; k++) {
        const double here = log_choose(n, k) + log_choose(m, bad - k) - all;
        if (here <= seen + 1e-7)
            p += exp(here);
    }
    return fmin(p, 1);
}

static int by_value(const void *one, const void *other)
{
    const double a = *(const double *)one, b = *(const double *)other;

    return a < b ? -1 : a > b;
}

double eg_stats_mann_whitney(double *a, size_t n, double *b, size_t m, double *higher)
{
    const double all = (double)n + (double)m, pairs = (double)n * (double)m;
    double above = 0, ties = 0; /* pairs in which b is above; sum of t^3 - t over groups of t equal values */

    qsort(a, n, sizeof *a, by_value);
    qsort(b, m, sizeof *b, by_value);
    for (size_t i = 0, k = 0; i < n || k < m;) {
        const double value = k == m || (i < n && a[i] <= b[k]) ? a[i] : b[k];
        const size_t below = i, from = k;
        while (i < n && a[i] == value)
            i++;
        while (k < m && b[k] == value)
            k++;
        const double here = (double)(i - below), there = (double)(k - from), equal = here + there;
        above += there * ((double)below + here / 2);
        ties += equal * equal * equal - equal;
    }
    *higher = above / pairs;
    const double variance = pairs / 12 * (all + 1 - ties / (all * (all - 1)));
    const double distance = fabs(above - pairs / 2) - 0.5;
    return variance <= 0 || distance <= 0 ? 1 : erfc(distance / sqrt(2 * variance));
}

/* Days since 1970 of a date of the Gregorian calendar; years begin in March, so that leap days end them. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    const int64_t era = year / 400, of_era = year - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t eg__utc_ms(const char *utc)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    int64_t field[7] = {0};
    unsigned fields = 0;

    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] != '0') {
            if (utc[i] != form[i])
                return -1;
            fields++;
        } else if (utc[i] < '0' || utc[i] > '9') {
            return -1;
        } else {
            field[fields] = field[fields] * 10 + (utc[i] - '0');
        }
    }
    const int64_t minutes = (days_of(field[0], field[1], field[2]) * 24 + field[3]) * 60 + field[4];
    return (minutes * 60 + field[5]) * 1000 + field[6];
}

void eg__utc_text(char text[EG__TIME_TEXT], int64_t ms)
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(text, EG__TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
}

int64_t eg__time_step_ms(int64_t span_ms, unsigned parts)
{
    static const int64_t steps_s[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                      600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400};
    const size_t last = sizeof steps_s / sizeof steps_s[0] - 1;
    size_t i = 0;

    while (i < last && steps_s[i] * 1000 * parts < span_ms)
        i++;
    int64_t step_ms = steps_s[i] * 1000;
    while (step_ms * parts < span_ms)
        step_ms *= 2;
    return step_ms;
}

int eg__zone_minutes(int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    char offset[8]; /* "+0530" */
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL || strftime(offset, sizeof offset, "%z", &tm) == 0)
        return 0;
    const long number = strtol(offset, NULL, 10);
    return (int)(number / 100 * 60 + number % 100);
}

int64_t eg__time_floor_ms(int64_t time_ms, int64_t step_ms)
{
    const int64_t ahead_ms = eg__zone_minutes(time_ms) * INT64_C(60000);

    return (time_ms + ahead_ms) / step_ms * step_ms - ahead_ms;
}
