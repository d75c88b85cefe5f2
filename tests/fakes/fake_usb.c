/* SPDX-License-Identifier: Apache-2.0 */

/* Simulated USB serial ports; see the header. */

#include "tests/fakes/fake_usb.h"

#include "tests/fakes/check.h"
#include "tests/fakes/usb_tree.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fake_usb_begin(struct fake_usb *usb)
{
    *usb = (struct fake_usb){.folder = "/tmp/eg-usb-XXXXXX"};
    assert_non_null(mkdtemp(usb->folder));
    assert_int_equal(setenv("EG_TTY_SHIM", usb->folder, 1), 0);
}

void fake_usb_end(struct fake_usb *usb)
{
    assert_int_equal(unsetenv("EG_TTY_SHIM"), 0);
    usb_tree_remove(usb->folder);
}

void fake_usb_plug(const struct fake_usb *usb, const char *name, const char *ids, const char *serial,
                   const char *place, const char *terminal)
{
    const struct usb_port port = {name, ids, serial, place, terminal};

    assert_int_equal(usb_tree_plug(usb->folder, &port, NULL), 0);
}

void fake_usb_unplug(const struct fake_usb *usb, const char *place)
{
    assert_int_equal(usb_tree_unplug(usb->folder, place), 0);
}

static void note(struct fake_adapter *adapter, const char *event)
{
    const size_t used = strlen(adapter->history);

    snprintf(adapter->history + used, sizeof adapter->history - used, "%s%s", used > 0 ? " " : "", event);
}

static unsigned char answer_to(struct fake_adapter *adapter, unsigned char request)
{
    char event[8];

    if (request == VB_LINES_UNSENT)
        return (unsigned char)(adapter->unsent > 0 ? adapter->unsent-- : 0);
    if (request == VB_LINES_EXCLUSIVE && strchr(adapter->history, 'X') == NULL)
        note(adapter, "X"); /* newer versions of libserialport ask for it too */
    if (request == VB_LINES_LOW_LATENCY && strchr(adapter->history, 'L') == NULL)
        note(adapter, "L");
    if (request < VB_LINES_SET || request > VB_LINES_SET + 3 || request == adapter->state)
        return adapter->state; /* libserialport sets the lines again with every setting */
    if (adapter->refuses)
        return VB_LINES_REFUSED;
    adapter->state = request;
    snprintf(event, sizeof event, "D%dR%d", (request & VB_LINES_DTR) != 0, (request & VB_LINES_RTS) != 0);
    note(adapter, event);
    return adapter->state;
}

static void *serve(void *context)
{
    struct fake_adapter *adapter = context;
    unsigned char request;

    for (;;) {
        struct pollfd polls[] = {{.fd = adapter->stop[0], .events = POLLIN},
                                 {.fd = vb__lines_fd(&adapter->lines), .events = POLLIN}};

        if (poll(polls, 2, -1) < 0 || polls[0].revents != 0)
            return NULL;
        if (!vb__lines_take(&adapter->lines, &request))
            continue;
        pthread_mutex_lock(&adapter->lock);
        const unsigned char answer = answer_to(adapter, request);
        pthread_mutex_unlock(&adapter->lock);
        vb__lines_answer(&adapter->lines, answer);
    }
}

void fake_adapter_plug(struct fake_adapter *adapter, const struct fake_usb *usb, const char *name,
                       const char *ids, bool has_lines)
{
    char path[sizeof adapter->terminal + sizeof VB_LINES_SUFFIX];
    struct eg_error err;

    *adapter = (struct fake_adapter){.lines = {.listener = -1, .caller = -1}, .state = VB_LINES_SET};
    pthread_mutex_init(&adapter->lock, NULL);
    adapter->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(adapter->master >= 0);
    assert_int_equal(grantpt(adapter->master), 0);
    assert_int_equal(unlockpt(adapter->master), 0);
    snprintf(adapter->terminal, sizeof adapter->terminal, "%s/%s", usb->folder, name);
    assert_int_equal(symlink(ptsname(adapter->master), adapter->terminal), 0);
    snprintf(path, sizeof path, "%s%s", adapter->terminal, VB_LINES_SUFFIX);
    if (has_lines)
        assert_ok(vb__lines_open(&adapter->lines, path, &err), err);
    assert_int_equal(pipe(adapter->stop), 0);
    assert_int_equal(pthread_create(&adapter->thread, NULL, serve, adapter), 0);
    fake_usb_plug(usb, name, ids, "", "1-2", adapter->terminal);
}

void fake_adapter_unplug(struct fake_adapter *adapter)
{
    if (adapter->master < 0)
        return;
    close(adapter->stop[1]);
    pthread_join(adapter->thread, NULL);
    close(adapter->stop[0]);
    vb__lines_close(&adapter->lines);
    close(adapter->master);
    adapter->master = -1;
    unlink(adapter->terminal);
}

void assert_history(struct fake_adapter *adapter, const char *expected)
{
    pthread_mutex_lock(&adapter->lock);
    assert_string_equal(adapter->history, expected);
    pthread_mutex_unlock(&adapter->lock);
}

void fake_adapter_refuse(struct fake_adapter *adapter)
{
    pthread_mutex_lock(&adapter->lock);
    adapter->refuses = true;
    pthread_mutex_unlock(&adapter->lock);
}

void fake_adapter_hold(struct fake_adapter *adapter, unsigned unsent)
{
    pthread_mutex_lock(&adapter->lock);
    adapter->unsent = unsent;
    pthread_mutex_unlock(&adapter->lock);
}
