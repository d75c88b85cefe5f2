/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/bundle_folder.h"

#include "engine/image/compress.h"
#include "jobs/trust.h"

#include <fcntl.h>

static void a_bundle_is_the_job_it_was_made_of(void **state)
{
    (void)state;
    put("args.json", "{\"write_flash_args\": [\"--flash-mode\", \"dio\", \"--flash-size\", \"2MB\"],"
                     " \"flash_files\": {\"0x1000\": \"boot.bin\", \"0x10000\": \"app.bin\"},"
                     " \"bootloader\": {\"offset\": \"0x1000\", \"file\": \"boot.bin\"},"
                     " \"extra_esptool_args\": {\"chip\": \"esp32\"}}");
    put("job.yaml",
        "espgang: 1\njob: 'ACME \"quoted\" \\ Süß'\nversion: '1: 4'\n"
        "firmware: {from: args.json}\nlink: &l {baud: 460800}\nretry: {baud: [460800, 115200]}\n");
    make_bundle("job.yaml", "job.egb");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *frozen = loaded("job.egb");

    assert_string_equal(frozen->job_name, "ACME \"quoted\" \\ Süß");
    assert_string_equal(frozen->job_version, "1: 4");
    assert_ptr_equal(frozen->target, plan->target);
    assert_int_equal(frozen->declared_flash_size, 2 << 20);
    assert_int_equal(frozen->region_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_string_equal(frozen->regions[i].name, plan->regions[i].name);
        assert_int_equal(frozen->regions[i].flash_addr, plan->regions[i].flash_addr);
        assert_int_equal(frozen->regions[i].file_size, plan->regions[i].file_size);
        assert_memory_equal(frozen->regions[i].sha256, plan->regions[i].sha256, EG_SHA256_SIZE);
        assert_memory_equal(frozen->regions[i].md5, plan->regions[i].md5, EG_MD5_SIZE);
    }
    assert_int_equal(frozen->regions[0].data.data[2], 2); /* dio */
    assert_int_equal(frozen->regions[0].data.data[3] >> 4, 1);
    assert_int_equal(eg_plan_number(frozen, "link.baud"), 460800);
    assert_int_equal(eg_plan_setting(frozen, "retry.baud")->count, 2);
    assert_false(eg_plan_setting(frozen, "retry.attempts")->given);
}

static void the_ledger_is_told_what_was_in_the_bundle(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.egb");
    uint8_t sha256[EG_SHA256_SIZE];
    char digest[EG_SHA256_TEXT], expected[1200], path[256];
    struct eg_error err;

    path_of(path, "job.egb/job.yaml");
    assert_string_equal(plan->job_path, path);
    assert_ok(eg_sha256(sha256, plan->job_text.data, plan->job_text.size, &err), err);
    assert_memory_equal(plan->job_sha256, sha256, sizeof sha256);
    char boot[EG_SHA256_TEXT];
    const struct image image_of_boot = image(0, 3000, true);
    assert_ok(eg_sha256(sha256, image_of_boot.data, image_of_boot.size, &err), err);
    eg_hex(boot, sha256, sizeof sha256);
    assert_ok(eg_sha256(sha256, "12345", 5, &err), err);
    eg_hex(digest, sha256, sizeof sha256);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    char stream[EG_SHA256_TEXT], flash[EG_SHA256_TEXT];
    assert_ok(eg_compress(&zlib, plan->regions[0].data.data, plan->regions[0].data.size, &err), err);
    assert_ok(eg_sha256(sha256, zlib.data, zlib.size, &err), err);
    eg_hex(stream, sha256, sizeof sha256);
    eg_hex(flash, plan->regions[0].sha256, sizeof sha256);
    snprintf(expected, sizeof expected,
             "# A job frozen by espgang. SHA-256 of its files:\n"
             "# %s  images/00-bootloader.bin\n"
             "# %s  images/01-data.bin\n"
             "# %s  streams/%s.zlib\n"
             "espgang: 1\njob: acme\nversion: 1.4.0\nchip: esp32\nfirmware:\n"
             "  - {name: bootloader, at: 0x1000, file: images/00-bootloader.bin}\n"
             "  - {name: data.bin, at: 0x10000, file: images/01-data.bin}\n",
             boot, digest, stream, flash);
    assert_int_equal(plan->job_text.size, strlen(expected));
    assert_memory_equal(plan->job_text.data, expected, strlen(expected));
}

