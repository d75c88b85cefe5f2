/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/hsm.h"

#include "engine/base/text.h"
#include "engine/base/libcrypto.h"

#include <ctype.h>
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_SIZE_MAX = 4096, VALUE_MAX = 1024, SALT_SIZE = 32 };

struct eg_hsm {
    const struct eg_hsm_config *config;
    void *library;
    CK_FUNCTION_LIST *functions; /* NULL = not initialised */
    CK_SESSION_HANDLE session;
    bool in_session;
    struct eg_signer signer;
};

/* ---- The configuration ---- */

void eg_hsm_config_finish(struct eg_hsm_config *config)
{
    eg_secret_finish(&config->pin);
}

static enum eg_code set_text(char *to, size_t size, const char *value, struct eg_error *err)
{
    if (strlen(value) >= size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a value of %zu characters is too long", strlen(value));
    snprintf(to, size, "%s", value);
    return EG_OK;
}

static enum eg_code set_pin(struct eg_secret *pin, const char *value, struct eg_error *err)
{
    EG_TRY(eg_secret_init(pin, strlen(value) + 1, err));
    memcpy(pin->data, value, strlen(value));
    return EG_OK;
}

static enum eg_code set_slot(unsigned long *slot, bool *given, const char *value, struct eg_error *err)
{
    char *end;

    *slot = strtoul(value, &end, 0);
    if (!isdigit((unsigned char)value[0]) || *end != '\0')
        return eg_error_set(err, EG_BAD_ARGUMENT, "slot \"%.40s\" is not a number", value);
    *given = true;
    return EG_OK;
}

/* Keys that are not for us are left alone. */
static enum eg_code set_key(struct eg_hsm_config *config, bool *has_slot, const char *key, const char *value,
                            struct eg_error *err)
{
    if (strcmp(key, "pkcs11_lib") == 0)
        return set_text(config->library, sizeof config->library, value, err);
    if (strcmp(key, "label") == 0)
        return set_text(config->label, sizeof config->label, value, err);
    if (strcmp(key, "label_pubkey") == 0)
        return set_text(config->public_label, sizeof config->public_label, value, err);
    if (strcmp(key, "slot") == 0)
        return set_slot(&config->slot, has_slot, value, err);
    return strcmp(key, "credentials") == 0 ? set_pin(&config->pin, value, err) : EG_OK;
}

static enum eg_code parse_line(struct eg_hsm_config *config, bool *ours, bool *has_slot, char *line,
                               struct eg_error *err)
{
    char *const text = eg_text_trim(line);

    if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
        return EG_OK;
    if (text[0] == '[') {
        *ours = strcmp(text, "[hsm_config]") == 0;
        return EG_OK;
    }
    char *const sign = text + strcspn(text, "=:");
    if (*sign == '\0')
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is no '=' between a key and its value");
    *sign = '\0';
    return *ours ? set_key(config, has_slot, eg_text_trim(text), eg_text_trim(sign + 1), err) : EG_OK;
}

static enum eg_code check_config(struct eg_hsm_config *config, bool has_slot, struct eg_error *err)
{
    const char *const missing = config->library[0] == '\0' ? "pkcs11_lib"
                                : !has_slot                ? "slot"
                                : config->label[0] == '\0' ? "label"
                                                           : NULL;

