/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Many boards at once: one worker thread per slot, each taking its board through the pipeline.
 *
 * The station thread (the caller's) starts the workers, watches the cancel flag and collects results. A
 * worker that fails, hangs in a time limit or loses its port never delays another.
 */

#ifndef ENGINE_LINE_STATION_H
#define ENGINE_LINE_STATION_H

#include "engine/base/mac.h"
#include "engine/stages/run.h"

struct eg_station {
    const struct eg_plan *plan;
    struct eg_recorder *recorder;
    struct eg_logger *logger; /* may be NULL */
    const struct eg_port_scheme *const *schemes;
    const char *stub_dir; /* NULL = the built-in stubs */
    const char *batch;    /* its name, for hooks; NULL = none */
    const struct eg_slot *slots;
    unsigned slot_count;
    /** Of eg_station_watch(): once set, no board begins any more, and the line ends with those in progress.
     * NULL = never. */
    const struct eg_cancel *ending;
};

/** How one board fared; a copy of what is durable in the ledger. */
struct eg_result {
    const char *slot; /* of the station */
    int64_t run;      /* ledger number; 0 = the ledger refused the run */
    enum eg_outcome outcome;
    bool withdraws; /* takes back a pass that was told before, `former`; nothing was done to the board */
    enum eg_outcome former;
    enum eg_code code;
    char text[480];
    char marginal[80];
    char mac[EG_MAC_TEXT];
    const char *chip; /* "" = not identified */
    uint16_t revision;
    const char *package; /* "" = not identified */
    unsigned attempts;
    uint64_t duration_us;
    uint64_t bytes_sent;
};

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
 * Run the hook that the job has for before or after a batch; EG_OK if it has none. The failure of a hook that
 * it does not require is logged as a warning.
 *
 * @param cancel  ends the program; but a flag that is set when the batch is over leaves its hook its time
 * @param counts  of runs, by outcome
 *
 * @return EG_OK; EG_PROGRAM_FAILED of a hook that is required, EG_CANCELLED, EG_IO, EG_NO_MEMORY:
 * "before-batch: fixture.sh exited with status 1: no air"
 */
enum eg_code eg_station_before_batch(const struct eg_station *station, const struct eg_cancel *cancel,
                                     struct eg_error *err) EG_CHECKED;
enum eg_code eg_station_after_batch(const struct eg_station *station, const unsigned counts[EG_ABORTED + 1],
                                    uint64_t duration_ms, const struct eg_cancel *cancel,
                                    struct eg_error *err) EG_CHECKED;

/** Where eg_station_watch() looks for boards. */
struct eg_slot_source {
    /**
     * List the slots that have a port now, and which insertion it is. Called by the station's thread, five
     * times a second.
     *
     * @param slots  rows that stay as they are until the next call; their strings too
     */
    enum eg_code (*scan)(void *context, const struct eg_slot **slots, unsigned *count, struct eg_error *err);
    void *context;
};

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