/* Make the plan of a bundle with `count` members, one byte of its last changed. */
static struct eg_plan *plan_of(struct eg__bundle *bundle, unsigned count, uint8_t change)
{
    const unsigned all = bundle->count;
    struct eg_plan *plan = NULL;
    struct eg_error err;

    bundle->count = count;
    bundle->members[all - 1].data.data[20] ^= change;
    assert_ok(eg__bundle_plan(&plan, bundle, eg_stages, &err), err);
    bundle->members[all - 1].data.data[20] ^= change;
    bundle->count = all;
    return plan;
}

static void a_bundle_brings_the_streams_of_its_regions(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    struct eg_error err;

    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = read_back("job.egb");
    assert_ok(eg__bundle_read(&bundle, "job.egb", file.data, file.size, NULL, &err), err);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = plan_of(&bundle, bundle.count, 0);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *without = plan_of(&bundle, bundle.count - 1, 0);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *wrong = plan_of(&bundle, bundle.count, 1);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *packed = loaded("job.egb");
    assert_int_equal(plan->regions[0].zlib.size, packed->regions[0].zlib.size);
    assert_memory_equal(plan->regions[0].zlib.data, packed->regions[0].zlib.data, plan->regions[0].zlib.size);
    assert_int_equal(without->regions[0].zlib.size, 0);
    assert_int_equal(wrong->regions[0].zlib.size, 0);
    assert_ok(eg_plan_pack_begin(without, eg_region_compress, &err), err);
    assert_ok(eg_plan_pack_end(without, &err), err);
    assert_int_equal(without->regions[0].zlib.size, packed->regions[0].zlib.size);
}

static void the_same_job_is_the_same_file(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "first.egb");
    put_image("boot.bin", image(0, 3000, true)); /* with another time */
    put("other.yaml", "# The same, said otherwise.\n" SMALL_JOB);
    make_bundle("other.yaml", "second.egb");
    EG_CLEANUP(eg_buffer_finish)
    struct eg_buffer first = read_back("first.egb"), second = read_back("second.egb");
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
}

static void files_that_look_like_other_kinds_stay_as_they_are(void **state)
{
    (void)state;
    put("elf.hex", ":020000040020DA\n:080000007F454C4630313233DC\n:00000001FF\n");
    put("job.yaml", JOB("firmware: [{file: elf.hex}]"));
    make_bundle("job.yaml", "job.egb");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *frozen = loaded("job.egb");
    assert_int_equal(frozen->regions[0].flash_addr, 0x200000);
    assert_memory_equal(frozen->regions[0].data.data,
                        "\x7f"
                        "ELF0123",
                        8);
}

/* Check the refusal of eg_job_load() for a changed file. */
static void assert_not_loaded(const char *path, size_t at)
{
    struct eg_plan *plan = NULL;
    struct eg_error err;
    const enum eg_code code = eg_job_load(&plan, path, eg_stages, &err);

    if (code == EG_OK)
        fail_msg("loads though byte %zu is another", at);
    assert_null(plan);
    /* A file that does not begin like a bundle is read as a job file. */
    assert_string_equal(eg_code_name(code), eg_code_name(at < 4 ? EG_BAD_JOB : EG_BAD_BUNDLE));
    assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
}

static void assert_every_byte_counts(const char *name)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = read_back(name);
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    char path[256];

    path_of(path, name);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t at = 0; at < file.size; at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            const uint8_t changed = file.data[at] ^ changes[i];
            assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
            assert_not_loaded(path, at);
        }
        assert_int_equal(pwrite(fd, file.data + at, 1, (off_t)at), 1);
    }
    close(fd);
    eg_plan_destroy(loaded(name)); /* unchanged */
}

static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    assert_every_byte_counts("job.egb");
}

static void every_changed_byte_of_a_signed_bundle_is_refused(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    make_key("key");
    sign_bundle("job.egb", "key");
    assert_every_byte_counts("job.egb");
}

