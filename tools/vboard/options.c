/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The command line of the program vboard: its options, the boards they describe, and the lists.
 *
 * Not here: whether a chip can be so (board/config.c), and serving the boards (main.c).
 */

#include "tools/vboard/options.h"

#include "engine/base/mac.h"

#include <limits.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOARDS_MAX   256 /* three descriptors each stay below the usual limit of 1024 */
#define REVISION_MAX 9999
#define CRYSTAL_MAX  99
#define LATENCY_MAX  1000

/* Options with a text; popt hands all of them over through one variable. The last one has a number, which
 * must be told from an absent one. */
enum option {
    TEXT_CHIP = 1,
    TEXT_PART,
    TEXT_FAULT,
    TEXT_FLASH_DIR,
    TEXT_EFUSE_DIR,
    TEXT_STUB_DIR,
    TEXT_LINK_DIR,
    TEXT_BIND,
    TEXT_MAC,
    TEXT_USB,
    TEXT_SPI_PINS,
    TEXT_REGISTER,
    TEXT_APP_LOG,
    GIVEN_REVISION,
};

/* Options as popt reads them, before they are checked. */
struct raw {
    int boards, port, revision, crystal, rom_crystal;
    int fast, maximum_times, used, latency, wire_baud, bridge_clock, tally, pty, lines, download,
        force_download, list_chips, list_parts, list_faults, version;
    int secure_boot, secure_boot_v1, flash_encryption, no_manual_encryption, key_manager, secure_download;
    long long seed;
    bool revision_given;
    const char *chip, *part, *mac, *usb, *spi_pins; /* point to texts or constants */
    const char *registers[VB_OPTION_TEXTS_MAX];
    unsigned register_count;
    char *text; /* where popt puts the next */
};

static const struct vb_flash_part *part_of(const char *name)
{
    for (const struct vb_flash_part *part = vb_flash_parts; part->name != NULL; part++)
        if (strcmp(part->name, name) == 0)
            return part;
    return NULL;
}

static void list_chips(void)
{
    for (const struct eg_target *const *target = eg_targets; *target != NULL; target++)
        printf("%-12s %s%s\n", (*target)->name, (*target)->label, (*target)->stub == NULL ? ", no stub" : "");
}

static void list_parts(void)
{
    for (const struct vb_flash_part *part = vb_flash_parts; part->name != NULL; part++)
        printf("%-13s id %02x %02x %02x, %5u KiB, sector erase %u to %u ms%s\n", part->name,
               (unsigned)part->jedec & 0xff, (unsigned)part->jedec >> 8 & 0xff, (unsigned)part->jedec >> 16,
               (unsigned)part->size / 1024, (unsigned)part->sector_us[0] / 1000,
               (unsigned)part->sector_us[1] / 1000,
               part->jedec == VB_NO_FLASH ? "; no flash"
               : part->odd_start          ? "; wrong id at first"
               : !part->unique_id         ? "; no unique id"
                                          : "");
}

static void list_faults(void)
{
    const char *form, *help;

    for (size_t i = 0; vb_fault_row(i, &form, &help); i++)
        printf("%-22s %s\n", form, help);
    printf("BYTES counts what the board has received; N times at random distances.\n");
}

static void print_lists(struct vb_options *options, const struct raw *raw)
{
    if (raw->version)
        printf("vboard %s\n", VB_VERSION);
    if (raw->list_chips)
        list_chips();
    if (raw->list_parts)
        list_parts();
    if (raw->list_faults)
        list_faults();
    options->done = raw->version || raw->list_chips || raw->list_parts || raw->list_faults;
}

static enum eg_code check_number(const char *option, int value, int least, int most, const char *unit,
                                 struct eg_error *err)
{
    if (value < least || value > most)
        return eg_error_set(err, EG_BAD_JOB, "--%s %d: %d to %d%s", option, value, least, most, unit);
    return EG_OK;
}

static enum eg_code check_numbers(const struct raw *raw, struct eg_error *err)
{
    EG_TRY(check_number("revision", raw->revision, 0, REVISION_MAX, ", major * 100 + minor", err));
    EG_TRY(check_number("boards", raw->boards, 1, BOARDS_MAX, "", err));
    EG_TRY(check_number("port", raw->port, 0, 65535, "", err));
    EG_TRY(check_number("latency", raw->latency, 0, LATENCY_MAX, " ms", err));
    EG_TRY(check_number("wire-baud", raw->wire_baud, 0, INT_MAX, "", err));
    EG_TRY(check_number("bridge-clock", raw->bridge_clock, 0, INT_MAX, " Hz", err));
    EG_TRY(check_number("crystal", raw->crystal, 0, CRYSTAL_MAX, " MHz", err));
    return check_number("rom-crystal", raw->rom_crystal, 0, CRYSTAL_MAX, " MHz", err);
}

