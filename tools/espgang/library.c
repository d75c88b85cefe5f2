/* SPDX-License-Identifier: Apache-2.0 */

/* A shared library needs a source of its own; what it holds comes from the others. */

#include "engine/espgang.h"
