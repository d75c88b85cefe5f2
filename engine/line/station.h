/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Many boards at once: one worker thread per slot, each taking its board through the pipeline.
 *
 * The station thread (the caller's) starts the workers, watches the cancel flag and collects results. A
 * worker that fails, hangs in a time limit or loses its port never delays another.
 */

#ifndef ENGINE_LINE_STATION_H
#define ENGINE_LINE_STATION_H

#include "engine/line/line.h"

/**
 * Program one board in every slot and return when all have ended.
 *
 * @param cancel   set from anywhere (a signal handler too): every run ends as aborted within 150 ms, half a
 * second when a program has to be killed, plus the time of its record and of its hook for the end
 * @param results  room for slot_count rows, in the order of slots; all are written on EG_OK
 *
 * @return EG_OK when every run has ended, whatever its outcome; EG_INTERNAL the stages do not fit together;
 *         EG_NO_MEMORY, EG_IO no thread could be started (runs already begun are ended as aborted)
 */
enum eg_code eg_station_run(const struct eg_station *station, const struct eg_cancel *cancel,
                            struct eg_result *results, struct eg_error *err) EG_CHECKED;

/**
 * Program every board that is plugged in, one after the other in each slot, until cancelled.
 *
 * An insertion gets a run, and one more when it has passed and another slot shows its MAC while it is still
 * in: the pass is taken back. When the run has ended the slot waits until the port has disappeared or is
 * another insertion's, which gets the next run. Boards that are there at the start count as plugged in. A
 * scan that fails, or a thread that cannot be started, is logged as a warning and tried again. The station's
 * own slots are not looked at.
 *
 * @param ended  called by the station's thread once per ended run; the result's strings live as long as the
 * call
 *
 * @return EG_OK when cancelled, or ending, and every run has ended on record; EG_INTERNAL the stages do not
 * fit together; else the first scan's failure, or EG_NO_MEMORY
 */
enum eg_code eg_station_watch(const struct eg_station *station, const struct eg_slot_source *source,
                              const struct eg_cancel *cancel,
                              void (*ended)(void *context, const struct eg_result *result), void *context,
                              struct eg_error *err) EG_CHECKED;

#endif
