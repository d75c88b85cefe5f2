/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Simulated boards behind RFC 2217, as a terminal server with many ports has them.
 *
 * A thread and a poll for so many boards, each board with one thread, so that no lock is needed. What the
 * board sends goes out when its time has come; what the client sends is read from its socket only as fast as
 * the wire takes it, so TCP slows the client down.
 *
 *      listener --accept--> client --telnet--> adapter --> board
 *
 * Nothing is read from a client that does not take its answers, so one answer buffer of fixed size is enough.
 *
 * A board whose port is gone has no client and no listener. Its TCP port is kept by a socket that is bound
 * and does not listen: connections are refused, and nobody else gets the number.
 */

#define _GNU_SOURCE /* POLLRDHUP: has the client closed, though it has bytes left to read? */

#include "tools/vboard/carrier/adapter.h"
#include "tools/vboard/carrier/telnet.h"
#include "tools/vboard/carrier/wait.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE   1024
#define SHARE       32u /* boards of a thread */
#define THREADS_MAX 8u

struct endpoint {
    struct vb_adapter *adapter;
    uint16_t port;
    int listener; /* bound; listening while the board is there */
    bool listening;
    int client;   /* -1 = none */
    bool leaving; /* the client has closed; its last bytes are still to be read, and the next one waits */
    struct vb_telnet telnet;
    uint8_t out[4 * READ_SIZE]; /* for the client; filled only when empty */
    size_t out_at, out_size;
};

struct vb_rfc2217 {
    struct endpoint *endpoints;
    unsigned count;
    struct sockaddr_storage address;
    socklen_t address_size;
    char host[64];
};

/* Endpoints that one thread serves. */
struct share {
    struct vb_rfc2217 *server;
    unsigned first, count;
    int stop_fd, end_fd;  /* `end_fd` is readable once a thread has failed */
    int failed_fd;        /* its other end */
    struct pollfd *polls; /* both, then listener and client of every endpoint */
    pthread_t thread;
    enum eg_code code;
    struct eg_error err;
};

static void drop_client(struct endpoint *endpoint)
{
    if (endpoint->client < 0)
        return;
    close(endpoint->client);
    endpoint->client = -1;
    endpoint->leaving = false;
    endpoint->out_at = endpoint->out_size = 0;
    vb_adapter_set_lines(endpoint->adapter, false, false);
}

static void flush(struct endpoint *endpoint)
{
    while (endpoint->client >= 0 && endpoint->out_at < endpoint->out_size) {
        const ssize_t sent = send(endpoint->client, endpoint->out + endpoint->out_at,
                                  endpoint->out_size - endpoint->out_at, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                drop_client(endpoint);
            return;
        }
        endpoint->out_at += (size_t)sent;
    }
    endpoint->out_at = endpoint->out_size = 0;
}

static void on_data(void *context, const uint8_t *data, size_t size)
{
    vb_adapter_write(((struct endpoint *)context)->adapter, data, size);
}

static void on_send(void *context, const uint8_t *data, size_t size)
{
    struct endpoint *endpoint = context;

    /* Fits: READ_SIZE bytes of a client bring at most twice as many, plus 64. */
    memcpy(endpoint->out + endpoint->out_size, data, size);
    endpoint->out_size += size;
}

static void on_set_baud(void *context, uint32_t baud)
{
    vb_adapter_set_baud(((struct endpoint *)context)->adapter, baud);
}

static void on_set_lines(void *context, bool dtr, bool rts)
{
    vb_adapter_set_lines(((struct endpoint *)context)->adapter, dtr, rts);
}

static void on_purge(void *context)
{
    vb_adapter_discard(((struct endpoint *)context)->adapter);
}

static const struct vb_telnet_port telnet_port = {
    .data = on_data,
    .send = on_send,
    .set_baud = on_set_baud,
    .set_lines = on_set_lines,
    .purge = on_purge,
};

static bool has_closed(int client)
{
    struct pollfd poll_client = {.fd = client, .events = POLLRDHUP};

    return poll(&poll_client, 1, 0) > 0 && (poll_client.revents & POLLRDHUP) != 0;
}

