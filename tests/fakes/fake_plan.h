/* SPDX-License-Identifier: Apache-2.0 */

/* Plans without a job file. */

#ifndef TESTS_FAKES_FAKE_PLAN_H
#define TESTS_FAKES_FAKE_PLAN_H

#include "engine/plan/plan.h"

/**
 * Make a plan for a target by name, all settings at their defaults, without regions. For eg_plan_destroy().
 */
struct eg_plan *fake_plan_create(const char *target);

/**
 * Add a region of `size` bytes (a multiple of 4) that compress like code. The same name gives the same bytes.
 */
struct eg_region *fake_plan_add(struct eg_plan *plan, const char *name, uint32_t flash_addr, uint32_t size);

/** Do the same, with an image for these revisions of the target at the beginning. */
struct eg_region *fake_plan_add_image(struct eg_plan *plan, const char *name, uint32_t flash_addr,
                                      uint32_t size, uint16_t min_rev, uint16_t max_rev);

/** Set a setting. */
void fake_plan_set(struct eg_plan *plan, const char *key, const char *text);

/** Give a file setting its content; its path is `name`. */
void fake_plan_set_file(struct eg_plan *plan, const char *key, const char *name, const char *content);

/** Add an entry to a map, or with `name` NULL a text to a list. */
void fake_plan_add_item(struct eg_plan *plan, const char *key, const char *name, const char *text);

/** Add a group whose settings have these values: key, value, ..., NULL. */
void fake_plan_add_group(struct eg_plan *plan, const char *key, const char *const *values);

/** Add firmware that a simulated board boots, and a test of its application. */
void fake_plan_add_tested(struct eg_plan *plan);

/** Write a file with the log of that application, for vb_config.app_log. `path` is as of mkstemp(). */
void fake_plan_write_app_log(char *path);

#endif
