/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The reference on chips, a JSON file next to the fixtures, and an interpreter of its rules: it decodes a
 * chip from its register words by the reference alone, without a target.
 *
 * A field is a list of parts, a single part, a constant, an expression followed by a map, or another field
 * with an override. Registers hold words drawn from a seed, except for forced bits.
 */

#ifndef TESTS_TARGETS_REFERENCE_H
#define TESTS_TARGETS_REFERENCE_H

#include "tests/fakes/check.h"

#include <jansson.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Load the whole reference, for json_decref(); skip the running test, with a message, if it is absent. */
static inline json_t *ref_open(void)
{
    char path[4096];
    json_error_t problem;
    json_t *all = json_load_file(fixture_path(path, "../reference/chips.json"), 0, &problem);

    if (all == NULL) {
        print_message("SKIPPED: no reference at %s: %s\n", path, problem.text);
        skip();
    }
    return all;
}

/** Return the value at a path of keys and indices, "straps.pins.0"; NULL and JSON null are the same. */
static inline const json_t *ref_at(const json_t *json, const char *path)
{
    char keys[100], *rest;

    assert_true(strlen(path) < sizeof keys);
    strcpy(keys, path);
    for (char *key = strtok_r(keys, ".", &rest); key != NULL; key = strtok_r(NULL, ".", &rest))
        json = isdigit((unsigned char)*key) ? json_array_get(json, strtoul(key, NULL, 10))
                                            : json_object_get(json, key);
    return json_is_null(json) ? NULL : json;
}

/** Return a number, given as a number or a hex string; 0 if absent. */
static inline uint32_t ref_number(const json_t *json, const char *path)
{
    const json_t *value = ref_at(json, path);

    if (json_is_string(value))
        return (uint32_t)strtoul(json_string_value(value), NULL, 16);
    return (uint32_t)json_integer_value(value);
}

/** Return a text; NULL if absent. */
static inline const char *ref_text(const json_t *json, const char *path)
{
    return json_string_value(ref_at(json, path));
}

/** Contents of a chip's registers. */
struct registers {
    uint32_t seed;
    struct {
        uint32_t addr, mask, bits;
    } forced[8];
    size_t forced_count;
};

static inline uint32_t ref_mix(uint32_t value)
{
    value = (value ^ value >> 16) * 0x7feb352d;
    value = (value ^ value >> 15) * 0x846ca68b;
    return value ^ value >> 16;
}

/** Return a word of many, few or no set bits, pseudo-random by seed and address. */
static inline uint32_t ref_word(const struct registers *registers, uint32_t addr)
{
    const uint32_t first = ref_mix(addr ^ ref_mix(registers->seed));
    const uint32_t second = ref_mix(first), third = ref_mix(second);
    uint32_t word = first;

    if (third >> 30 == 0)
        word = 0;
    else if (third >> 30 == 1)
        word = first & second & third;
    for (size_t i = 0; i < registers->forced_count; i++)
        if (registers->forced[i].addr == addr)
            word = (word & ~registers->forced[i].mask) | registers->forced[i].bits;
    return word;
}

/** Assemble a field from its parts. */
static inline uint32_t ref_parts(const json_t *parts, const struct registers *registers)
{
    uint32_t value = 0;

    if (json_is_array(parts)) {
        for (size_t i = 0; i < json_array_size(parts); i++)
            value |= ref_parts(json_array_get(parts, i), registers);
        return value;
    }
    value = ref_word(registers, ref_number(parts, "word_addr")) >> ref_number(parts, "shift");
    return (value & ref_number(parts, "mask")) << ref_number(parts, "out_shift");
}

static inline uint32_t ref_field(const json_t *chip, const char *name, const struct registers *registers);

/* An expression of the reference while it is parsed, "(minor & 7) == 0 and major == 1". */
struct ref_expression {
    const char *at;
    const json_t *chip;
    const struct registers *registers;
};

/* Return the next operator if it has this level (from loosest to tightest); else NULL. */
static inline const char *ref_operator(struct ref_expression *expression, size_t level)
{
    static const char *const operators[][2] = {{"or"}, {"and"}, {"==", "!="}, {"|"}, {"&"}, {"<<", ">>"}};

    while (*expression->at == ' ')
        expression->at++;
    for (size_t i = 0; i < 2 && operators[level][i] != NULL; i++) {
        if (strncmp(expression->at, operators[level][i], strlen(operators[level][i])) == 0) {
            expression->at += strlen(operators[level][i]);
            return operators[level][i];
        }
    }
    return NULL;
}

