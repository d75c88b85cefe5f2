/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes of a telnet client: they cause no more answers than documented, however they are cut. */

#include "tests/fuzz/fuzz.h"
#include "tools/vboard/carrier/telnet.h"

struct client {
    uint64_t digest; /* of the board's data, in order */
    size_t data, sent;
    uint32_t baud;
    bool dtr, rts;
};

static void take_data(void *context, const uint8_t *data, size_t size)
{
    struct client *const client = context;

    for (size_t i = 0; i < size; i++)
        client->digest = (client->digest ^ data[i]) * 0x100000001b3u;
    client->data += size;
}

static void take_answer(void *context, const uint8_t *data, size_t size)
{
    (void)data;
    ((struct client *)context)->sent += size;
}

static void set_baud(void *context, uint32_t baud)
{
    ((struct client *)context)->baud = baud;
}

static void set_lines(void *context, bool dtr, bool rts)
{
    ((struct client *)context)->dtr = dtr;
    ((struct client *)context)->rts = rts;
}

static void purge(void *context)
{
    (void)context;
}

static struct client talk(const uint8_t *data, size_t size, size_t step)
{
    static const struct vb_telnet_port port = {take_data, take_answer, set_baud, set_lines, purge};
    struct client client = {0};
    struct vb_telnet telnet;

    vb_telnet_init(&telnet, &port, &client);
    const size_t offers = client.sent;
    for (size_t at = 0; at < size; at += step)
        vb_telnet_receive(&telnet, data + at, step < size - at ? step : size - at);
    HOLDS(client.data <= size);
    HOLDS(client.sent - offers <= 2 * size + 64);
    HOLDS(telnet.sub_size <= sizeof telnet.sub + 1); /* one byte more marks it as too long */
    return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct client whole = talk(data, size, size), cut = talk(data, size, 1 + data[0] % 3u);
    HOLDS(whole.digest == cut.digest && whole.data == cut.data && whole.sent == cut.sent);
    HOLDS(whole.baud == cut.baud && whole.dtr == cut.dtr && whole.rts == cut.rts);
    return 0;
}
