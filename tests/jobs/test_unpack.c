/* SPDX-License-Identifier: Apache-2.0 */

/* Crafted bundles: their seals are correct, so their contents are read. */

#include "tests/jobs/bundle_folder.h"

#include <dirent.h>

#define MANIFEST(files)                                                                                      \
    "{\"espgang-bundle\": 1, \"job\": \"x\", \"version\": \"\", \"chip\": \"esp32\", \"tool\": \"t\", "      \
    "\"files\": [" files "]}"

/* SHA-256 of nothing, and of "x". */
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_X       "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

#define LISTED(name, size, sha256) "{\"name\": \"" name "\", \"size\": " size ", \"sha256\": \"" sha256 "\"}"
#define JOB_X                      LISTED("job.yaml", "1", OF_X)

static unsigned count_files(const char *path)
{
    DIR *const folder = opendir(path);
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* Check that a bundle is refused with this sentence, and leaves no file anywhere. */
static void assert_crafted_refused(const struct crafted *entries, const char *sentence)
{
    char path[256], expected[400];

    path_of(path, "out");
    if (mkdir(path, 0700) == 0)
        path_of(path, "out/in");
    mkdir(path, 0700);
    craft("out/in/job.egb", entries);
    snprintf(expected, sizeof expected, "@/out/in/job.egb: %s", sentence);
    assert_job_file_refused("out/in/job.egb", EG_BAD_BUNDLE, expected);
    path_of(path, "out/in");
    assert_int_equal(count_files(path), 3);
    path_of(path, "out");
    assert_int_equal(count_files(path), 3);
}

#define REFUSED(sentence, ...) assert_crafted_refused((const struct crafted[]){__VA_ARGS__, {0}}, sentence)

static void an_archive_is_what_its_manifest_lists(void **state)
{
    (void)state;
    const char *const manifest = MANIFEST(JOB_X);

    REFUSED("its archive has something else where manifest.json should be",
            {.name = "job.yaml", .data = "x"});
    REFUSED("its archive ends where job.yaml should be", {.name = "manifest.json", .data = manifest});
    REFUSED("its archive has something else where job.yaml should be",
            {.name = "manifest.json", .data = manifest}, {.name = "other", .data = "x"});
    REFUSED("job.yaml in its archive is not the one that its manifest lists",
            {.name = "manifest.json", .data = manifest}, {.name = "job.yaml", .data = "y"});
    REFUSED("job.yaml in its archive is not the one that its manifest lists",
            {.name = "manifest.json", .data = manifest}, {.name = "job.yaml", .data = ""});
    REFUSED("job.yaml in its archive has more than 1 bytes", {.name = "manifest.json", .data = manifest},
            {.name = "job.yaml", .data = "xy"});
    REFUSED("its archive has more than its manifest lists", {.name = "manifest.json", .data = manifest},
            {.name = "job.yaml", .data = "x"}, {.name = "other", .data = "x"});
    REFUSED("its archive has more than its manifest lists", {.name = "manifest.json", .data = manifest},
            {.name = "job.yaml", .data = "x"}, {.name = "job.yaml", .data = "x"});
    REFUSED("job.yaml in its archive is not the one that its manifest lists",
            {.name = "manifest.json", .data = MANIFEST(LISTED("job.yaml", "2", OF_X))},
            {.name = "job.yaml", .data = "x"});
    REFUSED("job.yaml in its archive is not the one that its manifest lists", /* wrong in the last digit */
            {.name = "manifest.json",
             .data = MANIFEST(LISTED("job.yaml", "1",
                                     "2d711642b726b04401627ca9fbac32f5"
                                     "c8530fb1903cc4db02258717921a4880"))},
            {.name = "job.yaml", .data = "x"});
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "../x",    "/tmp/eg-bundle-x", "images/../../x", ".hidden",   "images/./x", "images//x",
        "images/", "images/a b",       "a\\\\b",         "images/.x", "images/ä",   "images/\\u001b[2J",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char manifest[600];
        snprintf(manifest, sizeof manifest,
                 MANIFEST(JOB_X ", {\"name\": \"%s\", \"size\": 1, \"sha256\": \"" OF_X "\"}"), names[i]);
        /* The control character is refused before it is known to be part of a name. */
        assert_crafted_refused(
            (const struct crafted[]){{.name = "manifest.json", .data = manifest},
                                     {.name = "job.yaml", .data = "x"},
                                     {.name = names[i], .data = "x"},
                                     {0}},
            strstr(names[i], "u001b") != NULL
                ? "manifest.json:1:210: the value has a control character, 0x1b"
                : "manifest.json:1:201: there is a name that no file of a bundle has there");
        assert_int_not_equal(access("/tmp/eg-bundle-x", F_OK), 0);
        /* A file that the manifest does not list is one too many. */
        REFUSED("its archive has more than its manifest lists",
                {.name = "manifest.json", .data = MANIFEST(JOB_X)}, {.name = "job.yaml", .data = "x"},
                {.name = names[i], .data = "x"});
    }
}

