/* SPDX-License-Identifier: Apache-2.0 */

/* Compressed regions, kept from one start of the program to the next. */

#ifndef JOBS_STREAM_CACHE_H
#define JOBS_STREAM_CACHE_H

#include "engine/plan/plan.h"
#include "jobs/document.h"

/** A region from this size on is kept; a smaller one is compressed in less than 30 ms. */
#define EG__STREAM_LEAST (UINT32_C(256) << 10)

/** So many streams are kept: the ones that were made last. */
#define EG__STREAMS_MAX 32

/** Write the name of a region's stream, without the folder that it is in. */
#define EG__STREAM_NAME (EG_SHA256_TEXT + sizeof ".zlib" - 1)
void eg__stream_name(char name[EG__STREAM_NAME], const struct eg_region *region);

/** The folder of streams in a bundle. */
#define EG__BUNDLE_STREAMS "streams/"

/** Take the stream of a region, which has its digests, from a bundle that has one which inflates to the
 * region's very bytes. NULL = no bundle. */
void eg__region_take(struct eg_region *region, const struct eg__bundle *bundle);

/**
 * Compress a region that has its digests. Its stream is taken from $XDG_CACHE_HOME/espgang, else
 * ~/.cache/espgang, where a file of that name inflates to the region's very bytes; else it is made, and put
 * there. Whatever is wrong with the folder only costs time.
 */
enum eg_code eg__region_pack(struct eg_region *region, struct eg_error *err) EG_CHECKED;

#endif
