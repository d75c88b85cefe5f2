/* SPDX-License-Identifier: Apache-2.0 */

/* What the carriers of this folder show each other. */

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

/** Keep with the port what is known of its device. */
void eg__tty_note(struct eg_port *port, const char *path, const struct eg__tty *tty);

/** What an opening that ended with this errno means for the user. Returns the code. */
enum eg_code eg__tty_cannot_open(const char *url, int errnum, struct eg_error *err);

/** Open a tty that libserialport does not know, by gensio: no modem lines. `path` as above. */
enum eg_code eg__gensio_open_tty(struct eg_port **port, const char *url, const char *path,
                                 const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/** Whether the URL ends in pySerial's "?ign_set_control": the server does not acknowledge modem lines. */
bool eg__address_is_mute(const char *url);

/** SCHEME://HOST:PORT to gensio's "HOST,PORT". A host holds only what a name or an address may hold. */
enum eg_code eg__parse_address(char *address, size_t room, const char *url, struct eg_error *err) EG_CHECKED;

/** The open() of rfc2217:// and tcp://; see struct eg_port_scheme. */
enum eg_code eg__gensio_open_rfc2217(struct eg_port **port, const char *url, void *context,
                                     const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;
enum eg_code eg__gensio_open_tcp(struct eg_port **port, const char *url, void *context,
                                 const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/* What POSIX leaves to each system, on the descriptor of an open serial port. Return 0 or an errno. */

/** No other espgang may use it until it is closed; EBUSY when one does. */
int eg__tty_lock(int fd);

/** The same, and nobody else may open it. */
int eg__tty_exclude(int fd);

/** Both modem lines in one step. */
int eg__tty_set_lines(int fd, bool dtr, bool rts);

/** The modem lines stay as they are when the port is closed. */
int eg__tty_keep_lines(int fd);

/** Ask the driver to hand over what arrives at once. Many drivers cannot, which is no failure. */
void eg__tty_hurry(int fd);

#endif
