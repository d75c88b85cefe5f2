/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Flasher stubs: Espressif's programs for a chip's RAM that write flash faster than its ROM does.
 *
 * They come from npm at build time (see README.md) and are looked up by name; a folder of the same JSON files
 * can take their place at run time.
 */

#ifndef STUBS_STUB_H
#define STUBS_STUB_H

#include "engine/base/bytes.h"
#include "engine/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct eg_stub {
    const char *name; /* "esp32c3" */
    const uint8_t *text;
    uint32_t text_size; /* multiple of 4 */
    uint32_t text_addr;
    const uint8_t *data; /* NULL when data_size is 0 */
    uint32_t data_size;  /* multiple of 4 */
    uint32_t data_addr;
    uint32_t bss_addr; /* 0 = not told */
    uint32_t entry;
    const char *sha256; /* of the JSON file, lower-case hex */
};

/** The stubs built in, NULL-terminated; empty when the build had no npm. */
extern const struct eg_stub *const eg_stubs[];

/** A built-in stub by name; NULL = none. */
const struct eg_stub *eg_stub_by_name(const char *name);

/** The stub built-in files were made from, for people: "esptool-js 0.7.0", or "none". */
const char *eg_stub_source(void);

/**
 * Read DIR/NAME.json, the format of esptool's stub files.
 *
 * @param stub  written on EG_OK only; eg_stub_destroy() frees it
 *
 * @return EG_OK; EG_IO the file cannot be read; EG_BAD_STUB its content is not a stub (the sentence names
 * file and key); EG_NO_MEMORY
 */
enum eg_code eg_stub_load(struct eg_stub **stub, const char *dir, const char *name,
                          struct eg_error *err) EG_CHECKED;

/**
 * The stub of a name: a file in `dir` goes before the one that is built in.
 *
 * @param dir     NULL = only those built in
 * @param stub    NULL = there is none
 * @param loaded  the same when it came from a file, for eg_stub_destroy(); else NULL
 *
 * @return EG_OK; as eg_stub_load()
 */
enum eg_code eg_stub_find(const struct eg_stub **stub, struct eg_stub **loaded, const char *dir,
                          const char *name, struct eg_error *err) EG_CHECKED;

/** NULL is allowed. Never for built-in stubs. */
void eg_stub_destroy(struct eg_stub *stub);
void eg_stub_destroy_cleanup(struct eg_stub **stub);

#endif