static enum eg_code parse_words(struct vb_config *config, const struct raw *raw, struct eg_error *err)
{
    if (raw->usb != NULL && vb_usb_parse(&config->usb, raw->usb, err) != EG_OK)
        return eg_error_prefix(err, "--usb ");
    if (raw->spi_pins != NULL && vb_spi_pins_parse(&config->spi_pins, raw->spi_pins, err) != EG_OK)
        return eg_error_prefix(err, "--spi-pins ");
    if (raw->register_count > VB_REGISTERS_MAX)
        return eg_error_set(err, EG_BAD_JOB, "--register: more than %d", VB_REGISTERS_MAX);
    for (; config->register_count < raw->register_count; config->register_count++)
        if (vb_register_parse(&config->registers[config->register_count],
                              raw->registers[config->register_count], err) != EG_OK)
            return eg_error_prefix(err, "--register ");
    return EG_OK;
}

/* Check the words and make the pattern of the boards. */
static enum eg_code make_config(struct vb_config *config, const struct raw *raw, struct eg_error *err)
{
    char names[512];

    config->target = eg_target_by_name(raw->chip);
    if (config->target == NULL) {
        eg_target_names(names, sizeof names);
        return eg_error_set(err, EG_BAD_JOB, "--chip %s: there are %s", raw->chip, names);
    }
    if (raw->part != NULL && (config->part = part_of(raw->part)) == NULL)
        return eg_error_set(err, EG_BAD_JOB, "--part %s: see --list-parts", raw->part);
    if (raw->mac != NULL && !eg_mac_parse(config->mac, raw->mac))
        return eg_error_set(err, EG_BAD_JOB, "--mac %s: not a MAC such as 24:0a:c4:00:10:00", raw->mac);
    EG_TRY(check_numbers(raw, err));
    EG_TRY(parse_words(config, raw, err));
    config->revision = raw->revision_given && raw->revision == 0 ? VB_REVISION_0 : (uint16_t)raw->revision;
    config->crystal_mhz = (uint8_t)raw->crystal;
    config->rom_crystal_mhz = (uint8_t)raw->rom_crystal;
    config->fast = raw->fast != 0;
    config->maximum_times = raw->maximum_times != 0;
    config->used = raw->used != 0;
    config->latency_us = (uint32_t)raw->latency * 1000;
    config->wire_baud = (uint32_t)raw->wire_baud;
    config->bridge_clock = (uint32_t)raw->bridge_clock;
    config->strap_low = raw->download != 0;
    config->force_download = raw->force_download != 0;
    config->secure_boot = raw->secure_boot != 0;
    config->secure_boot_v1 = raw->secure_boot_v1 != 0;
    config->flash_encryption = raw->flash_encryption != 0;
    config->no_manual_encryption = raw->no_manual_encryption != 0;
    config->key_manager = raw->key_manager != 0;
    config->secure_download = raw->secure_download != 0;
    config->seed = (uint64_t)raw->seed;
    return EG_OK;
}

static void take(struct vb_options *options, struct raw *raw, enum option option, const char *text)
{
    switch (option) {
    case TEXT_CHIP:
        raw->chip = text;
        break;
    case TEXT_PART:
        raw->part = text;
        break;
    case TEXT_FAULT:
        options->faults[options->fault_count++] = text;
        break;
    case TEXT_FLASH_DIR:
        options->config.flash_path = text;
        break;
    case TEXT_EFUSE_DIR:
        options->config.efuse_path = text;
        break;
    case TEXT_STUB_DIR:
        options->config.stub_dir = text;
        break;
    case TEXT_LINK_DIR:
        options->link_dir = text;
        break;
    case TEXT_BIND:
        options->bind = text;
        break;
    case TEXT_MAC:
        raw->mac = text;
        break;
    case TEXT_USB:
        raw->usb = text;
        break;
    case TEXT_SPI_PINS:
        raw->spi_pins = text;
        break;
    case TEXT_REGISTER:
        raw->registers[raw->register_count++] = text;
        break;
    case TEXT_APP_LOG:
        options->config.app_log = text;
        break;
    case GIVEN_REVISION:
        raw->revision_given = true;
        break;
    }
}

static enum eg_code parse(poptContext context, struct vb_options *options, struct raw *raw,
                          struct eg_error *err)
{
    int option;