    if (missing != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is missing in section [hsm_config]", missing);
    if (config->public_label[0] == '\0')
        memcpy(config->public_label, config->label, sizeof config->public_label);
    return EG_OK;
}

enum eg_code eg_hsm_config_read(struct eg_hsm_config *config, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret file = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret text = {0};
    bool open_to_others, ours = false, has_slot = false;
    unsigned number = 0;

    EG_TRY(eg_secret_read(&file, path, CONFIG_SIZE_MAX, &open_to_others, err));
    EG_TRY(eg_secret_init(&text, file.size + 1, err));
    memcpy(text.data, file.data, file.size);
    for (char *line = (char *)text.data, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        if (parse_line(config, &ours, &has_slot, line, err) != EG_OK)
            return eg_error_prefix(err, "%s:%u: ", path, number);
    }
    if (check_config(config, has_slot, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    if (config->pin.size != 0 && open_to_others)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: has the PIN, and other users may read it; 'chmod 600' closes it", path);
    return EG_OK;
}

/* ---- The module ---- */

static enum eg_code failed(const struct eg_hsm *hsm, const char *what, CK_RV code, struct eg_error *err)
{
    const bool wrong_pin = code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_PIN_EXPIRED;

    return eg_error_set(err, wrong_pin ? EG_BAD_ARGUMENT : EG_IO, "%s: %s: %s (PKCS#11 error 0x%lx)",
                        hsm->config->library, what,
                        code == CKR_PIN_LOCKED ? "the PIN is locked"
                        : wrong_pin            ? "the PIN is wrong"
                                               : "the module refuses",
                        (unsigned long)code);
}

static enum eg_code load(struct eg_hsm *hsm, struct eg_error *err)
{
    CK_RV (*get_functions)(CK_FUNCTION_LIST * *functions) = NULL;
    CK_FUNCTION_LIST *functions;

    hsm->library = dlopen(hsm->config->library, RTLD_NOW | RTLD_LOCAL);
    if (hsm->library == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s", dlerror());
    *(void **)&get_functions = dlsym(hsm->library, "C_GetFunctionList");
    if (get_functions == NULL || get_functions(&functions) != CKR_OK)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is no PKCS#11 library", hsm->config->library);
    CK_C_INITIALIZE_ARGS threads = {.flags = CKF_OS_LOCKING_OK};
    const CK_RV code = functions->C_Initialize(&threads);
    if (code != CKR_OK)
        return failed(hsm, "initialising", code, err);
    hsm->functions = functions;
    return EG_OK;
}

static enum eg_code log_in(struct eg_hsm *hsm, struct eg_error *err)
{
    const struct eg_secret *const pin = &hsm->config->pin;

    CK_RV code =
        hsm->functions->C_OpenSession(hsm->config->slot, CKF_SERIAL_SESSION, NULL, NULL, &hsm->session);
    if (code == CKR_SLOT_ID_INVALID || code == CKR_TOKEN_NOT_PRESENT)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: there is no token in slot %lu", hsm->config->library,
                            hsm->config->slot);
    if (code != CKR_OK)
        return failed(hsm, "opening a session", code, err);
    hsm->in_session = true;
    code = hsm->functions->C_Login(hsm->session, CKU_USER, pin->data, pin->size > 0 ? pin->size - 1 : 0);
    return code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN ? EG_OK
                                                                : failed(hsm, "logging in", code, err);
}

/* The only object of a class with a label. */
static enum eg_code find(struct eg_hsm *hsm, CK_OBJECT_CLASS class, const char *label,
                         CK_OBJECT_HANDLE *object, struct eg_error *err)
{
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, (void *)label, strlen(label)}};
    const char *const kind = class == CKO_PRIVATE_KEY ? "private" : "public";
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;

    CK_RV code = hsm->functions->C_FindObjectsInit(hsm->session, wanted, 2);
    if (code == CKR_OK)
        code = hsm->functions->C_FindObjects(hsm->session, found, 2, &count);
    (void)hsm->functions->C_FindObjectsFinal(hsm->session);
    if (code != CKR_OK)
        return failed(hsm, "looking for a key", code, err);
    if (count != 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: slot %lu has %s %s key labelled %s",
                            hsm->config->library, hsm->config->slot, count == 0 ? "no" : "more than one",
                            kind, label);
    *object = found[0];
    return EG_OK;
}

/* One attribute; `*size` is the room, then what it has. */
static enum eg_code read_attribute(struct eg_hsm *hsm, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                                   void *value, size_t *size, struct eg_error *err)
{
    CK_ATTRIBUTE attribute = {type, value, *size};
    const CK_RV code = hsm->functions->C_GetAttributeValue(hsm->session, object, &attribute, 1);

