/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every rule of the guard, in every way that can break it: the call eg_board_write_flash(), the command
 * write-flash, a bundle (as `check`), and a run. Each way refuses with the same code and sentence, or warns
 * if the rule only warns the user of one board. A refusal leaves every byte of the flash as it was.
 *
 * The scenes are those of tests/engine/guard/scene.h, applied to real boards; a scene that needs another
 * board is made here. For a way that cannot break a rule, the table gives the reason.
 */

#include "tests/engine/guard/rows.h"
#include "tests/fakes/fake_recorder.h"

#include "engine/image/image.h"
#include "engine/line/station.h"
#include "engine/stages/stages.h"
#include "jobs/bundle.h"
#include "jobs/job.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { TEXT = 8192 };

/* A scene that needs another board, or that not every way can reach; the reasons say why. */
struct special {
    const char *rule;
    void (*of_guard)(struct scene *scene); /* the scene of scene.h that it replaces */
    void (*change)(struct scene *scene);   /* the replacement; NULL = the scene itself */
    struct vb_config config;               /* of the board, in addition to the scene's facts about the chip */
    const char *part;                      /* its flash part; NULL = the usual one */
    const char *no_call, *no_command, *no_job; /* NULL = this way reaches it */
};

static void only_data(struct scene *s, const char *chip, uint32_t addr, size_t size)
{
    s->request.target = eg_target_by_name(chip);
    s->request.count = 1;
    s->pieces[0] = s->pieces[OTHER];
    s->pieces[0].flash_addr = addr;
    s->pieces[0].size = size;
    fake_noise(s->bytes[OTHER], ROOM, 1);
}
static void over_keys(struct scene *s)
{
    only_data(s, "esp32p4", 0, 0x1000);
    s->chip.info.key_manager = true;
}
static void data_without_key(struct scene *s)
{
    only_data(s, "esp32c3", 0x200000, 64);
    encrypted(s);
    s->chip.flash_key = false;
}
static void in_secure_download(struct scene *s)
{
    only_data(s, "esp32c3", 0x10000, 64);
    s->chip.info.secure_download = true;
    s->request.job = true;
}
static void hidden(struct scene *s)
{
    only_data(s, "esp32c3", 0x10000, 64);
    s->chip.info.secure_download = s->chip.info.flash_encryption = true;
}
static void too_far_for_secure_download(struct scene *s)
{
    only_data(s, "esp32c3", 0x200000, 4);
    s->chip.info.secure_download = true;
    s->request.flash = NULL;
}
static void too_far_for_a_guess(struct scene *s)
{
    only_data(s, "esp32s3", 0x1000000, 4);
    s->request.flash = NULL;
    s->request.job = true;
}
static void no_size(struct scene *s)
{
    unknown_size(s);
    s->flash.jedec = 0x7f40c8;
}
static void family_of_file(struct scene *s)
{
    uint8_t *const block = s->bytes[OTHER];

    only_data(s, "esp32", 0x200000, 256);
    memmove(block + 32, block, 256);
    eg_put32(block, 0x0a324655);
    eg_put32(block + 4, 0x9e5d5157);
    eg_put32(block + 8, 0x2000); /* a family is given */
    eg_put32(block + 12, 0x200000);
    eg_put32(block + 16, 256);
    eg_put32(block + 20, 0);
    eg_put32(block + 24, 1);
    eg_put32(block + 28, 0x1234);
    eg_put32(block + 508, 0x0ab16f30);
    s->pieces[0].uf2_family_id = 0x1234;
}

#define NO_ENCRYPTING  "a job does not encrypt"
#define NO_ERASING     "what a job erases it names by partition: tests/engine/stages/test_erase.c"
#define OF_JOBS        "asked of jobs only"
#define BY_NAME        "names of partitions are the command's; tests/e2e/test_guard.sh"
#define JOB_IS_REFUSED "secure-download refuses the job before"

