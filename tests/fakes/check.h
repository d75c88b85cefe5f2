/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by all tests: cmocka, assertions that show the sentence, and paths of fixtures. */

#ifndef TESTS_FAKES_CHECK_H
#define TESTS_FAKES_CHECK_H

#include "engine/base/error.h"

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

/** Check that the call succeeds; otherwise show its code and sentence. */
#define assert_ok(call, err)                                                                                 \
    do {                                                                                                     \
        const enum eg_code check__code = (call);                                                             \
        if (check__code != EG_OK)                                                                            \
            fail_msg("%s: %s: %s", #call, eg_code_name(check__code), (err).text);                            \
    } while (0)

/** Check that the call fails with this code and exactly this sentence. */
#define assert_error(call, err, expected_code, expected_text)                                                \
    do {                                                                                                     \
        assert_string_equal(eg_code_name(call), eg_code_name(expected_code));                                \
        assert_string_equal((err).text, expected_text);                                                      \
    } while (0)

#define BYTES(...)                                                                                           \
    (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[])                                                  \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

/** Return "test_name (process 1234)", as messages name this process. */
const char *this_program(char text[64]);

/**
 * Return the path of a fixture; skip the running test, with a message, if the folder of fixtures is absent.
 */
const char *fixture_path(char path[4096], const char *name);

/**
 * Return the path of a file or folder of the sources, relative to EG_SOURCES or else the working directory.
 */
const char *source_path(char path[4096], const char *name);

#endif
