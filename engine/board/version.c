/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/espgang.h"

const char *eg_version(void)
{
    return EG_VERSION;
}
