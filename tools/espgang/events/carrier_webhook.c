/* SPDX-License-Identifier: Apache-2.0 */

/* Events to a webhook, by libcurl: a POST with a JSON array of events, one request at a time. The receiver
 * has them when it answers 2xx. */

#include "tools/espgang/events/carrier.h"

#include "engine/base/text.h"
#include "engine/secure/secret.h"
#include "tools/espgang/events/secret_file.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MS  10000
#define REQUEST_MS  30000
#define HEADERS_MAX (16u * 1024)
#define SECRET_MAX  1024
#define SIGNATURE   "X-Espgang-Signature: sha256="

struct carrier {
    struct cli_carrier base;
    struct eg_webhook_options options;
    struct eg_secret secret;
    struct curl_slist *headers; /* of every request */
    CURL *curl;
    const struct eg_cancel *cancel; /* of the request in progress */
    char failure[CURL_ERROR_SIZE];
};

static size_t ignore_answer(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static int look(void *context, curl_off_t to_get, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
    const struct carrier *const self = context;

    (void)to_get;
    (void)got;
    (void)to_send;
    (void)sent;
    return eg_cancel_requested(self->cancel);
}

static enum eg_code make_body(struct eg_buffer *body, const struct eg_queue_item *events, unsigned count,
                              struct eg_error *err)
{
    for (unsigned i = 0; i < count; i++) {
        EG_TRY(eg_buffer_append(body, i == 0 ? "[" : ",\n", i == 0 ? 1 : 2, err));
        EG_TRY(eg_buffer_append(body, events[i].text, events[i].size, err));
    }
    return eg_buffer_append(body, "]", 1, err);
}

/* The header that signs a body; "" = there is no secret. */
static enum eg_code sign(char header[sizeof SIGNATURE + 2 * EVP_MAX_MD_SIZE], const struct carrier *self,
                         const struct eg_buffer *body, struct eg_error *err)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size;

    header[0] = '\0';
    if (self->secret.size == 0)
        return EG_OK;
    if (HMAC(EVP_sha256(), self->secret.data, (int)self->secret.size, body->data, body->size, mac, &size) ==
        NULL)
        return eg_error_set(err, EG_NO_MEMORY, "the request could not be signed");
    strcpy(header, SIGNATURE);
    eg_hex(header + sizeof SIGNATURE - 1, mac, size);
    return EG_OK;
}

static enum eg_code perform(struct carrier *self, const struct eg_cancel *cancel, struct eg_error *err)
{
    long status = 0;

    self->failure[0] = '\0';
    self->cancel = cancel;
    const CURLcode code = curl_easy_perform(self->curl);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return eg_error_set(err, EG_CANCELLED, "cancelled");
    if (code != CURLE_OK)
        return eg_error_set(err, EG_IO, "%s",
                            self->failure[0] != '\0' ? self->failure : curl_easy_strerror(code));
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300 ? EG_OK : eg_error_set(err, EG_IO, "the server answers %ld", status);
}

static enum eg_code deliver(struct cli_carrier *carrier, const struct eg_queue_item *events, unsigned count,
                            const struct eg_cancel *cancel, unsigned *taken, struct eg_error *err)
{
    struct carrier *const self = (struct carrier *)carrier;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer body = {0};
    char signature[sizeof SIGNATURE + 2 * EVP_MAX_MD_SIZE];

    *taken = 0;
    EG_TRY(make_body(&body, events, count, err));
    EG_TRY(sign(signature, self, &body, err));
    struct curl_slist own = {signature, self->headers}; /* in front of the others */
    curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, signature[0] != '\0' ? &own : self->headers);
    curl_easy_setopt(self->curl, CURLOPT_POSTFIELDS, body.data);
    curl_easy_setopt(self->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    EG_TRY(perform(self, cancel, err));
    *taken = count;
    return EG_OK;
}

static void idle(struct cli_carrier *carrier)
{
    (void)carrier;
}