static const struct special specials[] = {
    {.rule = "named-partition",
     .of_guard = named_too_large,
     .no_call = BY_NAME,
     .no_command = BY_NAME,
     .no_job = "room is that of a real partition: tests/jobs/test_parts.c"},
    {.rule = "named-partition",
     .of_guard = range_too_large,
     .no_call = BY_NAME,
     .no_command = BY_NAME,
     .no_job = NO_ERASING},
    {.rule = "shared-sector",
     .of_guard = shared_with_unit,
     .no_call = "a call has no data of a board",
     .no_command = "nor has the command",
     .no_job = "its data goes to partitions of its own: tests/engine/plan/test_unit_places.c"},
    {.rule = "loader-reach", .of_guard = far, .part = "W25Q256JV"},
    {.rule = "loader-reach",
     .of_guard = far_for_the_rom,
     .part = "W25Q256JV",
     .no_job = "a job is held against the stub's reach before there is a ROM"},
    {.rule = "declared-end",
     .of_guard = beyond_unknown,
     .change = too_far_for_a_guess,
     .no_call = "a board tells its flash's size",
     .no_command = "likewise"},
    {.rule = "declared-end",
     .of_guard = beyond_secure_download,
     .change = too_far_for_secure_download,
     .no_job = JOB_IS_REFUSED},
    {.rule = "flash-size", .of_guard = unknown_size, .change = no_size, .part = "NO-SIZE"},
    {.rule = "secure-download", .of_guard = secure_download, .change = in_secure_download},
    {.rule = "erase-align", .of_guard = erase_inside_sector, .no_job = NO_ERASING},
    {.rule = "erase-align", .of_guard = erase_half_sector, .no_job = NO_ERASING},
    {.rule = "secured-erase", .of_guard = erase, .no_job = NO_ERASING},
    {.rule = "key-manager", .of_guard = key_manager, .change = over_keys},
    {.rule = "plain-unreadable", .of_guard = plain_hidden, .change = hidden, .no_job = JOB_IS_REFUSED},
    {.rule = "no-encryption", .of_guard = cannot_encrypt, .no_job = NO_ENCRYPTING},
    {.rule = "rom-encryption", .of_guard = rom_encrypts, .no_job = NO_ENCRYPTING},
    {.rule = "encryption-off",
     .of_guard = encrypt_off,
     .config = {.flash_encryption = true},
     .no_job = NO_ENCRYPTING},
    {.rule = "encryption-align",
     .of_guard = encrypt_at,
     .config = {.flash_encryption = true},
     .no_job = NO_ENCRYPTING},
    {.rule = "crypt-config", .of_guard = crypt_config, .no_job = NO_ENCRYPTING},
    {.rule = "flash-key", .of_guard = no_key, .change = data_without_key, .no_job = NO_ENCRYPTING},
    {.rule = "elf", .of_guard = elf, .no_job = "a job makes the image"},
    {.rule = "uf2-family", .of_guard = family, .change = family_of_file},
    {.rule = "image-chip", .of_guard = other_chip_inside},
};

static const struct special *special_of(const struct row *row)
{
    static const struct special usual = {0};

    for (size_t i = 0; i < COUNT(specials); i++)
        if (strcmp(specials[i].rule, row->rule) == 0 && specials[i].of_guard == row->change)
            return &specials[i];
    return &usual;
}

/* One row before a board. */
struct trial {
    const struct row *row;
    const struct special *special;
    const struct eg_guard_rule *rule;
    struct scene *scene;
    struct fake_board *fake;
    char sentence[480]; /* the guard's sentence for the scene */
    bool refuses;       /* the user of one board */
};

static const struct vb_flash_part *part_of(const char *name)
{
    const struct vb_flash_part *part = vb_flash_parts;

    while (name != NULL && strcmp(part->name, name) != 0)
        part++;
    return name != NULL ? part : NULL;
}

