/* SPDX-License-Identifier: Apache-2.0 */

/* Ways to reach simulated boards: in this process (sim:), by RFC 2217 on loopback, by pseudo-terminal. */

#ifndef TOOLS_VBOARD_CARRIER_H
#define TOOLS_VBOARD_CARRIER_H

#include "engine/link/port.h"
#include "tools/vboard/board.h"

/** Boards of one chip, numbered from 1, for any one carrier. */
struct vb_gang;

/**
 * Make `count` boards numbered from 1; `config` is the pattern (number is set per board; a mac is the first
 * board's, the others count up from it), `faults` one string per fault, "3:lie" = board 3 lies,
 * "5%:lie" = each board with this chance, by config->seed, without a number = every board. "3:mac=5" gives
 * board 3 the MAC of board 5. `flash_path` and `efuse_path` of `config` are folders here: board 3 keeps its
 * flash in FOLDER/board3.bin.
 *
 * @return EG_OK; EG_BAD_JOB a fault cannot be used; EG_IO a flash file cannot be used; EG_NO_MEMORY
 */
enum eg_code vb_gang_create(struct vb_gang **gang, const struct vb_config *config, unsigned count,
                            const char *const *faults, unsigned fault_count, struct eg_error *err) EG_CHECKED;

/** Writes the flash files; every port must be closed. NULL is allowed. */
void vb_gang_destroy(struct vb_gang *gang);
void vb_gang_destroy_cleanup(struct vb_gang **gang);

unsigned vb_gang_count(const struct vb_gang *gang);

/** The board with this number, from 1. */
struct vb_board *vb_gang_board(struct vb_gang *gang, unsigned number);

/** URL of a board for the scheme, "sim:esp32/3". */
void vb_gang_url(const struct vb_gang *gang, unsigned number, char *url, size_t size);

/** Scheme "sim:" over these boards; lives as long as the gang. A board is open once at a time. */
const struct eg_port_scheme *vb_gang_scheme(struct vb_gang *gang);

/** Boards served by RFC 2217, one listening socket each. */
struct vb_rfc2217;

/**
 * Listen for every board.
 *
 * A board has one client at a time, another is turned away. A client finds its board at 115200 with both
 * lines released, and what the board sent before is thrown away; when it leaves, the board goes on.
 *
 * @param gang  not owned; used by nothing else while the server exists
 * @param bind  numeric address, "127.0.0.1"; there is no authentication, so think before it is another
 * @param port  of the first board, the others follow; 0 = free ports
 *
 * @return EG_OK; EG_BAD_JOB not an address or not a port; EG_NO_PORT a port cannot be had; EG_NO_MEMORY
 */
enum eg_code vb_rfc2217_create(struct vb_rfc2217 **server, struct vb_gang *gang, const char *bind,
                               uint16_t port, struct eg_error *err) EG_CHECKED;
void vb_rfc2217_destroy(struct vb_rfc2217 *server);
void vb_rfc2217_destroy_cleanup(struct vb_rfc2217 **server);

/** TCP port of a board; any thread. */
uint16_t vb_rfc2217_port(const struct vb_rfc2217 *server, unsigned number);

/** "rfc2217://127.0.0.1:4001". */
void vb_rfc2217_url(const struct vb_rfc2217 *server, unsigned number, char *url, size_t size);

/** Serve in this thread, and in others of its own when there are many boards, until `stop_fd` is readable (or
 * its other end is closed). EG_OK; EG_IO poll failed.
 */
enum eg_code vb_rfc2217_run(struct vb_rfc2217 *server, int stop_fd, struct eg_error *err) EG_CHECKED;

/** Boards served on pseudo-terminals. */
struct vb_pty;

/**
 * Make a raw pseudo-terminal for every board.
 *
 * A pty has no modem lines: with `lines` they come by the sockets board1.lines, board2.lines, ... beside the
 * links (lines.h), and a bridge's rate is the terminal's. Without `lines` nothing restarts a board into its
 * loader; boards with `strap_low` set wait there. Its rate means nothing then: it is always the board's.
 * While no client has it open, what the board sends is lost.
 *
 * @param link_dir  folder that gets symbolic links board1, board2, ... removed at the end; NULL = none, and
 * then there are no lines either
 *
 * @return EG_OK; EG_NO_PORT no pty, or a link or a socket cannot be made; EG_NO_MEMORY
 */
enum eg_code vb_pty_create(struct vb_pty **server, struct vb_gang *gang, const char *link_dir, bool lines,
                           struct eg_error *err) EG_CHECKED;
void vb_pty_destroy(struct vb_pty *server);
void vb_pty_destroy_cleanup(struct vb_pty **server);

/** What a client opens: the link when there is one, else "/dev/pts/7", which changes when a board comes back;
 * without links only for the thread that serves, or before it does. Lives as long as the server. */
const char *vb_pty_path(const struct vb_pty *server, unsigned number);

/** As vb_rfc2217_run(). */
enum eg_code vb_pty_run(struct vb_pty *server, int stop_fd, struct eg_error *err) EG_CHECKED;

#endif
