/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The hands of an operator at a line of eight slots: a program that starts `espgang run --watch` on the
 * shim's USB tree, inserts and removes simulated boards by seed, and checks the line's events against the
 * boards in the slots.
 *
 * Six slots are adapters, two are for chips with native USB. A hand
 *
 *   - waits for the result, then removes the board and inserts another 0.1 to 3 s later;
 *   - removes the board too early, in any stage, and inserts another, or the same one;
 *   - lets a hub lose a board for a moment, while it is written or when it is done;
 *   - exchanges the tty names of two sockets by unplugging both and plugging them in again;
 *   - lets a chip with native USB come back from a reset under another name.
 *
 * Checks: every insertion has exactly one run, in its slot, with its MAC and the expected outcome; no result
 * is reported for a board that has left the slot; before any event of an insertion, the line has reported
 * that the slot is empty again.
 *
 * Threads: the hands are the main thread; each board has a thread that serves its terminal.
 */

#define _DEFAULT_SOURCE

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/mac.h"
#include "tests/fakes/usb_tree.h"
#include "tools/vboard/carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SLOTS = 8,
    ADAPTERS = 6, /* slots; the others are for chips with native USB */
    ADAPTER_BOARDS = 14,
    NATIVE_BOARDS = 6,
    BOARDS = ADAPTER_BOARDS + NATIVE_BOARDS,
    TICK_MS = 5,
    STUCK_MS = 180 * 1000, /* far longer than any step on a busy machine */
    LATE_MS = 1000,        /* between the line's last look at a slot and its report of the result */
};

static const char *const stages[] = {"connect", "identify", "admit", "stub",
                                     "write",   "verify",   "test",  "finish"};
enum { WRITE = 4, VERIFY = 5, TEST = 6, STAGES = sizeof stages / sizeof stages[0] };

struct board {
    char mac[EG_MAC_TEXT];
    char terminal[300];
    bool native;
    bool in_use;
    struct vb_gang *gang;
    struct vb_pty *pty;
    int stop[2];
    pthread_t thread;
};

/* Course of an insertion. */
enum plan {
    PLAN_WAIT,        /* for the result */
    PLAN_PULL,        /* too early */
    PLAN_GLITCH,      /* the hub loses it while it is written */
    PLAN_GLITCH_LATE, /* the hub loses it when it is done: it counts as another board, and gets another run */
    PLAN_RENAME,      /* native: it comes back from a reset under another name */
    PLANS
};

struct insertion {
    unsigned number;
    unsigned slot;
    struct board *board;
    enum plan plan;
    const char *stage;  /* in which the hand acts */
    uint64_t pulled_ms; /* 0 = still inserted */
    bool ended;         /* its result was reported */
    struct insertion *next;
    struct insertion *older; /* of all */
};

enum phase { EMPTY, INSERTED, ACTING, AWAY, TOLD };

struct slot {
    char place[16], name[24]; /* in the tree; in the line's events */
    bool native;
    enum phase phase;
    uint64_t at_ms;    /* time of the next action */
    uint64_t since_ms; /* of the phase */
    struct board *board;
    struct insertion *current; /* the newest */
    struct insertion *open;    /* the oldest insertion without a result */
    bool told_empty;           /* reported empty since the last insertion with any event */
    bool repeat;               /* the same board is inserted again */
};

static struct {
    const char *folder;
    uint64_t random;
    struct board boards[BOARDS];
    struct slot slots[SLOTS];
    unsigned wanted, inserted, ended;
    unsigned plans[PLANS], swaps, late;
    unsigned passed, removed, exchanged, others;
    struct insertion *newest;
    FILE *list; /* list of ended insertions */
    pid_t line;
} hands;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("line_hands: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (hands.line > 0)
        kill(hands.line, SIGKILL);
    fflush(NULL);
    _exit(1);
}

static unsigned chance(unsigned most)
{
    hands.random ^= hands.random << 13;
    hands.random ^= hands.random >> 7;
    hands.random ^= hands.random << 17;
    return (unsigned)(hands.random >> 33) % most;
}

static void *serve(void *context)
{
    struct board *const board = context;
    struct eg_error err;

    if (vb_pty_run(board->pty, board->stop[0], &err) != EG_OK)
        fail("%s: %s", board->mac, err.text);
    return NULL;
}

