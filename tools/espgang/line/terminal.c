/* SPDX-License-Identifier: Apache-2.0 */

#define NCURSES_WIDECHAR 1

#include "tools/espgang/line/terminal.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "engine/base/thread.h"
#include "tools/espgang/command.h"
#include "tools/espgang/line/keys.h"
#include "tools/espgang/line/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>
#undef columns /* which term.h takes */
#undef lines

#define REDRAW_MS   100
#define SAID_MAX    65536 /* bytes that are kept for the end */
#define WINDOW_MAX  1000  /* rows and columns that are drawn */
#define RESTORE_MAX 256

struct cli_terminal {
    struct eg_logger logger; /* of `said` */
    enum eg_verbosity verbosity;
    pthread_mutex_t lock; /* guards `said` and `line` */
    struct eg_buffer said;
    char line[CLI_VIEW_NAME]; /* after a "/", not taken yet */
    bool has_line;
    struct cli_outlet *outlet;
    FILE *out; /* the outlet's */
    int fd;
    struct cli_view *view;
    struct cli_terminal_options options;
    FILE *picture; /* what ncurses prints */
    SCREEN *screen;
    struct cli_cells cells;
    unsigned room; /* in cells.at */
    bool colours;
    attr_t attributes[CLI_STYLES];
    short pairs[CLI_STYLES];
    struct cli_keys keys;
    bool reads_keys;
    unsigned rung; /* view->failed_rounds when the bell rang last */
    pthread_t thread;
    atomic_bool stop;
    struct sigaction former_stop;
};

static const int crashes[] = {SIGABRT, SIGBUS,  SIGFPE,  SIGILL,  SIGSEGV, SIGSYS,
                              SIGTRAP, SIGQUIT, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2};

#define CRASHES (sizeof crashes / sizeof crashes[0])

/* What a signal handler needs to put the terminal back. */
static struct {
    int fd;
    char text[RESTORE_MAX];
    size_t size;
    bool has_input; /* standard input is a terminal, as it was */
    struct termios input;
    struct sigaction former[CRASHES];
} restore;

static int keep_restoring(int character)
{
    if (restore.size < sizeof restore.text)
        restore.text[restore.size++] = (char)character;
    return character;
}

/* In a signal handler, too. */
static void put_back(void)
{
    struct pollfd ready = {.fd = restore.fd, .events = POLLOUT};

    if (poll(&ready, 1, 0) == 1 && write(restore.fd, restore.text, restore.size) < 0) {
        /* Nobody left to see it. */
    }
    if (restore.has_input)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &restore.input);
}

/* Put the terminal back, and let the signal do what it would have done. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    put_back();
    for (size_t i = 0; i < CRASHES; i++)
        if (crashes[i] == number)
            sigaction(number, &restore.former[i], NULL);
    if (info->si_code <= 0)
        raise(number); /* takes effect when the handler returns; a fault happens again by itself */
}

static void catch_crashes(void)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CRASHES; i++) {
        sigaction(crashes[i], NULL, &restore.former[i]);
        if (restore.former[i].sa_handler != SIG_IGN)
            sigaction(crashes[i], &action, NULL);
    }
    cli_when_killed(put_back, true);
}

static void leave_crashes(void)
{
    cli_when_killed(put_back, false);
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &restore.former[i], NULL);
}

/* Capabilities that undo what the view does, for a signal handler. */
static void prepare_restoring(int fd)
{
    static const char *const names[] = {"sgr0", "cnorm", "rmcup"};

    restore.fd = fd;
    restore.size = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *const text = tigetstr(names[i]);
        if (text != NULL && text != (const char *)-1)
            tputs(text, 1, keep_restoring);
    }
    restore.has_input = tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &restore.input) == 0;
}

/* What ncurses has printed goes into the outlet. */
static void pass_on(struct cli_terminal *terminal)
{
    const int fd = fileno(terminal->picture);
    const off_t size = lseek(fd, 0, SEEK_CUR);
    char part[4096];
    ssize_t got;

    for (off_t at = 0; at < size && (got = pread(fd, part, sizeof part, at)) > 0; at += got)
        fwrite(part, 1, (size_t)got, terminal->out);
    fflush(terminal->out);
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        /* The next picture is longer by this one, which shows the same. */
    }
}

static struct winsize window_of(const struct cli_terminal *terminal)
{
    struct winsize window = {0};

