/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The server.
 *
 *     boards ─▶ view, ring            (their own short locks)
 *                │
 *     pump: five times a second copies what has changed into frames, and wakes the streams
 *     counter: asks the ledger for the batch, when runs have ended
 *     libmicrohttpd's threads: answer requests, and read frames and ring for the streams
 *
 * A stream that has nothing to send is suspended; the pump resumes it. One that cannot send for IDLE_S is
 * closed by libmicrohttpd: its client is too slow, or gone.
 */

#include "tools/espgang/dashboard/dashboard_internal.h"

#include "engine/base/file.h"
#include "engine/base/thread.h"
#include "tools/espgang/command.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS         2
#define CONNECTIONS_MAX 160
#define IDLE_S          15 /* without a byte, then the connection ends */
#define HASH_TEXT       96
#define PUMP_MS         200
#define COUNT_MS        1000
#define LAST_WORDS_MS   2000 /* for clients to take the end of the line */

static void *pump(void *context)
{
    struct cli_dashboard *const self = context;
    struct eg_error ignored;

    while (!atomic_load(&self->stop)) {
        cli__frames_update(self);
        cli__streams_wake(self);
        (void)!eg_sleep_ms(NULL, PUMP_MS, &ignored);
    }
    return NULL;
}

static unsigned runs_ended(struct cli_dashboard *self)
{
    cli_view_lock(self->line.view);
    const unsigned ended = self->line.view->ended;
    cli_view_unlock(self->line.view);
    return ended;
}

/* Large batches are counted less often: a tenth of the time at most. */
static void *count(void *context)
{
    struct cli_dashboard *const self = context;
    unsigned counted = 0;
    struct eg_error ignored;
    uint64_t pause_ms = COUNT_MS;

    for (bool first = true; !atomic_load(&self->stop); first = false) {
        const unsigned ended = runs_ended(self);
        const uint64_t begun_ms = eg_clock_ms();
        if (first || ended != counted)
            cli__frames_update_batch(self);
        counted = ended;
        pause_ms = 10 * (eg_clock_ms() - begun_ms);
        for (uint64_t slept = 0;
             slept < (pause_ms > COUNT_MS ? pause_ms : COUNT_MS) && !atomic_load(&self->stop);
             slept += EG_CANCEL_POLL_MS)
            (void)!eg_sleep_ms(NULL, EG_CANCEL_POLL_MS, &ignored);
    }
    return NULL;
}

/* ---- Beginning and end ---- */