static void make_board(struct board *board, unsigned number, bool native)
{
    char folder[256], log[300];
    struct eg_error err;
    const uint8_t mac[EG_MAC_SIZE] = {0x24, 0x0a, 0xc4, native, 0, (uint8_t)number};

    board->native = native;
    eg_mac_text(board->mac, mac);
    snprintf(folder, sizeof folder, "%s/board%u", hands.folder, number);
    snprintf(log, sizeof log, "%s/log", folder);
    if (mkdir(folder, 0777) != 0)
        fail("%s: %s", folder, strerror(errno));
    FILE *const file = fopen(log, "w");
    if (file == NULL || fprintf(file, "@100ms waking\n@700ms board %s is fine\n", board->mac) < 0 ||
        fclose(file) != 0)
        fail("%s: %s", log, strerror(errno));
    struct vb_config config = {
        .target = eg_target_by_name("esp32c3"),
        .fast = true,
        .usb = native ? VB_USB_SERIAL_JTAG : VB_USB_BRIDGE,
        .app_log = log,
        .seed = number,
    };
    memcpy(config.mac, mac, sizeof mac);
    if (vb_gang_create(&board->gang, &config, 1, NULL, 0, &err) != EG_OK ||
        vb_pty_create(&board->pty, board->gang, folder, true, &err) != EG_OK || pipe(board->stop) != 0)
        fail("board %u: %s", number, err.text);
    snprintf(board->terminal, sizeof board->terminal, "%s", vb_pty_path(board->pty, 1));
    if (pthread_create(&board->thread, NULL, serve, board) != 0)
        fail("no thread for board %u", number);
}

static void end_board(struct board *board)
{
    close(board->stop[1]);
    pthread_join(board->thread, NULL);
    close(board->stop[0]);
    vb_pty_destroy(board->pty);
    vb_gang_destroy(board->gang);
}

static void plug(const struct slot *slot)
{
    const struct usb_port port = {
        .name = slot->native ? "ttyACM" : "ttyUSB",
        .ids = slot->native ? "303a:1001" : "10c4:ea60",
        .serial = slot->native ? slot->board->mac : "0001",
        .place = slot->place,
        .terminal = slot->board->terminal,
    };
    const int errnum = usb_tree_plug(hands.folder, &port, NULL);

    if (errnum != 0)
        fail("plugging %s in at %s: %s", slot->board->mac, slot->place, strerror(errnum));
}

static void unplug(const struct slot *slot)
{
    const int errnum = usb_tree_unplug(hands.folder, slot->place);

    if (errnum != 0)
        fail("pulling %s out at %s: %s", slot->board->mac, slot->place, strerror(errnum));
}

/*
 * A chip with native USB that is back in its slot at once is the same insertion for the line, so it is never
 * chosen.
 */
static struct board *free_board(const struct slot *slot)
{
    const unsigned first = chance(BOARDS);

    for (unsigned i = 0; i < BOARDS; i++) {
        struct board *const board = &hands.boards[(first + i) % BOARDS];
        if (!board->in_use && board->native == slot->native && (!slot->native || board != slot->board))
            return board;
    }
    return NULL;
}

static void enter(struct slot *slot, enum phase phase, uint64_t now_ms, unsigned wait_ms)
{
    slot->phase = phase;
    slot->since_ms = now_ms;
    slot->at_ms = now_ms + wait_ms;
}

/* Begin another insertion of the board in the slot. */
static void begin_insertion(struct slot *slot, enum plan plan)
{
    struct insertion *const insertion = calloc(1, sizeof *insertion);

    if (insertion == NULL)
        fail("no memory");
    *insertion = (struct insertion){
        .number = ++hands.inserted,
        .slot = (unsigned)(slot - hands.slots),
        .board = slot->board,
        .plan = plan,
        .stage = stages[plan == PLAN_GLITCH   ? WRITE + chance(2)
                        : plan == PLAN_RENAME ? TEST
                                              : chance(STAGES)],
    };
    insertion->older = hands.newest;
    hands.newest = insertion;
    hands.plans[plan]++;
    if (slot->open == NULL)
        slot->open = insertion;
    else
        slot->current->next = insertion;
    slot->current = insertion;
}