    while ((option = poptGetNextOpt(context)) > 0) {
        const char *text = raw->text;

        if (text != NULL) {
            if (options->text_count == VB_OPTION_TEXTS_MAX)
                return eg_error_set(err, EG_BAD_JOB, "more than %d options with an argument",
                                    VB_OPTION_TEXTS_MAX);
            options->texts[options->text_count++] = raw->text;
            raw->text = NULL;
        }
        take(options, raw, (enum option)option, text);
    }
    if (option < -1)
        return eg_error_set(err, EG_BAD_JOB, "%s: %s; see 'vboard --help'",
                            poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(option));
    if (poptPeekArg(context) != NULL)
        return eg_error_set(err, EG_BAD_JOB, "\"%s\": vboard takes options only", poptPeekArg(context));
    return EG_OK;
}

static enum eg_code use(struct vb_options *options, const struct raw *raw, struct eg_error *err)
{
    print_lists(options, raw);
    if (options->done)
        return EG_OK;
    EG_TRY(make_config(&options->config, raw, err));
    options->boards = (unsigned)raw->boards;
    options->port = (uint16_t)raw->port;
    options->tally = raw->tally != 0;
    options->pty = raw->pty != 0;
    options->lines = raw->lines != 0;
    if (options->link_dir != NULL && !options->pty)
        return eg_error_set(err, EG_BAD_JOB, "--link: only together with --pty");
    if (options->lines && options->link_dir == NULL)
        return eg_error_set(err, EG_BAD_JOB, "--lines: only together with --link");
    return EG_OK;
}

