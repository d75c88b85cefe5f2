/* SPDX-License-Identifier: Apache-2.0 */

/* Who runs the program. */

#ifndef DB_LOGIN_H
#define DB_LOGIN_H

#include <stddef.h>

/** The name of the one who started the program, from the system and not from a variable that may say
 * anything. */
void eg__login_name(char *name, size_t size);

#endif
