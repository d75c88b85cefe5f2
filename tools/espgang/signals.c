/* SPDX-License-Identifier: Apache-2.0 */

/* Ctrl-C and its like: a flag that everything looks at. */

#include "tools/espgang/signals.h"

#include "tools/espgang/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The flags that a signal handler can reach. */
static struct eg_cancel interrupted, ending;

const struct eg_cancel *cli_cancel(void)
{
    return &interrupted;
}

void cli_request_cancel(const char *by)
{
    eg_cancel_request_by(&interrupted, by);
}

const struct eg_cancel *cli_ending(void)
{
    return &ending;
}

void cli_request_ending(void)
{
    eg_cancel_request(&ending);
}

static atomic_bool paused;

void cli_request_pause(void)
{
    atomic_store(&paused, true);
}

void cli_request_go_on(void)
{
    atomic_store(&paused, false);
}

bool cli_paused(void)
{
    return atomic_load(&paused);
}

static void on_go_on(int number)
{
    (void)number;
    cli_request_go_on();
}

/* One wish to end may come as several signals: timeout(1) signals its child and then its group, and at the
 * end of a session the terminal and the shell both hang up. */
#define SAME_WISH_MS 500

/* The action of a signal; set before the handlers are installed. */
static struct {
    const char *text;
    void (*also)(void);
    void (*killed[2])(void);
    const char *drain; /* what is said when the line is to end; NULL = the first signal ends all at once */
    _Atomic uint64_t last_ms; /* 0 = none has come */
    atomic_int wishes;
} wish;

static const int caught[CLI_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGUSR1};

void cli_say_at_once(const char *text)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&ready, 1, 0) == 1 && write(STDERR_FILENO, text, strlen(text)) < 0) {
        /* Nobody left to tell. */
    }
}

static void say(const char *text)
{
    if (text != NULL)
        cli_say_at_once(text);
}

static const char *name_of(int number)
{
    return number == SIGINT ? "Ctrl-C" : number == SIGTERM ? "SIGTERM" : "the end of the terminal (SIGHUP)";
}

static void end_on_record(int number)
{
    const uint64_t now_ms = eg_clock_ms();

    if (wish.last_ms != 0 && now_ms - wish.last_ms < SAME_WISH_MS)
        return;
    wish.last_ms = now_ms;
    const int wishes = wish.wishes++;
    if (wish.drain != NULL && wishes == 0) {
        cli_request_ending();
        say(wish.drain);
    } else if (!eg_cancel_requested(&interrupted)) {
        cli_request_cancel(name_of(number));
        if (wish.also != NULL)
            wish.also();
        say(wish.text);
    } else {
        for (size_t i = 0; i < sizeof wish.killed / sizeof wish.killed[0]; i++)
            if (wish.killed[i] != NULL)
                wish.killed[i]();
        signal(number, SIG_DFL);
        raise(number); /* takes effect when the handler returns */
    }
}

static void on_signal(int number)
{
    const int errno_before = errno;

    end_on_record(number);
    errno = errno_before;
}

void cli_when_killed(void (*action)(void), bool on)
{
    size_t i = 0;

    while (i < sizeof wish.killed / sizeof wish.killed[0] && wish.killed[i] != (on ? NULL : action))
        i++;
    if (i < sizeof wish.killed / sizeof wish.killed[0])
        wish.killed[i] = on ? action : NULL;
}

void cli_catch_signals(const char *text, void (*also)(void))
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESTART};
    struct sigaction former;

    wish.text = text;
    wish.also = also;
    wish.drain = NULL;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &former) == 0 && former.sa_handler != SIG_IGN) /* ignored: started by nohup */
        sigaction(SIGHUP, &action, NULL);
}

void cli_catch_signals_of_line(const char *drain, const char *text)
{
    struct sigaction action = {.sa_handler = on_go_on, .sa_flags = (int)SA_RESTART};

    cli_catch_signals(text, NULL);
    wish.drain = drain;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
}

void cli_signals_begin(struct cli_signals *former)
{
    for (size_t i = 0; i < CLI_SIGNALS; i++)
        sigaction(caught[i], NULL, &former->action[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing, and ends on record */
    interrupted = (struct eg_cancel){0};
    ending = (struct eg_cancel){0};
    cli_request_go_on();
    wish.last_ms = 0;
    wish.wishes = 0;
}

void cli_signals_end(const struct cli_signals *former)
{
    for (size_t i = 0; i < CLI_SIGNALS; i++)
        sigaction(caught[i], &former->action[i], NULL);
}