static enum eg_code read_token(char token[CLI_HTTP_TOKEN_MAX + 1], const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct stat info;

    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    enum eg_code code = fstat(fd, &info) == 0 ? EG_OK : eg_error_errno(err, EG_IO, errno, "%s", path);
    if (code == EG_OK && S_ISREG(info.st_mode) && (info.st_mode & 077) != 0)
        code = eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: other users may read the token or change it; run: chmod 600 %s", path, path);
    if (code == EG_OK)
        code = eg_file_read_open(&text, fd, path, 4096, err);
    close(fd);
    EG_TRY(code);
    char *const line = (char *)text.data;
    line[strcspn(line, "\r\n")] = '\0';
    if (cli_http_token_check(line, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    memcpy(token, line, strlen(line) + 1);
    return EG_OK;
}

/* `token` "" = none. */
static enum eg_code check_options(const struct cli_dashboard_options *options,
                                  struct cli_http_address *address, char token[CLI_HTTP_TOKEN_MAX + 1],
                                  struct eg_error *err)
{
    token[0] = '\0';
    EG_TRY(cli_http_address(address, options->address, err));
    if (options->token_file != NULL)
        return read_token(token, options->token_file, err);
    if (!address->loopback)
        return eg_error_set(
            err, EG_BAD_ARGUMENT,
            "%s is reached from other machines: that needs --http-token-file FILE, and TLS or a "
            "proxy in front",
            options->address);
    return EG_OK;
}

enum eg_code cli_dashboard_check(const struct cli_dashboard_options *options, struct eg_error *err)
{
    struct cli_http_address address;
    char token[CLI_HTTP_TOKEN_MAX + 1];

    return check_options(options, &address, token, err);
}

static enum eg_code listen_at(int *fd, const struct cli_http_address *address, const char *text,
                              struct eg_error *err)
{
    const int yes = 1;

    *fd = socket(address->socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return eg_error_errno(err, EG_IO, errno, "dashboard: a socket for %s", text);
    (void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(*fd, &address->socket.any, address->size) == 0 && listen(*fd, SOMAXCONN) == 0)
        return EG_OK;
    (void)eg_error_errno(err, EG_IO, errno, "dashboard: listening at %s", text);
    close(*fd);
    *fd = -1;
    return err->code;
}

/* "'sha256-...'" of what is between two marks of the page: its policy allows nothing else. */
static void hash_of(char text[HASH_TEXT], const char *begin, const char *end)
{
    const char *const page = (const char *)cli_page;
    const char *const from = strstr(page, begin) + strlen(begin);
    unsigned char digest[EVP_MAX_MD_SIZE], coded[64];
    unsigned size = 0;

    (void)EVP_Digest(from, (size_t)(strstr(from, end) - from), digest, &size, EVP_sha256(), NULL);
    EVP_EncodeBlock(coded, digest, (int)size);
    snprintf(text, HASH_TEXT, "'sha256-%s'", (const char *)coded);
}

static void make_policy(struct cli_dashboard *self)
{
    char style[HASH_TEXT], script[HASH_TEXT];

    hash_of(style, "<style>", "</style>");
    hash_of(script, "<script>", "</script>");
    snprintf(self->page_policy, sizeof self->page_policy,
             "default-src 'none'; style-src %s; script-src %s; connect-src 'self'; frame-ancestors 'none'; "
             "base-uri 'none'; form-action 'none'",
             style, script);
}

static enum eg_code start_thread(pthread_t *thread, bool *runs, void *(*work)(void *context), void *context,
                                 struct eg_error *err)
{
    const int failed = eg_thread_start(thread, 0, work, context);

    *runs = failed == 0;
    return failed == 0 ? EG_OK : eg_error_errno(err, EG_IO, failed, "starting a thread for the dashboard");
}

static enum eg_code start_threads(struct cli_dashboard *self, int fd, struct eg_error *err)
{
    self->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
                         NULL, cli__request, self, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
                         (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)CLI_HTTP_CONNECTION_SIZE, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                         MHD_OPTION_NOTIFY_COMPLETED, cli__request_forget, NULL, MHD_OPTION_END);
    if (self->daemon == NULL) {
        close(fd);
        return eg_error_set(err, EG_IO, "dashboard: the HTTP server does not start");
    }
    EG_TRY(start_thread(&self->pump, &self->pumping, pump, self, err));
    return start_thread(&self->counter, &self->counting, count, self, err);
}

static void announce(const struct cli_dashboard *self, int fd, bool loopback, struct eg_logger *logger)
{
    struct cli_http_address at = {.size = sizeof at.socket};
    char host[INET6_ADDRSTRLEN] = "", port[8] = "";

    (void)getsockname(fd, &at.socket.any, &at.size);
    (void)getnameinfo(&at.socket.any, at.size, host, sizeof host, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV);
    const bool six = at.socket.any.sa_family == AF_INET6;
    eg_log_note(logger, NULL, "dashboard at http://%s%s%s:%s/%s", six ? "[" : "", host, six ? "]" : "", port,
                self->options.control ? "" : ", read-only");
    if (!loopback)
        eg_log_warning(
            logger, NULL,
            "the dashboard's token and all it shows go over the network unencrypted: let only a proxy "
            "with TLS reach it");
}

enum eg_code cli_dashboard_open(struct cli_dashboard **dashboard, const struct cli_dashboard_options *options,
                                const struct cli_dashboard_line *line, struct eg_logger *logger,
                                struct eg_error *err)
{
    struct cli_http_address address;
    struct cli_dashboard *self = NULL;
    sigset_t former;
    int fd;

    EG_TRY(eg_alloc(&self, 1, sizeof *self, err));
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->report_lock, NULL);
    pthread_mutex_init(&self->update_lock, NULL);
    pthread_cond_init(&self->idle, NULL);
    self->options = *options;
    self->line = *line;
    make_policy(self);
    enum eg_code code = check_options(options, &address, self->token, err);
    if (code == EG_OK)
        code = cli_ring_create(&self->ring, err);
    if (code == EG_OK)
        code = listen_at(&fd, &address, options->address, err);
    if (code == EG_OK) {
        cli_events_add(line->events, cli_ring_sink(self->ring));
        cli__frames_update(self);
        announce(self, fd, address.loopback, logger);
        eg_signals_block(&former); /* also for the threads of libmicrohttpd */
        code = start_threads(self, fd, err);
        pthread_sigmask(SIG_SETMASK, &former, NULL);
    }
    if (code != EG_OK) {
        cli_dashboard_close(self);
        return code;
    }
    *dashboard = self;
    return EG_OK;
}

void cli_dashboard_control(struct cli_dashboard *self, const struct cli_dashboard_control *control)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->control = control;
    while (control == NULL && self->controlling > 0)
        pthread_cond_wait(&self->idle, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

/* The state of the end, while clients take it. */
static void tell_end(struct cli_dashboard *self)
{
    const uint64_t until_ms = eg_clock_ms() + LAST_WORDS_MS;
    struct eg_error ignored;
    bool waiting = true;

    cli__frames_update(self);
    cli__frames_update_batch(self);
    pthread_mutex_lock(&self->lock);
    self->ended = true;
    pthread_mutex_unlock(&self->lock);
    while (waiting && eg_clock_ms() < until_ms) {
        cli__streams_wake(self);
        (void)!eg_sleep_ms(NULL, 10, &ignored);
        pthread_mutex_lock(&self->lock);
        waiting = self->stream_count > 0;
        pthread_mutex_unlock(&self->lock);
    }
}

static void stop_server(struct cli_dashboard *self)
{
    atomic_store(&self->stop, true);
    if (self->pumping)
        pthread_join(self->pump, NULL);
    if (self->counting)
        pthread_join(self->counter, NULL);
    tell_end(self);
    /* No new connection, and no suspended one, which would keep the daemon from ending. */
    MHD_stop_daemon(self->daemon);
}

void cli_dashboard_close(struct cli_dashboard *self)
{
    if (self == NULL)
        return;
    if (self->daemon != NULL)
        stop_server(self);
    if (self->ring != NULL)
        cli_events_remove(self->line.events, self->ring);
    cli__frames_finish(self);
    cli_ring_destroy(self->ring);
    OPENSSL_cleanse(self->token, sizeof self->token);
    pthread_cond_destroy(&self->idle);
    pthread_mutex_destroy(&self->update_lock);
    pthread_mutex_destroy(&self->report_lock);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