static enum plan choose_plan(const struct slot *slot)
{
    const unsigned dice = chance(100);

    if (dice < 25)
        return PLAN_PULL;
    if (slot->native)
        return dice < 70 ? PLAN_RENAME : PLAN_WAIT;
    return dice < 35 ? PLAN_GLITCH : dice < 40 ? PLAN_GLITCH_LATE : PLAN_WAIT;
}

static void insert(struct slot *slot, uint64_t now_ms)
{
    if (hands.inserted >= hands.wanted)
        return;
    struct board *const board =
        slot->repeat && slot->board != NULL && !slot->board->in_use ? slot->board : free_board(slot);
    if (board == NULL)
        return; /* every board is in a slot, or its run has not ended */
    slot->repeat = false;
    slot->board = board;
    board->in_use = true;
    begin_insertion(slot, choose_plan(slot));
    plug(slot);
    enter(slot, INSERTED, now_ms, 0);
}

static void take_out(struct slot *slot, uint64_t now_ms)
{
    unplug(slot);
    slot->current->pulled_ms = now_ms;
    if (slot->current->ended)
        slot->board->in_use = false;
    slot->repeat = !slot->native && chance(4) == 0;
    enter(slot, EMPTY, now_ms, 100 + chance(2900));
}

/* Do the next scheduled action. */
static void act(struct slot *slot, uint64_t now_ms)
{
    if (slot->phase != EMPTY && slot->phase != TOLD && now_ms - slot->since_ms > STUCK_MS)
        fail("slot %s: nothing has become of insertion %u, %s, in %u s", slot->name, slot->current->number,
             slot->board->mac, STUCK_MS / 1000);
    if (now_ms < slot->at_ms)
        return;
    switch (slot->phase) {
    case EMPTY:
        insert(slot, now_ms);
        break;
    case INSERTED:
        break;
    case ACTING: /* the planned moment has come */
        if (slot->current->plan == PLAN_PULL) {
            take_out(slot, now_ms);
        } else {
            unplug(slot);
            enter(slot, AWAY, now_ms, 30 + chance(170));
        }
        break;
    case AWAY: /* without a hand */
        if (slot->current->plan == PLAN_GLITCH_LATE) {
            slot->current->pulled_ms = now_ms;
            begin_insertion(slot, PLAN_WAIT);
        }
        plug(slot);
        enter(slot, slot->current->ended ? TOLD : INSERTED, now_ms, 300 + chance(1000));
        break;
    case TOLD:
        take_out(slot, now_ms);
        break;
    }
}

/* Exchange the names of two sockets that are done; both get a new insertion. */
static void exchange_names(uint64_t now_ms)
{
    struct slot *first = NULL;

    for (unsigned i = 0; i < ADAPTERS; i++) {
        struct slot *const slot = &hands.slots[i];
        if (slot->phase != TOLD)
            continue;
        if (first == NULL) {
            first = slot;
            continue;
        }
        const int errnum = usb_tree_swap(hands.folder, first->place, slot->place);
        if (errnum != 0)
            fail("exchanging %s and %s: %s", first->place, slot->place, strerror(errnum));
        for (int j = 0; j < 2; j++) {
            struct slot *const one = j == 0 ? first : slot;
            one->current->pulled_ms = now_ms;
            begin_insertion(one, PLAN_WAIT);
            enter(one, INSERTED, now_ms, 0);
        }
        hands.swaps++;
        return;
    }
}

static const char *text_of(const json_t *event, const char *key)
{
    const char *const text = json_string_value(json_object_get(event, key));

    return text != NULL ? text : "";
}

static struct slot *slot_of(const json_t *event)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (strcmp(hands.slots[i].name, text_of(event, "slot")) == 0)
            return &hands.slots[i];
    return NULL;
}

/*
 * Return whether a run of this insertion may end this way. A board that is removed too early passes only if
 * it was already finished.
 */
static bool may_end(const struct insertion *insertion, bool passed, const char *code)
{
    const bool removed = strcmp(code, "board-removed") == 0 || strcmp(code, "board-exchanged") == 0;

    if (insertion->plan == PLAN_PULL)
        return removed || (passed && (strcmp(insertion->stage, "finish") == 0 || insertion->pulled_ms == 0));
    return passed;
}