static void only_regular_files_are_taken(void **state)
{
    (void)state;
    const char *const manifest = MANIFEST(LISTED("job.yaml", "0", OF_NOTHING));

    REFUSED("job.yaml in its archive is not a regular file", {.name = "manifest.json", .data = manifest},
            {.name = "job.yaml", .type = AE_IFLNK, .link = "/etc/passwd"});
    REFUSED("job.yaml in its archive is not a regular file", {.name = "manifest.json", .data = manifest},
            {.name = "job.yaml", .hardlink = "manifest.json"});
    REFUSED("job.yaml in its archive is not a regular file", {.name = "manifest.json", .data = manifest},
            {.name = "job.yaml", .type = AE_IFIFO});
    REFUSED("its archive has something else where job.yaml should be",
            {.name = "manifest.json", .data = manifest}, {.name = "job.yaml", .type = AE_IFDIR});
    REFUSED("manifest.json in its archive is not a regular file",
            {.name = "manifest.json", .type = AE_IFLNK, .link = "/etc/passwd"});
}

/* No writer makes a hard link with data, but readers would treat it as a file. */
static void a_hard_link_with_data_is_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer tar = {0};
    const struct crafted entries[] = {{.name = "job.yaml", .data = "x"}, {0}};
    const struct crafted manifest[] = {{.name = "manifest.json", .data = MANIFEST(JOB_X)}, {0}};
    unsigned sum = 0;

    tar_of(&tar, manifest);
    tar.size = 1024; /* without its end */
    tar_of(&tar, entries);
    uint8_t *const header = tar.data + 1024;
    header[156] = '1';
    strcpy((char *)header + 157, "manifest.json");
    memset(header + 148, ' ', 8);
    for (unsigned i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    craft_bytes("job.egb", &tar);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: job.yaml in its archive is not a regular file");
}

static void decompressed_data_is_bounded(void **state)
{
    (void)state;
    REFUSED("manifest.json in its archive has more than 1048576 bytes",
            {.name = "manifest.json", .zeros = (size_t)64 << 20});
    REFUSED("job.yaml in its archive has more than 1 bytes",
            {.name = "manifest.json", .data = MANIFEST(JOB_X)},
            {.name = "job.yaml", .data = "x", .zeros = (size_t)64 << 20});
    REFUSED("manifest.json:1:90: job.yaml is too large",
            {.name = "manifest.json", .data = MANIFEST(LISTED("job.yaml", "67108865", OF_X))});
    REFUSED("manifest.json:1:90: job.yaml is too large",
            {.name = "manifest.json", .data = MANIFEST(LISTED("job.yaml", "99999999999999999999999", OF_X))});
    REFUSED(
        "manifest.json:1:530: d is too large",
        {.name = "manifest.json",
         .data = MANIFEST(JOB_X "," LISTED("a", "67108864", OF_X) "," LISTED(
             "b", "67108864", OF_X) "," LISTED("c", "67108864", OF_X) "," LISTED("d", "67108864", OF_X))});
}

static void one_layer_of_zstd_and_nothing_else_is_read(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bytes = {0}, tar = {0}, once = {0};
    const struct crafted entries[] = {
        {.name = "manifest.json", .data = MANIFEST(JOB_X)}, {.name = "job.yaml", .data = "x"}, {0}};
    struct eg_error err;

    tar_of(&tar, entries);
    compress_by_zstd(&once, &tar);
    craft_bytes("job.egb", &once);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: its archive cannot be read: Truncated tar archive");
    assert_ok(eg_buffer_append(&bytes, "\x28\xb5\x2f\xfd no zstd", 12, &err), err);
    assert_ok(eg__seal_append(&bytes, NULL, false, &err), err);
    put_bytes("job.egb", bytes.data, bytes.size);
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: its archive cannot be read: Zstd decompression failed: Data "
                            "corruption detected");
}

static void a_manifest_is_complete(void **state)
{
    (void)state;
    REFUSED("manifest.json:2:1: flow sequence without a closing bracket",
            {.name = "manifest.json", .data = "["});
    REFUSED("manifest.json:1:1: the manifest is a list, not a mapping",
            {.name = "manifest.json", .data = "[1]"});
    REFUSED("manifest.json:1:1: the key espgang-bundle is missing",
            {.name = "manifest.json", .data = "{\"job\": \"x\"}"});
    REFUSED("manifest.json:1:1: the format is 2; this version of espgang reads bundles of format 1",
            {.name = "manifest.json", .data = "{\"espgang-bundle\": 2}"});
    REFUSED("manifest.json:1:1: the key job is missing",
            {.name = "manifest.json", .data = "{\"espgang-bundle\": 1}"});
    REFUSED("manifest.json:1:89: there is no job.yaml", {.name = "manifest.json", .data = MANIFEST("")});
    REFUSED("manifest.json:1:90: there is a name that no file of a bundle has there",
            {.name = "manifest.json", .data = MANIFEST(LISTED("x", "1", OF_X))});
    REFUSED("manifest.json:1:201: there is a name that no file of a bundle has there",
            {.name = "manifest.json", .data = MANIFEST(JOB_X ", " JOB_X)});
    REFUSED("manifest.json:1:303: a is listed twice",
            {.name = "manifest.json",
             .data = MANIFEST(JOB_X "," LISTED("a", "1", OF_X) "," LISTED("a", "1", OF_X))});
    REFUSED("manifest.json:1:90: the key sha256 is missing",
            {.name = "manifest.json", .data = MANIFEST("{\"name\": \"job.yaml\", \"size\": 1}")});
    REFUSED("manifest.json:1:90: sha256 of job.yaml is none",
            {.name = "manifest.json", .data = MANIFEST(LISTED("job.yaml", "1", "12"))});
}

