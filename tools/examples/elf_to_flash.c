/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From an ELF file to an application in the flash, three times over: what can be given as input, and where
 * the image can go.
 *
 *     elf_to_flash CHIP ELF IMAGE [PORT]
 *
 * Python's functions take a path, bytes or an open file for the same argument. Here that is a struct eg_input
 * in which one of three members is set. elf2image() in Python gives bytes or writes a file; eg_elf2image()
 * does either or both.
 */

#include <espgang.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_ADDR = 0x10000 }; /* of images that do not say themselves where they go, as an ESP8266's do */

struct job {
    const char *chip, *elf, *image, *port;
    struct eg_logger *logger;
};

static void print_info(const struct eg_image_details *image)
{
    printf("image for %s, %zu bytes, entry point 0x%08x\n", image->target_label, image->size,
           (unsigned)image->entry);
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct eg_image_segment *segment = &image->segments[i];

        printf("segment %u: 0x%05x bytes for 0x%08x, %s\n", i, (unsigned)segment->size,
               (unsigned)segment->addr, segment->memory_count > 0 ? segment->memory[0] : "no known memory");
    }
    printf("checksum 0x%02x, %s\n", image->checksum,
           image->checksum == image->actual_checksum ? "valid" : "not valid");
}

/* One file, or two for an ESP8266: from where it was written to, else from memory. */
static void choose_files(struct eg_flash_file *files, const struct eg_elf_image *image)
{
    for (unsigned i = 0; i < image->count; i++) {
        files[i].addr = image->file[i].has_addr ? image->file[i].flash_addr : IMAGE_ADDR;
        if (image->file[i].path != NULL)
            files[i].input = (struct eg_input){.path = image->file[i].path};
        else
            files[i].input = (struct eg_input){
                .data = image->file[i].data, .size = image->file[i].size, .name = "image in memory"};
    }
}

/* No stub here: the chip's ROM can write, only slower. */
static enum eg_code write_files(struct eg_board *board, const struct eg_flash_file *files, size_t count,
                                struct eg_error *err)
{
    if (eg_board_attach_flash(board, NULL, err) != EG_OK ||
        eg_board_write_flash(board, files, count, NULL, NULL, err) != EG_OK)
        return err->code;
    return eg_board_reset_chip(board, EG_AFTER_HARD_RESET, err);
}

static enum eg_code show_and_write(const struct job *job, const struct eg_elf_image *image,
                                   struct eg_error *err)
{
    const struct eg_board_options options = {.chip = job->chip, .port = job->port, .logger = job->logger};
    struct eg_flash_file files[EG_ELF_IMAGE_FILES] = {0};
    struct eg_image_details details;
    struct eg_board *board;
    enum eg_code code;

    choose_files(files, image);
    if (eg_image_info(&details, &files[0].input, job->chip, err) != EG_OK)
        return err->code;
    print_info(&details);
    if (eg_board_detect_chip(&board, &options, err) != EG_OK)
        return err->code;
    code = write_files(board, files, image->count, err);
    eg_board_destroy(board);
    return code;
}

/* eg_elf2image() makes the image; whatever becomes of it, eg_elf_image_free() frees it. */
static enum eg_code convert(const struct job *job, const struct eg_input *elf, const char *output,
                            struct eg_error *err)
{
    struct eg_elf_image image;
    enum eg_code code;

    if (eg_elf2image(&image, elf, job->chip, NULL, output, job->logger, err) != EG_OK)
        return err->code;
    code = show_and_write(job, &image, err);
    eg_elf_image_free(&image);
    return code;
}

static enum eg_code from_path(const struct job *job, struct eg_error *err)
{
    const struct eg_input elf = {.path = job->elf};

    puts("1. the ELF by its path, the image in memory");
    return convert(job, &elf, NULL, err);
}

static enum eg_code from_open_file(const struct job *job, struct eg_error *err)
{
    struct eg_input elf = {.file = fopen(job->elf, "rb"), .name = job->elf};
    enum eg_code code;

    puts("2. the ELF as an open file, the image in memory");
    if (elf.file == NULL) {
        err->code = EG_IO;
        snprintf(err->text, sizeof err->text, "%s: %s", job->elf, strerror(errno));
        return err->code;
    }
    code = convert(job, &elf, NULL, err);
    fclose(elf.file);
    return code;
}

static enum eg_code to_file(const struct job *job, struct eg_error *err)
{
    const struct eg_input elf = {.path = job->elf};

    printf("3. the ELF by its path, the image in %s\n", job->image);
    return convert(job, &elf, job->image, err);
}

int main(int argc, char **argv)
{
    struct job job = {0};
    struct eg_error err;
    int status = EXIT_SUCCESS;

    if (argc < 4 || argc > 5) {
        fputs("usage: elf_to_flash CHIP ELF IMAGE [PORT]\n", stderr);
        return 2;
    }
    job.chip = argv[1];
    job.elf = argv[2];
    job.image = argv[3];
    job.port = argc > 4 ? argv[4] : NULL;
    if (eg_console_create(&job.logger, stdout, &err) != EG_OK || from_path(&job, &err) != EG_OK ||
        from_open_file(&job, &err) != EG_OK || to_file(&job, &err) != EG_OK) {
        fprintf(stderr, "elf_to_flash: %s\n", err.text);
        status = EXIT_FAILURE;
    }
    eg_console_destroy(job.logger);
    return status;
}