static inline uint32_t ref_operand(struct ref_expression *expression, size_t level)
{
    const size_t tightest = 5;
    char name[40];
    size_t length = 0;
    uint32_t left;

    if (level <= tightest) {
        left = ref_operand(expression, level + 1);
        for (const char *found; (found = ref_operator(expression, level)) != NULL;) {
            const uint32_t right = ref_operand(expression, level + 1);
            switch (found[0]) {
            case 'o':
                left = left != 0 || right != 0;
                break;
            case 'a':
                left = left != 0 && right != 0;
                break;
            case '=':
                left = left == right;
                break;
            case '!':
                left = left != right;
                break;
            case '|':
                left |= right;
                break;
            case '&':
                left &= right;
                break;
            case '<':
                left <<= right;
                break;
            default:
                left >>= right;
            }
        }
        return left;
    }
    while (*expression->at == ' ')
        expression->at++;
    if (*expression->at == '(') {
        expression->at++;
        left = ref_operand(expression, 0);
        assert_int_equal(*expression->at++, ')');
        return left;
    }
    if (isdigit((unsigned char)*expression->at)) {
        char *end;
        left = (uint32_t)strtoul(expression->at, &end, 0);
        expression->at = end;
        return left;
    }
    while ((isalnum((unsigned char)expression->at[0]) || expression->at[0] == '_') &&
           length < sizeof name - 1)
        name[length++] = *expression->at++;
    name[length] = '\0';
    return ref_field(expression->chip, name, expression->registers);
}

static inline uint32_t ref_expression(const json_t *chip, const char *text, const struct registers *registers)
{
    struct ref_expression expression = {text, chip, registers};

    if (strcmp(text, "otherwise") == 0)
        return 1;
    const uint32_t value = ref_operand(&expression, 0);
    if (*expression.at != '\0')
        fail_msg("the reference has an expression that is not understood: %s", text);
    return value;
}

/* Compare with one value, with several, or with true, which means any but 0. */
static inline bool ref_is(const json_t *expected, uint32_t value)
{
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (ref_is(json_array_get(expected, i), value))
            return true;
    return json_is_true(expected)
               ? value != 0
               : json_is_integer(expected) && (uint32_t)json_integer_value(expected) == value;
}

/** Return whether every field named in a `when` has its value. */
static inline bool ref_holds(const json_t *chip, const json_t *when, const struct registers *registers)
{
    const char *name;
    json_t *expected;

    json_object_foreach((json_t *)when, name, expected)
    {
        if (!ref_is(expected, ref_field(chip, name, registers)))
            return false;
    }
    return true;
}

/* Return the entry of a switch, or a map, for this value. */
static inline const json_t *ref_case(const json_t *cases, uint32_t value)
{
    char key[12];

    snprintf(key, sizeof key, "%u", (unsigned)value);
    return json_object_get(cases, key);
}

/** Return an eFuse field, a value derived from fields, or a word of the MAC. */
static inline uint32_t ref_field(const json_t *chip, const char *name, const struct registers *registers)
{
    const json_t *field = json_object_get(ref_at(chip, "efuse.fields"), name);
    const json_t *derived = json_object_get(ref_at(chip, "efuse.derived"), name);
    char otp[40];

    snprintf(otp, sizeof otp, "efuse.mac.otp_%.20s", name);
    if (ref_at(field, "constant") != NULL)
        return ref_number(field, "constant");
    if (ref_at(field, "combine_rule") != NULL) {
        const uint32_t raw = ref_expression(chip, ref_text(field, "combine_rule"), registers);
        const json_t *mapped = ref_case(ref_at(field, "map"), raw);
        return mapped != NULL ? (uint32_t)json_integer_value(mapped) : ref_number(field, "default");
    }
    if (ref_at(field, "same_as") != NULL)
        return ref_expression(chip, ref_text(field, "override.condition"), registers)
                   ? ref_number(field, "override.value")
                   : ref_field(chip, ref_text(field, "same_as"), registers);
    if (field != NULL)
        return ref_parts(field, registers);
    if (json_is_string(derived))
        return ref_expression(chip, json_string_value(derived), registers);
    for (size_t i = 0; i < json_array_size(derived); i++)
        if (ref_holds(chip, ref_at(json_array_get(derived, i), "when"), registers))
            return ref_number(json_array_get(derived, i), "value");
    if (ref_at(chip, otp) == NULL)
        fail_msg("the reference names %s, but does not say what it is", name);
    return ref_word(registers, ref_number(chip, otp));
}

