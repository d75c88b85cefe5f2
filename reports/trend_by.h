/* SPDX-License-Identifier: Apache-2.0 */

/* Steps of time of a report over many batches. */

#ifndef REPORTS_TREND_BY_H
#define REPORTS_TREND_BY_H

enum eg_trend_by { EG_TREND_BEST, EG_TREND_DAY, EG_TREND_WEEK, EG_TREND_MONTH };

#endif
