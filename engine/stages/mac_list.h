/* SPDX-License-Identifier: Apache-2.0 */

/* MACs and their beginnings as a job lists them, and files of them: one a line, blank lines and what follows
 * a
 * `#` count for nothing. */

#ifndef ENGINE_STAGES_MAC_LIST_H
#define ENGINE_STAGES_MAC_LIST_H

#include "engine/base/bytes.h"

/** "7c:df:a1:00:11:22", "7c-df-a1", "7c:df:a1:*": how many bytes that gives; 0 = it is none of these. */
size_t eg__mac_parse(uint8_t mac[EG_MAC_SIZE], const char *text, size_t size);

/** EG_BAD_JOB with "PATH:LINE: " in front when a line is no MAC or stands there twice, or with "PATH: " when
 * none has one. */
enum eg_code eg__mac_list_check(const struct eg_buffer *text, const char *path,
                                struct eg_error *err) EG_CHECKED;

/** Whether a file that was checked has the MAC or a beginning of it. Reads all lines: 100 000 of them take
 * some milliseconds. */
bool eg__mac_list_has(const struct eg_buffer *text, const uint8_t mac[EG_MAC_SIZE]);

#endif
