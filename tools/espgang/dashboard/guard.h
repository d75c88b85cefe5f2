/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What may be asked of the dashboard: pure functions over the parts of a request that espgang parses itself.
 * The HTTP syntax is libmicrohttpd's.
 *
 * Threads: any.
 */

#ifndef TOOLS_ESPGANG_DASHBOARD_GUARD_H
#define TOOLS_ESPGANG_DASHBOARD_GUARD_H

#include "engine/base/error.h"
#include "engine/line/trigger.h"

#include <netinet/in.h>
#include <stdint.h>

#define CLI_HTTP_TOKEN_MIN 16  /* characters of a token */
#define CLI_HTTP_TOKEN_MAX 200 /* likewise */

/** Where to listen. */
struct cli_http_address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } socket;
    socklen_t size;
    bool loopback;
};

/** "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 0 = any that is free. EG_BAD_ARGUMENT. */
enum eg_code cli_http_address(struct cli_http_address *address, const char *text,
                              struct eg_error *err) EG_CHECKED;

/**
 * Return whether a Host header may be answered: an address in digits, localhost, or one of `names`. A web
 * page that has its own name resolved to this machine's address has that name here.
 *
 * @param host   NULL = the request has none
 * @param names  NULL-terminated; NULL = none
 */
bool cli_http_host_allowed(const char *host, const char *const *names);

/**
 * Return whether a request comes from the dashboard's own page or from no page at all.
 *
 * @param origin  the header Origin; NULL = none
 * @param site    the header Sec-Fetch-Site; NULL = none
 * @param host    allowed
 */
bool cli_http_same_site(const char *origin, const char *site, const char *host);

/**
 * Return whether the header Authorization has the token, as "Bearer TOKEN" or as the password of "Basic".
 *
 * @param authorization  NULL = none
 */
bool cli_http_authorized(const char *authorization, const char *token);

/** Check a token: CLI_HTTP_TOKEN_MIN to CLI_HTTP_TOKEN_MAX printable ASCII characters without a space.
 * EG_BAD_ARGUMENT. */
enum eg_code cli_http_token_check(const char *token, struct eg_error *err) EG_CHECKED;

#define CLI_HTTP_SCAN_TEXT 1024 /* what a scanner has read, with its NUL */

/** What the body of a request asks for. */
struct cli_http_wish {
    char text[CLI_HTTP_SCAN_TEXT]; /* scanned; "" = none */
    char slot[256];                /* "" = every free slot */
    char label[EG_LABEL_TEXT];
};

/** Read `{"slot": NAME, "label": TEXT}` or `{"text": SCANNED}`; each member may be absent. EG_BAD_ARGUMENT: a
 * sentence for the client. */
enum eg_code cli_http_wish(struct cli_http_wish *wish, const char *body, size_t size,
                           struct eg_error *err) EG_CHECKED;

/** The number that a query's text is, from 1; 0 = it is none. */
int64_t cli_http_number(const char *text);

#endif
