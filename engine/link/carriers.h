/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the carriers of this folder. */

#ifndef ENGINE_LINK_CARRIERS_H
#define ENGINE_LINK_CARRIERS_H

#include "engine/link/port.h"
#include "engine/link/topology.h"

/**
 * Open a serial port by libserialport.
 *
 * @param path   of the device itself, symbolic links resolved
 * @param url    what the sentences call it
 * @param known  whether this is a port for libserialport; on false nothing was opened, the result is EG_OK
 * and *port is as it was
 */
enum eg_code eg__serial_open(struct eg_port **port, const char *url, const char *path, bool *known,
                             struct eg_error *err) EG_CHECKED;

/** Store path, place, presence and USB numbers of its device in the port. */
void eg__tty_note(struct eg_port *port, const char *path, const struct eg__tty *tty);

/** Write the sentence for an opening that failed with this errno; for a port in use, name the process.
 * Returns the code. */
enum eg_code eg__tty_cannot_open(const char *url, const char *path, int errnum, struct eg_error *err);

/** Open a tty that libserialport does not know, by gensio, without modem lines. `path` as above. */
enum eg_code eg__gensio_open_tty(struct eg_port **port, const char *url, const char *path,
                                 const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/** The open() of rfc2217:// and tcp://; see struct eg_port_scheme. */
enum eg_code eg__gensio_open_rfc2217(struct eg_port **port, const char *url, void *context,
                                     const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;
enum eg_code eg__gensio_open_tcp(struct eg_port **port, const char *url, void *context,
                                 const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/* System-specific calls on the descriptor of an open serial port. They return 0 or an errno. */

/** Lock it against other espgang processes until it is closed; EBUSY when one has it. */
int eg__tty_lock(int fd);

/** Do the same, and lock the port against other programs. */
int eg__tty_exclude(int fd);

/** Set both modem lines in one step. */
int eg__tty_set_lines(int fd, bool dtr, bool rts);

/** Keep the modem lines unchanged when the port is closed. */
int eg__tty_keep_lines(int fd);

/** Name a process that has the device at `path` open, as "minicom (process 1234)"; of `others`, not this one.
 * False when none can be found: those of other users are hidden from all but root. */
bool eg__tty_holder(char *text, size_t size, const char *path, bool others);

/** Ask the driver to pass on input without delay. Many drivers cannot, which is not an error. */
void eg__tty_hurry(int fd);

#endif
