/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/table.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static void the_results_name_every_board_that_did_not_pass_and_why(void **state)
{
    (void)state;
    const struct eg_result results[] = {
        {.slot = "1-1",
         .run = 41,
         .outcome = EG_PASS,
         .mac = "24:0a:c4:00:10:01",
         .chip = "esp32",
         .revision = 301,
         .package = "ESP32-D0WD-V3",
         .attempts = 1,
         .duration_us = 8100000},
        {.slot = "1-2",
         .run = 42,
         .outcome = EG_PASS_MARGINAL,
         .marginal = "blocks were sent again",
         .chip = "",
         .package = "",
         .attempts = 1},
        {.slot = "1-3",
         .run = 43,
         .outcome = EG_FAIL,
         .code = EG_STUCK_BITS,
         .text = "verify: app: bit 3 of 0x00010010 stays 1",
         .chip = "",
         .package = "",
         .attempts = 2},
    };
    char *text;
    size_t size;

    FILE *out = open_memstream(&text, &size);
    cli_table_results(out, results, 3);
    cli_table_counts(out, &(struct cli_counts){{1, 1, 1}}, 9500);
    fclose(out);
    const char *const expected[] = {
        "ESP32-D0WD-V3 v3.1",
        "flash-stuck-bits",
        "1-2: passed, but blocks were sent again\n",
        "1-3: verify: app: bit 3 of 0x00010010 stays 1\n",
        "2 of 3 passed in 9.5 s, 1 pass-marginal, 1 fail\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (strstr(text, expected[i]) == NULL)
            fail_msg("no '%s' in:\n%s", expected[i], text);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_results_name_every_board_that_did_not_pass_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