static void assert_every_length_counts(const char *name)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = read_back(name);

    for (size_t size = 0; size < file.size; size++) {
        struct eg_plan *plan = NULL;
        struct eg_error err;
        char path[256];
        path_of(path, name);
        put_bytes(name, file.data, size);
        const enum eg_code code = eg_job_load(&plan, path, eg_stages, &err);
        if (code == EG_OK)
            fail_msg("loads though it ends after %zu bytes", size);
        assert_string_equal(eg_code_name(code), eg_code_name(size < 4 ? EG_BAD_JOB : EG_BAD_BUNDLE));
    }
    put_bytes(name, file.data, file.size + 1); /* the NUL that eg_file_read() appends */
    assert_job_file_refused(name, EG_BAD_BUNDLE,
                            "@/job.egb: is no bundle, or not all of one: there is no seal at its end");
}

static void every_other_length_is_refused(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    assert_every_length_counts("job.egb");
    make_bundle("job.yaml", "job.egb");
    make_key("key");
    sign_bundle("job.egb", "key");
    assert_every_length_counts("job.egb");
}

static void damage_is_reported_as_damage(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    make_key("key");
    sign_bundle("job.egb", "key");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = read_back("job.egb");

    file.data[100] ^= 4;
    put_bytes("job.egb", file.data, file.size);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: is damaged: its SHA-256 is not the one in its seal");
    file.data[100] ^= 4;
    file.data[file.size - 1] ^= 4;
    put_bytes("job.egb", file.data, file.size);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: is damaged: its signature is not that of its key");
}

/*
 * A signature that lets a bundle run must not permit a downgrade: the permission is not in the seal's tag
 * alone.
 */
static void a_tag_makes_no_permission(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    make_key("key");
    sign_bundle("job.egb", "key");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = read_back("job.egb");
    char *const tag = (char *)file.data + file.size - 132;

    assert_memory_equal(tag, "EGB1", 4);
    memcpy(tag, "EGR1", 4);
    put_bytes("job.egb", file.data, file.size);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: is damaged: its signature is not that of its key");
}

/* A seal fits only its own content, and a signature only its own purpose. */
static void a_seal_does_not_move(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    make_key("key");
    sign_bundle("job.egb", "key");
    put("other.yaml", SMALL_JOB "verify: read-back\n");
    make_bundle("other.yaml", "other.egb");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = read_back("job.egb"), other = read_back("other.egb");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer mixed = {0};
    struct eg_error err;

    /* Content and digest of one bundle, key and signature of another. */
    assert_ok(eg_buffer_append(&mixed, other.data, other.size, &err), err);
    assert_ok(eg_buffer_append(&mixed, file.data + file.size - 96, 96, &err), err);
    eg_put32(mixed.data + other.size - 40, 132);
    put_bytes("job.egb", mixed.data, mixed.size);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: is damaged: its signature is not that of its key");
}

static void assert_trusted(const char *trusted_key, const char *name, const char *sentence)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    struct eg_error err;
    char folder[256], key_path[256], path[256];
    struct eg_key key;

    path_of(folder, "trusted");
    path_of(key_path, trusted_key);
    path_of(path, name);
    assert_ok(eg_trust_add(folder, key_path, &key, &err), err);
    assert_ok(eg_trust_read(&trust, folder, &err), err);
    const enum eg_code code = eg_job_load_trusted(&plan, path, &trust, eg_stages, &err);
    assert_ok(eg_trust_remove(folder, trusted_key, &key, &err), err);
    if (sentence == NULL) {
        assert_ok(code, err);
        return;
    }
    assert_error(code, err, EG_NOT_TRUSTED, sentence);
    assert_null(plan);
}

