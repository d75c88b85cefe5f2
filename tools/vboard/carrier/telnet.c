/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Telnet with the COM port option, as a server that has a plain 8N1 port with two modem lines and no flow
 * control. What the port cannot do is answered with what it does, which is how RFC 2217 says no.
 *
 * An option that is on, or that we have offered, is not answered again; so two ends that offer the same thing
 * at once do not answer each other for ever.
 *
 * Data is never translated: clients of serial ports want bytes, whether binary transmission was agreed or
 * not.
 */

#include "tools/vboard/carrier/telnet.h"

#include <string.h>

enum {
    SE = 240,
    SB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255,
};

enum { OPTION_BINARY = 0, OPTION_SGA = 3, OPTION_COM_PORT = 44 };

enum {
    SIGNATURE = 0,
    SET_BAUDRATE = 1,
    SET_DATASIZE = 2,
    SET_PARITY = 3,
    SET_STOPSIZE = 4,
    SET_CONTROL = 5,
    NOTIFY_LINESTATE = 6,
    NOTIFY_MODEMSTATE = 7,
    FLOWCONTROL_SUSPEND = 8,
    FLOWCONTROL_RESUME = 9,
    SET_LINESTATE_MASK = 10,
    SET_MODEMSTATE_MASK = 11,
    PURGE_DATA = 12,
    ANSWER = 100, /* added by the server */
};

enum {
    CONTROL_NO_FLOW = 1,
    CONTROL_BREAK = 4, /* asks for the state, as do DTR and RTS without a suffix */
    CONTROL_BREAK_ON = 5,
    CONTROL_BREAK_OFF = 6,
    CONTROL_DTR = 7,
    CONTROL_DTR_ON = 8,
    CONTROL_DTR_OFF = 9,
    CONTROL_RTS = 10,
    CONTROL_RTS_ON = 11,
    CONTROL_RTS_OFF = 12,
    CONTROL_INBOUND_FLOW = 13,
    CONTROL_NO_INBOUND_FLOW = 14,
    CONTROL_INBOUND_XON_XOFF = 15,
    CONTROL_INBOUND_HARDWARE = 16,
    CONTROL_INBOUND_DTR = 18,
};

enum { PURGE_RECEIVED = 1, PURGE_BOTH = 3 };

#define LINE_IDLE 0x60 /* NOTIFY-LINESTATE: both transmit registers are empty */
#define NO_INPUTS 0x00 /* NOTIFY-MODEMSTATE: nothing drives CTS, DSR, RI and CD */

enum state { STATE_DATA, STATE_IAC, STATE_OPTION, STATE_SUB, STATE_SUB_IAC };

/* The bit of an option in `ours` and `theirs`; 0 = not one of ours. */
static unsigned option_bit(uint8_t option)
{
    switch (option) {
    case OPTION_BINARY:
        return 1u << 0;
    case OPTION_SGA:
        return 1u << 1;
    case OPTION_COM_PORT:
        return 1u << 2;
    default:
        return 0;
    }
}

static void send_option(struct vb_telnet *telnet, uint8_t verb, uint8_t option)
{
    telnet->port->send(telnet->context, (const uint8_t[]){IAC, verb, option}, 3);
}

static void answer(struct vb_telnet *telnet, uint8_t command, const uint8_t *value, size_t size)
{
    uint8_t message[64] = {IAC, SB, OPTION_COM_PORT, command + ANSWER};
    size_t length = 4;

    length += vb_telnet_escape(message + length, value, size);
    message[length++] = IAC;
    message[length++] = SE;
    telnet->port->send(telnet->context, message, length);
}

static void answer_byte(struct vb_telnet *telnet, uint8_t command, uint8_t value)
{
    answer(telnet, command, &value, 1);
}

void vb_telnet_init(struct vb_telnet *telnet, const struct vb_telnet_port *port, void *context)
{
    *telnet = (struct vb_telnet){.port = port, .context = context, .baud = VB_TELNET_BAUD};
    telnet->ours = option_bit(OPTION_BINARY) | option_bit(OPTION_SGA);
    telnet->theirs = telnet->ours | option_bit(OPTION_COM_PORT);
    send_option(telnet, WILL, OPTION_BINARY);
    send_option(telnet, DO, OPTION_BINARY);
    send_option(telnet, WILL, OPTION_SGA);
    send_option(telnet, DO, OPTION_SGA);
    send_option(telnet, DO, OPTION_COM_PORT);
}

