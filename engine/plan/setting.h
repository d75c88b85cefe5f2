/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Options are the keys of a job file, in constant tables of the stages that own them; a setting is an
 * option's value in one plan. The tables are all there is: jobs/ reads job files by them, and prints the
 * help, the table of keys in its README and the JSON Schema from them.
 *
 * A value is parsed when it is given, so that a worker never meets text that means nothing.
 */

#ifndef ENGINE_PLAN_SETTING_H
#define ENGINE_PLAN_SETTING_H

#include "engine/base/bytes.h"

/** The form of a value in a job file. */
enum eg_option_type {
    EG_OPTION_TEXT,
    EG_OPTION_CHOICE,      /* one of `choices` */
    EG_OPTION_NUMBER,      /* least to most */
    EG_OPTION_NUMBER_LIST, /* one number or a list of them, each least to most */
    EG_OPTION_DURATION,    /* "10s", "500ms", "2min"; a number of milliseconds, least to most */
    EG_OPTION_FILE,        /* a file; relative paths start from the job file's folder */
    EG_OPTION_SECRET_FILE, /* the path of a key, likewise; its content stays on the disk, and out of bundles
                            */
    EG_OPTION_FILE_LIST,   /* one file or a list of them */
    EG_OPTION_TEXT_LIST,   /* one text or a list of them */
    EG_OPTION_PROGRAM, /* likewise: a program and its arguments; a program with a slash is found as a file is
                        */
    EG_OPTION_MAP,     /* texts under names that the job chooses */
    EG_OPTION_GROUPS,  /* a mapping with the keys of `group`, or a list of such */
};

/** One key of the job file. Tables end with a NULL key. */
struct eg_option {
    const char *key; /* full path: "link.baud"; in a group its name there */
    enum eg_option_type type;
    const char *fallback; /* value as text when the job does not say; a list as "1 2 3"; NULL = no value */
    const char *without;  /* what that means, for people, where the fallback does not say it; may be NULL */
    bool required;        /* in a group: every group must say it */
    const char *const *choices; /* EG_OPTION_CHOICE: NULL-terminated */
    uint64_t least, most;
    const struct eg_option *group; /* EG_OPTION_GROUPS; groups do not nest */
    /** A further check of a text (TEXT, each of TEXT_LIST, each value of MAP): EG_BAD_JOB with a sentence
     * that follows the key ("is ..."). May be NULL. */
    enum eg_code (*check)(const char *text, struct eg_error *err);
    const char *help; /* one line */
};

#define EG_SETTING_LIST_MAX 16

/** One text of a list, or one entry of a map. */
struct eg_setting_item {
    char *name; /* of a map's entry; of a program that came in a bundle what it is called there; else NULL */
    char *text;
    char *place;              /* "job.yaml:12:5" */
    struct eg_buffer content; /* FILE_LIST: its bytes */
};

struct eg_setting_group;

/** An option's value. eg_setting_finish() frees what is in it. */
struct eg_setting {
    const struct eg_option *option;
    bool given;      /* by the job file, not by fallback */
    char *place;     /* where, "job.yaml:12:5"; NULL = not given */
    char *text;      /* the value as given; of FILE the path as it can be opened; NULL = no value */
    unsigned choice; /* index into option->choices */
    uint64_t number[EG_SETTING_LIST_MAX];
    unsigned count;                /* of numbers */
    struct eg_setting_item *items; /* TEXT_LIST, FILE_LIST, PROGRAM, MAP */
    unsigned item_count;
    struct eg_buffer content; /* FILE: its bytes */
    struct eg_setting_group *groups;
    unsigned group_count;
};

/** The settings of one mapping, one for each option of the table and in its order. */
struct eg_setting_group {
    char *place;
    struct eg_setting *settings;
    unsigned setting_count;
};

/** Add a setting with its fallback for every option of a table (NULL = none) to an array on the heap;
 * EG_INTERNAL when a key is there already. */
enum eg_code eg_settings_add(struct eg_setting **settings, unsigned *count, const struct eg_option *options,
                             struct eg_error *err) EG_CHECKED;

/** The setting of a key; NULL = no option has that key. */
struct eg_setting *eg_settings_find(const struct eg_setting *settings, unsigned count, const char *key);

/** Make it a setting that the job does not give; a fallback does not come back. */
void eg_setting_clear(struct eg_setting *setting);

/** Free settings and what is in them. */
void eg_settings_destroy(struct eg_setting *settings, unsigned count);

/** Do the same as eg_settings_find(), for a key that exists. */
const struct eg_setting *eg_group_setting(const struct eg_setting_group *group, const char *key);

/**
 * Give a setting a value by text: one word, a list of numbers as "1 2 3". EG_BAD_JOB says what would be
 * allowed. Not for MAP and GROUPS; a list of texts becomes one of this text.
 */
enum eg_code eg_setting_set(struct eg_setting *setting, const char *text, struct eg_error *err) EG_CHECKED;

/** Append to a TEXT_LIST, a FILE_LIST (its content is the caller's to set), a PROGRAM (`name` NULL) or a MAP.
 */
enum eg_code eg_setting_add_item(struct eg_setting *setting, const char *name, const char *text,
                                 const char *place, struct eg_error *err) EG_CHECKED;

/** Append a group with the fallbacks of its options; `*group` stays valid until the next one. */
enum eg_code eg_setting_add_group(struct eg_setting *setting, const char *place,
                                  struct eg_setting_group **group, struct eg_error *err) EG_CHECKED;

/** Read a number of a job file: "4096", "0x1000", "64k", "4MB" (of 1024); false = it is not a number, or too
 * large. */
bool eg_number_parse(const char *text, uint64_t *number);

/** Read a time of a job file: "500ms", "10s", "2min", "1h", whole numbers; false = it is not a time, or too
 * large. */
bool eg_duration_parse(const char *text, uint64_t *milliseconds);

#endif
