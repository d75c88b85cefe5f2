/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dashboard/ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_BACK 256 /* events, for progress that a newer one replaces */

struct entry {
    uint64_t sequence;
    char *slot, *json; /* own */
    bool is_progress;
    bool replaced;
};

struct story {
    struct story *next;
    char *slot;
    char *events[CLI_RING_STORY]; /* own */
    unsigned count;
};

struct cli_ring {
    pthread_mutex_t lock; /* of all below */
    struct entry entries[CLI_RING_EVENTS];
    uint64_t count; /* events that were ever kept; the next one goes to count % CLI_RING_EVENTS */
    uint64_t newest;
    struct story *stories;
};

static struct entry *entry_at(struct cli_ring *ring, uint64_t index)
{
    return &ring->entries[index % CLI_RING_EVENTS];
}

static uint64_t oldest(const struct cli_ring *ring)
{
    return ring->count > CLI_RING_EVENTS ? ring->count - CLI_RING_EVENTS : 0;
}

static void replace_progress(struct cli_ring *ring, const char *slot)
{
    for (uint64_t back = 1; back <= LOOK_BACK && back <= ring->count - oldest(ring); back++) {
        struct entry *const entry = entry_at(ring, ring->count - back);
        if (strcmp(entry->slot, slot) != 0)
            continue;
        entry->replaced = entry->is_progress;
        return;
    }
}

static void free_entry(struct entry *entry)
{
    free(entry->slot);
    free(entry->json);
    *entry = (struct entry){.sequence = 0};
}

static void keep(struct cli_ring *ring, const struct cli_event *event)
{
    const struct entry added = {.sequence = event->sequence,
                                .slot = strdup(event->slot),
                                .json = strdup(event->json),
                                .is_progress = event->is_progress};

    ring->newest = event->sequence;
    if (added.slot == NULL || added.json == NULL) { /* streams then find a gap in the numbers */
        free(added.slot);
        free(added.json);
        return;
    }
    if (event->is_progress)
        replace_progress(ring, event->slot);
    struct entry *const entry = entry_at(ring, ring->count);
    free_entry(entry);
    *entry = added;
    ring->count++;
}

static void clear_story(struct story *story)
{
    for (unsigned i = 0; i < story->count; i++)
        free(story->events[i]);
    story->count = 0;
}

static struct story *find_story(struct cli_ring *ring, const char *slot)
{
    struct story *story = ring->stories;

    while (story != NULL && strcmp(story->slot, slot) != 0)
        story = story->next;
    return story;
}

static struct story *begin_story(struct cli_ring *ring, const char *slot)
{
    struct story *story = find_story(ring, slot);

    if (story != NULL) {
        clear_story(story);
        return story;
    }
    story = calloc(1, sizeof *story);
    if (story == NULL)
        return NULL;
    story->slot = strdup(slot);
    if (story->slot == NULL) {
        free(story);
        return NULL;
    }
    story->next = ring->stories;
    ring->stories = story;
    return story;
}

static void tell_story(struct cli_ring *ring, const struct cli_event *event)
{
    static const char *const told[] = {"run-begin", "stage-end", "note", "warning", "result"};
    bool is_told = false;

    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        is_told |= strcmp(told[i], event->name) == 0;
    if (!is_told || event->slot[0] == '\0')
        return;
    struct story *const story = strcmp(event->name, "run-begin") == 0 ? begin_story(ring, event->slot)
                                                                      : find_story(ring, event->slot);
    if (story == NULL)
        return;
    if (story->count == CLI_RING_STORY) /* the end matters more than what is before it */
        free(story->events[--story->count]);
    story->events[story->count] = strdup(event->json);
    story->count += story->events[story->count] != NULL;
}

static void take(void *context, const struct cli_event *event)
{
    struct cli_ring *const ring = context;

    pthread_mutex_lock(&ring->lock);
    keep(ring, event);
    tell_story(ring, event);
    pthread_mutex_unlock(&ring->lock);
}

enum eg_code cli_ring_create(struct cli_ring **ring, struct eg_error *err)
{
    EG_TRY(eg_alloc(ring, 1, sizeof **ring, err));
    pthread_mutex_init(&(*ring)->lock, NULL);
    return EG_OK;
}

void cli_ring_destroy(struct cli_ring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < CLI_RING_EVENTS; i++)
        free_entry(&ring->entries[i]);
    while (ring->stories != NULL) {
        struct story *const story = ring->stories;
        ring->stories = story->next;
        clear_story(story);
        free(story->slot);
        free(story);
    }
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

struct cli_event_sink cli_ring_sink(struct cli_ring *ring)
{
    return (struct cli_event_sink){take, ring};
}

static enum cli_ring_got next(struct cli_ring *ring, uint64_t *sequence, char **event)
{
    const uint64_t first = oldest(ring);

    if (ring->count > first && entry_at(ring, first)->sequence > *sequence + 1)
        return CLI_RING_GONE;
    /* The numbers of the entries grow with them, by 1 unless there was no memory: look where it must be at
     * the earliest. */
    for (uint64_t i = first; i < ring->count; i++) {
        const struct entry *const entry = entry_at(ring, i);
        if (entry->sequence <= *sequence) {
            const uint64_t ahead = *sequence - entry->sequence;
            if (ahead > 0 && i + ahead < ring->count && entry_at(ring, i + ahead)->sequence <= *sequence)
                i += ahead;
            continue;
        }
        *sequence = entry->sequence;
        if (entry->replaced)
            continue;
        *event = strdup(entry->json);
        return *event != NULL ? CLI_RING_EVENT : CLI_RING_GONE;
    }
    return CLI_RING_NOTHING_NEW;
}

enum cli_ring_got cli_ring_next(struct cli_ring *ring, uint64_t *sequence, char **event)
{
    pthread_mutex_lock(&ring->lock);
    const enum cli_ring_got got = next(ring, sequence, event);
    pthread_mutex_unlock(&ring->lock);
    return got;
}

uint64_t cli_ring_newest(struct cli_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    const uint64_t newest = ring->newest;
    pthread_mutex_unlock(&ring->lock);
    return newest;
}

uint64_t cli_ring_before_oldest(struct cli_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    const uint64_t first = oldest(ring);
    const uint64_t before = ring->count > first ? entry_at(ring, first)->sequence - 1 : 0;
    pthread_mutex_unlock(&ring->lock);
    return before;
}

static enum eg_code append_story(const struct story *story, struct eg_buffer *text, struct eg_error *err)
{
    for (unsigned i = 0; story != NULL && i < story->count; i++) {
        if (i > 0)
            EG_TRY(eg_buffer_append(text, ",", 1, err));
        EG_TRY(eg_buffer_append(text, story->events[i], strlen(story->events[i]), err));
    }
    return EG_OK;
}

enum eg_code cli_ring_story(struct cli_ring *ring, const char *slot, struct eg_buffer *text,
                            struct eg_error *err)
{
    pthread_mutex_lock(&ring->lock);
    const enum eg_code code = append_story(find_story(ring, slot), text, err);
    pthread_mutex_unlock(&ring->lock);
    return code;
}
