/* SPDX-License-Identifier: Apache-2.0 */

/* A simulated board in this process, blank and new with every command. */

#include "tools/espgang/one_board/sim.h"

#include <stdio.h>
#include <string.h>

static enum eg_code make_board(struct cli_sim *sim, const char *chip, const char *stub_dir,
                               struct eg_error *err)
{
    struct vb_config config = {.stub_dir = stub_dir};
    char name[32], names[256];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(chip, "/"), chip);
    config.target = eg_target_by_name(name);
    if (config.target == NULL) {
        eg_target_names(names, sizeof names);
        return eg_error_set(err, EG_NO_PORT, "sim:%s: the chip is none of %s", chip, names);
    }
    EG_TRY(vb_gang_create(&sim->gang, &config, 1, NULL, 0, err));
    vb_gang_url(sim->gang, 1, sim->url, sizeof sim->url);
    return EG_OK;
}

enum eg_code cli_sim_init(struct cli_sim *sim, const char *port, const char *stub_dir, struct eg_error *err)
{
    unsigned count = 0;

    if (port != NULL && strncmp(port, "sim:", 4) == 0) {
        EG_TRY(make_board(sim, port + 4, stub_dir, err));
        sim->schemes[count++] = vb_gang_scheme(sim->gang);
    }
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes;
         *scheme != NULL && count < CLI_SIM_SCHEMES; scheme++)
        sim->schemes[count++] = *scheme;
    return EG_OK;
}

void cli_sim_finish(struct cli_sim *sim)
{
    vb_gang_destroy(sim->gang);
}
