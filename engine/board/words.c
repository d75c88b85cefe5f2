/* SPDX-License-Identifier: Apache-2.0 */

/* Flash mode, frequency and size in esptool's words, and their effect on a bootloader's header. */

#include "engine/board/board_internal.h"

#include "engine/image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool eg__is_keep(const char *word)
{
    return word == NULL || strcmp(word, "keep") == 0;
}

/* Return the bytes of "512KB", "4MB", "2MB-c1"; 0 = it is not a size. */
static uint32_t size_of(const char *word)
{
    char *end;
    const unsigned long number = strtoul(word, &end, 10);

    if (number == 0 || number > 1024)
        return 0;
    if (strcmp(end, "KB") == 0)
        return (uint32_t)number << 10;
    return strcmp(end, "MB") == 0 || strcmp(end, "MB-c1") == 0 ? (uint32_t)number << 20 : 0;
}

static void names(const struct eg_header_code *codes, char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (; codes->name != NULL && used < room; codes++) {
        const int length = snprintf(text + used, room - used, "%s%s", used > 0 ? ", " : "", codes->name);
        used += length > 0 ? (size_t)length : 0;
    }
}

static enum eg_code code_of(int *code, const struct eg_target *target, const struct eg_header_code *codes,
                            const char *what, const char *word, struct eg_error *err)
{
    char allowed[200];

    *code = eg_header_code(codes, word);
    if (*code >= 0)
        return EG_OK;
    names(codes, allowed, sizeof allowed);
    return eg_error_set(err, EG_BAD_ARGUMENT, "flash %s \"%.20s\": %s has %s", what, word, target->label,
                        allowed);
}

/* A size that has no code in the header, such as 256 KB on an ESP32, leaves the header as it is. */
static enum eg_code detect(struct eg_board *board, struct eg__flash_words *words, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    struct eg_flash_info info;
    char name[16];

    if (board->loader.secure_download)
        return eg_error_set(err, EG_SECURED,
                            "in secure download mode the flash size cannot be detected: give it");
    EG_TRY(eg__flash_info(board, &info, err));
    if (info.size == 0)
        return EG_OK; /* eg__set_flash_size() reports it */
    snprintf(name, sizeof name, info.size < 1 << 20 ? "%uKB" : "%uMB",
             (unsigned)(info.size < 1 << 20 ? info.size >> 10 : info.size >> 20));
    words->settings.size = eg_header_code(board->loader.target->flash_sizes, name);
    if (words->settings.size < 0)
        eg_log_warning(board->options.logger, &origin, "no header of %s can tell a flash of %s: kept",
                       board->loader.target->label, name);
    words->declared = info.size;
    return EG_OK;
}

enum eg_code eg__flash_words(struct eg_board *board, const char *mode, const char *freq, const char *size,
                             struct eg__flash_words *words, struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;

    *words = (struct eg__flash_words){.settings = {-1, -1, -1}};
    if (!eg__is_keep(mode)) {
        words->settings.mode = eg_flash_mode_code(mode);
        if (words->settings.mode < 0)
            return eg_error_set(err, EG_BAD_ARGUMENT, "flash mode \"%.20s\" is none of qio, qout, dio, dout",
                                mode);
    }
    if (!eg__is_keep(freq))
        EG_TRY(code_of(&words->settings.freq, target, target->flash_freqs, "frequency", freq, err));
    if (eg__is_keep(size))
        return EG_OK;
    if (strcmp(size, "detect") == 0)
        return detect(board, words, err);
    EG_TRY(code_of(&words->settings.size, target, target->flash_sizes, "size", size, err));
    words->declared = size_of(size);
    return EG_OK;
}

static enum eg_code patch(const struct eg_target *target, const struct eg_guard_chip *chip,
                          const struct eg__piece *piece, const char *what, struct eg_buffer *data,
                          const struct eg__flash_words *words, struct eg_error *err)
{
    bool changed;

    if (!eg_guard_may_patch(target, chip, data->data, data->size))
        return EG_OK;
    if (eg_image_patch(target, piece->addr, &words->settings, data->data, data->size, &changed, err) != EG_OK)
        return eg_error_prefix(err, "%s%s: ", what, piece->name);
    return EG_OK;
}

static enum eg_code pad(struct eg_buffer *data, uint32_t align, struct eg_error *err)
{
    return eg_buffer_resize(data, (data->size + align - 1) / align * align, 0xff, err);
}

enum eg_code eg__finish_piece(struct eg_board *board, const struct eg_guard_chip *chip,
                              struct eg__piece *piece, const struct eg__flash_words *words,
                              struct eg_error *err)
{
    const struct eg_target *const target = board->loader.target;
    const uint32_t align = piece->encrypt ? target->encrypted_align : 4;

    EG_TRY(pad(&piece->data, align, err));
    EG_TRY(pad(&piece->before, align, err));
    EG_TRY(patch(target, chip, piece, "", &piece->data, words, err));
    return patch(target, chip, piece, "what was flashed before ", &piece->before, words, err);
}
