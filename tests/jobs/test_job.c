/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "engine/image/image.h"

#include "engine/base/file.h"

static void a_job_becomes_a_plan_of_regions_by_address(void **state)
{
    (void)state;
    put("job.yaml", "# A comment.\n"
                    "espgang: 1\n"
                    "job: acme-sensor\n"
                    "version: 1.10\n"
                    "chip: ESP32\n"
                    "firmware:\n"
                    "  regions:\n"
                    "    - {name: app, at: 64k, file: app.bin}\n"
                    "    - name: bootloader\n"
                    "      at: 0x1000\n"
                    "      file: ./boot.bin\n"
                    "      encrypted: no\n"
                    "    - {at: 0x200000, file: data.bin}\n"
                    "link: {baud: 460800, stub: \"off\"}\n"
                    "retry:\n"
                    "  baud: [460800, 115200]\n"
                    "verify: digest\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    char expected[300];
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_image_info info;
    uint16_t least, most;
    struct eg_error err;

    assert_string_equal(plan->job_name, "acme-sensor");
    assert_string_equal(plan->job_version, "1.10");
    assert_ok(eg_sha256(digest, plan->job_text.data, plan->job_text.size, &err), err);
    assert_memory_equal(plan->job_sha256, digest, sizeof digest);
    assert_memory_equal(plan->job_text.data, "# A comment.\n", 13);
    assert_string_equal(plan->target->name, "esp32");
    assert_int_equal(plan->declared_flash_size, 0);

    assert_int_equal(plan->region_count, 3);
    assert_string_equal(plan->regions[0].name, "bootloader");
    assert_int_equal(plan->regions[0].flash_addr, 0x1000);
    snprintf(expected, sizeof expected, "%s/./boot.bin", job_folder);
    assert_string_equal(plan->regions[0].path, expected);
    assert_true(plan->regions[0].is_image);
    assert_ok(
        eg_image_parse(&info, plan->target, plan->regions[0].data.data, plan->regions[0].data.size, &err),
        err);
    eg_image_revisions(&info, plan->target, &least, &most);
    assert_int_equal(least, 100);
    assert_int_equal(most, 399);
    assert_string_equal(plan->regions[1].name, "app");
    assert_int_equal(plan->regions[1].flash_addr, 0x10000);
    assert_string_equal(plan->regions[2].name, "data.bin");
    assert_int_equal(plan->regions[2].flash_addr, 0x200000);

    assert_int_equal(eg_plan_number(plan, "link.baud"), 460800);
    assert_string_equal(eg_plan_setting(plan, "link.stub")->text, "off");
    assert_int_equal(eg_plan_setting(plan, "retry.baud")->count, 2);
    assert_int_equal(eg_plan_setting(plan, "retry.baud")->number[1], 115200);
    assert_true(eg_plan_setting(plan, "verify")->given);
    assert_false(eg_plan_setting(plan, "retry.attempts")->given);
}

static void the_format_version_comes_first(void **state)
{
    (void)state;
    assert_refused("job: x\nnew-key: 1\n", EG_BAD_JOB,
                   "@/job.yaml:1:1: the key espgang is missing; a job file says espgang: 1");
    assert_refused("espgang: 2\nnew-key: 1\n", EG_BAD_JOB,
                   "@/job.yaml:1:10: espgang is \"2\"; this version of espgang reads job files of format 1");
    assert_refused("espgang:\n", EG_BAD_JOB, "@/job.yaml:1:1: espgang has no value");
    assert_refused("espgang: [1]\n", EG_BAD_JOB, "@/job.yaml:1:10: espgang is a list, not text");
}

static void an_unknown_key_is_answered_with_known_ones(void **state)
{
    (void)state;
    char long_key[310], job[400];

    assert_refused(JOB("verfy: digest"), EG_BAD_JOB,
                   "@/job.yaml:4:1: there is no key verfy; did you mean verify");
    assert_refused(JOB("lnik: {}"), EG_BAD_JOB, "@/job.yaml:4:1: there is no key lnik; did you mean link");
    assert_refused(JOB("link: {buad: 1}"), EG_BAD_JOB,
                   "@/job.yaml:4:8: there is no key link.buad; did you mean link.baud");
    assert_refused(JOB("flash:\n  modus: dio"), EG_BAD_JOB,
                   "@/job.yaml:5:3: there is no key flash.modus; did you mean flash.mode");
    assert_refused(JOB("flash: {speed: 1}"), EG_BAD_JOB,
                   "@/job.yaml:4:9: there is no key flash.speed; known here are mode, freq, size");
    assert_refused(JOB("link.baud: 1"), EG_BAD_JOB,
                   "@/job.yaml:4:1: key link.baud has a dot; write a mapping, such as link: {baud: 115200}");
    memset(long_key, 'k', 300);
    strcpy(long_key + 300, ": 1\n");
    snprintf(job, sizeof job, "espgang: 1\n%s", long_key);
    assert_refused(
        job, EG_BAD_JOB,
        "@/job.yaml:2:1: there is no key kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        "kkkkkkkkkkkkkkkkkkkk; known here are espgang, job, version, chip, firmware, flash, accept, allow, "
        "link, erase, secure, label, test, settle, capture, unit, verify, write, retry, hooks, report");
    assert_refused(JOB("zzzzzz: all"), EG_BAD_JOB,
                   "@/job.yaml:4:1: there is no key zzzzzz; known here are espgang, job, version, chip, "
                   "firmware, flash, accept, allow, link, erase, secure, label, test, settle, capture, unit, "
                   "verify, write, "
                   "retry, hooks, report");
}

static void retries_of_a_failure_are_asked_for_by_its_name(void **state)
{
    (void)state;
    assert_refused(JOB(FIRMWARE "retry: {codes: {no-snyc: 3}}"), EG_BAD_JOB,
                   "@/job.yaml:5:26: retry.codes: there is no code no-snyc; did you mean no-sync");
    assert_refused(
        JOB(FIRMWARE "retry: {codes: {everything: 3}}"), EG_BAD_JOB,
        "@/job.yaml:5:29: retry.codes: there is no code everything; those that may be tried again "
        "are port-gone, timeout, bad-frame, bad-reply, corrupted, no-sync, boot-mode, board-reset, "
        "device-refused, stub-failed, flash-absent, flash-shifted, flash-noisy, flash-not-written, "
        "verify-mismatch, test-failed");
    assert_refused(JOB(FIRMWARE "retry: {codes: {wrong-chip: 2}}"), EG_BAD_JOB,
                   "@/job.yaml:5:29: retry.codes.wrong-chip is 2, but what fails so fails again; only 1 is "
                   "possible");
    assert_refused(JOB(FIRMWARE "retry: {codes: {no-sync: 11}}"), EG_BAD_JOB,
                   "@/job.yaml:5:26: retry.codes.no-sync is \"11\", not a number from 1 to 10");
    put("job.yaml", JOB(FIRMWARE "retry: {codes: {wrong-chip: 1, no-sync: 5}, delay: 2s}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(eg_plan_number(plan, "retry.delay"), 2000);
}

static void what_a_job_says_of_its_reports_is_checked(void **state)
{
    (void)state;
    char job[600];

    put("logo.gif", "GIF89a");
    snprintf(job, sizeof job, JOB(FIRMWARE "report: {customer: %0201d}"), 7);
    put("logo.svg", "<svg><script/></svg>");
    assert_refused(
        JOB(FIRMWARE "report: {target: 101}"), EG_BAD_JOB,
        "@/job.yaml:5:18: report.target is \"101\", not a yield in percent, more than 0 and at most "
        "100");
    assert_refused(job, EG_BAD_JOB, "@/job.yaml:5:20: report.customer has 201 bytes, more than 200");
    assert_refused(JOB(FIRMWARE "report: {logo: logo.gif}"), EG_BAD_JOB,
                   "@/job.yaml:5:16: report.logo: @/logo.gif: is no PNG, JPEG or SVG file");
    assert_refused(JOB(FIRMWARE "report: {logo: logo.svg}"), EG_BAD_JOB,
                   "@/job.yaml:5:16: report.logo: @/logo.svg: is an SVG file with a script; export it as a "
                   "plain one");
    put("logo.svg", "<svg/>");
    put("job.yaml", JOB(FIRMWARE "report: {customer: Acme, target: 98.5, logo: logo.svg}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_string_equal(eg_plan_setting(plan, "report.customer")->text, "Acme");
    assert_int_equal(eg_plan_setting(plan, "report.logo")->content.size, 6);
}

static void a_hook_that_is_required_is_there(void **state)
{
    (void)state;
    assert_refused(JOB(FIRMWARE "hooks: {required: [before_board]}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: hooks.required has before_board, but there is no hooks.before_board");
    assert_refused(JOB(FIRMWARE "hooks: {required: label}"), EG_BAD_JOB,
                   "@/job.yaml:5:19: hooks.required is \"label\", not one of before_batch, before_board, "
                   "after_board, after_batch");
    assert_refused(JOB(FIRMWARE "hooks: {after_board: [./label.sh, -x]}"), EG_BAD_JOB,
                   "@/job.yaml:5:22: hooks.after_board: no such program: @/./label.sh");
    put("label.sh", "#!/bin/sh\n");
    assert_refused(JOB(FIRMWARE "hooks: {after_board: [./label.sh, -x]}"), EG_BAD_JOB,
                   "@/job.yaml:5:22: hooks.after_board: starting @/./label.sh: Permission denied");
    char expected[256];
    path_of(expected, "./label.sh");
    assert_int_equal(chmod(expected, 0700), 0);
    put("job.yaml",
        JOB(FIRMWARE "hooks: {after_board: [./label.sh, -x], required: after_board, timeout: 3s}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_string_equal(eg_plan_setting(plan, "hooks.after_board")->items[0].text, expected);
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    assert_refused("espgang: 1\nchip: esp32\n" FIRMWARE, EG_BAD_JOB,
                   "@/job.yaml:1:1: the key job, the name of the job, is missing");
    assert_refused("espgang: 1\njob: x\n" FIRMWARE, EG_BAD_JOB, "@/job.yaml:1:1: the key chip is missing");
    assert_refused(JOB(""), EG_BAD_JOB, "@/job.yaml:1:1: the key firmware is missing");
    assert_refused(JOB("firmware: [{at: 0}]"), EG_BAD_JOB, "@/job.yaml:4:12: a region needs the key file");
}

static void a_value_of_the_wrong_type_is_refused(void **state)
{
    (void)state;
    assert_refused("espgang: 1\njob: [x]\n", EG_BAD_JOB, "@/job.yaml:2:6: job is a list, not text");
    assert_refused("espgang: 1\njob:\nchip: esp32\n", EG_BAD_JOB, "@/job.yaml:2:1: job has no value");
    assert_refused("espgang: 1\njob: ''\nchip: esp32\n", EG_BAD_JOB, "@/job.yaml:2:6: job has no value");
    assert_refused(JOB("version: {a: b}"), EG_BAD_JOB, "@/job.yaml:4:10: version is a mapping, not text");
    assert_refused(JOB("link: 921600"), EG_BAD_JOB, "@/job.yaml:4:7: link is text, not a mapping");
    assert_refused(JOB("link:"), EG_BAD_JOB, "@/job.yaml:4:1: link has no value");
    assert_refused(JOB("link: {baud: [1]}"), EG_BAD_JOB, "@/job.yaml:4:14: link.baud is a list, not text");
    assert_refused(JOB("retry: {baud: {a: b}}"), EG_BAD_JOB,
                   "@/job.yaml:4:15: retry.baud is a mapping, not text");
    assert_refused(JOB("retry: {baud: [[1]]}"), EG_BAD_JOB,
                   "@/job.yaml:4:16: retry.baud is a list, not text");
    assert_refused("espgang: 1\njob: x\nchip: [esp32]\n" FIRMWARE, EG_BAD_JOB,
                   "@/job.yaml:3:7: chip is a list, not text");
    assert_refused(JOB(FIRMWARE "flash: {mode: {a: b}}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.mode is a mapping, not text");
    assert_refused(JOB("firmware: {regions: app.bin}"), EG_BAD_JOB,
                   "@/job.yaml:4:21: firmware.regions is text, not a list");
    assert_refused(JOB("firmware: {from: [a]}"), EG_BAD_JOB,
                   "@/job.yaml:4:18: firmware.from is a list, not text");
    assert_refused(JOB("firmware: app.bin"), EG_BAD_JOB, "@/job.yaml:4:11: firmware is text, not a mapping");
    assert_refused(JOB("firmware: [app.bin]"), EG_BAD_JOB,
                   "@/job.yaml:4:12: a region is text, not a mapping");
    assert_refused(JOB("firmware: [{at: 0, file: [a]}]"), EG_BAD_JOB,
                   "@/job.yaml:4:26: file is a list, not text");
}

static void a_bad_value_is_answered_with_what_is_allowed(void **state)
{
    (void)state;
    char names[200], expected[300];

    assert_refused(JOB("link: {baud: fast}"), EG_BAD_JOB,
                   "@/job.yaml:4:14: link.baud is \"fast\", not auto or a number from 9600 to 4000000");
    assert_refused(JOB("link: {baud: -1}"), EG_BAD_JOB,
                   "@/job.yaml:4:14: link.baud is \"-1\", not auto or a number from 9600 to 4000000");
    assert_refused(JOB("retry: {attempts: 0}"), EG_BAD_JOB,
                   "@/job.yaml:4:19: retry.attempts is \"0\", not a number from 1 to 10");
    assert_refused(JOB("retry: {baud: [921600, 5]}"), EG_BAD_JOB,
                   "@/job.yaml:4:15: retry.baud is \"5\", not a number from 9600 to 4000000");
    assert_refused(JOB("retry: {baud: []}"), EG_BAD_JOB,
                   "@/job.yaml:4:15: retry.baud is \"\", not a number from 9600 to 4000000");
    assert_refused(JOB("link: {stub: maybe}"), EG_BAD_JOB,
                   "@/job.yaml:4:14: link.stub is \"maybe\", not one of auto, on, off");
    eg_target_names(names, sizeof names);
    snprintf(expected, sizeof expected, "@/job.yaml:3:7: chip is \"esp99\", not one of %s", names);
    assert_refused("espgang: 1\njob: x\nchip: esp99\n" FIRMWARE, EG_BAD_JOB, expected);
    assert_refused(JOB(FIRMWARE "flash: {mode: fast}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.mode is \"fast\", not one of keep, qio, qout, dio, dout");
    assert_refused(JOB(FIRMWARE "flash: {freq: 60m}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.freq is \"60m\", not one of keep, 80m, 40m, 26m, 20m");
    assert_refused(JOB(FIRMWARE "flash: {size: 3MB}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.size is \"3MB\", not one of keep, 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, "
                   "64MB, 128MB");
    assert_refused(JOB(FIRMWARE "flash: {size: detect}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.size is detect, but one image serves all boards; give a size such "
                   "as 4MB");
    assert_refused(JOB(FIRMWARE "flash: {freq: 40m}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.freq is set in the bootloader, but no bootloader goes to "
                   "0x00001000");
}

static void a_test_that_cannot_pass_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB(FIRMWARE "test: {expect: 'a(b'}"), EG_BAD_JOB,
                   "@/job.yaml:5:16: expect is \"a(b\", no regular expression: missing closing "
                   "parenthesis, at byte 3");
    assert_refused(JOB(FIRMWARE "test: [{expect: a}, {timeout: 5s}]"), EG_BAD_JOB,
                   "@/job.yaml:5:21: a step of the test has neither expect nor forbid");
    assert_refused(
        JOB(FIRMWARE "test: {expect: a, timeout: soon}"), EG_BAD_JOB,
        "@/job.yaml:5:28: timeout is \"soon\", not a time such as 500ms or 10s from 1 ms to 3600 s");
    assert_refused(JOB(FIRMWARE "test: {expect: a, send: 'a\\q'}"), EG_BAD_JOB,
                   "@/job.yaml:5:25: send is \"a\\q\", with an escape that is none of \\n \\r \\t \\\\ "
                   "\\xNN");
    assert_refused(
        JOB(FIRMWARE "test: {expect: a}\nlink: {after: no-reset}"), EG_BAD_JOB,
        "@/job.yaml:6:15: link.after is no-reset, so that the application never runs; the test needs "
        "a reset");
    assert_refused(JOB(FIRMWARE "capture: {name: v, pattern: (v)}"), EG_BAD_JOB,
                   "@/job.yaml:5:10: capture takes values from the log of a test, and there is no test");
    assert_refused(JOB(FIRMWARE "test: {expect: a}\ncapture: {name: v}"), EG_BAD_JOB,
                   "@/job.yaml:6:10: capture lacks the key pattern");
    assert_refused(JOB(FIRMWARE "test: {expect: a}\ncapture: {name: v, pattern: (v), least: 3V}"), EG_BAD_JOB,
                   "@/job.yaml:6:41: least is \"3V\", not a decimal number such as -3.30");
    assert_refused(JOB(FIRMWARE "test: {expect: a}\ncapture: {name: v, pattern: (v), unit: \"\xc2\x9bV\"}"),
                   EG_BAD_JOB, "@/job.yaml:6:40: unit is no text: U+009B is a control character");
}

static void a_rule_that_means_nothing_is_refused_before_any_board_is_touched(void **state)
{
    (void)state;
    assert_refused(JOB(FIRMWARE "accept: {revision: new}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: accept.revision is \"new\", not a revision such as 1.1 or comparisons "
                   "such as >=0.3 <1.0");
    assert_refused(JOB(FIRMWARE "accept: {revision: \">=3\"}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: accept.revision is \">=3\", not a revision such as 1.1 or comparisons "
                   "such as >=0.3 <1.0");
    assert_refused(
        JOB(FIRMWARE "accept: {revision: [\">=0.3\", \"<1.0 <\"]}"), EG_BAD_JOB,
        "@/job.yaml:5:30: accept.revision is \"<1.0 <\", not a revision such as 1.1 or comparisons "
        "such as >=0.3 <1.0");
    assert_refused(JOB(FIRMWARE "accept: {revision: []}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: accept.revision is an empty list");
    assert_refused("espgang: 1\njob: x\nchip: esp8266\nfirmware: [{at: 0x10000, file: data.bin}]\n"
                   "accept: {revision: 1.0}\n",
                   EG_BAD_JOB, "@/job.yaml:5:20: accept.revision: ESP8266 has no revision");
    assert_refused(
        JOB(FIRMWARE "accept:\n  package: [ESP32-D0WD, ESP32-C3]"), EG_BAD_JOB,
        "@/job.yaml:6:25: accept.package is \"ESP32-C3\", not one of ESP32-S0WDQ6, ESP32-D0WDQ6-V3, "
        "ESP32-D0WDQ6, ESP32-S0WD, ESP32-D0WD-V3, ESP32-D0WD, ESP32-D2WD, ESP32-U4WDH, "
        "ESP32-PICO-V3, ESP32-PICO-D4, ESP32-PICO-V3-02, ESP32-D0WDR2-V3");
    assert_refused(
        JOB(FIRMWARE "accept: {flash_size: big}"), EG_BAD_JOB,
        "@/job.yaml:5:22: accept.flash_size is \"big\", not a size such as 4MB or comparisons such "
        "as >=4MB <=16MB");
    assert_refused(JOB(FIRMWARE "accept: {flash_size: \">= 4 MB\"}"), EG_BAD_JOB,
                   "@/job.yaml:5:22: accept.flash_size is \">= 4 MB\", not a size such as 4MB or comparisons "
                   "such as >=4MB <=16MB");
    assert_refused(
        JOB(FIRMWARE "accept: {flash_vendor: [winbond, acme]}"), EG_BAD_JOB,
        "@/job.yaml:5:34: accept.flash_vendor is \"acme\", not one of adesto, boya, eon, fudan, "
        "gigadevice, issi, macronix, puya, winbond, xmc, xtx, zbit, a maker's byte such as 0xc8 or "
        "an id such as c84016");
    assert_refused(
        JOB(FIRMWARE "accept: {psram: maybe}"), EG_BAD_JOB,
        "@/job.yaml:5:17: accept.psram is \"maybe\", not yes, no, a size such as 8MB or comparisons "
        "such as >=2MB");
    assert_refused(JOB(FIRMWARE "accept: {psram: yes}"), EG_BAD_JOB,
                   "@/job.yaml:5:17: accept.psram: the eFuses of ESP32 do not tell its PSRAM");
    assert_refused(JOB(FIRMWARE "accept: {secure_boot: yes}"), EG_BAD_JOB,
                   "@/job.yaml:5:23: accept.secure_boot is \"yes\", not one of any, on, off");
    assert_refused(JOB(FIRMWARE "accept: {flash_encryption: 1}"), EG_BAD_JOB,
                   "@/job.yaml:5:28: accept.flash_encryption is \"1\", not one of any, on, off");
    assert_refused(JOB(FIRMWARE "accept: {repeat: never}"), EG_BAD_JOB,
                   "@/job.yaml:5:18: accept.repeat is \"never\", not one of allow, refuse, rework");
}

static void a_list_of_macs_is_checked_line_by_line(void **state)
{
    static const char *const bad[] = {
        "7c:d",     "7c:df:a1:",     ":7c", "*", "7c:d*", "7c:df:a1:00:11:22:33", "7c:df:a1:00:11:22:*",
        "7c:df a1", "7cdfa10011223", "x"};
    char job[200], expected[300];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(job, sizeof job, JOB(FIRMWARE "accept: {mac: [7c, \"%s\"]}"), bad[i]);
        snprintf(expected, sizeof expected,
                 "@/job.yaml:5:20: accept.mac is \"%s\", neither a MAC such as 7c:df:a1:00:11:22 nor the "
                 "beginning of one such as 7c:df:a1",
                 bad[i]);
        assert_refused(job, EG_BAD_JOB, expected);
        snprintf(job, sizeof job, "# ours\n\n7c:df:a1 # all\n%s\n", bad[i]);
        put("macs.txt", job);
        assert_refused(
            JOB(FIRMWARE "accept: {mac_file: macs.txt}"), EG_BAD_JOB,
            "@/job.yaml:5:20: @/macs.txt:4: here is neither a MAC such as 7c:df:a1:00:11:22 nor the "
            "beginning of one such as 7c:df:a1");
    }
    put("macs.txt", "24:0a:c4:00:10:01\n7c:df:a1:*\n\n24-0A-C4-00-10-01\r\n");
    assert_refused(JOB(FIRMWARE "accept: {mac_file: macs.txt}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: @/macs.txt:4: this stands in line 1 already");
    put("macs.txt", "\xfe\xff"
                    "2");
    assert_refused(JOB(FIRMWARE "accept: {mac_file: macs.txt}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: @/macs.txt: the text is UTF-16; save it as UTF-8");
    put("macs.txt", "# none\n\n");
    assert_refused(JOB(FIRMWARE "accept: {mac_file: macs.txt}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: @/macs.txt: there is no MAC in it");
    put("macs.txt", "");
    assert_refused(JOB(FIRMWARE "accept: {mac_file: macs.txt}"), EG_BAD_JOB,
                   "@/job.yaml:5:20: @/macs.txt: there is no MAC in it");
    assert_refused(JOB(FIRMWARE "accept: {mac_file: none.txt}"), EG_BAD_ARGUMENT,
                   "@/job.yaml:5:20: accept.mac_file: @/none.txt: No such file or directory");
    put("macs.txt", "\xef\xbb\xbf"
                    "24:0a:c4:00:10:01\r\n\t7c:df:a1\t# a beginning\r\n7c:df:a1:00\n7cdfa1001122");
    assert_refused(JOB(FIRMWARE "accept: {mac: 7c, mac_file: macs.txt}"), EG_BAD_JOB,
                   "@/job.yaml:5:29: accept.mac_file is given beside accept.mac; one of them is enough");
    put("job.yaml", JOB(FIRMWARE "accept: {mac_file: macs.txt}"));
    eg_plan_destroy(loaded("job.yaml"));
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char job[300] = "espgang: 1\njob: ";

    memset(job + strlen(job), 'x', 201);
    assert_refused(job, EG_BAD_JOB, "@/job.yaml:2:6: job has 201 bytes, more than 200");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_becomes_a_plan_of_regions_by_address),
        TEST(the_format_version_comes_first),
        TEST(an_unknown_key_is_answered_with_known_ones),
        TEST(a_missing_key_is_named),
        TEST(a_value_of_the_wrong_type_is_refused),
        TEST(a_bad_value_is_answered_with_what_is_allowed),
        TEST(a_name_that_is_too_long_is_refused),
        TEST(retries_of_a_failure_are_asked_for_by_its_name),
        TEST(a_hook_that_is_required_is_there),
        TEST(what_a_job_says_of_its_reports_is_checked),
        TEST(a_rule_that_means_nothing_is_refused_before_any_board_is_touched),
        TEST(a_test_that_cannot_pass_is_refused),
        TEST(a_list_of_macs_is_checked_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