static void plug(struct trial *trial)
{
    const struct eg_guard_chip *const chip = &trial->scene->chip;
    struct vb_config config = trial->special->config;

    config.fast = config.strap_low = true;
    config.part = part_of(trial->special->part);
    config.secure_boot |= chip->info.secure_boot && !chip->info.secure_boot_v1;
    config.secure_boot_v1 |= chip->info.secure_boot_v1;
    config.flash_encryption |= chip->info.flash_encryption;
    config.no_manual_encryption |= chip->info.manual_encrypt_off;
    config.secure_download |= chip->info.secure_download;
    config.key_manager |= chip->info.key_manager;
    fake_board_plug(trial->fake, trial->scene->request.target->name, &config, NO_FAULTS);
}

/* Ask the guard about the scene itself, without a board. */
static void expect(struct trial *trial)
{
    struct scene *const scene = trial->scene;
    struct heard heard = {.rule = trial->rule->name};
    struct eg_guard_finding found;
    struct eg_error err;

    const bool job = scene->request.job;
    scene->request.say = hear;
    scene->request.context = &heard;
    scene->request.job = job || trial->rule->job_only;
    const enum eg_code code = eg_guard_ask(&scene->request, &found, &err);
    scene->request.job = job;
    trial->refuses = code != EG_OK;
    if (trial->refuses)
        assert_string_equal(found.rule->name, trial->rule->name);
    else
        assert_int_not_equal(heard.count, 0);
    snprintf(trial->sentence, sizeof trial->sentence, "%s", trial->refuses ? err.text : heard.text);
}

static bool has_line(const struct trial *trial, const char *text)
{
    const char *const at = strstr(text, trial->sentence);

    return at != NULL && (at[strlen(trial->sentence)] == '\0' || at[strlen(trial->sentence)] == '\n' ||
                          at[strlen(trial->sentence)] == ';');
}

/* All differences are printed before the test fails. */
static unsigned failures;

static void fail_way(const struct trial *trial, const char *way, const char *said)
{
    failures++;
    print_error("%s by %s: \"%s\" instead of \"%s\"\n", trial->rule->name, way, said, trial->sentence);
}

/* ---- The call ---- */

static const char *size_word(char word[16], uint32_t size)
{
    snprintf(word, 16, "%uMB", (unsigned)(size >> 20));
    return size != 0 ? word : NULL;
}

static void by_call(struct trial *trial)
{
    const struct scene *const scene = trial->scene;
    struct eg_flash_file files[PIECES] = {0};
    struct eg_error err = {.text = ""};
    char word[16], warning[600];
    const struct eg_write_flash_options options = {
        .flash_mode = eg_flash_mode_name(scene->request.settings.mode),
        .flash_size = size_word(word, scene->request.declared_size)};
    enum eg_code code;

    for (size_t i = 0; i < scene->request.count; i++)
        files[i] = (struct eg_flash_file){.addr = (uint32_t)scene->pieces[i].flash_addr,
                                          .input = {.data = scene->pieces[i].data,
                                                    .size = (size_t)scene->pieces[i].size,
                                                    .name = scene->pieces[i].name},
                                          .encrypt = scene->pieces[i].encrypted};
    if (trial->scene->pieces[0].uf2_family_id != 0)
        files[0].input.size = 512;
    fake_board_fill(trial->fake);
    if (scene->request.action == EG_GUARD_ERASE)
        code = eg_board_erase_region(trial->fake->board, files[0].addr, (uint32_t)scene->pieces[0].size,
                                     false, &err);
    else
        code = eg_board_write_flash(trial->fake->board, files, scene->request.count, &options, NULL, &err);
    snprintf(warning, sizeof warning, "warning: %s", trial->sentence);
    if (!trial->refuses) {
        if (code != EG_OK || !fake_board_said(trial->fake, warning))
            fail_way(trial, "the call", err.text);
        return;
    }
    if (strcmp(err.text, trial->sentence) != 0)
        fail_way(trial, "the call", code == EG_OK ? "success" : err.text);
    assert_int_equal(code, trial->row->code);
    fake_board_assert_untouched(trial->fake);
}

