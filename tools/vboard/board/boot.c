/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What happens after a reset or a jump: the ROM's log, then its loader or the program.
 *
 * Programs are not executed. Instead the board prints what it finds in them: the segments of the second-stage
 * bootloader, name and version of the application in the first app partition, and the text after each "vboard
 * says: " in the application, so that a rehearsal has something to watch for; then the lines of a file
 * (app.c). With a flash without a bootloader, or with one that secure boot does not let pass, the ROM
 * complains and restarts for ever, here every 400 ms.
 *
 * A flasher stub in RAM starts; an application in RAM prints the text after each "vboard says: "; nothing
 * else that is jumped to answers until the next reset.
 */

#include "tools/vboard/board/life.h"

#include "tools/vboard/loader/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_NS    5000000u   /* from the sampled strap to the first byte of the log */
#define COMPLAIN_NS 400000000u /* watchdog of a ROM that finds nothing to run */

struct log_words {
    const char *target;   /* NULL = any other */
    const char *head;     /* before the line with the cause; %s is the chip's name */
    const char *power;    /* cause of a reset by EN or power */
    const char *watchdog; /* cause of the restart when there is no bootloader */
    const char *software; /* cause of a restart from the loader */
    const char *download; /* boot mode */
    const char *run;
};

/* Only chips with an RTC watchdog or USB of their own print these. */
#define BROWNOUT_WORDS "rst:0xf (RTCWDT_BROWN_OUT_RESET)"
#define WATCHDOG_WORDS "rst:0x10 (RTCWDT_RTC_RST)"
#define USB_WORDS      "rst:0x15 (USB_UART_CHIP_RESET)"

static const struct log_words words[] = {
    {"esp32", "ets Jul 29 2019 12:21:46\r\n\r\n", "rst:0x1 (POWERON_RESET)", "rst:0x10 (RTCWDT_RTC_RESET)",
     "rst:0x3 (SW_RESET)", "boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))",
     "boot:0x13 (SPI_FAST_FLASH_BOOT)"},
    {"esp32c3", "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\n", "rst:0x1 (POWERON)",
     "rst:0x7 (TG0WDT_SYS_RST)", "rst:0x3 (RTC_SW_SYS_RST)", "boot:0x4 (DOWNLOAD(USB/UART0/1))",
     "boot:0xc (SPI_FAST_FLASH_BOOT)"},
    {"esp32s3", "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n", "rst:0x1 (POWERON)",
     "rst:0x7 (TG0WDT_SYS_RST)", "rst:0x3 (RTC_SW_SYS_RST)", "boot:0x0 (DOWNLOAD(USB/UART0))",
     "boot:0x8 (SPI_FAST_FLASH_BOOT)"},
    {"esp8266", "\r\n ets Jan  8 2013,", "rst cause:2", "rst cause:4", "rst cause:1", " boot mode:(1,6)\r\n",
     " boot mode:(3,6)\r\n"},
    {NULL, "ESP-ROM:%s\r\n", "rst:0x1 (POWERON)", "rst:0x7 (TG0WDT_SYS_RST)", "rst:0x3 (RTC_SW_SYS_RST)",
     "boot:0x0 (DOWNLOAD(UART0))", "boot:0x8 (SPI_FAST_FLASH_BOOT)"},
};

static const struct log_words *words_of(const struct vb_board *board)
{
    size_t i = 0;

    while (words[i].target != NULL && strcmp(words[i].target, board->target->name) != 0)
        i++;
    return &words[i];
}

static void print_head(struct vb_board *board, const char *cause, bool download)
{
    const struct log_words *log = words_of(board);
    const char *hole = strstr(log->head, "%s");

    if (hole != NULL)
        vb__print(board, "%.*s%s%s", (int)(hole - log->head), log->head, board->target->name, hole + 2);
    else
        vb__print(board, "%s", log->head);
    vb__print(board, "%s,%s\r\n", cause, download ? log->download : log->run);
    if (download && board->target->rom_status_size == 4)
        vb__print(board, "waiting for download\r\n");
}

static bool bootable(const struct vb_board *board)
{
    uint8_t magic;

    vb__look(board, board->target->bootloader_addr, &magic, 1);
    return magic == 0xe9 || (magic == 0xea && board->target->image_chip_id < 0);
}

/* The length of a text of fixed size, up to its NUL. */
static int text_length(const uint8_t *text, size_t size)
{
    const uint8_t *end = memchr(text, 0, size);

    return (int)(end != NULL ? (size_t)(end - text) : size);
}