    if (ioctl(terminal->fd, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0)
        return (struct winsize){.ws_row = 24, .ws_col = 80};
    return window;
}

struct cli_shows cli_terminal_shows(const struct cli_terminal *terminal)
{
    return (struct cli_shows){window_of(terminal).ws_col, terminal->cells.utf8, terminal->colours};
}

static void fit_window(struct cli_terminal *terminal)
{
    struct cli_cells *const cells = &terminal->cells;
    const struct winsize window = window_of(terminal);
    const unsigned rows = window.ws_row < WINDOW_MAX ? window.ws_row : WINDOW_MAX;
    const unsigned columns = window.ws_col < WINDOW_MAX ? window.ws_col : WINDOW_MAX;
    if (rows == cells->rows && columns == cells->columns)
        return;
    if (rows * columns > terminal->room) {
        struct cli_cell *const more = realloc(cells->at, (size_t)rows * columns * sizeof *more);
        if (more == NULL)
            return;
        cells->at = more;
        terminal->room = rows * columns;
    }
    cells->rows = rows;
    cells->columns = columns;
    resize_term((int)rows, (int)columns);
    clearok(curscr, TRUE);
}

static void put_cells(const struct cli_terminal *terminal)
{
    const struct cli_cells *const cells = &terminal->cells;

    for (unsigned row = 0; row < cells->rows; row++) {
        for (unsigned column = 0; column < cells->columns; column++) {
            const struct cli_cell *const cell = &cells->at[row * cells->columns + column];
            const wchar_t text[] = {(wchar_t)cell->character, L'\0'};
            cchar_t shown;
            if (cell->character == 0)
                continue;
            setcchar(&shown, text, terminal->attributes[cell->style], terminal->pairs[cell->style], NULL);
            (void)mvadd_wch((int)row, (int)column,
                            &shown); /* of the last cell ERR: it cannot go on after it */
        }
    }
}

static void draw(struct cli_terminal *terminal)
{
    struct cli_look look = {
        .wall = terminal->options.wall,
        .keys = terminal->reads_keys || terminal->options.lines,
        .lines = terminal->options.lines,
        .serves = terminal->options.serves,
        .paused = cli_paused(),
        .ending = eg_cancel_requested(cli_ending()) || eg_cancel_requested(cli_cancel()),
        .page = terminal->keys.page,
        .selected = terminal->keys.selected,
        .typed = terminal->keys.typed,
        .question = terminal->keys.question,
        .now = cli_moment_now(),
    };

    fit_window(terminal);
    cli_view_lock(terminal->view);
    cli_screen_draw(&terminal->cells, terminal->view, &look);
    const unsigned failed_rounds = terminal->view->failed_rounds;
    cli_view_unlock(terminal->view);
    put_cells(terminal);
    if (failed_rounds != terminal->rung)
        beep();
    terminal->rung = failed_rounds;
    refresh();
    pass_on(terminal);
}

static void obey(enum cli_wish wish)
{
    switch (wish) {
    case CLI_WISH_NOTHING:
        break;
    case CLI_WISH_FINISH:
        cli_request_ending();
        break;
    case CLI_WISH_GO_ON:
        cli_request_go_on();
        break;
    case CLI_WISH_QUIT:
        cli_request_ending();
        cli_request_cancel("the operator's key q");
        break;
    case CLI_WISH_REDRAW:
        clearok(curscr, TRUE);
        break;
    }
}

static void take_keys(struct cli_terminal *terminal)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char bytes[64];

    const int ready = poll(&input, terminal->reads_keys ? 1 : 0, REDRAW_MS);
    cli_view_lock(terminal->view);
    if (ready == 0)
        cli_keys_idle(&terminal->keys);
    cli_view_unlock(terminal->view);
    if (ready <= 0)
        return;
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0)
        terminal->reads_keys = false; /* the terminal is gone */
    for (ssize_t i = 0; i < got; i++) {
        cli_view_lock(terminal->view);
        const enum cli_wish wish = cli_keys_take(&terminal->keys, terminal->view, bytes[i]);
        cli_view_unlock(terminal->view);
        obey(wish);
    }
}