/* ---- The command ---- */

struct server {
    struct vb_rfc2217 *rfc2217;
    int stop[2];
    pthread_t thread;
    enum eg_code code; /* how serving ended */
};

static void *serve(void *context)
{
    struct server *const server = context;
    struct eg_error err;

    server->code = vb_rfc2217_run(server->rfc2217, server->stop[0], &err);
    return NULL;
}

/* Return what is written; a job that erases writes something else than it erases. */
static const struct eg_guard_piece *written(const struct trial *trial, size_t *count)
{
    const struct eg_guard_request *const request = &trial->scene->request;

    *count = request->written != NULL ? request->written_count : request->count;
    return request->written != NULL ? request->written : request->pieces;
}

static void write_pieces(const struct trial *trial)
{
    size_t count;
    const struct eg_guard_piece *const pieces = written(trial, &count);

    for (size_t i = 0; i < count; i++) {
        const struct eg_guard_piece *const piece = &pieces[i];
        if (piece->data != NULL)
            fake_board_write(trial->fake, piece->name, piece->data,
                             piece->uf2_family_id != 0 ? 512 : (size_t)piece->size);
    }
}

/* Run the command, with both of its outputs in `text`. */
static int main_said(int argc, char **argv, char text[TEXT])
{
    char path[] = "/tmp/eg-rules-XXXXXX";
    const int file = mkstemp(path), out = dup(1), err = dup(2);

    assert_true(file >= 0 && out >= 0 && err >= 0);
    unlink(path);
    fflush(stdout);
    assert_true(dup2(file, 1) >= 0 && dup2(file, 2) >= 0);
    const int status = eg_main(argc, argv);
    fflush(stdout);
    fflush(stderr);
    assert_true(dup2(out, 1) >= 0 && dup2(err, 2) >= 0);
    const ssize_t got = pread(file, text, TEXT - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    close(file), close(out), close(err);
    return status;
}

static void by_command(struct trial *trial)
{
    const struct scene *const scene = trial->scene;
    char *words[40] = {"espgang", "--before", "no-reset", "--after", "no-reset", "--port"};
    char url[64], size[16], addrs[PIECES][16], paths[PIECES][32], said[TEXT];
    struct server server;
    struct eg_error err;
    int count = 6;

    write_pieces(trial);
    fake_board_fill(trial->fake);
    assert_ok(vb_rfc2217_create(&server.rfc2217, trial->fake->gang, "127.0.0.1", 0, &err), err);
    vb_rfc2217_url(server.rfc2217, 1, url, sizeof url);
    assert_int_equal(pipe(server.stop), 0);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, &server), 0);
    words[count++] = url;
    if (scene->chip.rom)
        words[count++] = "--no-stub";
    words[count++] = scene->request.action == EG_GUARD_ERASE ? "erase-region" : "write-flash";
    if (scene->request.settings.mode >= 0) {
        words[count++] = "--flash-mode";
        words[count++] = (char *)eg_flash_mode_name(scene->request.settings.mode);
    }
    if (size_word(size, scene->request.declared_size) != NULL) {
        words[count++] = "--flash-size";
        words[count++] = size;
    }
    if (scene->pieces[0].encrypted)
        words[count++] = "--encrypt";
    for (size_t i = 0; i < scene->request.count; i++) {
        snprintf(addrs[i], sizeof addrs[i], "0x%llx", (unsigned long long)scene->pieces[i].flash_addr);
        words[count++] = addrs[i];
        if (scene->request.action == EG_GUARD_ERASE)
            snprintf(paths[i], sizeof paths[i], "%llu", (unsigned long long)scene->pieces[i].size);
        else
            snprintf(paths[i], sizeof paths[i], "%s", scene->pieces[i].name);
        words[count++] = paths[i];
    }
    assert_int_equal(chdir(trial->fake->folder), 0); /* sentences have file names as given */
    const int status = main_said(count, words, said);
    close(server.stop[1]);
    pthread_join(server.thread, NULL);
    close(server.stop[0]);
    vb_rfc2217_destroy(server.rfc2217);
    assert_int_equal(server.code, EG_OK);
    if (!has_line(trial, said))
        fail_way(trial, "the command", said);
    if ((status == 0) != !trial->refuses)
        fail_way(trial, "the command, by its status", said);
    if (trial->refuses)
        fake_board_assert_untouched(trial->fake);
}