/* One end of one option: the client asks for it or wants it off; `on` is our record of it. */
static void settle(struct vb_telnet *telnet, unsigned *on, bool wanted, uint8_t option, uint8_t yes,
                   uint8_t no)
{
    const unsigned bit = option_bit(option);

    if (wanted && bit == 0)
        send_option(telnet, no, option);
    else if (wanted && (*on & bit) == 0) {
        *on |= bit;
        send_option(telnet, yes, option);
    } else if (!wanted && (*on & bit) != 0) {
        *on &= ~bit;
        send_option(telnet, no, option);
    }
}

static void negotiate(struct vb_telnet *telnet, uint8_t option)
{
    if (telnet->verb == DO || telnet->verb == DONT)
        settle(telnet, &telnet->ours, telnet->verb == DO, option, WILL, WONT);
    else
        settle(telnet, &telnet->theirs, telnet->verb == WILL, option, DO, DONT);
    /* Some clients do not ask for the state of the inputs but wait to be told. */
    if (option == OPTION_COM_PORT && (telnet->verb == WILL || telnet->verb == DO) && !telnet->told_inputs) {
        telnet->told_inputs = true;
        answer_byte(telnet, NOTIFY_MODEMSTATE, NO_INPUTS);
    }
}

static void set_lines(struct vb_telnet *telnet, bool dtr, bool rts)
{
    telnet->dtr = dtr;
    telnet->rts = rts;
    telnet->port->set_lines(telnet->context, dtr, rts);
}

/* Return the state afterwards, which is the answer. A break is not sent, and the answer says so. */
static uint8_t control(struct vb_telnet *telnet, uint8_t value)
{
    switch (value) {
    case CONTROL_BREAK:
    case CONTROL_BREAK_ON:
    case CONTROL_BREAK_OFF:
        return CONTROL_BREAK_OFF;
    case CONTROL_DTR_ON:
    case CONTROL_DTR_OFF:
        set_lines(telnet, value == CONTROL_DTR_ON, telnet->rts);
        return value;
    case CONTROL_DTR:
        return telnet->dtr ? CONTROL_DTR_ON : CONTROL_DTR_OFF;
    case CONTROL_RTS_ON:
    case CONTROL_RTS_OFF:
        set_lines(telnet, telnet->dtr, value == CONTROL_RTS_ON);
        return value;
    case CONTROL_RTS:
        return telnet->rts ? CONTROL_RTS_ON : CONTROL_RTS_OFF;
    case CONTROL_INBOUND_FLOW:
    case CONTROL_NO_INBOUND_FLOW:
    case CONTROL_INBOUND_XON_XOFF:
    case CONTROL_INBOUND_HARDWARE:
    case CONTROL_INBOUND_DTR:
        return CONTROL_NO_INBOUND_FLOW;
    default: /* the kinds of outbound flow control */
        return CONTROL_NO_FLOW;
    }
}

