/* SPDX-License-Identifier: Apache-2.0 */

/* One report, for eg_report_write(). */

#ifndef TESTS_REPORTS_ONE_REPORT_H
#define TESTS_REPORTS_ONE_REPORT_H

#include "reports/report.h"

#define ONE_REPORT(name, path) (&(const struct eg_report_file){eg_report_find_format(name), path})

#endif
