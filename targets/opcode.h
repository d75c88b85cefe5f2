/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Opcodes of the serial protocol: those of the ROM loaders are below 0x20, the flasher stubs add those from
 * 0xd0.
 *
 * Numbers only: the programmer (engine/loader/) and the simulated board (tools/vboard/) share them and no
 * code.
 */

#ifndef TARGETS_OPCODE_H
#define TARGETS_OPCODE_H

enum eg_opcode {
    EG_OP_FLASH_BEGIN = 0x02,
    EG_OP_FLASH_DATA = 0x03,
    EG_OP_FLASH_END = 0x04,
    EG_OP_MEM_BEGIN = 0x05,
    EG_OP_MEM_END = 0x06,
    EG_OP_MEM_DATA = 0x07,
    EG_OP_SYNC = 0x08,
    EG_OP_WRITE_REG = 0x09,
    EG_OP_READ_REG = 0x0a,
    EG_OP_SPI_SET_PARAMS = 0x0b,
    EG_OP_SPI_ATTACH = 0x0d,
    EG_OP_READ_FLASH_SLOW = 0x0e,
    EG_OP_CHANGE_BAUDRATE = 0x0f,
    EG_OP_FLASH_DEFL_BEGIN = 0x10,
    EG_OP_FLASH_DEFL_DATA = 0x11,
    EG_OP_FLASH_DEFL_END = 0x12,
    EG_OP_SPI_FLASH_MD5 = 0x13,
    EG_OP_GET_SECURITY_INFO = 0x14,
    EG_OP_ERASE_FLASH = 0xd0,
    EG_OP_ERASE_REGION = 0xd1,
    EG_OP_READ_FLASH = 0xd2,
    EG_OP_RUN_USER_CODE = 0xd3,
};

#endif