static void set_baud(struct vb_telnet *telnet, const uint8_t *value)
{
    const uint32_t baud =
        (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 | (uint32_t)value[2] << 8 | value[3];

    if (baud != 0) {
        telnet->baud = baud;
        telnet->port->set_baud(telnet->context, baud);
    }
    answer(telnet, SET_BAUDRATE,
           (const uint8_t[]){(uint8_t)(telnet->baud >> 24), (uint8_t)(telnet->baud >> 16),
                             (uint8_t)(telnet->baud >> 8), (uint8_t)telnet->baud},
           4);
}

/* The commands that carry one byte. */
static void byte_command(struct vb_telnet *telnet, uint8_t command, uint8_t value)
{
    switch (command) {
    case SET_DATASIZE:
        answer_byte(telnet, command, 8);
        break;
    case SET_PARITY: /* none is 1 */
    case SET_STOPSIZE:
        answer_byte(telnet, command, 1);
        break;
    case SET_CONTROL:
        answer_byte(telnet, command, control(telnet, value));
        break;
    case SET_LINESTATE_MASK:
    case SET_MODEMSTATE_MASK:
        answer_byte(telnet, command, value);
        break;
    case PURGE_DATA:
        /* Written bytes are on their way and cannot be taken back. */
        if (value == PURGE_RECEIVED || value == PURGE_BOTH)
            telnet->port->purge(telnet->context);
        answer_byte(telnet, command, value);
        break;
    default:
        break;
    }
}

static void com_port_command(struct vb_telnet *telnet)
{
    const uint8_t command = telnet->sub[1];
    const uint8_t *value = telnet->sub + 2;
    const size_t size = telnet->sub_size - 2;

    switch (command) {
    case SIGNATURE: /* with a text the client gives its own */
        if (size == 0)
            answer(telnet, command, (const uint8_t *)"vboard", strlen("vboard"));
        break;
    case SET_BAUDRATE:
        if (size == 4)
            set_baud(telnet, value);
        break;
    case NOTIFY_LINESTATE:
        answer_byte(telnet, command, LINE_IDLE);
        break;
    case NOTIFY_MODEMSTATE:
        answer_byte(telnet, command, NO_INPUTS);
        break;
    case FLOWCONTROL_SUSPEND:
    case FLOWCONTROL_RESUME:
        telnet->suspended = command == FLOWCONTROL_SUSPEND;
        break;
    default:
        if (size == 1)
            byte_command(telnet, command, value[0]);
        break;
    }
}

static void sub_end(struct vb_telnet *telnet)
{
    if (telnet->sub_size >= 2 && telnet->sub_size <= sizeof telnet->sub && telnet->sub[0] == OPTION_COM_PORT)
        com_port_command(telnet);
}

/* Bytes beyond the longest request are only counted, so that sub_end() can see that it is too long. */
static void sub_add(struct vb_telnet *telnet, uint8_t byte)
{
    if (telnet->sub_size < sizeof telnet->sub)
        telnet->sub[telnet->sub_size] = byte;
    if (telnet->sub_size <= sizeof telnet->sub)
        telnet->sub_size++;
}

/* The byte after an IAC in data. */
static enum state after_iac(struct vb_telnet *telnet, uint8_t byte)
{
    switch (byte) {
    case IAC:
        telnet->port->data(telnet->context, &byte, 1);
        return STATE_DATA;
    case SB:
        telnet->sub_size = 0;
        return STATE_SUB;
    case WILL:
    case WONT:
    case DO:
    case DONT:
        telnet->verb = byte;
        return STATE_OPTION;
    default: /* NOP, BRK, AYT and the like mean nothing to a serial port */
        return STATE_DATA;
    }
}

static enum state after_sub_iac(struct vb_telnet *telnet, uint8_t byte)
{
    if (byte == SE) {
        sub_end(telnet);
        return STATE_DATA;
    }
    if (byte == IAC) {
        sub_add(telnet, byte);
        return STATE_SUB;
    }
    return after_iac(telnet, byte); /* SE is missing: what comes is worth more than what was cut off */
}

static enum state step(struct vb_telnet *telnet, enum state state, uint8_t byte)
{
    switch (state) {
    case STATE_DATA:
        break; /* vb_telnet_receive() takes data by the run; here it is an IAC */
    case STATE_IAC:
        return after_iac(telnet, byte);
    case STATE_OPTION:
        negotiate(telnet, byte);
        return STATE_DATA;
    case STATE_SUB:
        if (byte == IAC)
            return STATE_SUB_IAC;
        sub_add(telnet, byte);
        return STATE_SUB;
    case STATE_SUB_IAC:
        return after_sub_iac(telnet, byte);
    }
    return STATE_IAC;
}

void vb_telnet_receive(struct vb_telnet *telnet, const uint8_t *data, size_t size)
{
    while (size > 0) {
        if (telnet->state == STATE_DATA) {
            const uint8_t *iac = memchr(data, IAC, size);
            const size_t run = iac == NULL ? size : (size_t)(iac - data);

            if (run > 0)
                telnet->port->data(telnet->context, data, run);
            data += run;
            size -= run;
            if (size == 0)
                return;
        }
        telnet->state = (int)step(telnet, (enum state)telnet->state, *data);
        data++;
        size--;
    }
}

size_t vb_telnet_escape(uint8_t *escaped, const uint8_t *data, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        escaped[length++] = data[i];
        if (data[i] == IAC)
            escaped[length++] = IAC;
    }
    return length;
}
