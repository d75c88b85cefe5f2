/* SPDX-License-Identifier: Apache-2.0 */

/*
 * MAC addresses as text: one grammar for every command, job file, pool file and simulated board.
 *
 *     7c:df:a1:00:11:22   7C-DF-A1-00-11-22   7c.df.a1.00.11.22   7cdf.a100.1122   7cdfa1-001122 7cdfa1001122
 *
 * Hex digits of either case, two for each byte. The separator ':', '-' or '.' stands after every first,
 * second or third byte, or there is none. A prefix is the first bytes of a MAC in the same grammar; '*' may
 * follow it, after the separator if there is one: 7c:df:a1, 7c:df:a1:*, 7cdfa1*.
 */

#ifndef ENGINE_BASE_MAC_H
#define ENGINE_BASE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EG_MAC_SIZE 6
#define EG_MAC_TEXT 18

/** Write "24:0a:c4:00:10:00"; `text` has room for EG_MAC_TEXT. */
void eg_mac_text(char text[EG_MAC_TEXT], const uint8_t mac[EG_MAC_SIZE]);

/** Read a whole MAC. Return false, and leave `mac` as it is, if `text` is not one. */
bool eg_mac_parse(uint8_t mac[EG_MAC_SIZE], const char *text);

/** Read a whole MAC and write it as eg_mac_text() does. Return false, and leave `text` as it is, if `given`
 * is not one. */
bool eg_mac_normalise(char text[EG_MAC_TEXT], const char *given);

/** Read a MAC or a prefix from the `size` bytes at `text`, which need no NUL. Return how many bytes it gives,
 * 1 to 6, or 0 if the text is neither; bytes of `mac` beyond those are undefined. */
size_t eg_mac_parse_prefix(uint8_t mac[EG_MAC_SIZE], const char *text, size_t size);

#endif
