/* SPDX-License-Identifier: Apache-2.0 */

/* What a job says of its reports: which yield is good enough, and the logo on top. */

#ifndef ENGINE_PLAN_LOOK_H
#define ENGINE_PLAN_LOOK_H

#include "engine/base/bytes.h"

/** Read a yield in percent, more than 0 and at most 100; false = the text is none. */
bool eg_look_target(double *percent, const char *text);

#define EG_LOOK_LOGO_MAX (256u << 10) /* bytes */

/**
 * Tell what a logo is, and refuse what cannot be shown or may not be.
 *
 * An SVG file may have no script, no handler of an event and no entity of its own: a browser runs none in an
 * image, but a logo is passed on with every report.
 *
 * @param kind  "png", "jpeg" or "svg+xml": of "image/..."
 *
 * @return EG_OK, or EG_BAD_ARGUMENT with a sentence that follows the file's name ("is ...")
 */
enum eg_code eg_look_logo(const char **kind, const struct eg_buffer *logo, struct eg_error *err) EG_CHECKED;

#endif