/** Return the chip revision, major * 100 + minor; 0 for chips without one. */
static inline uint32_t ref_revision(const json_t *chip, const struct registers *registers)
{
    if (ref_at(chip, "efuse.fields.chip_rev_major") == NULL)
        return 0;
    return ref_field(chip, "chip_rev_major", registers) * 100 + ref_field(chip, "chip_rev_minor", registers);
}

static inline const char *ref_package(const json_t *chip, const struct registers *registers)
{
    const json_t *names = ref_at(chip, "description.names");

    for (size_t i = 0; i < json_array_size(names); i++)
        if (ref_holds(chip, ref_at(json_array_get(names, i), "when"), registers))
            return ref_text(json_array_get(names, i), "name");
    return ref_text(chip, "description.default");
}

/* Return the text of a switch for the case, or the default; NULL if it adds nothing. */
static inline const char *ref_switch(const json_t *json, uint32_t value)
{
    const json_t *found = ref_case(ref_at(json, "cases"), value);

    if (ref_is(ref_at(json, "omit"), value))
        return NULL;
    return found != NULL ? json_string_value(found) : ref_text(json, "default");
}

/** List the chip's features, separated by ", ". */
static inline void ref_features(const json_t *chip, const struct registers *registers, char *text,
                                size_t size)
{
    const json_t *features = ref_at(chip, "features");
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(features) && used < size; i++) {
        const json_t *feature = json_array_get(features, i), *suffix = ref_at(feature, "suffix");
        const char *field = ref_text(feature, "switch"), *nonzero = ref_text(feature, "when_nonzero");
        const char *found = ref_text(feature, "text"), *more = NULL;

        if (!ref_holds(chip, ref_at(feature, "when"), registers) ||
            (nonzero != NULL && ref_field(chip, nonzero, registers) == 0))
            continue;
        if (field != NULL)
            found = ref_switch(feature, ref_field(chip, field, registers));
        if (found == NULL)
            continue;
        if (suffix != NULL)
            more = ref_switch(suffix, ref_field(chip, ref_text(suffix, "field"), registers));
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", found);
        /* The reference has " ()" for an unknown vendor, which means the same as no text. */
        if (more != NULL && *more != '\0' && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s%s", ref_text(suffix, "wrap.0"), more,
                                     ref_text(suffix, "wrap.1"));
    }
    assert_true(used < size);
}

/* Assemble bytes, each from its parts. */
static inline void ref_bytes(const json_t *parts, const struct registers *registers, uint8_t *bytes)
{
    for (size_t i = 0; i < json_array_size(parts); i++)
        bytes[i] = (uint8_t)ref_parts(json_array_get(parts, i), registers);
}

/** Compute the MAC; false if the vendor part of an ESP8266's is invalid. */
static inline bool ref_mac(const json_t *chip, const struct registers *registers, uint8_t mac[6])
{
    const json_t *vendors = ref_at(chip, "efuse.mac.oui"), *vendor = NULL;
    unsigned byte[3];

    ref_bytes(ref_at(chip, "efuse.mac.base_mac_bytes"), registers, mac);
    ref_bytes(ref_at(chip, "efuse.mac.low_three_bytes"), registers, mac + 3);
    if (vendors == NULL)
        return true;
    for (size_t i = 0; i < json_array_size(vendors) && vendor == NULL; i++)
        if (ref_expression(chip, ref_text(json_array_get(vendors, i), "when"), registers))
            vendor = json_array_get(vendors, i);
    ref_bytes(ref_at(vendor, "bytes_from"), registers, mac);
    if (ref_at(vendor, "bytes") != NULL) {
        assert_int_equal(sscanf(ref_text(vendor, "bytes"), "%x:%x:%x", &byte[0], &byte[1], &byte[2]), 3);
        for (size_t i = 0; i < 3; i++)
            mac[i] = (uint8_t)byte[i];
    }
    return ref_at(vendor, "error") == NULL;
}

#endif
