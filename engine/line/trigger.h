/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines whose boards cannot be seen to be plugged in: fixtures whose bridge stays plugged, remote ports,
 * simulated boards. Somebody else says when the board in a slot may begin: the board itself by answering
 * (eg_trigger_poll()), a key or a scanner, a program.
 */

#ifndef ENGINE_LINE_TRIGGER_H
#define ENGINE_LINE_TRIGGER_H

#include "engine/line/line.h"
#include "engine/stages/slot.h"

#define EG_LABEL_TEXT 501 /* of a board, with its NUL */

/** Who says when. Every call is made by the slot's own thread and may wait as long as it likes, but looks at
 * `cancel` every 100 ms: it is set when the line ends, too. */
struct eg_trigger {
    /**
     * Wait until the board in the slot may begin.
     *
     * @param label  becomes what was scanned; "" = not known
     *
     * @return EG_OK; EG_CANCELLED; any other failure is logged as a warning, and it is asked again
     */
    enum eg_code (*wait)(void *context, const struct eg_slot *slot, char label[EG_LABEL_TEXT],
                         const struct eg_cancel *cancel, struct eg_error *err);
    /**
     * Take the outcome, and return when the board is gone. NULL = the next wait() is the end of this board.
     *
     * @return EG_OK; EG_CANCELLED; any other failure is logged as a warning
     */
    enum eg_code (*done)(void *context, const struct eg_slot *slot, const struct eg_result *result,
                         const struct eg_cancel *cancel, struct eg_error *err);
    void *context;
};

/**
 * Program the boards in the station's slots, one after the other in each, as the trigger says, until
 * cancelled or ending.
 *
 * @param ended  as of eg_station_watch()
 *
 * @return EG_OK when cancelled, or ending, and every run has ended on record; EG_INTERNAL the stages do not
 * fit together; EG_NO_MEMORY, EG_IO no thread could be started
 */
enum eg_code eg_station_serve(const struct eg_station *station, const struct eg_trigger *trigger,
                              const struct eg_cancel *cancel,
                              void (*ended)(void *context, const struct eg_result *result), void *context,
                              struct eg_error *err) EG_CHECKED;

/**
 * The trigger that asks the loader until it answers. The board is gone when it does not answer any more, or
 * another MAC does. To be asked a board is reset into its loader, and into its application again; that of a
 * board that is done is interrupted so every two seconds.
 *
 * @param station  whose ports are asked; must outlive the trigger
 */
struct eg_trigger eg_trigger_poll(const struct eg_station *station);

#endif