enum eg_code vb_options_read(struct vb_options *options, int argc, const char **argv, struct eg_error *err)
{
    struct raw raw = {.boards = 1, .chip = "esp32"};
    /* clang-format off */
    const struct poptOption chip[] = {
        {"chip", 'c', POPT_ARG_STRING, &raw.text, TEXT_CHIP, "the chip (esp32); see --list-chips", "CHIP"},
        {"revision", 0, POPT_ARG_INT, &raw.revision, GIVEN_REVISION, "its revision, major * 100 + minor, instead of the usual one", "N"},
        {"crystal", 0, POPT_ARG_INT, &raw.crystal, 0, "its crystal, instead of the usual one", "MHZ"},
        {"rom-crystal", 0, POPT_ARG_INT, &raw.rom_crystal, 0, "the crystal that its ROM expects (ESP32-C5)", "MHZ"},
        {"mac", 0, POPT_ARG_STRING, &raw.text, TEXT_MAC, "MAC of the first board; the others count up from it", "MAC"},
        {"register", 0, POPT_ARG_STRING, &raw.text, TEXT_REGISTER,
         "set a register after every reset, or burn it into the eFuses of a new board; may be repeated", "ADDR=WORD"},
        {"efuse-dir", 0, POPT_ARG_STRING, &raw.text, TEXT_EFUSE_DIR,
         "keep the eFuses of board N in DIR/boardN.efuse; a file that exists says what is burnt", "DIR"},
        {"stub-dir", 0, POPT_ARG_STRING, &raw.text, TEXT_STUB_DIR, "also run the stubs in this folder", "DIR"},
        POPT_TABLEEND
    };
    const struct poptOption flash[] = {
        {"part", 0, POPT_ARG_STRING, &raw.text, TEXT_PART, "the flash part; see --list-parts", "PART"},
        {"spi-pins", 0, POPT_ARG_STRING, &raw.text, TEXT_SPI_PINS, "the pins of the flash: default, hspi or CLK,Q,D,HD,CS", "PINS"},
        {"flash-dir", 0, POPT_ARG_STRING, &raw.text, TEXT_FLASH_DIR, "keep the flash of board N in DIR/boardN.bin", "DIR"},
        {"used", 0, POPT_ARG_NONE, &raw.used, 0, "start with old data in the flash, so that it must be erased", NULL},
        {"max-times", 0, POPT_ARG_NONE, &raw.maximum_times, 0, "erase and program at the datasheet's maximum times", NULL},
        POPT_TABLEEND
    };
    const struct poptOption security[] = {
        {"secure-boot", 0, POPT_ARG_NONE, &raw.secure_boot, 0, "turn secure boot on", NULL},
        {"secure-boot-v1", 0, POPT_ARG_NONE, &raw.secure_boot_v1, 0, "turn secure boot v1 on (ESP32)", NULL},
        {"flash-encryption", 0, POPT_ARG_NONE, &raw.flash_encryption, 0, "turn flash encryption on", NULL},
        {"no-manual-encryption", 0, POPT_ARG_NONE, &raw.no_manual_encryption, 0, "forbid the loader to write encrypted", NULL},
        {"key-manager", 0, POPT_ARG_NONE, &raw.key_manager, 0, "keep the flash key in the key manager", NULL},
        {"secure-download", 0, POPT_ARG_NONE, &raw.secure_download, 0, "turn secure download mode on", NULL},
        POPT_TABLEEND
    };
    const struct poptOption reach[] = {
        {"boards", 'n', POPT_ARG_INT, &raw.boards, 0, "number of boards", "N"},
        {"port", 'p', POPT_ARG_INT, &raw.port, 0, "TCP port of the first board; 0 = free ports", "BASE"},
        {"bind", 0, POPT_ARG_STRING, &raw.text, TEXT_BIND,
         "address to listen on (127.0.0.1); everyone who can reach it can use the boards", "ADDR"},
        {"pty", 0, POPT_ARG_NONE, &raw.pty, 0, "serve pseudo-terminals instead of RFC 2217", NULL},
        {"link", 0, POPT_ARG_STRING, &raw.text, TEXT_LINK_DIR, "with --pty: make links DIR/boardN", "DIR"},
        {"lines", 0, POPT_ARG_NONE, &raw.lines, 0, "with --link: modem lines through sockets DIR/boardN.lines, and the pty's rate", NULL},
        {"latency", 0, POPT_ARG_INT, &raw.latency, 0, "delay the bytes to the host, as USB-serial bridges do by 1 to 16 ms", "MS"},
        {"wire-baud", 0, POPT_ARG_INT, &raw.wire_baud, 0, "damage about one byte in 500 at higher rates, as a bad cable does", "BAUD"},
        {"bridge-clock", 0, POPT_ARG_INT, &raw.bridge_clock, 0, "divide this clock by a whole number for each rate, as USB-serial bridges do", "HZ"},
        {"usb", 0, POPT_ARG_STRING, &raw.text, TEXT_USB,
         "kind of port: bridge (a USB-serial bridge), jtag (USB-Serial/JTAG) or otg (USB-OTG)", "KIND"},
        {"download", 0, POPT_ARG_NONE, &raw.download, 0, "hold the boot strap low: every reset ends in the loader", NULL},
        {"force-download", 0, POPT_ARG_NONE, &raw.force_download, 0, "start in the loader, as if an application had sent the chip there", NULL},
        POPT_TABLEEND
    };
    const struct poptOption behaviour[] = {
        {"fast", 0, POPT_ARG_NONE, &raw.fast, 0, "take no time: infinite baud rate, instant flash", NULL},
        {"fault", 0, POPT_ARG_STRING, &raw.text, TEXT_FAULT, "a fault of one board or of all; may be repeated; see --list-faults",
         "[BOARD:]FAULT"},
        {"tally", 0, POPT_ARG_NONE, &raw.tally, 0, "print at the end how many requests each board has had, and how long its flash worked", NULL},
        {"seed", 0, POPT_ARG_LONGLONG, &raw.seed, 0, "seed of the random part of the faults", "N"},
        {"app-log", 0, POPT_ARG_STRING, &raw.text, TEXT_APP_LOG, "lines that the application prints; \"@500ms \" at the start of a line waits", "FILE"},
        POPT_TABLEEND
    };
    const struct poptOption lists[] = {
        {"list-chips", 0, POPT_ARG_NONE, &raw.list_chips, 0, "show the chips and exit", NULL},
        {"list-parts", 0, POPT_ARG_NONE, &raw.list_parts, 0, "show the flash parts and exit", NULL},
        {"list-faults", 0, POPT_ARG_NONE, &raw.list_faults, 0, "show the faults and exit", NULL},
        {"version", 0, POPT_ARG_NONE, &raw.version, 0, "show the version and exit", NULL},
        POPT_TABLEEND
    };
    const struct poptOption table[] = {
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)reach, 0, "Boards and how they are reached:", NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)chip, 0, "The chip:", NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)flash, 0, "Its flash:", NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)security, 0, "Its security:", NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)behaviour, 0, "Time, faults, and the application:", NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)lists, 0, "Lists:", NULL},
        POPT_AUTOHELP
        POPT_TABLEEND
    };
    /* clang-format on */
    poptContext context = poptGetContext("vboard", argc, argv, table, 0);

    options->bind = "127.0.0.1";
    enum eg_code code = parse(context, options, &raw, err);
    if (code == EG_OK)
        code = use(options, &raw, err);
    free(raw.text);
    poptFreeContext(context);
    return code;
}

void vb_options_finish(struct vb_options *options)
{
    for (unsigned i = 0; i < options->text_count; i++)
        free(options->texts[i]);
    options->text_count = 0;
}