static void take_result(struct slot *slot, const json_t *event, uint64_t now_ms)
{
    struct insertion *const insertion = slot->open;
    const char *const mac = text_of(event, "board"), *const code = text_of(event, "code");
    const bool passed = strncmp(text_of(event, "outcome"), "pass", 4) == 0;
    const json_int_t run = json_integer_value(json_object_get(event, "run"));

    if (insertion == NULL)
        fail("slot %s: run %d ended, but every insertion has its result already", slot->name, (int)run);
    if (strcmp(mac, insertion->board->mac) != 0 && (passed || mac[0] != '\0'))
        fail("slot %s: run %d is of %s, and insertion %u is %s", slot->name, (int)run, mac, insertion->number,
             insertion->board->mac);
    if (!may_end(insertion, passed, code))
        fail("slot %s: insertion %u, %s (plan %d, stage %s), ended as %s %s: %s", slot->name,
             insertion->number, insertion->board->mac, (int)insertion->plan, insertion->stage,
             text_of(event, "outcome"), code, text_of(event, "text"));
    if (passed && insertion->pulled_ms != 0) {
        hands.late++;
        if (now_ms - insertion->pulled_ms > LATE_MS)
            fail("slot %s: %s is told to have passed %u ms after it was taken out", slot->name, mac,
                 (unsigned)(now_ms - insertion->pulled_ms));
    }
    fprintf(hands.list, "%d,%s,%s,%d\n", (int)run, slot->name, mac, passed);
    hands.passed += passed;
    hands.removed += strcmp(code, "board-removed") == 0;
    hands.exchanged += strcmp(code, "board-exchanged") == 0;
    hands.ended++;
    insertion->ended = true;
    slot->open = insertion->next;
    if (insertion->pulled_ms != 0)
        insertion->board->in_use = false;
    if (insertion != slot->current || slot->phase == EMPTY || slot->phase == AWAY)
        return;
    if (insertion->plan == PLAN_GLITCH_LATE || (insertion->plan == PLAN_RENAME && chance(2) == 0))
        enter(slot, ACTING, now_ms, 50 + chance(200));
    else
        enter(slot, TOLD, now_ms, 100 + chance(1500));
}

static void take_event(const json_t *event, uint64_t now_ms)
{
    struct slot *const slot = slot_of(event);
    const char *const kind = text_of(event, "event");

    if (slot == NULL)
        return;
    if (strcmp(kind, "unplugged") == 0) {
        slot->told_empty = true;
    } else if (strcmp(kind, "stage-begin") == 0) {
        const struct insertion *const insertion = slot->open;
        if (insertion == NULL)
            fail("slot %s: a stage begins, but every insertion has its result already", slot->name);
        if (strcmp(text_of(event, "stage"), "connect") == 0 &&
            json_integer_value(json_object_get(event, "attempt")) == 1) {
            if (!slot->told_empty)
                fail("slot %s: insertion %u begins, and the line has not said that the slot was empty",
                     slot->name, insertion->number);
            slot->told_empty = false;
        }
        const bool moment = strcmp(text_of(event, "stage"), insertion->stage) == 0 &&
                            json_integer_value(json_object_get(event, "attempt")) == 1;
        if (insertion == slot->current && slot->phase == INSERTED && moment &&
            (insertion->plan == PLAN_PULL || insertion->plan == PLAN_GLITCH ||
             insertion->plan == PLAN_RENAME))
            enter(slot, ACTING, now_ms, insertion->plan == PLAN_RENAME ? 20 : chance(60));
    } else if (strcmp(kind, "result") == 0) {
        take_result(slot, event, now_ms);
    }
}

static void take_line(const char *text, size_t size, FILE *log, uint64_t now_ms)
{
    json_error_t wrong;
    json_t *const event = json_loadb(text, size, 0, &wrong);

    fprintf(log, "%.*s\n", (int)size, text);
    if (event == NULL)
        fail("the line said '%.*s': %s", (int)size, text, wrong.text);
    take_event(event, now_ms);
    json_decref(event);
}