static void say(struct vb_board *board, const uint8_t *data, size_t size)
{
    static const char mark[] = "vboard says: ";
    const size_t length = sizeof mark - 1;

    for (const uint8_t *at = data, *end = data + size; (size_t)(end - at) > length; at++) {
        at = memchr(at, mark[0], (size_t)(end - at) - length);
        if (at == NULL)
            return;
        if (memcmp(at, mark, length) != 0)
            continue;
        at += length;
        vb__print(board, "%.*s\r\n", text_length(at, (size_t)(end - at) < 200 ? (size_t)(end - at) : 200),
                  at);
    }
}

static void print_says(struct vb_board *board, uint32_t addr, uint32_t size)
{
    if (addr >= board->flash.size)
        return;
    if (size > board->flash.size - addr)
        size = board->flash.size - addr;
    if (!board->security.flash_encrypted) {
        say(board, board->flash.data + addr, size);
        return;
    }
    EG_CLEANUP(eg_free_cleanup) uint8_t *plain = malloc(size + 1);

    if (plain == NULL)
        return;
    vb__look(board, addr, plain, size);
    say(board, plain, size);
}

/* Find the first application partition of the table at 0x8000; false when there is none. */
static bool find_app(const struct vb_board *board, uint32_t *addr, uint32_t *size)
{
    for (uint32_t at = 0x8000; at < 0x8c00; at += 32) {
        uint8_t row[32];

        vb__look(board, at, row, sizeof row);
        if (row[0] != 0xaa || row[1] != 0x50)
            return false;
        *addr = eg_get32(row + 4);
        *size = eg_get32(row + 8);
        if (row[2] == 0)
            return true;
    }
    return false;
}

/* Print what the application says; false when there is none that would run. An ESP8266 needs no table. */
static bool print_app(struct vb_board *board)
{
    uint32_t addr, size;
    uint8_t head[0x120], magic;

    if (!find_app(board, &addr, &size))
        return board->target->image_chip_id < 0;
    vb__look(board, addr, head, sizeof head);
    if (head[0] != 0xe9)
        return false;
    if (board->security.secure_boot_v2 && vb__signature_check(board, addr, &magic) != VB__SIGNATURE_GOOD) {
        vb__print(board, "E (312) esp_image: Secure boot signature verification failed\r\n");
        vb__print(board, "E (520) boot: Factory app partition is not bootable\r\n");
        vb__print(board, "E (541) boot: No bootable app partitions in the partition table\r\n");
        return false;
    }
    if (eg_get32(head + 0x20) == 0xabcd5432) {
        vb__print(board, "I (24) cpu_start: Project name:     %.*s\r\n", text_length(head + 0x50, 32),
                  head + 0x50);
        vb__print(board, "I (29) cpu_start: App version:      %.*s\r\n", text_length(head + 0x30, 32),
                  head + 0x30);
    }
    print_says(board, addr, size);
    return true;
}

static void print_bootloader(struct vb_board *board)
{
    uint32_t at = board->target->bootloader_addr + (board->target->image_chip_id < 0 ? 8 : 24);
    uint8_t head[8], segment[8];

    vb__look(board, board->target->bootloader_addr, head, sizeof head);
    for (unsigned i = 0; i < head[1] && i < 16; i++) {
        vb__look(board, at, segment, sizeof segment);
        vb__print(board, "load:0x%08x,len:%u\r\n", (unsigned)eg_get32(segment),
                  (unsigned)eg_get32(segment + 4));
        if (eg_get32(segment + 4) > board->flash.size)
            return;
        at += 8 + eg_get32(segment + 4);
    }
    vb__print(board, "entry 0x%08x\r\n", (unsigned)eg_get32(head + 4));
}

static void print_no_image(struct vb_board *board)
{
    uint8_t word[4];

    if (board->target->image_chip_id < 0) {
        vb__print(board, "ets_main.c 181 \r\n");
        return;
    }
    vb__look(board, board->target->bootloader_addr, word, sizeof word);
    for (int i = 0; i < 6; i++)
        vb__print(board, "invalid header: 0x%08x\r\n", (unsigned)eg_get32(word));
}