static void accept_client(struct endpoint *endpoint)
{
    struct eg_error ignored;

    if (endpoint->client >= 0 && has_closed(endpoint->client)) {
        endpoint->leaving = true;
        return;
    }
    const int client = accept(endpoint->listener, NULL, NULL);

    if (client < 0)
        return;
    if (endpoint->client >= 0 || vb__set_nonblocking(client, &ignored) != EG_OK) {
        close(client);
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    endpoint->client = client;
    vb_adapter_set_lines(endpoint->adapter, false, false);
    vb_adapter_set_baud(endpoint->adapter, VB_TELNET_BAUD);
    vb_adapter_discard(endpoint->adapter);
    vb_telnet_init(&endpoint->telnet, &telnet_port, endpoint);
    flush(endpoint);
}

static void read_client(struct endpoint *endpoint)
{
    uint8_t data[READ_SIZE];
    const ssize_t got = recv(endpoint->client, data, sizeof data, 0);

    if (got > 0) {
        vb_telnet_receive(&endpoint->telnet, data, (size_t)got);
        flush(endpoint);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
        drop_client(endpoint);
    }
}

/* What the board has sent by now. */
static void write_client(struct endpoint *endpoint)
{
    while (endpoint->client >= 0 && endpoint->out_size == 0 && !endpoint->telnet.suspended) {
        uint8_t data[sizeof endpoint->out / 2];
        const size_t size = vb_adapter_read(endpoint->adapter, data, sizeof data);

        if (size == 0)
            return;
        endpoint->out_size = vb_telnet_escape(endpoint->out, data, size);
        flush(endpoint);
    }
}

/* Bind the endpoint's port anew; `port` 0 takes a free one. Once set, `port` of the endpoint is never written
 * again, so that any thread may ask for it. */
static enum eg_code bind_endpoint(struct vb_rfc2217 *server, struct endpoint *endpoint, uint16_t port,
                                  struct eg_error *err)
{
    struct sockaddr_storage address = server->address;
    socklen_t size = server->address_size;
    /* The port is at the same place in both families. */
    in_port_t *const at = address.ss_family == AF_INET6 ? &((struct sockaddr_in6 *)&address)->sin6_port
                                                        : &((struct sockaddr_in *)&address)->sin_port;

    endpoint->listener = socket(address.ss_family, SOCK_STREAM, 0);
    if (endpoint->listener < 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "a socket for board %u",
                              (unsigned)(endpoint - server->endpoints) + 1);
    EG_TRY(vb__set_nonblocking(endpoint->listener, err));
    setsockopt(endpoint->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    *at = htons(port);
    if (bind(endpoint->listener, (struct sockaddr *)&address, size) < 0 ||
        getsockname(endpoint->listener, (struct sockaddr *)&address, &size) < 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "%s port %u for board %u", server->host, port,
                              (unsigned)(endpoint - server->endpoints) + 1);
    if (endpoint->port == 0)
        endpoint->port = ntohs(*at);
    return EG_OK;
}

static enum eg_code begin_listening(struct vb_rfc2217 *server, struct endpoint *endpoint,
                                    struct eg_error *err)
{
    if (listen(endpoint->listener, 4) < 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "%s port %u for board %u", server->host, endpoint->port,
                              (unsigned)(endpoint - server->endpoints) + 1);
    endpoint->listening = true;
    return EG_OK;
}

/* The port of a board that went or came back. */
static enum eg_code follow_presence(struct vb_rfc2217 *server, struct endpoint *endpoint,
                                    struct eg_error *err)
{
    const bool present = vb_adapter_present(endpoint->adapter);

    if (present && !endpoint->listening)
        return begin_listening(server, endpoint, err);
    if (!present && endpoint->listening) {
        /* The client last: once it knows, a new connection is refused. */
        close(endpoint->listener);
        endpoint->listening = false;
        const enum eg_code code = bind_endpoint(server, endpoint, endpoint->port, err);
        drop_client(endpoint);
        return code;
    }
    return EG_OK;
}

/* What to wait for at one endpoint; returns until when at most. */
static uint64_t prepare(struct endpoint *endpoint, struct pollfd *listener, struct pollfd *client)
{
    const uint64_t now_us = vb_adapter_now_us(endpoint->adapter);
    uint64_t until_us = now_us + VB_WAIT_MAX_US;

    *listener = (struct pollfd){.fd = endpoint->listening && !endpoint->leaving ? endpoint->listener : -1,
                                .events = POLLIN};
    *client = (struct pollfd){.fd = endpoint->client};
    if (endpoint->client < 0)
        return until_us;
    if (endpoint->out_size > 0) {
        client->events = POLLOUT;
        return until_us;
    }
    if (vb_adapter_room(endpoint->adapter) >= READ_SIZE) {
        client->events = POLLIN;
    } else {
        const uint64_t room_us = vb_adapter_room_us(endpoint->adapter, READ_SIZE);
        until_us = room_us < until_us ? room_us : until_us;
    }
    if (!endpoint->telnet.suspended) {
        const uint64_t next_us = vb_adapter_next_us(endpoint->adapter);
        if (next_us < until_us)
            until_us = (next_us > now_us ? next_us : now_us) + VB_ADAPTER_GATHER_US;
    }
    return until_us;
}

static void serve(struct endpoint *endpoint, const struct pollfd *listener, const struct pollfd *client)
{
    /* The client first: one that has left makes room for the next. */
    if ((client->revents & POLLOUT) != 0)
        flush(endpoint);
    if ((client->revents & POLLIN) != 0)
        read_client(endpoint);
    else if ((client->revents & (POLLERR | POLLHUP)) != 0)
        drop_client(endpoint);
    if ((listener->revents & POLLIN) != 0)
        accept_client(endpoint);
}

static enum eg_code run_share(struct share *share, struct eg_error *err)
{
    struct endpoint *const endpoints = share->server->endpoints + share->first;
    struct pollfd *const polls = share->polls;

    for (;;) {
        uint64_t until_us = UINT64_MAX;

        polls[0] = (struct pollfd){.fd = share->stop_fd, .events = POLLIN};
        polls[1] = (struct pollfd){.fd = share->end_fd, .events = POLLIN};
        for (unsigned i = 0; i < share->count; i++) {
            EG_TRY(follow_presence(share->server, &endpoints[i], err));
            write_client(&endpoints[i]);
            const uint64_t wanted_us = prepare(&endpoints[i], &polls[2 + 2 * i], &polls[3 + 2 * i]);
            until_us = wanted_us < until_us ? wanted_us : until_us;
        }
        EG_TRY(vb__wait_until_us(polls, 2 + 2 * share->count, until_us, err));
        if (polls[0].revents != 0 || polls[1].revents != 0)
            return EG_OK;
        for (unsigned i = 0; i < share->count; i++)
            serve(&endpoints[i], &polls[2 + 2 * i], &polls[3 + 2 * i]);
    }
}

/* Run a share; when it fails, the others end, too. */
static void *run_thread(void *context)
{
    struct share *const share = context;

    share->code = run_share(share, &share->err);
    if (share->code != EG_OK && write(share->failed_fd, "", 1) < 0)
        perror("vboard: telling the other threads");
    return NULL;
}

/* As many threads as there are processors, but none for less than its share of boards. */
static unsigned thread_count(unsigned boards)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = (boards + SHARE - 1) / SHARE;

    count = count < THREADS_MAX ? count : THREADS_MAX;
    return processors >= 1 && (unsigned long)processors < count ? (unsigned)processors : count;
}

static enum eg_code run_shares(struct share *shares, unsigned count, struct eg_error *err)
{
    enum eg_code code = EG_OK;
    unsigned started = 1;

    for (; started < count; started++) {
        const int error = pthread_create(&shares[started].thread, NULL, run_thread, &shares[started]);

        if (error != 0) {
            code = eg_error_errno(err, EG_IO, error, "a thread to serve boards");
            break;
        }
    }
    if (code == EG_OK)
        run_thread(&shares[0]);
    else if (write(shares[0].failed_fd, "", 1) < 0)
        perror("vboard: telling the other threads");
    for (unsigned i = 1; i < started; i++)
        pthread_join(shares[i].thread, NULL);
    for (unsigned i = 0; i < started && code == EG_OK; i++) {
        code = shares[i].code;
        if (code != EG_OK)
            *err = shares[i].err;
    }
    return code;
}

enum eg_code vb_rfc2217_run(struct vb_rfc2217 *server, int stop_fd, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct pollfd *polls = NULL;
    const unsigned threads = thread_count(server->count);
    struct share shares[THREADS_MAX] = {0};
    int ends[2];

    EG_TRY(eg_alloc(&polls, 2 * (threads + (size_t)server->count), sizeof *polls, err));
    if (pipe(ends) != 0)
        return eg_error_errno(err, EG_IO, errno, "a pipe between threads");
    for (unsigned i = 0; i < threads; i++) {
        const unsigned first = server->count * i / threads;

        shares[i] = (struct share){.server = server,
                                   .first = first,
                                   .count = server->count * (i + 1) / threads - first,
                                   .stop_fd = stop_fd,
                                   .end_fd = ends[0],
                                   .failed_fd = ends[1],
                                   .polls = polls + 2 * (i + (size_t)first)};
    }
    const enum eg_code code = run_shares(shares, threads, err);
    close(ends[0]);
    close(ends[1]);
    return code;
}

static enum eg_code resolve(struct vb_rfc2217 *server, const char *host, struct eg_error *err)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (strlen(host) >= sizeof server->host || getaddrinfo(host, NULL, &hints, &found) != 0)
        return eg_error_set(err, EG_BAD_JOB, "\"%.64s\": not a numeric address", host);
    memcpy(&server->address, found->ai_addr, found->ai_addrlen);
    server->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    snprintf(server->host, sizeof server->host, "%s", host);
    return EG_OK;
}

