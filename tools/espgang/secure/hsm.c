/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/hsm.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PIN_MAX = 256 };

/* Not shown while it is typed. */
static enum eg_code ask_pin(struct eg_secret *pin, const struct eg_hsm_config *config, struct eg_error *err)
{
    struct termios shown, hidden;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--hsm-config has no credentials, and there is no terminal to ask for the PIN");
    EG_TRY(eg_secret_init(pin, PIN_MAX, err));
    fprintf(stderr, "PIN of slot %lu: ", config->slot);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    const ssize_t got = read(STDIN_FILENO, pin->data, PIN_MAX - 1);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    if (got <= 1 || pin->data[got - 1] != '\n')
        return eg_error_set(err, EG_BAD_ARGUMENT, "no PIN was typed");
    pin->data[got - 1] = '\0';
    pin->size = (size_t)got;
    return EG_OK;
}

enum eg_code secure_hsm_open(struct eg_hsm **hsm, struct eg_hsm_config *config,
                             const struct secure_given *given, struct eg_error *err)
{
    if (given->hsm_config == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--hsm needs --hsm-config FILE");
    if (given->key_files != NULL || given->version == 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--hsm goes with neither --keyfile nor --version 1");
    EG_TRY(cli_file_check(given->hsm_config, err));
    EG_TRY(secure_named(eg_hsm_config_read(config, given->hsm_config, err), err));
    if (config->pin.size == 0)
        EG_TRY(ask_pin(&config->pin, config, err));
    return eg_hsm_open(hsm, config, err);
}
