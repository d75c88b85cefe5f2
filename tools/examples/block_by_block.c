/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The low level: one file written block by block, with a progress of one's own. A much simpler
 *
 *     espgang write-flash 0x10000 FILE
 *
 *     block_by_block FILE [PORT]
 *
 * Nothing but each block's acknowledgement is checked on the way, so the chip is asked at the end for the MD5
 * of what its flash holds. eg_board_write_flash() does all of this, compares the MD5, sends less and tries
 * again where that may help.
 */

#include <espgang.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLASH_ADDR = 0x10000 };

struct content {
    unsigned char *data;
    uint32_t size;
};

/* For failures that are this program's own. */
static enum eg_code complain(struct eg_error *err, const char *path, const char *why)
{
    err->code = EG_IO;
    snprintf(err->text, sizeof err->text, "%s: %s", path, why);
    return err->code;
}

static enum eg_code read_file(struct content *content, const char *path, struct eg_error *err)
{
    FILE *file = fopen(path, "rb");
    enum eg_code code = EG_OK;
    long size = -1;

    if (file == NULL)
        return complain(err, path, strerror(errno));
    if (fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    rewind(file);
    if (size <= 0 || size > INT32_MAX)
        code = complain(err, path, "has no bytes, or too many");
    else if ((content->data = malloc((size_t)size)) == NULL)
        code = complain(err, path, "there is no memory for it");
    else if (fread(content->data, 1, (size_t)size, file) != (size_t)size)
        code = complain(err, path, "cannot be read");
    content->size = (uint32_t)size;
    fclose(file);
    return code;
}

static void show_progress(uint64_t done, uint64_t total)
{
    printf("wrote %3u %%\n", (unsigned)(100 * done / total));
}

static enum eg_code print_chip(struct eg_board *board, struct eg_error *err)
{
    char description[EG_DESCRIPTION_TEXT], features[EG_FEATURES_TEXT];

    if (eg_board_chip_description(board, description, err) != EG_OK ||
        eg_board_chip_features(board, features, err) != EG_OK)
        return err->code;
    printf("chip on %s: %s\nfeatures: %s\n", eg_board_port(board), description, features);
    return EG_OK;
}

/* The board counts the blocks, and fills up the last one with FF. */
static enum eg_code write_blocks(struct eg_board *board, const struct content *content, struct eg_error *err)
{
    const uint32_t block_size = eg_board_flash_block_size(board);

    if (eg_board_flash_begin(board, content->size, FLASH_ADDR, false, err) != EG_OK)
        return err->code;
    for (uint32_t done = 0; done < content->size;) {
        const uint32_t left = content->size - done, size = left < block_size ? left : block_size;

        if (eg_board_flash_block(board, content->data + done, size, err) != EG_OK)
            return err->code;
        done += size;
        show_progress(done, content->size);
    }
    return eg_board_flash_finish(board, false, err);
}

static enum eg_code print_md5(struct eg_board *board, uint32_t size, struct eg_error *err)
{
    uint8_t md5[EG_MD5_SIZE];

    if (eg_board_flash_md5(board, FLASH_ADDR, size, md5, err) != EG_OK)
        return err->code;
    fputs("MD5 of the flash: ", stdout);
    for (unsigned i = 0; i < EG_MD5_SIZE; i++)
        printf("%02x", md5[i]);
    puts("");
    return EG_OK;
}

static enum eg_code write_it(struct eg_board *board, const struct content *content, struct eg_error *err)
{
    if (print_chip(board, err) != EG_OK || eg_board_run_stub(board, err) != EG_OK ||
        eg_board_attach_flash(board, NULL, err) != EG_OK || write_blocks(board, content, err) != EG_OK ||
        print_md5(board, content->size, err) != EG_OK)
        return err->code;
    return eg_board_reset_chip(board, EG_AFTER_HARD_RESET, err);
}

int main(int argc, char **argv)
{
    struct eg_board_options options = {0};
    struct content content = {0};
    struct eg_board *board = NULL;
    struct eg_error err;
    int status = EXIT_SUCCESS;

    if (argc < 2 || argc > 3) {
        fputs("usage: block_by_block FILE [PORT]\n", stderr);
        return 2;
    }
    options.port = argc > 2 ? argv[2] : NULL;
    if (read_file(&content, argv[1], &err) != EG_OK ||
        eg_board_detect_chip(&board, &options, &err) != EG_OK || write_it(board, &content, &err) != EG_OK) {
        fprintf(stderr, "block_by_block: %s\n", err.text);
        status = EXIT_FAILURE;
    }
    eg_board_destroy(board);
    free(content.data);
    return status;
}
