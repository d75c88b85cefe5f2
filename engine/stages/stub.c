/* SPDX-License-Identifier: Apache-2.0 */

/* stub: start the flasher stub, or settle for the ROM; then raise the rate if the ROM could not, and tell the
 * loader how large the flash is. Then the board is held against what it keeps of its flash. */

#include "engine/stages/on_board.h"

#include <inttypes.h>
#include <stdio.h>

enum { STUB_AUTO, STUB_ON, STUB_OFF };

static const char *const choices[] = {"auto", "on", "off", NULL};

enum { CPU_AS_IS, CPU_FAST };

static const char *const cpus[] = {"as-is", "fast", NULL};

static const struct eg_option options[] = {
    {.key = "link.stub",
     .type = EG_OPTION_CHOICE,
     .fallback = "auto",
     .choices = choices,
     .help = "write by the flasher stub: if there is one, always, or never"},
    {.key = "link.cpu",
     .type = EG_OPTION_CHOICE,
     .fallback = "as-is",
     .choices = cpus,
     .help = "clock of the CPU while the stub works over a UART; `fast`, tried on no chip yet: raised on "
             "ESP32-C3, C5, "
             "C6, C61 and H2"},
    {.key = NULL},
};

/* For the record. */
static void name_stub(struct eg_run *run, const struct eg_stub *stub, bool built_in)
{
    char *const text = run->link.stub;

    if (stub == NULL)
        snprintf(text, EG_STUB_TEXT, "%s", run->loader.stub ? "one that ran already" : "ROM");
    else if (built_in)
        snprintf(text, EG_STUB_TEXT, "%s of %s", stub->name, eg_stub_source());
    else
        snprintf(text, EG_STUB_TEXT, "%s, SHA-256 %.16s", stub->name, stub->sha256);
}

static enum eg_code start(struct eg_run *run, struct eg_error *err)
{
    const unsigned choice = eg_plan_choice(run->plan, "link.stub");
    const struct eg_log_origin origin = eg_run_origin(run);
    const char *name = eg_target_stub(run->loader.target, run->chip.revision);
    EG_CLEANUP(eg_stub_destroy_cleanup) struct eg_stub *loaded = NULL;
    const struct eg_stub *stub = NULL;

    name_stub(run, NULL, false);
    if (choice == STUB_OFF || run->loader.stub)
        return EG_OK;
    if (name != NULL)
        EG_TRY(eg_stub_find(&stub, &loaded, run->stub_dir, name, err));
    if (stub == NULL) {
        if (choice == STUB_ON)
            return eg_error_set(err, EG_BAD_STUB, "there is no stub for %s", run->loader.target->label);
        eg_log_warning(run->logger, &origin, "there is no stub for %s, its ROM does the writing",
                       run->loader.target->label);
        return EG_OK;
    }
    const enum eg_code code = eg_loader_run_stub(&run->loader, stub, err);
    if (code == EG_OK)
        name_stub(run, stub, loaded == NULL);
    if (code == EG_SECURED && choice == STUB_AUTO) {
        eg_log_warning(run->logger, &origin, "%s; the ROM does the writing", err->text);
        return EG_OK;
    }
    return code;
}

/* Written data must be verified, by the loader's digest or by reading back. */
static enum eg_code check_verifiable(const struct eg_target *target, struct eg_error *err)
{
    if ((target->rom_commands & (EG_ROM_HAS(EG_OP_SPI_FLASH_MD5) | EG_ROM_HAS(EG_OP_READ_FLASH_SLOW))) == 0)
        return eg_error_set(
            err, EG_CANNOT_VERIFY,
            "the ROM of %s can neither hash nor read its flash: what it writes cannot be verified "
            "without a stub",
            target->label);
    return EG_OK;
}

static enum eg_code check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    *place = eg_plan_setting(plan, "link.stub")->place;
    return eg_plan_choice(plan, "link.stub") == STUB_OFF ? check_verifiable(plan->target, err) : EG_OK;
}

/* Facts that identify leaves out, because reading them at the ROM's rate takes ten times as long. */
static enum eg_code look_closer(struct eg_run *run, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    if (run->loader.secure_download)
        return EG_OK;
    EG_TRY(eg_loader_flash_unique_id(&run->loader, run->unit.flash_unique_id, err));
    EG_TRY(eg_loader_psram(&run->loader, &run->unit.psram, err));
    eg_log_verbose(run->logger, &origin, "unique id of the flash: %s",
                   run->unit.flash_unique_id[0] != '\0' ? run->unit.flash_unique_id : "none");
    return EG_OK;
}

static enum eg_code prepare_loader(struct eg_run *run, struct eg_error *err)
{
    const uint32_t flash_size = run->flash.size != 0 ? run->flash.size : run->plan->declared_flash_size;
    const struct eg_log_origin origin = eg_run_origin(run);

    EG_TRY(start(run, err));
    if (eg_plan_choice(run->plan, "link.cpu") == CPU_FAST)
        EG_TRY(eg_loader_speed_up(&run->loader, err));
    if (!run->loader.stub)
        EG_TRY(check_verifiable(run->loader.target, err));
    EG_TRY(eg_loader_change_baud(&run->loader, run->baud, err));
    EG_TRY(look_closer(run, err));
    eg_log_verbose(run->logger, &origin, "the %s writes at %" PRIu32 " baud",
                   run->loader.stub ? "stub" : "ROM", run->loader.baud);
    EG_TRY(eg_loader_set_flash_size(&run->loader, flash_size, err));
    return eg__ask_on_board(run, err);
}

const struct eg_stage eg_stage_stub = {
    .name = "stub",
    .summary = "start the flasher stub, or settle for the ROM",
    .order = 40,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED,
    .gives = EG_FACT_LOADER,
    .weight = 4,
    .check = check,
    .run = prepare_loader,
};
