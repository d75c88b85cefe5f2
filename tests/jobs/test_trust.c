/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "jobs/trust.h"

static struct eg_key make_key(const char *name)
{
    struct eg_error err;
    struct eg_key key;
    char path[256];

    path_of(path, name);
    assert_ok(eg_key_create(path, &key, &err), err);
    return key;
}

static struct eg_key add_key(const char *name)
{
    struct eg_error err;
    struct eg_key key;
    char folder[256], path[256];

    path_of(folder, "trusted");
    path_of(path, name);
    assert_ok(eg_trust_add(folder, path, &key, &err), err);
    return key;
}

/* Check that reading the folder "trusted" fails with this sentence; @ stands for the folder of the test. */
static void assert_unreadable(const char *sentence)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    struct eg_error err;
    char folder[256], expected[500];

    path_of(folder, "trusted");
    snprintf(expected, sizeof expected, "%.*s%s%s", (int)strcspn(sentence, "@"), sentence, job_folder,
             strchr(sentence, '@') + 1);
    assert_error(eg_trust_read(&trust, folder, &err), err, EG_IO, expected);
}

static void a_key_is_trusted_only_if_every_byte_of_it_is(void **state)
{
    (void)state;
    struct eg_trusted trusted = {.name = "a.pub", .key = {.raw = {1, 2, 3}}};
    const struct eg_trust trust = {.keys = &trusted, .count = 1};

    assert_ptr_equal(eg_trust_find(&trust, &trusted.key), &trusted);
    for (size_t i = 0; i < EG_KEY_SIZE; i++) {
        struct eg_key other = trusted.key;
        other.raw[i] ^= 0x80;
        if (eg_trust_find(&trust, &other) != NULL)
            fail_msg("byte %zu of a key may be anything", i);
    }
}

static void keys_are_added_found_and_removed(void **state)
{
    (void)state;
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    const struct eg_key first = make_key("b"), second = make_key("a"), third = make_key("c");
    char folder[256], path[256], fingerprint[EG_KEY_TEXT], sentence[500];
    struct eg_error err;
    struct eg_key key;
    struct stat info;

    key = add_key("b.pub");
    assert_memory_equal(key.raw, first.raw, sizeof key.raw);
    add_key("a.pub");
    path_of(folder, "trusted");
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_ok(eg_trust_read(&trust, folder, &err), err);
    assert_int_equal(trust.count, 2);
    assert_string_equal(trust.keys[0].name, "a.pub");
    assert_ptr_equal(eg_trust_find(&trust, &second), &trust.keys[0]);
    assert_ptr_equal(eg_trust_find(&trust, &first), &trust.keys[1]);
    assert_null(eg_trust_find(&trust, &third));

    path_of(path, "a.pub");
    snprintf(sentence, sizeof sentence, "%s: the key is trusted already, as a.pub", path);
    assert_error(eg_trust_add(folder, path, &key, &err), err, EG_BAD_ARGUMENT, sentence);
    path_of(path, "c.pub");
    path_of(sentence, "other");
    assert_int_equal(mkdir(sentence, 0700), 0);
    path_of(sentence, "other/a.pub");
    assert_int_equal(rename(path, sentence), 0);
    path_of(path, "other/a.pub");
    snprintf(sentence, sizeof sentence, "%s/a.pub: is there already", folder);
    assert_error(eg_trust_add(folder, path, &key, &err), err, EG_BAD_ARGUMENT, sentence);

    assert_ok(eg_trust_remove(folder, "a.pub", &key, &err), err);
    assert_memory_equal(key.raw, second.raw, sizeof key.raw);
    assert_ok(eg_key_fingerprint(fingerprint, &first, &err), err);
    assert_ok(eg_trust_remove(folder, fingerprint, &key, &err), err);
    assert_memory_equal(key.raw, first.raw, sizeof key.raw);
    snprintf(sentence, sizeof sentence, "%s has no key of the name or fingerprint '../a.pub'", folder);
    assert_error(eg_trust_remove(folder, "../a.pub", &key, &err), err, EG_BAD_ARGUMENT, sentence);
    eg_trust_finish(&trust);
    assert_ok(eg_trust_read(&trust, folder, &err), err);
    assert_int_equal(trust.count, 0);
}

