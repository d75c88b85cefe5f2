/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Many boards at once: one worker thread per slot, each taking its board through the pipeline.
 *
 * The station thread (the caller's) starts the workers, watches the cancel flag and collects results. A
 * worker that fails, hangs in a time limit or loses its port never delays another.
 */

#ifndef ENGINE_LINE_STATION_H
#define ENGINE_LINE_STATION_H

#include "engine/stages/stage.h"

/** A place for a board. */
struct eg_slot {
    const char *name; /* topology path, URL or a human name; unique */
    const char *url;  /* port to open */
};

struct eg_station {
    const struct eg_plan *plan;
    struct eg_recorder *recorder;
    struct eg_logger *logger; /* may be NULL */
    const struct eg_port_scheme *const *schemes;
    const char *stub_dir; /* NULL = the built-in stubs */
    const struct eg_slot *slots;
    unsigned slot_count;
};

/** How one board fared; a copy of what is durable in the ledger. */
struct eg_result {
    const char *slot; /* of the station */
    int64_t run;      /* ledger number; 0 = the ledger refused the run */
    enum eg_outcome outcome;
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
 * @param cancel   set from anywhere (a signal handler too): every run ends as aborted within 150 ms plus the
 * time of its record
 * @param results  room for slot_count rows, in the order of slots; all are written on EG_OK
 *
 * @return EG_OK when every run has ended, whatever its outcome; EG_INTERNAL the stages do not fit together;
 *         EG_NO_MEMORY, EG_IO no thread could be started (runs already begun are ended as aborted)
 */
enum eg_code eg_station_run(const struct eg_station *station, const struct eg_cancel *cancel,
                            struct eg_result *results, struct eg_error *err) EG_CHECKED;

/** The stages in the order they run, NULL-terminated; EG_INTERNAL when a stage's needs are not met by those
 * before it. */
enum eg_code eg_pipeline_order(const struct eg_stage **ordered, unsigned room,
                               struct eg_error *err) EG_CHECKED;

#endif