static void take_line(struct cli_terminal *terminal)
{
    char line[CLI_VIEW_NAME];

    pthread_mutex_lock(&terminal->lock);
    const bool has_line = terminal->has_line;
    memcpy(line, terminal->line, sizeof line);
    terminal->has_line = false;
    pthread_mutex_unlock(&terminal->lock);
    if (!has_line)
        return;
    cli_view_lock(terminal->view);
    const enum cli_wish wish = cli_keys_line(&terminal->keys, terminal->view, line);
    cli_view_unlock(terminal->view);
    obey(wish);
}

static void *display(void *argument)
{
    struct cli_terminal *const terminal = argument;

    while (!atomic_load(&terminal->stop)) {
        if (terminal->options.counts.ledger != NULL)
            cli_batch_counts_refresh(&terminal->options.counts, terminal->view);
        if (cli_outlet_idle(terminal->outlet))
            draw(terminal);
        take_keys(terminal);
        take_line(terminal);
    }
    return NULL;
}

static void terminal_log(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct cli_terminal *const terminal = (struct cli_terminal *)logger;
    const char *kind = "";
    struct eg_error ignored; /* without memory the view still shows it */

    switch (record->kind) {
    case EG_LOG_PRINT:
        break;
    case EG_LOG_NOTE:
        kind = "note: ";
        break;
    case EG_LOG_WARNING:
        kind = "warning: ";
        break;
    case EG_LOG_ERROR:
        kind = "error: ";
        break;
    case EG_LOG_STAGE_END: /* what did not pass is in the table that stays */
    case EG_LOG_STAGE_BEGIN:
    case EG_LOG_PROGRESS:
    case EG_LOG_OUTCOME:
    case EG_LOG_UNPLUGGED:
        return;
    }
    pthread_mutex_lock(&terminal->lock);
    if (record->level <= terminal->verbosity && terminal->said.size < SAID_MAX) {
        const char *const parts[] = {record->origin.slot, record->origin.slot[0] != '\0' ? ": " : "", kind,
                                     record->text};
        const size_t from = terminal->said.size;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            (void)!eg_buffer_append(&terminal->said, parts[i], strlen(parts[i]), &ignored);
        if (eg_buffer_append(&terminal->said, "", 1, &ignored) == EG_OK) {
            eg_text_make_harmless((char *)terminal->said.data + from);
            terminal->said.data[terminal->said.size - 1] = '\n';
        }
    }
    pthread_mutex_unlock(&terminal->lock);
}

static void set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    ((struct cli_terminal *)logger)->verbosity = verbosity;
}

struct eg_logger *cli_terminal_logger(struct cli_terminal *terminal)
{
    return &terminal->logger;
}

void cli_terminal_line(struct cli_terminal *terminal, const char *line)
{
    pthread_mutex_lock(&terminal->lock);
    snprintf(terminal->line, sizeof terminal->line, "%s", line);
    terminal->has_line = true;
    pthread_mutex_unlock(&terminal->lock);
}

static bool has_capability(const char *name)
{
    const char *const text = tigetstr(name);

    return text != NULL && text != (const char *)-1;
}

