/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What ESP-IDF's generator adds to the keys of the Wi-Fi driver, so that its first start finds them complete.
 *
 * To the first of sta.ssid and sta.pswd: the list of access points known, the key made of the password, and
 * which of them is in use, all still unknown. To the second of ap.ssid and ap.passwd, when ap.authmode is not
 * open: the key made of the password, as WPA makes it.
 */

#include "engine/image/nvs_layout.h"

#include "engine/base/digest.h"

#include <stdlib.h>
#include <string.h>

enum { APINFO_SIZE = 140, PMK_SIZE = 32, APSW_SIZE = 2, PMK_AT = 100, SSID_MAX = 32, WPA_ROUNDS = 4096 };

static const struct eg_nvs_item *find(const struct eg_nvs_items *items, size_t count, const char *space,
                                      const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items->list[i].key, key) == 0 && strcmp(items->list[i].space, space) == 0)
            return &items->list[i];
    return NULL;
}

/* One more blob in the namespace of `of`, unless the project has the key itself. */
static enum eg_code add(struct eg_nvs_items *out, const struct eg_nvs_items *items,
                        const struct eg_nvs_item *of, const char *key, const uint8_t *data, size_t size,
                        struct eg_error *err)
{
    struct eg_nvs_item blob = {.type = EG_NVS_BLOB, .data = data, .size = size};

    if (find(items, items->count, of->space, key) != NULL)
        return EG_OK;
    memcpy(blob.space, of->space, sizeof blob.space);
    memcpy(blob.key, key, strlen(key));
    return eg__nvs_items_add(out, &blob, err);
}

static enum eg_code add_station(struct eg_nvs_items *out, const struct eg_nvs_items *items,
                                const struct eg_nvs_item *of, struct eg_error *err)
{
    static const uint8_t zeros[PMK_SIZE];
    uint8_t apinfo[APINFO_SIZE];

    memset(apinfo, 0xff, sizeof apinfo);
    EG_TRY(add(out, items, of, "sta.apinfo", apinfo, sizeof apinfo, err));
    EG_TRY(add(out, items, of, "sta.pmk", zeros, PMK_SIZE, err));
    return add(out, items, of, "sta.apsw", zeros, APSW_SIZE, err);
}

/* A text, after its size (blob_sz_fill) or filled up with NULs. */
static void text_of(const struct eg_nvs_item *item, bool sized, const uint8_t **text, size_t *size)
{
    *text = item->data;
    *size = item->size;
    if (sized && item->type == EG_NVS_BLOB && *size >= 4 && eg_get32(*text) <= SSID_MAX &&
        eg_get32(*text) <= *size - 4) {
        *size = eg_get32(*text);
        *text += 4;
    }
    while (*size > 0 && (*text)[*size - 1] == '\0')
        (*size)--;
}

static bool is_open(const struct eg_nvs_item *authmode)
{
    for (size_t i = 0; authmode != NULL && i < authmode->size; i++)
        if (authmode->data[i] != 0)
            return false;
    return true;
}

static enum eg_code add_access_point(struct eg_nvs_items *out, const struct eg_nvs_items *items,
                                     const struct eg_nvs_item *ssid, const struct eg_nvs_item *password,
                                     struct eg_error *err)
{
    uint8_t pmk_info[PMK_AT + PMK_SIZE] = {0};
    const uint8_t *name, *secret;
    size_t name_size, secret_size;

    if (is_open(find(items, items->count, ssid->space, "ap.authmode")))
        return EG_OK;
    text_of(ssid, true, &name, &name_size);
    text_of(password, false, &secret, &secret_size);
    EG_TRY(
        eg_pbkdf2_sha1(pmk_info + PMK_AT, PMK_SIZE, secret, secret_size, name, name_size, WPA_ROUNDS, err));
    return add(out, items, ssid, "ap.pmk_info", pmk_info, sizeof pmk_info, err);
}

static enum eg_code add_companions(struct eg_nvs_items *out, const struct eg_nvs_items *items, size_t at,
                                   struct eg_error *err)
{
    const struct eg_nvs_item *const item = &items->list[at];
    const bool station = strcmp(item->key, "sta.ssid") == 0, secret = strcmp(item->key, "sta.pswd") == 0;
    const bool ssid = strcmp(item->key, "ap.ssid") == 0, password = strcmp(item->key, "ap.passwd") == 0;

    if ((station || secret) && find(items, at, item->space, station ? "sta.pswd" : "sta.ssid") == NULL)
        return add_station(out, items, item, err);
    if (!ssid && !password)
        return EG_OK;
    const struct eg_nvs_item *const other = find(items, at, item->space, ssid ? "ap.passwd" : "ap.ssid");
    if (other == NULL)
        return EG_OK;
    return add_access_point(out, items, ssid ? item : other, ssid ? other : item, err);
}

enum eg_code eg__nvs_wifi_complete(struct eg_nvs_items *items, struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items out = {0};

    for (size_t i = 0; i < items->count; i++) {
        EG_TRY(eg__nvs_items_add(&out, &items->list[i], err));
        EG_TRY(add_companions(&out, items, i, err));
    }
    eg_nvs_items_finish(items);
    *items = out;
    out = (struct eg_nvs_items){0};
    return EG_OK;
}
