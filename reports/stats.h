/* SPDX-License-Identifier: Apache-2.0 */

/* Arithmetic of reports: quantiles, histograms, control limits, times. */

#ifndef REPORTS_STATS_H
#define REPORTS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Probability of a point outside one of the two limits while nothing is wrong: that of 3 sigma. */
#define EG__TAIL 0.00135

/** Shares that differ by less are the same. */
#define EG__SAME 1e-12

/** Values below and above which a share is a signal. */
struct eg__limits {
    double low, high;
    bool exact; /* of the binomial distribution; else p +- 3 sqrt(p (1 - p) / n) */
};

/** Control limits of a p-chart: what share of `trials` may be bad when each is with probability `p`. The
 * normal approximation where trials * p and trials * (1 - p) are at least 5, else exact. */
struct eg__limits eg__control_limits(double p, int64_t trials);

/** The value below which a share of `q`, 0 to 1, of them is: the nearest rank. Reorders; count > 0. */
double eg__quantile(double *values, size_t count, double q);

/** How many of the values are in each of `bins` equal parts of low to high; those outside count in the
 * nearest part. */
void eg__histogram(const double *values, size_t count, double low, double high, int64_t *parts,
                   unsigned bins);

/** What a process does within its limits. */
struct eg__capability {
    double mean, sd; /* sd: of a sample, n - 1; 0 of one value */
    double cp, cpk;  /* NAN = not defined: no limit, no spread, or (cp) one limit alone */
};

/** Of `count` > 0 values; `low` and `high` may be NAN. Cp = (high - low) / 6 sd; Cpk = the less of
 * (mean - low) / 3 sd and (high - mean) / 3 sd. */
struct eg__capability eg__capability(const double *values, size_t count, double low, double high);

/** The same, of a mean and a spread that are known. */
struct eg__capability eg__capability_of(double mean, double sd, double low, double high);

/** How capable a process is. */
enum eg__grade { EG__NOT_CAPABLE, EG__BARELY_CAPABLE, EG__CAPABLE };

/** Capable from 1.33, barely from 1.00, as Cpk is shown: with two decimals. */
enum eg__grade eg__grade_of(double cpk);

/** "capable", "barely capable", "not capable" of a Cpk. */
const char *eg__capable(double cpk);

/** The 95 % interval of a share of k of n > 0, by Wilson's score. */
struct eg__limits eg__wilson(int64_t k, int64_t n);

/** Fisher's exact test, two-sided: the probability that chance alone makes two groups, a of n and b of m,
 * differ so much or more. 1 when n or m is 0. */
double eg_stats_fisher(int64_t a, int64_t n, int64_t b, int64_t m);

/**
 * The Mann-Whitney test, two-sided: the probability that chance alone makes two samples, of n and m > 0
 * values, differ so much or more in their order. By the normal distribution, with corrections for ties and
 * continuity; good from 8 values on either side. Sorts both.
 *
 * @param higher  how often a value of b is above one of a; equal ones count half
 */
double eg_stats_mann_whitney(double *a, size_t n, double *b, size_t m, double *higher);

/** Milliseconds since 1970 of "2026-11-23T08:24:00.123Z"; -1 = it is no such time. */
int64_t eg__utc_ms(const char *utc);

/** The reverse, to the second: "2026-11-23T08:24:00Z". */
#define EG__TIME_TEXT 21
void eg__utc_text(char text[EG__TIME_TEXT], int64_t ms);

/** A round step of time, 1 s or longer, of which at most `parts` cover `span_ms`. */
int64_t eg__time_step_ms(int64_t span_ms, unsigned parts);

/** Minutes of local time ahead of UTC at a time: 330 in "UTC+5:30". */
int eg__zone_minutes(int64_t time_ms);

/** The last multiple of the step in local time, so that a day's step is from midnight. */
int64_t eg__time_floor_ms(int64_t time_ms, int64_t step_ms);

#endif
