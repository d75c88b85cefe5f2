/* SPDX-License-Identifier: Apache-2.0 */

/* Job files: an accepted job can be explained, and frozen for the chip that it names. */

#include "engine/stages/stages.h"
#include "jobs/bundle_internal.h"
#include "jobs/job.h"
#include "jobs/job_internal.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg__document_finish) struct eg__document document = {0};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;
    char path[200];

    fuzz_file("data.bin", "hello", 5); /* a file that jobs can name */
    snprintf(path, sizeof path, "%s/job.yaml", fuzz_folder());
    HOLDS(eg_buffer_append(&text, data, size, &err) == EG_OK);
    HOLDS(eg_buffer_append(&text, "", 1, &err) == EG_OK);
    text.size--;
    if (eg__document_parse(&document, path, &text, &err) != EG_OK ||
        eg__job_make(&plan, &document, eg_stages, &err) != EG_OK) {
        HOLDS(err.text[0] != '\0');
        return 0;
    }
    char *shown = NULL;
    size_t shown_size = 0;
    FILE *const out = open_memstream(&shown, &shown_size);
    HOLDS(eg_job_explain(plan, out, &err) == EG_OK);
    fclose(out);
    HOLDS(shown_size > 0 && plan->target != NULL && plan->job_text.size == size);
    free(shown);
    return 0;
}