static int start_line(char **argv)
{
    int out[2];

    if (pipe(out) != 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0)
        fail("no pipe");
    hands.line = fork();
    if (hands.line == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(out[1]);
    return out[0];
}

/* Read the line's output for a tick; false = it has ended. */
static bool listen_to(int from, FILE *log)
{
    static char text[1 << 16];
    static size_t used;
    struct pollfd poll_fd = {.fd = from, .events = POLLIN};

    if (poll(&poll_fd, 1, TICK_MS) <= 0)
        return true;
    const ssize_t got = read(from, text + used, sizeof text - used);
    if (got == 0)
        return false;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    used += (size_t)got;
    for (char *end; (end = memchr(text, '\n', used)) != NULL;) {
        const size_t size = (size_t)(end - text);
        take_line(text, size, log, eg_clock_ms());
        used -= size + 1;
        memmove(text, end + 1, used);
    }
    return true;
}

static bool at_rest(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (hands.slots[i].phase != EMPTY || hands.slots[i].open != NULL)
            return false;
    return hands.inserted >= hands.wanted;
}

static void report(uint64_t duration_ms)
{
    printf("%u insertions by %u boards in %u slots in %u s: %u passed, %u board-removed, %u board-exchanged; "
           "%u waited for, %u pulled too early, %u lost by the hub while written, %u when done, %u "
           "re-enumerating, %u exchanges of names; %u results told as the board was taken out\n",
           hands.inserted, BOARDS, SLOTS, (unsigned)(duration_ms / 1000), hands.passed, hands.removed,
           hands.exchanged, hands.plans[PLAN_WAIT], hands.plans[PLAN_PULL], hands.plans[PLAN_GLITCH],
           hands.plans[PLAN_GLITCH_LATE], hands.plans[PLAN_RENAME], hands.swaps, hands.late);
}

int main(int argc, char **argv)
{
    const uint64_t begun_ms = eg_clock_ms();
    char path[300];
    int status = 0;

    if (argc < 5) {
        fputs("Usage: line_hands FOLDER INSERTIONS SEED PROGRAM ARGUMENT...\n"
              "  The program is espgang run --watch --json in the environment of the shim, whose folder is "
              "FOLDER.\n"
              "  FOLDER/insertions.csv becomes the list of what was in the slots: run, slot, MAC, passed.\n",
              stderr);
        return 2;
    }
    hands.folder = argv[1];
    hands.wanted = (unsigned)strtoul(argv[2], NULL, 10);
    hands.random = strtoull(argv[3], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    snprintf(path, sizeof path, "%s/insertions.csv", hands.folder);
    hands.list = fopen(path, "w");
    snprintf(path, sizeof path, "%s/line.log", hands.folder);
    FILE *const log = fopen(path, "w");
    if (hands.list == NULL || log == NULL)
        fail("%s: %s", path, strerror(errno));
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < BOARDS; i++)
        make_board(&hands.boards[i], i + 1, i >= ADAPTER_BOARDS);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *const slot = &hands.slots[i];
        *slot = (struct slot){.native = i >= ADAPTERS, .told_empty = true, .at_ms = begun_ms + chance(1000)};
        snprintf(slot->place, sizeof slot->place, "1-%u", i + 1);
        snprintf(slot->name, sizeof slot->name, "1-%u:1.0", i + 1);
    }
    const int from = start_line(argv + 4);
    while (!at_rest()) {
        if (!listen_to(from, log))
            fail("the line ended by itself after %u insertions", hands.inserted);
        for (unsigned i = 0; i < SLOTS; i++)
            act(&hands.slots[i], eg_clock_ms());
        if (hands.inserted + 2 <= hands.wanted && chance(1000) == 0)
            exchange_names(eg_clock_ms());
    }
    kill(hands.line, SIGTERM);
    while (listen_to(from, log))
        ;
    if (waitpid(hands.line, &status, 0) != hands.line || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
        fail("the line ended with %d", status);
    hands.line = 0;
    if (hands.ended != hands.inserted)
        fail("%u insertions and %u results", hands.inserted, hands.ended);
    for (unsigned i = 0; i < BOARDS; i++)
        end_board(&hands.boards[i]);
    report(eg_clock_ms() - begun_ms);
    for (struct insertion *one = hands.newest, *older; one != NULL; one = older) {
        older = one->older;
        free(one);
    }
    return fclose(hands.list) == 0 && fclose(log) == 0 ? 0 : 1;
}
