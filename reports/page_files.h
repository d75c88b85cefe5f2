/* SPDX-License-Identifier: Apache-2.0 */

/* Style and script of the HTML report, and style of the certificate, which the build embeds; each ends with a
 * zero byte. */

#ifndef REPORTS_PAGE_FILES_H
#define REPORTS_PAGE_FILES_H

extern const unsigned char eg__page_certificate_css[];
extern const unsigned char eg__page_report_css[];
extern const unsigned char eg__page_report_js[];

#endif