    if (code != CKR_OK)
        return failed(hsm, "reading the public key", code, err);
    *size = attribute.ulValueLen;
    return EG_OK;
}

enum eg_code eg_hsm_open(struct eg_hsm **hsm, const struct eg_hsm_config *config, struct eg_error *err)
{
    EG_CLEANUP(eg_hsm_close_cleanup) struct eg_hsm *opened = NULL;

    EG_TRY(eg_alloc(&opened, 1, sizeof *opened, err));
    opened->config = config;
    EG_TRY(load(opened, err));
    EG_TRY(log_in(opened, err));
    *hsm = opened;
    opened = NULL;
    return EG_OK;
}

void eg_hsm_close(struct eg_hsm *hsm)
{
    if (hsm == NULL)
        return;
    if (hsm->in_session)
        (void)hsm->functions->C_CloseSession(hsm->session);
    if (hsm->functions != NULL)
        (void)hsm->functions->C_Finalize(NULL);
    if (hsm->library != NULL)
        dlclose(hsm->library);
    free(hsm);
}

void eg_hsm_close_cleanup(struct eg_hsm **hsm)
{
    eg_hsm_close(*hsm);
}

/* ---- The public key ---- */

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30 };

/* Append a DER element of up to 64 KB; `before` is one byte in front of its content, or -1. */
static enum eg_code put_der(struct eg_buffer *out, uint8_t tag, int before, const uint8_t *data, size_t size,
                            struct eg_error *err)
{
    const size_t length = size + (before >= 0);
    const uint8_t head[] = {tag, 0x82, (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)before};
    const uint8_t short_head[] = {tag, (uint8_t)length, (uint8_t)before};

    if (length < 0x80)
        EG_TRY(eg_buffer_append(out, short_head, before >= 0 ? 3 : 2, err));
    else
        EG_TRY(eg_buffer_append(out, head, before >= 0 ? 5 : 4, err));
    return eg_buffer_append(out, data, size, err);
}

/* SubjectPublicKeyInfo: an algorithm with its parameters, and the key as bits. */
static enum eg_code parse_key(struct eg_sign_key *key, const struct eg_hsm *hsm, const uint8_t *algorithm,
                              size_t algorithm_size, const uint8_t *bits, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer parts = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer whole = {0};

    EG_TRY(put_der(&parts, DER_SEQUENCE, -1, algorithm, algorithm_size, err));
    EG_TRY(put_der(&parts, DER_BITS, 0, bits, size, err));
    EG_TRY(put_der(&whole, DER_SEQUENCE, -1, parts.data, parts.size, err));
    return eg_sign_key_parse_der(key, hsm->config->public_label, whole.data, whole.size, err);
}

static enum eg_code read_rsa(struct eg_sign_key *key, struct eg_hsm *hsm, CK_OBJECT_HANDLE object,
                             struct eg_error *err)
{
    static const uint8_t algorithm[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                        0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer numbers = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer sequence = {0};
    uint8_t n[VALUE_MAX], e[VALUE_MAX];
    size_t n_size = sizeof n, e_size = sizeof e;

    EG_TRY(read_attribute(hsm, object, CKA_MODULUS, n, &n_size, err));
    EG_TRY(read_attribute(hsm, object, CKA_PUBLIC_EXPONENT, e, &e_size, err));
    EG_TRY(put_der(&numbers, DER_INTEGER, n[0] >= 0x80 ? 0 : -1, n, n_size, err));
    EG_TRY(put_der(&numbers, DER_INTEGER, e[0] >= 0x80 ? 0 : -1, e, e_size, err));
    EG_TRY(put_der(&sequence, DER_SEQUENCE, -1, numbers.data, numbers.size, err));
    return parse_key(key, hsm, algorithm, sizeof algorithm, sequence.data, sequence.size, err);
}

static enum eg_code read_point(struct eg_sign_key *key, struct eg_hsm *hsm, CK_OBJECT_HANDLE object,
                               struct eg_error *err)
{
    static const uint8_t is_ec[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    uint8_t algorithm[sizeof is_ec + VALUE_MAX], point[VALUE_MAX];
    size_t curve_size = VALUE_MAX, size = sizeof point;

    memcpy(algorithm, is_ec, sizeof is_ec);
    EG_TRY(read_attribute(hsm, object, CKA_EC_PARAMS, algorithm + sizeof is_ec, &curve_size, err));
    EG_TRY(read_attribute(hsm, object, CKA_EC_POINT, point, &size, err));
    /* The point is wrapped in an octet string, by some modules it is not. */
    const size_t wrap = size > 2 && point[0] == DER_OCTETS && point[1] == size - 2 ? 2 : 0;
    return parse_key(key, hsm, algorithm, sizeof is_ec + curve_size, point + wrap, size - wrap, err);
}

enum eg_code eg_hsm_public_key(struct eg_sign_key *key, struct eg_hsm *hsm, struct eg_error *err)
{
    CK_OBJECT_HANDLE object;
    CK_KEY_TYPE type = CKK_RSA;
    size_t size = sizeof type;

