/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Many boards of one pattern: numbers, faults, MACs, files.
 *
 * Not here: carrier_sim.c has the scheme over the gang.
 */

#include "tools/vboard/carrier/gang.h"

#include "engine/base/bytes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BAUD 115200

/* A board's configuration, and where it keeps its flash. */
struct made {
    struct vb_config config;
    char flash_path[VB__PATH_ROOM], efuse_path[VB__PATH_ROOM]; /* of config, if it has them */
    unsigned mac_of;                                           /* board whose MAC it shows; 0 = its own */
};

/* splitmix64 */
unsigned vb__draw(uint64_t *random, unsigned most)
{
    uint64_t bits = *random += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((bits >> 31) % most);
}

/* Split "3:lie" or "5%:lie" into "lie" and whether this board has it; of "lie" every board has. */
static enum eg_code fault_board(bool *hit, const char **word, const char *text,
                                const struct vb_config *config, unsigned count, struct eg_error *err)
{
    const size_t digits = strspn(text, "0123456789");
    const bool share = text[digits] == '%';
    uint64_t random = config->seed << 32 ^ config->number;

    *hit = true;
    *word = text;
    if (digits == 0 || text[digits + share] != ':')
        return EG_OK;
    const unsigned long value = strtoul(text, NULL, 10);
    if (share && (value < 1 || value > 100))
        return eg_error_set(err, EG_BAD_JOB, "fault \"%s\": a share of boards is 1%% to 100%%", text);
    if (!share && (value < 1 || value > count))
        return eg_error_set(err, EG_BAD_JOB, "fault \"%s\": there are boards 1 to %u", text, count);
    *hit = share ? vb__draw(&random, 100) < value : value == config->number;
    *word = text + digits + share + 1;
    return EG_OK;
}

static enum eg_code add_fault(struct vb_config *config, unsigned *other, const char *text, unsigned number,
                              unsigned count, struct eg_error *err)
{
    struct vb_fault fault;
    const char *word;
    bool hit;

    EG_TRY(fault_board(&hit, &word, text, config, count, err));
    EG_TRY(vb_fault_parse(&fault, word, err));
    if (fault.mac_of > count)
        return eg_error_set(err, EG_BAD_JOB, "fault \"%s\": there are boards 1 to %u", text, count);
    if (!hit)
        return EG_OK;
    if (fault.mac_of != 0) {
        *other = fault.mac_of == number ? 0 : fault.mac_of;
        return EG_OK;
    }
    if (config->fault_count == VB_FAULTS_MAX)
        return eg_error_set(err, EG_BAD_JOB, "board %u: more than %d faults", number, VB_FAULTS_MAX);
    config->faults[config->fault_count++] = fault;
    return EG_OK;
}

const char *vb__chip_in_urls(const struct vb_config *pattern)
{
    return pattern->kind_count > 0 ? "mixed" : pattern->target->name;
}

/* The pattern's MAC is the first board's; the others count up in the vendor's three bytes. */
static void count_mac_up(uint8_t mac[6], unsigned by)
{
    const uint32_t serial = ((uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5]) + by;

    mac[3] = (uint8_t)(serial >> 16);
    mac[4] = (uint8_t)(serial >> 8);
    mac[5] = (uint8_t)serial;
}

/* Put the board's file in the folder *path in its place; NULL stays. */
static enum eg_code file_of(const char **path, char text[VB__PATH_ROOM], unsigned number, const char *ending,
                            struct eg_error *err)
{
    if (*path == NULL)
        return EG_OK;
    if ((size_t)snprintf(text, VB__PATH_ROOM, "%s/board%u.%s", *path, number, ending) >= VB__PATH_ROOM)
        return eg_error_set(err, EG_IO, "%.64s...: longer than %d characters", *path, VB__PATH_ROOM - 1);
    *path = text;
    return EG_OK;
}

static enum eg_code configure(struct made *made, const struct vb_config *pattern, unsigned number,
                              unsigned count, const char *const *faults, unsigned fault_count,
                              struct eg_error *err)
{
    struct vb_config *const config = &made->config;

    *made = (struct made){.config = *pattern};
    config->number = number;
    if (pattern->kind_count > 0) {
        const struct vb_kind *const kind = &pattern->kinds[(number - 1) % pattern->kind_count];
        config->target = kind->target;
        config->part = kind->part;
    }
    if (memcmp(config->mac, (const uint8_t[sizeof config->mac]){0}, sizeof config->mac) != 0)
        count_mac_up(config->mac, number - 1);
    for (unsigned i = 0; i < fault_count; i++)
        EG_TRY(add_fault(config, &made->mac_of, faults[i], number, count, err));
    EG_TRY(file_of(&config->flash_path, made->flash_path, number, "bin", err));
    return file_of(&config->efuse_path, made->efuse_path, number, "efuse", err);
}

