import { describe, expect, it } from 'vitest';
import type { HandlerContext } from '../handler-context.ts';
import { kernelNameFunctions } from './kernel-names.ts';
import { socketNameFunctions } from './socket-names.ts';

const context = {} as HandlerContext;

describe('names of sockets', () => {
  it('go from number to name and back', () => {
    expect(socketNameFunctions.sock_prot_name(context, 17)).toBe('UDP');
    expect(socketNameFunctions.sock_prot_number(context, 'UDP')).toBe(17);
    expect(socketNameFunctions.sock_prot_name(context, 137)).toBe('MPLS-IN-IP');
    expect(socketNameFunctions.sock_fam_name(context, 10)).toBe('INET6');
    expect(socketNameFunctions.sock_fam_name(context, 33)).toBe('RXRPC');
    expect(socketNameFunctions.sock_state_number(context, 'CONNECTED')).toBe(3);
    expect(socketNameFunctions.sock_type_name(context, 10)).toBe('PACKET');
  });

  it('are UNDEF and -1 for what is not known', () => {
    expect(socketNameFunctions.sock_prot_name(context, 61)).toBe('UNDEF');
    expect(socketNameFunctions.sock_prot_name(context, -1)).toBe('UNDEF');
    expect(socketNameFunctions.sock_fam_name(context, 10n ** 15n)).toBe('UNDEF');
    expect(socketNameFunctions.sock_type_number(context, '')).toBe(-1);
    expect(socketNameFunctions.sock_state_number(context, 'UNDEF')).toBe(-1);
  });

  it('show flags in order', () => {
    expect(socketNameFunctions.message_flag_names(context, 0x42)).toBe('PEEK|DONTWAIT');
    expect(socketNameFunctions.message_flag_names(context, 0)).toBe('');
    expect(socketNameFunctions.sock_flag_names(context, 0xc)).toBe('NOSPACE|PASSCRED');
  });
});

describe('names of the kernel', () => {
  it('cover storage', () => {
    expect(kernelNameFunctions.scsi_direction(context, 2)).toBe('FROM_DEVICE');
    expect(kernelNameFunctions.scsi_state(context, 9)).toBe('CREATED_BLOCK');
    expect(kernelNameFunctions.scsi_state(context, 0)).toBe('[INVALID]');
    expect(kernelNameFunctions.file_type_text(context, 0o100644)).toBe('0100644 (ISREG)');
    expect(kernelNameFunctions.file_type_text(context, 0)).toBe('00 (Unknown)');
    expect(kernelNameFunctions.nfs3_create_mode(context, 3)).toBe('Bad Value(3)');
    expect(kernelNameFunctions.nfs4_file_type(context, 5)).toBe('NF4LNK');
  });

  it('cover the network', () => {
    expect(kernelNameFunctions.tcp_state(context, 10)).toBe('TCP_LISTEN');
    expect(kernelNameFunctions.tcp_state(context, 0)).toBe('UNDEF');
    expect(kernelNameFunctions.tcp_option(context, 14)).toBe('TCP_MD5SIG');
    expect(kernelNameFunctions.tcp_option(context, 15)).toBe('UNDEF_SOCKOPT(15)');
    expect(kernelNameFunctions.ipv6_option(context, 26)).toBe('IPV6_V6ONLY');
  });
});