enum eg_code vb_rfc2217_create(struct vb_rfc2217 **server, struct vb_gang *gang, const char *bind,
                               uint16_t port, struct eg_error *err)
{
    EG_CLEANUP(vb_rfc2217_destroy_cleanup) struct vb_rfc2217 *made = NULL;
    const unsigned count = vb_gang_count(gang);

    if (port != 0 && count - 1 > 65535u - port)
        return eg_error_set(err, EG_BAD_JOB, "port %u: %u boards need ports beyond 65535", port, count);
    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    EG_TRY(resolve(made, bind, err));
    EG_TRY(eg_alloc(&made->endpoints, count, sizeof *made->endpoints, err));
    for (; made->count < count; made->count++) {
        struct endpoint *endpoint = &made->endpoints[made->count];

        endpoint->adapter = vb_gang_adapter(gang, made->count + 1);
        endpoint->listener = endpoint->client = -1;
    }
    for (unsigned i = 0; i < count; i++) {
        EG_TRY(bind_endpoint(made, &made->endpoints[i], port == 0 ? 0 : (uint16_t)(port + i), err));
        EG_TRY(begin_listening(made, &made->endpoints[i], err));
    }
    *server = made;
    made = NULL;
    return EG_OK;
}

void vb_rfc2217_destroy(struct vb_rfc2217 *server)
{
    if (server == NULL)
        return;
    for (unsigned i = 0; i < server->count; i++) {
        drop_client(&server->endpoints[i]);
        if (server->endpoints[i].listener >= 0)
            close(server->endpoints[i].listener);
    }
    free(server->endpoints);
    free(server);
}

void vb_rfc2217_destroy_cleanup(struct vb_rfc2217 **server)
{
    vb_rfc2217_destroy(*server);
}

uint16_t vb_rfc2217_port(const struct vb_rfc2217 *server, unsigned number)
{
    return server->endpoints[number - 1].port;
}

void vb_rfc2217_url(const struct vb_rfc2217 *server, unsigned number, char *url, size_t size)
{
    const bool brackets = strchr(server->host, ':') != NULL;

    snprintf(url, size, "rfc2217://%s%s%s:%u", brackets ? "[" : "", server->host, brackets ? "]" : "",
             vb_rfc2217_port(server, number));
}
