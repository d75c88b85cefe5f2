/* SPDX-License-Identifier: Apache-2.0 */

/* A line whose plan provisions its boards: signed images, a key of secure boot, a test. */

#ifndef TESTS_FAKES_FAKE_SECURE_H
#define TESTS_FAKES_FAKE_SECURE_H

#include "engine/efuse/efuse.h"
#include "tests/fakes/fake_line.h"

/**
 * cmocka setup: make a line for the ESP32-C6 in release mode with secure download mode and one P-256 key,
 * which has signed bootloader and application. Undone by fake_line_teardown().
 */
int fake_secure_setup(void **state);

/** Make a plan of that kind. For eg_plan_destroy(). */
struct eg_plan *fake_secure_plan(void);

/** The same for another chip and scheme; without secure download mode the loader is switched off. */
struct eg_plan *fake_secure_plan_of(const char *chip, const char *scheme);

/** Add a partition table at 0x8000 with one application at 0x10000. */
void fake_secure_add_table(struct eg_plan *plan);

/** Add a file with this content to a list; its path is `name`. */
void fake_secure_add_file(struct eg_plan *plan, const char *key, const char *name, const void *content,
                          size_t size);

/** Make a key pair of a scheme, sign every image of a plan with it, and give the plan the public key. */
void fake_secure_sign(struct eg_plan *plan, const char *name, const char *scheme);

/** Return the number burnt in an eFuse field of a board. */
uint32_t fake_secure_field(const struct fake_line *line, unsigned board, const char *name);

#endif
