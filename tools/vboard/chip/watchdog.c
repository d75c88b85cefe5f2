/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The RTC watchdog and the super watchdog.
 *
 * Code that runs from flash switches them on and feeds them. A core reset, which is all that USB-Serial/JTAG
 * can do, leaves them running, and the loader does not feed them: they bite some seconds later, unless a host
 * switches them off. Nothing is known of them over USB-OTG. A host can also let one bite on purpose, to have
 * the straps sampled again. Their registers take a word only while their lock is open.
 *
 * The addresses come from the target's two lists of writes, which all have the same rows: key into the lock,
 * the watchdog's own registers, lock.
 */

#include "tools/vboard/chip/chip.h"

#define BITE_NS       UINT64_C(4000000000) /* after a core reset; ESP-IDF sets 9 s at most */
#define SUPER_BITE_NS UINT64_C(6000000000)
#define TICK_NS       6667u /* of the slow clock, 150 kHz */

#define ENABLE (UINT32_C(1) << 31)

/* 0 = not known of this chip. */
struct places {
    uint32_t lock, key, config, timeout;
    uint32_t super_lock, super_key, super_config, auto_feed;
};

static struct places places_of(const struct eg_target *target)
{
    const struct eg_register_write *off = target->watchdogs_off, *bite = target->watchdog_reset;
    struct places places = {0};

    if (off != NULL)
        places = (struct places){
            .lock = off[0].addr,
            .key = off[0].value,
            .config = off[1].addr,
            .super_lock = off[3].addr,
            .super_key = off[3].value,
            .super_config = off[4].addr,
            .auto_feed = off[4].set_mask,
        };
    if (bite != NULL) {
        places.lock = bite[0].addr;
        places.key = bite[0].value;
        places.timeout = bite[1].addr;
        places.config = bite[2].addr;
    }
    return places;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void vb__watchdog_hold(struct vb_board *board)
{
    board->watchdog.bite_ns = board->watchdog.super_bite_ns = VB__NEVER;
}

void vb__watchdog_reset(struct vb_board *board)
{
    board->watchdog = (struct vb__watchdog){.bite_ns = VB__NEVER, .super_bite_ns = VB__NEVER};
}

void vb__watchdog_show(struct vb_board *board)
{
    const struct places places = places_of(board->target);

    if (board->watchdog.running)
        vb__memory_put(board, places.config, ENABLE);
    if (board->watchdog.super_fed)
        vb__memory_put(board, places.super_config, places.auto_feed);
}

void vb__watchdog_fed(struct vb_board *board)
{
    if (board->config.usb == VB_USB_SERIAL_JTAG && (board->target->quirks & EG_QUIRK_USB_WATCHDOGS) != 0)
        board->watchdog.running = board->watchdog.super = true;
    vb__watchdog_hold(board);
}

void vb__watchdog_unfed(struct vb_board *board)
{
    struct vb__watchdog *const watchdog = &board->watchdog;

    watchdog->bite_ns = watchdog->running ? board->clock.now_ns + BITE_NS : VB__NEVER;
    watchdog->super_bite_ns =
        watchdog->super && !watchdog->super_fed ? board->clock.now_ns + SUPER_BITE_NS : VB__NEVER;
}

uint64_t vb__watchdog_next(const struct vb_board *board)
{
    return earlier(board->watchdog.bite_ns, board->watchdog.super_bite_ns);
}

bool vb__watchdog_takes(struct vb_board *board, uint32_t addr)
{
    const struct places places = places_of(board->target);

    if (addr == 0)
        return true;
    if (addr == places.config || addr == places.timeout)
        return vb__memory_get(board, places.lock) == places.key;
    if (addr == places.super_config)
        return vb__memory_get(board, places.super_lock) == places.super_key;
    return true;
}

void vb__watchdog_written(struct vb_board *board, uint32_t addr)
{
    const struct places places = places_of(board->target);
    const uint32_t word = vb__memory_get(board, addr);
    struct vb__watchdog *const watchdog = &board->watchdog;

    if (addr == 0)
        return;
    if (addr == places.config) {
        watchdog->running = (word & ENABLE) != 0;
        watchdog->bite_ns = watchdog->running ? board->clock.now_ns +
                                                    (uint64_t)vb__memory_get(board, places.timeout) * TICK_NS
                                              : VB__NEVER;
    } else if (addr == places.super_config) {
        watchdog->super_fed = (word & places.auto_feed) != 0;
        if (watchdog->super_fed)
            watchdog->super_bite_ns = VB__NEVER;
    }
}