/* The newer ROMs name the digests that they go by. */
static bool passes_v2(struct vb_board *board)
{
    const bool names =
        board->target->detect == EG_DETECT_CHIP_ID || board->target->revision_rule != EG_REVISION_ESP32;
    const unsigned slots = vb__signature_slots(board);
    uint8_t magic;

    if (names)
        vb__print(board, "Valid secure boot key blocks:%s%s%s\r\n", slots & 1 ? " 0" : "",
                  slots & 2 ? " 1" : "", slots & 4 ? " 2" : "");
    switch (vb__signature_check(board, board->target->bootloader_addr, &magic)) {
    case VB__SIGNATURE_GOOD:
        vb__print(board, "secure boot verification succeeded\r\n");
        return true;
    case VB__SIGNATURE_ABSENT:
        vb__print(board,
                  "No signature block magic byte found at signature sector (found 0x%x not 0xe7). Image "
                  "not V2 signed?\r\n",
                  magic);
        break;
    case VB__SIGNATURE_BAD:
        break;
    }
    vb__print(board, "secure boot verification failed\r\nets_main.c 329 \r\n");
    return false;
}

static bool passes_v1(struct vb_board *board)
{
    const bool passes = vb__digest_passes(board);

    if (!passes)
        vb__print(board, "Secure boot check fail\r\n");
    return passes;
}

/* Print what the ROM prints until the bootloader runs; false = it does not. */
static bool print_rom(struct vb_board *board, const char *cause)
{
    print_head(board, cause, false);
    if (bootable(board) && (!board->security.secure_boot_v2 || passes_v2(board)) &&
        (!board->security.secure_boot_v1 || passes_v1(board)))
        return true;
    if (!bootable(board))
        print_no_image(board);
    vb__enter(board, VB__APP, board->clock.now_ns + COMPLAIN_NS);
    return false;
}

void vb__boot_complain(struct vb_board *board)
{
    print_rom(board, words_of(board)->watchdog);
}

static const char *cause_words(const struct vb_board *board, enum vb__cause cause)
{
    const struct log_words *log = words_of(board);
    const bool simple = board->target->image_chip_id < 0; /* the ESP8266, which knows few causes */

    switch (cause) {
    case VB__CAUSE_POWER:
    case VB__CAUSE_EN:
        break;
    case VB__CAUSE_BROWNOUT:
        return simple ? log->power : BROWNOUT_WORDS;
    case VB__CAUSE_WATCHDOG:
        return WATCHDOG_WORDS;
    case VB__CAUSE_USB:
        return USB_WORDS;
    case VB__CAUSE_SOFTWARE:
        return log->software;
    }
    return log->power;
}

/* Drop what belongs to the program that ran before. */
static void clear(struct vb_board *board)
{
    vb__write_close(board);
    vb__ram_reset(board);
    vb__stub_stop(board);
    vb__uart_restart(board);
    vb__spi_wake(board); /* the ROM does */
    vb__app_stop(board);
    vb__registers_reset(board);
}

void vb__boot(struct vb_board *board, bool download, enum vb__cause cause)
{
    const char *text = cause_words(board, cause);

    clear(board);
    vb__set_baud(board, vb__log_baud(board));
    vb__busy(board, START_NS);
    if (cause == VB__CAUSE_BROWNOUT)
        vb__print(board, "\r\nBrownout detector was triggered\r\n\r\n");
    vb__enter(board, VB__APP, VB__NEVER);
    if (download && board->security.download_off) {
        vb__print(board, "Download mode is disabled. Restart with GPIO0 high.\r\n");
        return;
    }
    if (download) {
        print_head(board, text, true);
        /* The loader listens when the last word of the log has left. */
        const uint64_t left_ns = board->uart.tx.free_ns, idle_ns = vb__idle_ns(board);

        vb__enter(board, VB__START, left_ns > idle_ns ? left_ns : idle_ns);
        return;
    }
    vb__watchdog_fed(board);
    if (!print_rom(board, text))
        return;
    print_bootloader(board);
    if (print_app(board))
        vb__app_start(board);
}

static void say_segment(struct vb_board *board, const struct vb__segment *segment)
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *bytes = malloc(segment->size + 1);

    for (uint32_t at = 0; bytes != NULL && at < segment->size; at++)
        bytes[at] = (uint8_t)(vb__memory_get(board, segment->addr + at) >> 8 * ((segment->addr + at) % 4));
    if (bytes != NULL)
        say(board, bytes, segment->size);
}

void vb__boot_jump(struct vb_board *board, uint32_t entry)
{
    if (vb__ram_holds_stub(board, entry)) {
        vb__stub_start(board);
        return;
    }
    vb__write_close(board);
    vb__enter(board, VB__APP, VB__NEVER);
    for (unsigned i = 0; i < board->ram.segment_count; i++)
        say_segment(board, &board->ram.segments[i]);
}