static void only_public_keys_are_added(void **state)
{
    (void)state;
    char folder[256], path[256], sentence[400];
    struct eg_error err;
    struct eg_key key;

    make_key("key");
    path_of(folder, "trusted");
    path_of(path, "key"); /* the private one */
    snprintf(sentence, sizeof sentence, "%s: is no public Ed25519 key in PEM, with nothing else in the file",
             path);
    assert_error(eg_trust_add(folder, path, &key, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void a_file_that_is_no_sound_key_is_a_refusal(void **state)
{
    (void)state;
    char path[256], target[256];

    make_key("key");
    add_key("key.pub");
    put("trusted/.hidden", "");
    assert_unreadable("@/trusted/.hidden: is no public Ed25519 key in PEM, with nothing else in the file");
    path_of(path, "trusted/.hidden");
    unlink(path);
    path_of(path, "trusted/folder");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_unreadable("@/trusted/folder: is a directory");
    rmdir(path);
    path_of(target, "key.pub");
    path_of(path, "trusted/link");
    assert_int_equal(symlink(target, path), 0);
    assert_unreadable("@/trusted/link: Too many levels of symbolic links");
    unlink(path);
    path_of(path, "trusted/pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_unreadable("@/trusted/pipe: is not a regular file");
    unlink(path);
}

static void a_folder_or_key_that_others_may_write_to_is_a_refusal(void **state)
{
    (void)state;
    char path[256];

    make_key("key");
    add_key("key.pub");
    path_of(path, "trusted");
    assert_int_equal(chmod(path, 0770), 0);
    assert_unreadable("@/trusted: others may write to it (mode 770) and decide what runs here");
    assert_int_equal(chmod(path, 01777), 0);
    assert_unreadable("@/trusted: others may write to it (mode 777) and decide what runs here");
    assert_int_equal(chmod(path, 0755), 0);
    path_of(path, "trusted/key.pub");
    assert_int_equal(chmod(path, 0646), 0);
    assert_unreadable("@/trusted/key.pub: others may write to it (mode 646) and decide what runs here");
    if (geteuid() != 0)
        return; /* only root can give a file to another user */
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_unreadable("@/trusted/key.pub: belongs to another user, who would decide what runs here");
}

static void assert_folder(const char *given, const char *expected)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    struct eg_error err;

    assert_ok(eg_trust_read(&trust, given, &err), err);
    assert_string_equal(trust.folder, expected);
    assert_int_equal(trust.count, 0);
}

static void the_folder_is_the_one_that_is_named_first(void **state)
{
    (void)state;
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    char config[256], expected[300], sentence[400];
    struct eg_error err;

    path_of(config, "config");
    assert_int_equal(setenv("XDG_CONFIG_HOME", config, 1), 0);
    unsetenv("ESPGANG_TRUST");
    snprintf(expected, sizeof expected, "%s/espgang/trusted", config);
    assert_folder(NULL, expected); /* it may be missing */
    setenv("ESPGANG_TRUST", "", 1);
    assert_folder(NULL, expected);
    setenv("ESPGANG_TRUST", job_folder, 1);
    path_of(sentence, "given");
    assert_int_equal(mkdir(sentence, 0700), 0);
    assert_folder(sentence, sentence);
    setenv("ESPGANG_TRUST", config, 1);
    snprintf(sentence, sizeof sentence, "trusted keys: %s: No such file or directory", config);
    assert_error(eg_trust_read(&trust, NULL, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_error(eg_trust_read(&trust, "", &err), err, EG_BAD_ARGUMENT,
                 "the path of the trusted keys is empty");
    unsetenv("ESPGANG_TRUST");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", job_folder, 1);
    snprintf(expected, sizeof expected, "%s/.config/espgang/trusted", job_folder);
    assert_folder(NULL, expected);
    unsetenv("HOME");
    eg_trust_finish(&trust);
    assert_ok(eg_trust_read(&trust, NULL, &err), err); /* the folder of this process's user */
    assert_non_null(strstr(trust.folder, "/.config/espgang/trusted"));
}

static void assert_in_list(const char *content, const char *sentence)
{
    put("trusted/revoked", content);
    assert_unreadable(sentence);
}

static void a_revoked_key_stays_revoked(void **state)
{
    (void)state;
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    static const char other[] = "00112233445566778899aabbccddeeff";
    char folder[256], path[256], fingerprint[EG_KEY_TEXT], sentence[700], list[100];
    struct eg_error err;
    struct eg_key key = make_key("a");

    assert_ok(eg_key_fingerprint(list, &key, &err), err);
    add_key("a.pub");
    path_of(folder, "trusted");
    put("trusted/revoked", "# left with the laptop");
    assert_ok(eg_trust_revoke(folder, "a.pub", fingerprint, &err), err);
    assert_string_equal(fingerprint, list);
    assert_ok(eg_trust_revoke(folder, other, fingerprint, &err), err);
    assert_string_equal(fingerprint, other);
    snprintf(sentence, sizeof sentence, "the key %s is revoked already, in %s/revoked", other, folder);
    assert_error(eg_trust_revoke(folder, other, fingerprint, &err), err, EG_BAD_ARGUMENT, sentence);
    snprintf(sentence, sizeof sentence, "'b.pub' is neither the name of a key in %s nor a fingerprint",
             folder);
    assert_error(eg_trust_revoke(folder, "b.pub", fingerprint, &err), err, EG_BAD_ARGUMENT, sentence);

    assert_ok(eg_trust_read(&trust, folder, &err), err);
    assert_int_equal(trust.revoked_count, 2);
    assert_true(eg_trust_is_revoked(&trust, list));
    assert_true(eg_trust_is_revoked(&trust, other));
    assert_false(eg_trust_is_revoked(&trust, "00112233445566778899aabbccddeef0"));
    eg_trust_finish(&trust);

    /* Removing the last key does not make the station trust everyone. */
    assert_ok(eg_trust_remove(folder, "a.pub", &key, &err), err);
    assert_ok(eg_trust_read(&trust, folder, &err), err);
    assert_int_equal(trust.count, 0);
    assert_true(eg_trust_is_closed(&trust));
    path_of(path, "a.pub");
    snprintf(sentence, sizeof sentence, "%s: the key %s is revoked, in %s/revoked", path, list, folder);
    assert_error(eg_trust_add(folder, path, &key, &err), err, EG_BAD_ARGUMENT, sentence);
    put("trusted/revoked", "# nobody yet\n\n");
    eg_trust_finish(&trust);
    assert_ok(eg_trust_read(&trust, folder, &err), err);
    assert_false(eg_trust_is_closed(&trust));
}

static void a_list_of_revoked_keys_with_anything_else_in_it_is_a_refusal(void **state)
{
    (void)state;
    char from[256], to[256];
    struct eg_error err;
    struct eg_key key;

    make_key("key");
    add_key("key.pub");
    assert_in_list(
        "# old\n  00112233445566778899aabbccddeef # short\n",
        "@/trusted/revoked:2: '00112233445566778899aabbccddeef' is no fingerprint of a key: 32 digits 0 to "
        "9, a to f");
    assert_in_list(
        "00112233445566778899AABBCCDDEEFF\n",
        "@/trusted/revoked:1: '00112233445566778899AABBCCDDEEFF' is no fingerprint of a key: 32 digits 0 to "
        "9, a to f");
    assert_in_list("00112233445566778899aabbccddeeff 00",
                   "@/trusted/revoked:1: '00112233445566778899aabbccddeeff 00' is no fingerprint of a key: "
                   "32 digits 0 to 9, a to f");
    put_bytes("trusted/revoked",
              "\0"
              "00112233445566778899aabbccddeeff",
              33);
    assert_unreadable("@/trusted/revoked: is no text: it has a zero byte");
    put("trusted/revoked", "");
    path_of(from, "trusted/revoked");
    assert_int_equal(chmod(from, 0622), 0);
    assert_unreadable("@/trusted/revoked: others may write to it (mode 622) and decide what runs here");
    unlink(from);

    make_key("next");
    path_of(from, "next.pub");
    path_of(to, "revoked");
    assert_int_equal(rename(from, to), 0);
    path_of(from, "trusted");
    char sentence[500];
    snprintf(sentence, sizeof sentence,
             "%s/revoked: that is the name of the list of revoked keys; rename the file", from);
    assert_error(eg_trust_add(from, to, &key, &err), err, EG_BAD_ARGUMENT, sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_trusted_only_if_every_byte_of_it_is),
        TEST(keys_are_added_found_and_removed),
        TEST(only_public_keys_are_added),
        TEST(a_file_that_is_no_sound_key_is_a_refusal),
        TEST(a_folder_or_key_that_others_may_write_to_is_a_refusal),
        TEST(the_folder_is_the_one_that_is_named_first),
        TEST(a_revoked_key_stays_revoked),
        TEST(a_list_of_revoked_keys_with_anything_else_in_it_is_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
