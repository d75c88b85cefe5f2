/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dashboard/guard.h"

#include "engine/plan/template.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_TEXT 256

/* Split "HOST:PORT" or "[HOST]:PORT"; `port` becomes NULL when there is none. false = it is neither. */
static bool split(const char *text, char host[HOST_TEXT], const char **port)
{
    const bool bracketed = text[0] == '[';
    const char *const from = text + bracketed;
    const size_t length = strcspn(from, bracketed ? "]" : ":");
    const char *const after = from + length + (bracketed && from[length] == ']');

    if (length == 0 || length >= HOST_TEXT || (bracketed && from[length] != ']') ||
        (after[0] != '\0' && after[0] != ':'))
        return false;
    memcpy(host, from, length);
    host[length] = '\0';
    *port = after[0] == ':' ? after + 1 : NULL;
    return true;
}

/* A port number; -1 = it is none. */
static int port_number(const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    const long number = digits > 0 && digits <= 5 && text[digits] == '\0' ? strtol(text, NULL, 10) : -1;

    return number <= UINT16_MAX ? (int)number : -1;
}

static bool is_address(const char *host)
{
    struct in6_addr ignored;

    return inet_pton(AF_INET, host, &ignored) == 1 || inet_pton(AF_INET6, host, &ignored) == 1;
}

enum eg_code cli_http_address(struct cli_http_address *address, const char *text, struct eg_error *err)
{
    const char *port_text;
    char host[HOST_TEXT];

    *address = (struct cli_http_address){.size = 0};
    const int port = split(text, host, &port_text) && port_text != NULL ? port_number(port_text) : -1;
    if (port >= 0 && strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    if (port >= 0 && inet_pton(AF_INET, host, &address->socket.in.sin_addr) == 1) {
        address->socket.in.sin_family = AF_INET;
        address->socket.in.sin_port = htons((uint16_t)port);
        address->size = sizeof address->socket.in;
        address->loopback = ntohl(address->socket.in.sin_addr.s_addr) >> 24 == 127;
    } else if (port >= 0 && inet_pton(AF_INET6, host, &address->socket.in6.sin6_addr) == 1) {
        address->socket.in6.sin6_family = AF_INET6;
        address->socket.in6.sin6_port = htons((uint16_t)port);
        address->size = sizeof address->socket.in6;
        address->loopback = IN6_IS_ADDR_LOOPBACK(&address->socket.in6.sin6_addr);
    } else {
        return eg_error_set(err, EG_BAD_ARGUMENT, "'%.80s' is not ADDRESS:PORT, such as 127.0.0.1:8080",
                            text);
    }
    return EG_OK;
}

bool cli_http_host_allowed(const char *header, const char *const *names)
{
    const char *port;
    char host[HOST_TEXT];

    if (header == NULL || !split(header, host, &port) || (port != NULL && port_number(port) < 0))
        return false;
    if (is_address(host) || strcasecmp(host, "localhost") == 0)
        return true;
    for (; names != NULL && *names != NULL; names++)
        if (strcasecmp(host, *names) == 0)
            return true;
    return false;
}

bool cli_http_same_site(const char *origin, const char *site, const char *host)
{
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (origin == NULL)
        return true;
    const char *const from = strstr(origin, "://");
    return from != NULL && (strncmp(origin, "http://", 7) == 0 || strncmp(origin, "https://", 8) == 0) &&
           strcasecmp(from + 3, host) == 0;
}

static bool same_text(const char *given, size_t size, const char *token)
{
    return size == strlen(token) && CRYPTO_memcmp(given, token, size) == 0;
}

/* The password of "Basic" is the token, whatever the name. */
static bool basic_authorized(const char *coded, const char *token)
{
    unsigned char text[4 * CLI_HTTP_TOKEN_MAX];
    const size_t size = strlen(coded);

    if (size == 0 || size % 4 != 0 || size / 4 * 3 > sizeof text)
        return false;
    const int got = EVP_DecodeBlock(text, (const unsigned char *)coded, (int)size);
    const size_t padding = (coded[size - 1] == '=') + (size_t)(coded[size - 2] == '=');
    if (got < (int)padding)
        return false;
    const size_t length = (size_t)got - padding;
    const char *const colon = memchr(text, ':', length);
    return colon != NULL && same_text(colon + 1, length - (size_t)(colon + 1 - (const char *)text), token);
}

bool cli_http_authorized(const char *authorization, const char *token)
{
    if (authorization == NULL)
        return false;
    if (strncasecmp(authorization, "Bearer ", 7) == 0)
        return same_text(authorization + 7, strlen(authorization + 7), token);
    return strncasecmp(authorization, "Basic ", 6) == 0 && basic_authorized(authorization + 6, token);
}

enum eg_code cli_http_token_check(const char *token, struct eg_error *err)
{
    const size_t size = strlen(token);

    for (size_t i = 0; i < size; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "the token has a character that is not printable ASCII, or a space");
    if (size < CLI_HTTP_TOKEN_MIN || size > CLI_HTTP_TOKEN_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "the token has %zu characters, not %d to %d", size,
                            CLI_HTTP_TOKEN_MIN, CLI_HTTP_TOKEN_MAX);
    return EG_OK;
}

static enum eg_code take_text(char *to, size_t size, const char *key, const json_t *value,
                              struct eg_error *err)
{
    if (!json_is_string(value))
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%s\" is not a string", key);
    if (json_string_length(value) >= size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%s\" has more than %zu bytes", key, size - 1);
    memcpy(to, json_string_value(value), json_string_length(value) + 1);
    if (to[0] != '\0' && eg_given_text_check(to, err) != EG_OK) {
        err->code = EG_BAD_ARGUMENT;
        return eg_error_prefix(err, "\"%s\" ", key);
    }
    return EG_OK;
}

static enum eg_code take_wish(struct cli_http_wish *wish, json_t *object, struct eg_error *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return eg_error_set(err, EG_BAD_ARGUMENT, "the body is not a JSON object");
    json_object_foreach(object, key, value)
    {
        if (strcmp(key, "slot") == 0)
            EG_TRY(take_text(wish->slot, sizeof wish->slot, key, value, err));
        else if (strcmp(key, "label") == 0)
            EG_TRY(take_text(wish->label, sizeof wish->label, key, value, err));
        else if (strcmp(key, "text") == 0)
            EG_TRY(take_text(wish->text, sizeof wish->text, key, value, err));
        else
            return eg_error_set(err, EG_BAD_ARGUMENT, "unknown member \"%.80s\"; known: slot, label, text",
                                key);
    }
    if (wish->label[0] != '\0' && wish->slot[0] == '\0')
        return eg_error_set(err, EG_BAD_ARGUMENT, "a \"label\" needs its \"slot\"");
    return EG_OK;
}

enum eg_code cli_http_wish(struct cli_http_wish *wish, const char *body, size_t size, struct eg_error *err)
{
    json_error_t why;

    *wish = (struct cli_http_wish){.slot = ""};
    if (size == 0)
        return EG_OK;
    json_t *const object = json_loadb(body, size, JSON_REJECT_DUPLICATES, &why);
    if (object == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "the body is not JSON: line %d: %.200s", why.line,
                            why.text);
    const enum eg_code code = take_wish(wish, object, err);
    json_decref(object);
    return code;
}

int64_t cli_http_number(const char *text)
{
    const size_t digits = text != NULL ? strspn(text, "0123456789") : 0;

    return digits > 0 && digits < 19 && text[digits] == '\0' ? strtoll(text, NULL, 10) : 0;
}