static void choose_colours(struct cli_terminal *terminal)
{
    static const struct {
        short pale_text, pale, rich_text, rich; /* of 8 colours, of 256 */
        attr_t with, without;                   /* further attributes with colours, and without */
    } fields[] = {
        [CLI_ON_PASS] = {COLOR_BLACK, COLOR_GREEN, 231, 29, A_NORMAL, A_NORMAL},
        [CLI_ON_CHECK] = {COLOR_BLACK, COLOR_YELLOW, 16, 178, A_NORMAL, A_NORMAL},
        [CLI_ON_FAIL] = {COLOR_WHITE, COLOR_RED, 231, 124, A_BOLD, A_REVERSE},
        [CLI_ON_AGAIN] = {COLOR_WHITE, COLOR_MAGENTA, 231, 90, A_BOLD, A_REVERSE},
        [CLI_GOOD] = {COLOR_GREEN, -1, COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
        [CLI_BAD] = {COLOR_RED, -1, COLOR_RED, -1, A_NORMAL, A_NORMAL},
    };
    const char *const no_color = getenv("NO_COLOR");
    const bool colours = (no_color == NULL || no_color[0] == '\0') && start_color() == OK && COLORS >= 8 &&
                         use_default_colors() == OK;

    terminal->colours = colours;
    terminal->attributes[CLI_BOLD] = A_BOLD;
    terminal->attributes[CLI_FAINT] = A_DIM;
    terminal->attributes[CLI_REVERSE] = A_REVERSE;
    for (enum cli_style style = CLI_ON_PASS; style <= CLI_BAD; style++) {
        terminal->attributes[style] = colours ? fields[style].with : fields[style].without;
        if (!colours)
            continue;
        const bool rich = COLORS >= 256;
        init_pair((short)style, rich ? fields[style].rich_text : fields[style].pale_text,
                  rich ? fields[style].rich : fields[style].pale);
        terminal->pairs[style] = (short)style;
    }
}

/* Begin with ncurses; false = the terminal cannot do it. Its handlers of signals are not wanted. */
static bool open_screen(struct cli_terminal *terminal)
{
    static const int ours[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction former[sizeof ours / sizeof ours[0]];

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigaction(ours[i], NULL, &former[i]);
    setlocale(LC_CTYPE, "");
    terminal->cells.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && wcwidth(0x2713) == 1 &&
                           wcwidth(0x2717) == 1 && wcwidth(0x2588) == 1 && wcwidth(0x2591) == 1;
    use_env(FALSE);
    terminal->screen = newterm(NULL, terminal->picture, stdin);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigaction(ours[i], &former[i], NULL);
    if (terminal->screen == NULL)
        return false;
    if (has_capability("cup") && has_capability("clear")) {
        choose_colours(terminal);
        (void)curs_set(0);
        return true;
    }
    endwin();
    delscreen(terminal->screen);
    terminal->screen = NULL;
    return false;
}

/* Keys are read one by one, and not shown. */
static void silence_keyboard(struct cli_terminal *terminal)
{
    if (!restore.has_input || terminal->options.lines)
        return;
    struct termios silent = restore.input;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    terminal->reads_keys = tcsetattr(STDIN_FILENO, TCSANOW, &silent) == 0;
}

static enum eg_code start(struct cli_terminal *terminal, struct eg_error *err)
{
    const int failed = eg_thread_start(&terminal->thread, 0, display, terminal);

    return failed == 0 ? EG_OK : eg_error_errno(err, EG_IO, failed, "starting a thread for the display");
}

/* Free what a terminal has that shows nothing. */
static void release(struct cli_terminal *terminal)
{
    if (terminal->picture != NULL)
        fclose(terminal->picture);
    pthread_mutex_destroy(&terminal->lock);
    eg_buffer_finish(&terminal->said);
    free(terminal->cells.at);
    free(terminal);
}

static void close_screen(struct cli_terminal *terminal)
{
    endwin();
    pass_on(terminal);
    leave_crashes();
    if (restore.has_input)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &restore.input);
    sigaction(SIGTSTP, &terminal->former_stop, NULL);
    delscreen(terminal->screen);
}

enum eg_code cli_terminal_create(struct cli_terminal **terminal, struct cli_outlet *outlet,
                                 struct cli_view *view, const struct cli_terminal_options *options,
                                 struct eg_error *err)
{
    const int fd = cli_outlet_fd(outlet);
    const pid_t foreground = isatty(fd) ? tcgetpgrp(fd) : getpgrp();
    struct cli_terminal *made;

    *terminal = NULL;
    if (!isatty(fd) || (foreground > 0 && foreground != getpgrp()))
        return EG_OK;
    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    made->logger = (struct eg_logger){terminal_log, set_verbosity};
    made->verbosity = EG_NORMAL;
    made->outlet = outlet;
    made->out = cli_outlet_file(outlet);
    made->fd = fd;
    made->view = view;
    made->options = *options;
    pthread_mutex_init(&made->lock, NULL);
    made->picture = tmpfile();
    if (made->picture == NULL || !open_screen(made)) {
        release(made);
        return EG_OK;
    }
    prepare_restoring(fd);
    catch_crashes();
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigaction(SIGTSTP, &ignored, &made->former_stop); /* boards would not wait for who stops the program */
    silence_keyboard(made);
    if (start(made, err) != EG_OK) {
        close_screen(made);
        release(made);
        return err->code;
    }
    *terminal = made;
    return EG_OK;
}

void cli_terminal_destroy(struct cli_terminal *terminal)
{
    if (terminal == NULL)
        return;
    atomic_store(&terminal->stop, true);
    pthread_join(terminal->thread, NULL);
    close_screen(terminal);
    fwrite(terminal->said.data, 1, terminal->said.size, terminal->out);
    fflush(terminal->out);
    release(terminal);
}