static void destroy(struct cli_carrier *carrier)
{
    struct carrier *const self = (struct carrier *)carrier;

    curl_easy_cleanup(self->curl);
    for (struct curl_slist *at = self->headers; at != NULL; at = at->next)
        eg_wipe(at->data, strlen(at->data));
    curl_slist_free_all(self->headers);
    eg_secret_finish(&self->secret);
    free(self);
}

static enum eg_code add_header(struct carrier *self, const char *line, struct eg_error *err)
{
    struct curl_slist *const headers = curl_slist_append(self->headers, line);

    if (headers == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for headers");
    self->headers = headers;
    return EG_OK;
}

/* A header's name, a colon, text that is not empty. */
static bool is_header(const char *line)
{
    const size_t name =
        strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    if (name == 0 || line[name] != ':' || line[name + 1 + strspn(line + name + 1, " \t")] == '\0')
        return false;
    for (const char *at = line + name; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' && *at != '\t')
            return false;
    return true;
}

static enum eg_code read_headers(struct carrier *self, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret file = {0};
    unsigned number = 0;

    EG_TRY(cli_secret_file_read(&file, path, HEADERS_MAX, err));
    for (char *line = (char *)file.data, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        const size_t size = strlen(line);
        if (size > 0 && line[size - 1] == '\r')
            line[size - 1] = '\0';
        number++;
        if (!is_header(line)) /* the line stays out of the sentence: it may have a secret */
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s:%u: this is not a header, NAME: VALUE", path,
                                number);
        EG_TRY(add_header(self, line, err));
    }
    return EG_OK;
}

static enum eg_code set_up(struct carrier *self, struct eg_error *err)
{
    const struct eg_webhook_options *const options = &self->options;

    self->curl = curl_easy_init();
    if (self->curl == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the webhook");
    bool good = curl_easy_setopt(self->curl, CURLOPT_URL, options->url) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_POST, 1L) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_USERAGENT, "espgang") == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, ignore_answer) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_XFERINFOFUNCTION, look) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_XFERINFODATA, self) == CURLE_OK;
    good &= curl_easy_setopt(self->curl, CURLOPT_ERRORBUFFER, self->failure) == CURLE_OK;
    if (options->ca != NULL) {
        good &= curl_easy_setopt(self->curl, CURLOPT_CAINFO, options->ca) == CURLE_OK;
        good &= curl_easy_setopt(self->curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
    return good ? EG_OK : eg_error_set(err, EG_NO_MEMORY, "libcurl refuses a setting of the webhook");
}

static enum eg_code read_files(struct carrier *self, struct eg_error *err)
{
    const struct eg_webhook_options *const options = &self->options;

    EG_TRY(add_header(self, "Content-Type: application/json", err));
    EG_TRY(add_header(self, "Expect:", err)); /* no request waits for leave to send its body */
    if (options->ca != NULL && access(options->ca, R_OK) != 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", options->ca);
    if (options->headers_file != NULL)
        EG_TRY(read_headers(self, options->headers_file, err));
    return options->secret_file != NULL
               ? cli_secret_file_read(&self->secret, options->secret_file, SECRET_MAX, err)
               : EG_OK;
}

enum eg_code cli_carrier_webhook(struct cli_carrier **carrier, const struct eg_webhook_options *options,
                                 struct eg_error *err)
{
    static const struct cli_carrier_ops ops = {"webhook", deliver, idle, destroy};
    struct carrier *made;

    EG_TRY(eg_webhook_url_check(options->url, err));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return eg_error_set(err, EG_NO_MEMORY, "libcurl does not start");
    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    made->base.ops = &ops;
    made->options = *options;
    if (read_files(made, err) != EG_OK || set_up(made, err) != EG_OK) {
        destroy(&made->base);
        return err->code;
    }
    /* The path may have a secret in it, as those of chat services do. */
    const char *const host = strstr(options->url, "://") + 3;
    const int shown = (int)(host - options->url) + (int)strcspn(host, "/?#");
    snprintf(made->base.where, sizeof made->base.where, "%.*s%s%s", shown < 300 ? shown : 300, options->url,
             made->secret.size > 0 ? ", signed" : "",
             strncmp(options->url, "https://", 8) == 0 ? "" : ", not encrypted");
    *carrier = &made->base;
    return EG_OK;
}