static void a_station_with_a_key_runs_what_that_key_signed(void **state)
{
    (void)state;
    char sentence[600], fingerprint[EG_KEY_TEXT];
    struct eg_error err;

    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    make_key("key");
    const struct eg_key other = make_key("other");
    assert_ok(eg_key_fingerprint(fingerprint, &other, &err), err);

    snprintf(sentence, sizeof sentence,
             "%s/job.egb: is not signed, and this station runs only what a key in %s/trusted has signed",
             job_folder, job_folder);
    assert_trusted("key.pub", "job.egb", sentence);
    snprintf(sentence, sizeof sentence,
             "%s/job.yaml: is no bundle, and this station runs only what a key in %s/trusted has signed",
             job_folder, job_folder);
    assert_trusted("key.pub", "job.yaml", sentence);
    sign_bundle("job.egb", "key");
    assert_trusted("key.pub", "job.egb", NULL);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer nothing = {0};
    assert_ok(eg_buffer_append(&nothing, "\x28\xb5\x2f\xfd and no archive", 19, &err), err);
    assert_ok(eg__seal_append(&nothing, NULL, false, &err), err);
    put_bytes("odd.egb", nothing.data, nothing.size);
    snprintf(sentence, sizeof sentence,
             "%s/odd.egb: is not signed, and this station runs only what a key in %s/trusted has signed",
             job_folder, job_folder);
    assert_trusted("key.pub", "odd.egb", sentence); /* before any file is unpacked */
    sign_bundle("job.egb", "other");                /* in place of the first */
    snprintf(sentence, sizeof sentence,
             "%s/job.egb: is signed by the key %s, and this station runs only what a key in %s/trusted has "
             "signed",
             job_folder, fingerprint, job_folder);
    assert_trusted("key.pub", "job.egb", sentence);
    assert_trusted("other.pub", "job.egb", NULL);
}

static void a_list_tells_what_is_in_it_and_who_signed_it(void **state)
{
    (void)state;
    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    const struct eg_key key = make_key("key");
    sign_bundle("job.egb", "key");
    char path[256], *text = NULL, expected[300], fingerprint[EG_KEY_TEXT];
    struct eg_error err;
    size_t size;
    FILE *const out = open_memstream(&text, &size);

    path_of(path, "job.egb");
    assert_ok(eg_bundle_list(path, out, &err), err);
    fclose(out);
    assert_ok(eg_key_fingerprint(fingerprint, &key, &err), err);
    snprintf(expected, sizeof expected, "job     acme 1.4.0\nchip    esp32\n");
    assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
    snprintf(expected, sizeof expected, "\nsigned  by the key %s\n", fingerprint);
    assert_non_null(strstr(text, expected));
    assert_non_null(strstr(text, "\n           5  "
                                 "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
                                 "  images/01-data.bin\n"));
    free(text);
    FILE *const full = fopen("/dev/full", "w");
    assert_int_equal(eg_bundle_list(path, full, &err), EG_NO_ROOM);
    fclose(full);
}

static void jobs_that_cannot_become_a_bundle_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    char path[256], expected[600];
    struct eg_error err;

    put("job.yaml", SMALL_JOB);
    make_bundle("job.yaml", "job.egb");
    path_of(path, "job.egb");
    snprintf(expected, sizeof expected, "%s: is a bundle already", path);
    assert_error(eg_bundle_make(&bundle, path, eg_stages, &err), err, EG_BAD_JOB, expected);
    put("job.yaml", JOB("firmware: [{at: 0x1000, file: none.bin}]"));
    path_of(path, "job.yaml");
    snprintf(expected, sizeof expected, "%s:4:31: %s/none.bin: No such file or directory", path, job_folder);
    assert_error(eg_bundle_make(&bundle, path, eg_stages, &err), err, EG_BAD_IMAGE, expected);
    assert_int_equal(bundle.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bundle_is_the_job_it_was_made_of),
        TEST(the_ledger_is_told_what_was_in_the_bundle),
        TEST(a_bundle_brings_the_streams_of_its_regions),
        TEST(the_same_job_is_the_same_file),
        TEST(files_that_look_like_other_kinds_stay_as_they_are),
        TEST(every_changed_byte_is_refused),
        TEST(every_changed_byte_of_a_signed_bundle_is_refused),
        TEST(every_other_length_is_refused),
        TEST(damage_is_reported_as_damage),
        TEST(a_tag_makes_no_permission),
        TEST(a_seal_does_not_move),
        TEST(a_station_with_a_key_runs_what_that_key_signed),
        TEST(a_list_tells_what_is_in_it_and_who_signed_it),
        TEST(jobs_that_cannot_become_a_bundle_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