/* ---- Jobs ---- */

static void write_job(const struct trial *trial)
{
    const struct scene *const scene = trial->scene;
    char job[2000], word[16];
    size_t count;
    const struct eg_guard_piece *const pieces = written(trial, &count);
    size_t used =
        (size_t)snprintf(job, sizeof job, "espgang: 1\njob: rules\nchip: %s\n", scene->request.target->name);
    const char *const mode = eg_flash_mode_name(scene->request.settings.mode),
                      *const size = size_word(word, scene->request.declared_size);

    used += (size_t)snprintf(job + used, sizeof job - used, "flash: {mode: %s, size: %s}\nfirmware:\n",
                             mode != NULL ? mode : "keep", size != NULL ? size : "keep");
    for (size_t i = 0; i < count; i++) {
        const struct eg_guard_piece *const piece = &pieces[i];
        char at[32] = "";
        if (piece->partition != NULL)
            snprintf(at, sizeof at, "at: %s, ", piece->partition);
        else if (piece->uf2_family_id == 0)
            snprintf(at, sizeof at, "at: 0x%llx, ", (unsigned long long)piece->flash_addr);
        used += (size_t)snprintf(job + used, sizeof job - used, " - {%sfile: %s}\n", at, piece->name);
    }
    if (scene->request.written != NULL)
        used += (size_t)snprintf(job + used, sizeof job - used, "erase: %s\n",
                                 scene->pieces[0].flash_addr == 0 ? "all" : scene->pieces[0].name);
    fake_board_write(trial->fake, "job.yaml", job, used);
    write_pieces(trial);
}

/* Write the contents of the scene's board into the flash. */
static void furnish(struct trial *trial)
{
    const struct scene *const scene = trial->scene;
    const struct eg_guard_board *const board = scene->request.board;
    uint8_t *const stores[] = {fake_board_flash(trial->fake), trial->fake->kept};

    for (size_t i = 0; board != NULL && i < COUNT(stores); i++) {
        memcpy(stores[i] + board->table_addr, board->table, EG_FLASH_SECTOR);
        if (!board->no_bootloader)
            stores[i][scene->request.target->bootloader_addr] = EG_IMAGE_MAGIC;
    }
}

static void run(struct trial *trial, const struct eg_plan *plan)
{
    struct fake_recorder recorder;
    char url[64];
    struct eg_error err;

    fake_recorder_init(&recorder);
    const struct eg_port_scheme *const schemes[] = {vb_gang_scheme(trial->fake->gang), NULL};
    vb_gang_url(trial->fake->gang, 1, url, sizeof url);
    const struct eg_slot slot = {.name = "1", .url = url};
    const struct eg_station station = {.plan = plan,
                                       .recorder = &recorder.recorder,
                                       .logger = &recorder.logger,
                                       .schemes = schemes,
                                       .slots = &slot,
                                       .slot_count = 1};
    struct eg_cancel cancel = {.requested = false};
    struct eg_result result;
    char expected[500];

    fake_board_fill(trial->fake);
    furnish(trial);
    assert_ok(eg_station_run(&station, &cancel, &result, &err), err);
    snprintf(expected, sizeof expected, "%s: %s", trial->scene->request.board == NULL ? "admit" : "stub",
             trial->sentence);
    if (strcmp(result.text, expected) != 0)
        fail_way(trial, "a run", result.text);
    if (result.code != trial->row->code || result.outcome != eg_outcome_of(trial->row->code))
        fail_way(trial, "a run, by its code", eg_code_name(result.code));
    fake_board_assert_untouched(trial->fake);
    fake_recorder_finish(&recorder);
}

