/* SPDX-License-Identifier: Apache-2.0 */

/* What the dashboard parses itself of a request: Host, Origin, Authorization, a number of a query, a body.
 * The input's first byte says which. */

#include "tests/fuzz/fuzz.h"

#include "engine/base/bytes.h"
#include "engine/plan/template.h"
#include "tools/espgang/dashboard/guard.h"

#include <string.h>

static const char token[] = "0123456789abcdef";

static void take_host(const char *text)
{
    static const char *const names[] = {"line2.example", NULL};
    struct cli_http_address address;
    struct eg_error err;

    HOLDS(!cli_http_host_allowed(text, NULL) || cli_http_host_allowed(text, names));
    HOLDS(strstr(text, "evil") == NULL || !cli_http_host_allowed(text, names));
    if (cli_http_address(&address, text, &err) == EG_OK)
        HOLDS(cli_http_host_allowed(text, NULL));
}

static void take_origin(const char *text)
{
    HOLDS(!cli_http_same_site(text, NULL, "127.0.0.1:8080") || strstr(text, "://127.0.0.1:8080") != NULL);
}

static void take_authorization(const char *text)
{
    struct eg_error err;

    if (cli_http_authorized(text, token))
        HOLDS(strstr(text, token) != NULL || strlen(text) > sizeof "Basic " + sizeof token);
    (void)!cli_http_token_check(text, &err);
}

static void take_body(const uint8_t *data, size_t size)
{
    struct cli_http_wish wish;
    struct eg_error err;

    if (cli_http_wish(&wish, (const char *)data, size, &err) != EG_OK)
        return;
    HOLDS(strlen(wish.slot) < sizeof wish.slot && strlen(wish.label) < sizeof wish.label);
    HOLDS(wish.label[0] == '\0' || eg_given_text_check(wish.label, &err) == EG_OK);
    HOLDS(wish.label[0] == '\0' || wish.slot[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    if (size == 0 || eg_buffer_append(&text, data + 1, size - 1, &err) != EG_OK ||
        eg_buffer_append(&text, "", 1, &err) != EG_OK)
        return 0;
    switch (data[0]) {
    case 'h':
        take_host((const char *)text.data);
        break;
    case 'o':
        take_origin((const char *)text.data);
        break;
    case 'a':
        take_authorization((const char *)text.data);
        break;
    case 'n':
        HOLDS(cli_http_number((const char *)text.data) >= 0);
        break;
    default:
        take_body(data + 1, size - 1);
        break;
    }
    return 0;
}