    EG_TRY(find(hsm, CKO_PUBLIC_KEY, hsm->config->public_label, &object, err));
    EG_TRY(read_attribute(hsm, object, CKA_KEY_TYPE, &type, &size, err));
    if (type != CKK_RSA && type != CKK_EC)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: key %s is neither an RSA nor an EC key",
                            hsm->config->library, hsm->config->public_label);
    return type == CKK_RSA ? read_rsa(key, hsm, object, err) : read_point(key, hsm, object, err);
}

/* ---- Signing ---- */

/* From r and s to DER. */
static enum eg_code convert(uint8_t signature[EG_DER_SIGNATURE_MAX], size_t *size, struct eg_error *err)
{
    EG_CLEANUP(eg_ecdsa_free) ECDSA_SIG *pair = ECDSA_SIG_new();
    const int part = (int)(*size / 2);
    BIGNUM *const r = BN_bin2bn(signature, part, NULL), *const s = BN_bin2bn(signature + part, part, NULL);
    uint8_t *end = signature;

    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return eg_error_set(err, EG_NO_MEMORY, "a signature");
    }
    *size = (size_t)i2d_ECDSA_SIG(pair, &end);
    return EG_OK;
}

static enum eg_code sign(void *context, enum eg_sign_scheme scheme, const uint8_t *digest, size_t digest_size,
                         uint8_t signature[EG_DER_SIGNATURE_MAX], size_t *size, struct eg_error *err)
{
    struct eg_hsm *const hsm = context;
    CK_RSA_PKCS_PSS_PARAMS padding = {CKM_SHA256, CKG_MGF1_SHA256, SALT_SIZE};
    CK_MECHANISM rsa = {CKM_RSA_PKCS_PSS, &padding, sizeof padding}, ecdsa = {CKM_ECDSA, NULL, 0};
    const bool is_rsa = scheme == EG_SIGN_RSA3072;
    CK_OBJECT_HANDLE object;
    CK_ULONG made = EG_DER_SIGNATURE_MAX;

    EG_TRY(find(hsm, CKO_PRIVATE_KEY, hsm->config->label, &object, err));
    CK_RV code = hsm->functions->C_SignInit(hsm->session, is_rsa ? &rsa : &ecdsa, object);
    if (code == CKR_OK)
        code = hsm->functions->C_Sign(hsm->session, (CK_BYTE *)digest, digest_size, signature, &made);
    if (code != CKR_OK)
        return failed(hsm, "signing", code, err);
    *size = made;
    return is_rsa ? EG_OK : convert(signature, size, err);
}

const struct eg_signer *eg_hsm_signer(struct eg_hsm *hsm)
{
    hsm->signer = (struct eg_signer){.sign = sign, .context = hsm};
    return &hsm->signer;
}
