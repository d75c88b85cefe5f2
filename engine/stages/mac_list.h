/* SPDX-License-Identifier: Apache-2.0 */

/* Files of MACs and of prefixes of MACs (engine/base/mac.h), one on each line; blank lines and comments after
 * `#` are skipped. */

#ifndef ENGINE_STAGES_MAC_LIST_H
#define ENGINE_STAGES_MAC_LIST_H

#include "engine/base/bytes.h"
#include "engine/base/mac.h"

/** EG_BAD_JOB with "PATH:LINE: " in front when a line is no MAC or stands there twice, or with "PATH: " when
 * none has one. */
enum eg_code eg__mac_list_check(const struct eg_buffer *text, const char *path,
                                struct eg_error *err) EG_CHECKED;

/** Return whether a checked file has the MAC or a prefix of it. All lines are read: 100 000 take some
 * milliseconds. */
bool eg__mac_list_has(const struct eg_buffer *text, const uint8_t mac[EG_MAC_SIZE]);

#endif
