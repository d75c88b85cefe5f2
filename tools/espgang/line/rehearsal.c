/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/rehearsal.h"

#include "db/files/backup.h"
#include "db/ledger.h"
#include "engine/base/bytes.h"
#include "engine/guard/guard.h"
#include "engine/plan/pipeline.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum eg_code join(char **path, const char *folder, const char *name, struct eg_error *err)
{
    const size_t size = strlen(folder) + strlen(name) + 2;

    EG_TRY(eg_alloc(path, size, 1, err));
    snprintf(*path, size, "%s/%s", folder, name);
    return EG_OK;
}

static enum eg_code make_folder(char **folder, struct eg_error *err)
{
    const char *const given = getenv("TMPDIR");
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;

    EG_TRY(join(&path, given != NULL && given[0] != '\0' ? given : "/tmp", "espgang-rehearsal-XXXXXX", err));
    if (mkdtemp(path) == NULL)
        return eg_error_errno(err, EG_IO, errno, "a folder for the rehearsal, %s", path);
    *folder = path;
    path = NULL;
    return EG_OK;
}

/* For the handler of a signal that ends the program; empty = there is nothing to remove. */
static struct {
    char folder[PATH_MAX];
    char files[5][PATH_MAX];
} left;

static void remove_all(void)
{
    for (size_t i = 0; i < sizeof left.files / sizeof left.files[0]; i++)
        unlink(left.files[i]);
    rmdir(left.folder);
}

static void remove_when_killed(const struct cli_rehearsal *rehearsal)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", ".secret"};

    snprintf(left.folder, sizeof left.folder, "%s", rehearsal->folder);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        snprintf(left.files[i], sizeof left.files[i], "%s%s", rehearsal->ledger, suffixes[i]);
    cli_when_killed(remove_all, true);
}

enum eg_code cli_rehearsal_init(struct cli_rehearsal *rehearsal, const char *ledger, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    struct eg_backed_up copied;
    bool exists, outdated;

    EG_TRY(eg_ledger_locate(&path, &exists, ledger, err));
    EG_TRY(make_folder(&rehearsal->folder, err));
    EG_TRY(join(&rehearsal->ledger, rehearsal->folder, "ledger.db", err));
    remove_when_killed(rehearsal);
    if (!exists)
        return EG_OK;
    EG_TRY(eg_ledger_outdated(&outdated, path, err));
    if (!outdated) {
        rehearsal->shown = path;
        path = NULL;
        return EG_OK;
    }
    const struct eg_backup backup = {.ledger = path, .path = rehearsal->ledger, .cancel = cli_cancel()};
    if (eg_ledger_backup(&backup, &copied, err) != EG_OK)
        return eg_error_prefix(err, "copying the ledger for the rehearsal: ");
    return chmod(rehearsal->ledger, 0600) == 0
               ? EG_OK
               : eg_error_errno(err, EG_IO, errno, "the ledger of the rehearsal, %s", rehearsal->ledger);
}

void cli_rehearsal_finish(struct cli_rehearsal *rehearsal)
{
    if (rehearsal->folder == NULL)
        return;
    remove_all();
    cli_when_killed(remove_all, false);
    free(rehearsal->folder);
    free(rehearsal->ledger);
    free(rehearsal->shown);
}

void cli_leave_programs_out(struct eg_plan *plan)
{
    for (int i = 0; i < EG_HOOKS; i++) {
        struct eg_setting *const hook = eg_plan_setting(plan, eg_hook_words[i].key);
        plan->programs_left_out |= hook->item_count > 0;
        eg_setting_clear(hook);
    }
    plan->programs_left_out |= eg_plan_setting(plan, "unit.generate.program")->item_count > 0;
}

/* Return the end of the job's last partition; 0 = there is no table. */
static enum eg_code table_end(uint64_t *end, const struct eg_plan *plan, struct eg_error *err)
{
    struct eg_guard_table table;

    *end = 0;
    if (eg_plan_find_table(plan, &table, err) != EG_OK || !table.found)
        return EG_OK; /* a damaged table that the job allows */
    for (size_t i = 0; i < table.partitions.count; i++) {
        const struct eg_partition *const row = &table.partitions.rows[i];
        if (row->flash_addr + (uint64_t)row->size > *end)
            *end = row->flash_addr + (uint64_t)row->size;
    }
    return EG_OK;
}

enum eg_code cli_rehearsal_part(const struct vb_flash_part **part, const struct eg_plan *plan,
                                struct eg_error *err)
{
    uint64_t size;

    EG_TRY(table_end(&size, plan, err));
    if (plan->declared_flash_size > size)
        size = plan->declared_flash_size;
    *part = &vb_flash_parts[0];
    for (const struct vb_flash_part *other = vb_flash_parts; (*part)->size < size && other->name != NULL;
         other++)
        if (other->size >= size)
            *part = other;
    return EG_OK;
}
