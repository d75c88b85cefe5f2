/* SPDX-License-Identifier: Apache-2.0 */

/* Ctrl-C and its like: a flag that everything looks at. */

#include "tools/espgang/signals.h"

#include "tools/espgang/command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The one flag a signal handler can reach. */
static struct eg_cancel interrupted;

const struct eg_cancel *cli_cancel(void)
{
    return &interrupted;
}

void cli_request_cancel(void)
{
    eg_cancel_request(&interrupted);
}

/* One wish to end may come as several signals: timeout(1) signals its child and then its group, and at the
 * end of a session the terminal and the shell both hang up. */
#define SAME_WISH_MS 500

/* What a signal does; set before the handlers are. */
static struct {
    const char *text;
    void (*also)(void);
    _Atomic uint64_t first_ms; /* 0 = none has come */
} wish;

static const int caught[CLI_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};

static void end_on_record(int number)
{
    const uint64_t now_ms = eg_clock_ms();

    if (wish.first_ms == 0) {
        wish.first_ms = now_ms;
        eg_cancel_request(&interrupted);
        if (wish.also != NULL)
            wish.also();
        if (wish.text != NULL && write(STDERR_FILENO, wish.text, strlen(wish.text)) < 0) {
            /* Nobody left to tell. */
        }
    } else if (now_ms - wish.first_ms >= SAME_WISH_MS) {
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

void cli_catch_signals(const char *text, void (*also)(void))
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESTART};
    struct sigaction former;

    wish.text = text;
    wish.also = also;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &former) == 0 && former.sa_handler != SIG_IGN) /* else nohup wants to go on */
        sigaction(SIGHUP, &action, NULL);
}

void cli_signals_begin(struct cli_signals *former)
{
    for (size_t i = 0; i < CLI_SIGNALS; i++)
        sigaction(caught[i], NULL, &former->action[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing, and ends on record */
    interrupted = (struct eg_cancel){0};
    wish.first_ms = 0;
}

void cli_signals_end(const struct cli_signals *former)
{
    for (size_t i = 0; i < CLI_SIGNALS; i++)
        sigaction(caught[i], &former->action[i], NULL);
}