/* Make a bundle of this job and a file "x", images/00-x.bin. */
static void craft_job(const char *job, const char *name)
{
    char manifest[900], digest[EG_SHA256_TEXT];
    uint8_t sha256[EG_SHA256_SIZE];
    struct eg_error err;

    assert_ok(eg_sha256(sha256, job, strlen(job), &err), err);
    eg_hex(digest, sha256, sizeof sha256);
    snprintf(manifest, sizeof manifest,
             "{\"espgang-bundle\": 1, \"job\": \"%s\", \"chip\": \"esp32\", \"tool\": \"t\", \"files\": ["
             "{\"name\": \"job.yaml\", \"size\": %zu, \"sha256\": \"%s\"}, " LISTED("images/00-x.bin", "1",
                                                                                    OF_X) "]}",
             name, strlen(job), digest);
    craft("job.egb", (const struct crafted[]){{.name = "manifest.json", .data = manifest},
                                              {.name = "job.yaml", .data = job},
                                              {.name = "images/00-x.bin", .data = "x"},
                                              {0}});
}

#define PIN      "# " OF_X "  images/00-x.bin\n"
#define HEAD     "espgang: 1\njob: x\nchip: esp32\n"
#define IN_PLACE "firmware: [{at: 0x10000, file: images/00-x.bin}]\n"

static void a_job_has_the_digests_of_its_files(void **state)
{
    (void)state;
    craft_job(PIN HEAD IN_PLACE, "x");
    eg_plan_destroy(loaded("job.egb"));
    craft_job(HEAD IN_PLACE, "x");
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: job.yaml does not have the digest of images/00-x.bin");
    craft_job("# 3" OF_X "  images/00-x.bin\n" HEAD IN_PLACE, "x");
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE,
                            "@/job.egb: job.yaml does not have the digest of images/00-x.bin");
    craft_job(PIN HEAD IN_PLACE, "another");
    assert_job_file_refused("job.egb", EG_BAD_BUNDLE, "@/job.egb: its manifest is that of another job");
}

static void a_job_in_a_bundle_has_the_files_of_the_bundle_alone(void **state)
{
    (void)state;
    put("x.json", "{\"flash_files\": {\"0x1000\": \"boot.bin\"}}");
    craft_job(PIN HEAD "firmware: [{at: 0x10000, file: data.bin}]\n", "x");
    assert_job_file_refused("job.egb", EG_BAD_IMAGE,
                            "@/job.egb/job.yaml:5:32: @/job.egb/data.bin: is not in the bundle");
    craft_job(PIN HEAD "firmware: [{at: 0x10000, file: ../data.bin}]\n", "x");
    assert_job_file_refused("job.egb", EG_BAD_IMAGE,
                            "@/job.egb/job.yaml:5:32: @/job.egb/../data.bin: is not in the bundle");
    craft_job(PIN HEAD "firmware: [{at: 0x10000, file: /etc/passwd}]\n", "x");
    assert_job_file_refused("job.egb", EG_BAD_IMAGE,
                            "@/job.egb/job.yaml:5:32: /etc/passwd: is not in the bundle");
    char job[400];
    snprintf(job, sizeof job, PIN HEAD "firmware: [{at: 0x10000, file: %s/job.egb}]\n", job_folder);
    craft_job(job, "x"); /* the bundle itself */
    assert_job_file_refused("job.egb", EG_BAD_IMAGE,
                            "@/job.egb/job.yaml:5:32: @/job.egb: is not in the bundle");
    craft_job(PIN HEAD "firmware: {from: ../x.json}\n", "x");
    assert_job_file_refused("job.egb", EG_BAD_JOB,
                            "@/job.egb/job.yaml:5:11: firmware in a bundle is a list of regions");
    craft_job(PIN HEAD IN_PLACE "lnik: {}\n", "x");
    assert_job_file_refused("job.egb", EG_BAD_JOB,
                            "@/job.egb/job.yaml:6:1: there is no key lnik; did you mean link");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_archive_is_what_its_manifest_lists),
        TEST(names_that_lead_elsewhere_are_refused),
        TEST(only_regular_files_are_taken),
        TEST(a_hard_link_with_data_is_refused),
        TEST(decompressed_data_is_bounded),
        TEST(one_layer_of_zstd_and_nothing_else_is_read),
        TEST(a_manifest_is_complete),
        TEST(a_job_has_the_digests_of_its_files),
        TEST(a_job_in_a_bundle_has_the_files_of_the_bundle_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