static void show_mac(struct made *made, const uint8_t mac[6])
{
    memcpy(made->config.mac, mac, sizeof made->config.mac);
    made->config.flash_number = made->config.number;
}

static enum eg_code refuse_mac(const struct made *made, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_JOB, "board %u: board %u shows the MAC of another board itself",
                        made->config.number, made->mac_of);
}

static enum eg_code make(struct vb_adapter *adapter, const struct made *made, uint64_t start_us,
                         struct eg_error *err)
{
    EG_TRY(vb_board_create(&adapter->board, &made->config, err));
    adapter->start_us = start_us;
    adapter->baud = FIRST_BAUD;
    return EG_OK;
}

/* Configure a board without a gang, and that whose MAC it shows, if it does. */
static enum eg_code configure_alone(struct made *made, struct made *other, const struct vb_config *pattern,
                                    unsigned number, const char *const *faults, unsigned fault_count,
                                    struct eg_error *err)
{
    EG_TRY(configure(made, pattern, number, UINT_MAX, faults, fault_count, err));
    if (made->mac_of == 0)
        return EG_OK;
    EG_TRY(configure(other, pattern, made->mac_of, UINT_MAX, faults, fault_count, err));
    return other->mac_of != 0 ? refuse_mac(made, err) : EG_OK;
}

enum eg_code vb__gang_make_alone(struct vb_adapter *adapter, const struct vb_config *pattern, unsigned number,
                                 const char *const *faults, unsigned fault_count, struct eg_error *err)
{
    struct made made, other;

    EG_TRY(configure_alone(&made, &other, pattern, number, faults, fault_count, err));
    if (made.mac_of != 0) {
        struct vb_board *board;
        other.config.flash_path = other.config.efuse_path = NULL;
        EG_TRY(vb_board_create(&board, &other.config, err));
        show_mac(&made, vb_board_mac(board));
        vb_board_destroy(board);
    }
    return make(adapter, &made, eg_clock_us(), err);
}

enum eg_code vb__gang_check_alone(const struct vb_config *pattern, const char *const *faults,
                                  unsigned fault_count, struct eg_error *err)
{
    struct made made, other;

    for (unsigned i = 0; i < fault_count; i++) {
        char *end;
        const unsigned long number = strtoul(faults[i], &end, 10);
        if (*end == ':' && number != 0)
            EG_TRY(configure_alone(&made, &other, pattern, (unsigned)number, faults, fault_count, err));
    }
    return EG_OK;
}

static enum eg_code create_board(struct vb_gang *gang, const struct vb_config *pattern, unsigned number,
                                 const char *const *faults, unsigned fault_count, bool own_mac,
                                 struct eg_error *err)
{
    struct made made;

    EG_TRY(configure(&made, pattern, number, gang->count, faults, fault_count, err));
    if (own_mac != (made.mac_of == 0))
        return EG_OK;
    if (made.mac_of != 0) {
        const struct vb_board *const other = gang->places[made.mac_of - 1].adapter.board;
        if (other == NULL)
            return refuse_mac(&made, err);
        show_mac(&made, vb_board_mac(other));
    }
    return make(&gang->places[number - 1].adapter, &made, gang->start_us, err);
}

enum eg_code vb_gang_create(struct vb_gang **gang, const struct vb_config *config, unsigned count,
                            const char *const *faults, unsigned fault_count, struct eg_error *err)
{
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *made = NULL;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    pthread_mutex_init(&made->lock, NULL);
    EG_TRY(eg_alloc(&made->places, count, sizeof *made->places, err));
    made->count = count;
    made->chip = vb__chip_in_urls(config);
    made->fast = config->fast;
    made->start_us = eg_clock_us();
    vb__sim_scheme_init(made);
    /* A board with the MAC of another needs that other board. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned number = 1; number <= count; number++)
            EG_TRY(create_board(made, config, number, faults, fault_count, pass == 0, err));
    *gang = made;
    made = NULL;
    return EG_OK;
}

void vb_gang_destroy(struct vb_gang *gang)
{
    if (gang == NULL)
        return;
    for (unsigned i = 0; i < gang->count; i++)
        vb_board_destroy(gang->places[i].adapter.board);
    free(gang->places);
    pthread_mutex_destroy(&gang->lock);
    free(gang);
}

void vb_gang_destroy_cleanup(struct vb_gang **gang)
{
    vb_gang_destroy(*gang);
}

unsigned vb_gang_count(const struct vb_gang *gang)
{
    return gang->count;
}

struct vb_board *vb_gang_board(struct vb_gang *gang, unsigned number)
{
    return gang->places[number - 1].adapter.board;
}

struct vb_adapter *vb_gang_adapter(struct vb_gang *gang, unsigned number)
{
    return &gang->places[number - 1].adapter;
}
