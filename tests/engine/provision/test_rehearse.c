/* SPDX-License-Identifier: Apache-2.0 */

/* All burns of a job, told for a blank chip of every kind. */

#include "engine/provision/provision.h"
#include "tests/engine/provision/release.h"
#include "tests/fakes/check.h"

#include <string.h>

/* The lines of a rehearsal, "STEP FIELD VALUE" each. */
struct told {
    char text[16384];
    enum eg_provision_step last;
};

static void hear(void *context, const struct eg_provision_line *line)
{
    struct told *const told = context;
    const size_t used = strlen(told->text);

    assert_true(line->step >= told->last);
    assert_true(line->reason[0] != '\0');
    told->last = line->step;
    snprintf(told->text + used, sizeof told->text - used, "%s %s %.8s\n", eg_provision_step_name(line->step),
             line->field, line->value);
}

static void explain(struct told *told, const struct eg_plan *plan)
{
    struct eg_provision wishes;
    struct eg_error err;
    const char *place;

    *told = (struct told){.text = ""};
    assert_ok(eg_provision_make(&wishes, plan, &place, &err), err);
    assert_ok(eg_provision_explain(&wishes, hear, told, &err), err);
}

static void every_chip_is_secured_key_first_and_loader_last(void **state)
{
    struct told told;

    (void)state;
    for (const struct eg_efuse *const *chip = eg_efuses; *chip != NULL; chip++) {
        if ((*chip)->boot_schemes == NULL)
            continue;
        EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = release_of(*chip);
        explain(&told, plan);
        const char *const boot = strstr(told.text, (*chip)->secure_boot);
        const char *const closed = strstr(told.text, "\nclose ");
        assert_int_equal(strncmp(told.text, "keys BLOCK", strlen("keys BLOCK")), 0);
        assert_non_null(boot);
        assert_non_null(closed);
        assert_true(boot < closed);
        assert_null(strstr(closed + 1, "\nlock "));
        assert_non_null(strstr(told.text, "keys RD_DIS "));
        assert_non_null(strstr(told.text, (*chip)->crypt_count));
        if (strstr((*chip)->enables.boot, "JTAG") != NULL)
            assert_non_null(strstr(told.text, "JTAG"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_is_secured_key_first_and_loader_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