/*
 * Check the refusal: without a board if the files suffice, else at admit. A rule that only mentions gives a
 * notice.
 */
static void by_job(struct trial *trial)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    struct eg_error err = {.text = ""};
    char path[4096];
    bool mentioned = false;

    write_job(trial);
    fake_board_path(trial->fake, path, "job.yaml");
    const enum eg_code made = eg_bundle_make(&bundle, path, eg_stages, &err);
    if (made != EG_OK) {
        const size_t size = strlen(err.text), length = strlen(trial->sentence);
        if (size < length || strcmp(err.text + size - length, trial->sentence) != 0)
            fail_way(trial, "a bundle", err.text);
        assert_int_equal(made, trial->row->code);
        assert_int_equal(bundle.size, 0);
        assert_int_equal(eg_job_load(&plan, path, eg_stages, &err), made);
        return;
    }
    if (trial->scene->request.board == NULL && trial->rule->needs < EG_GUARD_NEEDS_SIZE &&
        trial->rule->weight != EG_GUARD_MENTIONS)
        fail_way(trial, "a bundle", "success");
    assert_ok(eg_job_load(&plan, path, eg_stages, &err), err);
    if (trial->rule->weight != EG_GUARD_MENTIONS) {
        run(trial, plan);
        return;
    }
    for (unsigned i = 0; i < plan->notice_count; i++)
        mentioned = mentioned || strcmp(plan->notices[i].text, trial->sentence) == 0;
    assert_true(mentioned);
}

/* ---- All of them ---- */

static void try_row(const struct row *row, unsigned *ways)
{
    EG_CLEANUP(scene_cleanup) struct scene *scene = right();
    struct trial trial = {
        .row = row, .special = special_of(row), .rule = eg_guard_rule_by_name(row->rule), .scene = scene};
    void *state;

    assert_non_null(trial.rule);
    (trial.special->change != NULL ? trial.special->change : row->change)(scene);
    expect(&trial);
    fake_board_setup(&state);
    trial.fake = state;
    const bool job_only = trial.rule->job_only || scene->request.board != NULL;
    print_message("%s\n", row->rule);
    if (trial.special->no_job == NULL) {
        plug(&trial);
        by_job(&trial);
        fake_board_unplug(trial.fake);
        ++*ways;
    }
    if (trial.special->no_call == NULL && !job_only) {
        plug(&trial);
        fake_board_connect(trial.fake,
                           scene->chip.rom || scene->chip.info.secure_download ? FAKE_ROM : FAKE_STUB);
        by_call(&trial);
        ++*ways;
        fake_board_unplug(trial.fake);
    }
    if (trial.special->no_command == NULL && !job_only) {
        plug(&trial);
        by_command(&trial);
        ++*ways;
    }
    fake_board_teardown(&state);
}

static void every_rule_says_the_same_by_every_way(void **state)
{
    (void)state;
    for (const struct eg_guard_rule *rule = eg_guard_rules; rule->name != NULL; rule++) {
        unsigned rows = 0, ways = 0;
        for (size_t i = 0; i < COUNT(sections); i++)
            for (size_t j = 0; j < sections[i].count; j++)
                if (strcmp(sections[i].rows[j].rule, rule->name) == 0) {
                    try_row(&sections[i].rows[j], &ways);
                    rows++;
                }
        if (rows == 0)
            fail_msg("%s has no scene in tests/engine/guard/scene.h", rule->name);
        if (ways == 0 && strcmp(rule->name, "named-partition") != 0)
            fail_msg("%s is met by no way", rule->name);
    }
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_says_the_same_by_every_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
