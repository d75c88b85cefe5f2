/* SPDX-License-Identifier: Apache-2.0 */

/* The settings of a terminal as the kernel has them, for TCGETS2 and TCSETS2: rates without a Bnnn are here
 * only. Its own header and the C library's <termios.h> exclude each other. */

#ifndef TOOLS_VBOARD_CARRIER_TERMIOS2_H
#define TOOLS_VBOARD_CARRIER_TERMIOS2_H

#include <termios.h>

#ifndef BOTHER
#define BOTHER 0010000 /* in c_cflag: the rate is c_ospeed; not so on Alpha and PowerPC */
#endif

struct termios2 {
    tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
    cc_t c_line;
    cc_t c_cc[19];
    speed_t c_ispeed, c_ospeed;
};

#endif
