/* SPDX-License-Identifier: Apache-2.0 */

/* The user who runs the program. */

#ifndef DB_LOGIN_H
#define DB_LOGIN_H

#include <stddef.h>

/**
 * Return the name of the user who started the program. It comes from the system, not from an environment
 * variable, which anyone can set.
 */
void eg__login_name(char *name, size_t size);

#endif
