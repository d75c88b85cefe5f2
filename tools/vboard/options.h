/* SPDX-License-Identifier: Apache-2.0 */

/* The command line of the program vboard. */

#ifndef TOOLS_VBOARD_OPTIONS_H
#define TOOLS_VBOARD_OPTIONS_H

#include "tools/vboard/board.h"

#define VB_OPTION_TEXTS_MAX 256

/** Zero-initialise it; EG_CLEANUP(vb_options_finish) frees what it holds. */
struct vb_options {
    struct vb_config config; /* the pattern of the boards; its texts are of this struct */
    unsigned boards;
    uint16_t port;
    bool tally; /* print at the end what each board has done */
    bool pty, lines;
    bool done; /* a list or the version was wanted and has been printed: nothing to serve */
    const char *bind, *link_dir;
    const char *faults[VB_OPTION_TEXTS_MAX];
    unsigned fault_count;
    char *texts[VB_OPTION_TEXTS_MAX]; /* everything the options were given, to be freed */
    unsigned text_count;
};

/**
 * Read the command line. --help prints and exits.
 *
 * @return EG_OK; EG_BAD_JOB it cannot be used
 */
enum eg_code vb_options_read(struct vb_options *options, int argc, const char **argv,
                             struct eg_error *err) EG_CHECKED;

void vb_options_finish(struct vb_options *options);

#endif
