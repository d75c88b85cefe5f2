/* SPDX-License-Identifier: Apache-2.0 */

/* A job in release mode for a chip of any kind. */

#ifndef TESTS_ENGINE_PROVISION_RELEASE_H
#define TESTS_ENGINE_PROVISION_RELEASE_H

#include "tests/fakes/fake_secure.h"

#include <string.h>

/* Plan release mode with the chip's last scheme: "ecdsa256" of "rsa3072 ecdsa256", whose keys are made
 * sooner. */
static inline struct eg_plan *release_of(const struct eg_efuse *chip)
{
    struct eg_plan *const plan = fake_plan_create(chip->name);
    const char *const last = strrchr(chip->boot_schemes, ' ');

    fake_plan_add_image(plan, "bootloader", plan->target->bootloader_addr, 0x1000, 0, UINT16_MAX);
    fake_secure_add_table(plan);
    fake_secure_sign(plan, "boot.pem", last != NULL ? last + 1 : chip->boot_schemes);
    fake_plan_set(plan, "secure.flash.key", "per-board");
    fake_plan_set(plan, "secure.mode", "release");
    fake_plan_set(plan, "secure.download", chip->download_secure != NULL ? "secure" : "off");
    fake_plan_add_group(plan, "test", (const char *const[]){"expect", "OK", NULL});
    return plan;
}

#endif
