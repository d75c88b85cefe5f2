/* SPDX-License-Identifier: Apache-2.0 */

/* Station files: an accepted one has names that can be slots, and answers who may do what. */

#include "jobs/station_file.h"
#include "tests/fuzz/file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_station_file_finish) struct eg_station_file station = {0};
    struct eg_error err;

    const enum eg_code code = eg_station_file_read(&station, fuzz_file("station.yaml", data, size), &err);
    HOLDS(code == EG_OK || code == EG_BAD_JOB || code == EG_IO);
    if (code != EG_OK) {
        HOLDS(err.text[0] != '\0');
        return 0;
    }
    for (unsigned i = 0; i < station.slot_count; i++) {
        HOLDS(eg_station_name_is_good(station.slots[i].name));
        for (unsigned k = 0; k < i; k++)
            HOLDS(strcmp(station.slots[i].name, station.slots[k].name) != 0);
    }
    for (int right = EG_STATION_LINE; right <= EG_STATION_ONE_BOARD; right++)
        (void)eg_station_file_allows(&station, (enum eg_station_right)right);
    return 0;
}
