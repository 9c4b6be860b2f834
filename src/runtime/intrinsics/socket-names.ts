import type { Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Names of internet protocols from 0 on; /etc/protocols. `-` for numbers that are not in use. */
const PROTOCOLS = namesOf(
  'IP ICMP IGMP GGP IPENCAP ST TCP CBT EGP IGP BBN-RCC NVP PUP ARGUS EMCON XNET CHAOS UDP MUX DCN ' +
    'HMP PRM XNS-IDP TRUNK-1 TRUNK-2 LEAF-1 LEAF-2 RDP IRTP ISO-TP4 NETBLT MFE-NSP MERIT-INP SEP 3PC ' +
    'IDPR XTP DDP IDPR-CMTP TP++ IL IPV6 SDRP IPV6-ROUTE IPV6-FRAG IDRP RSVP GRE MHRP BNA IPV6-CRYPT ' +
    'IPV6-AUTH I-NLSP SWIPE NARP MOBILE TLSP SKIP IPV6-ICMP IPV6-NONXT IPV6-OPTS - CFTP - SAT-EXPAK ' +
    'KRYPTOLAN RVD IPPC - SAT-MON VISA IPCV CPNX CPHB WSN PVP BR-SAT-MON SUN-ND WB-MON WB-EXPAK ' +
    'ISO-IP VMTP SECURE-VMTP VINES TTP NSFNET-IGP DGP TCF EIGRP OSPF SPRITE-RPC LARP MTP AX.25 IPIP ' +
    'MICP SCC-SP ETHERIP ENCAP - GMTP IFMP PNNI PIM ARIS SCPS QNX A/N IPCOMP SNP COMPAQ-PEER ' +
    'IPX-IN-IP VRRP PGM - L2TP DDX IATP STP SRP UTI SMP SM PTP ISIS FIRE CRTP CRDUP SSCOPMCE IPLT SPS ' +
    'PIPE SCTP FC RSVP-E2E-IGNORE Mobility-Header UDPLite MPLS-IN-IP',
);

/** Protocol families from 0 on; linux/socket.h. */
const FAMILIES = namesOf(
  'UNSPEC LOCAL INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECNET NETBEUI SECURITY ' +
    'KEY NETLINK PACKET ASH ECONET ATMSVC - SNA IRDA PPPOX WANPIPE LLC - - - TIPC BLUETOOTH IUCV ' +
    'RXRPC',
);

/** States and types of sockets from 0 on; linux/net.h. */
const STATES = namesOf('FREE UNCONNECTED CONNECTING CONNECTED DISCONNECTING');
const TYPES = namesOf('- STREAM DGRAM RAW RDM SEQPACKET DCCP - - - PACKET');

/** Flags of a socket by bit, in the order they are shown; linux/net.h. */
const SOCKET_FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'ASYNC_NOSPACE'],
  [0x2, 'ASYNC_WAITDATA'],
  [0x4, 'NOSPACE'],
  [0x8, 'PASSCRED'],
  [0x10, 'PASSSEC'],
];

/** Flags of a message, in the order they are shown; linux/socket.h. */
const MESSAGE_FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'OOB'],
  [0x2, 'PEEK'],
  [0x4, 'DONTROUTE'],
  [0x4, 'TRYHARD'],
  [0x8, 'CTRUNC'],
  [0x10, 'PROBE'],
  [0x20, 'TRUNC'],
  [0x40, 'DONTWAIT'],
  [0x80, 'EOR'],
  [0x100, 'WAITALL'],
  [0x200, 'FIN'],
  [0x400, 'SYN'],
  [0x800, 'CONFIRM'],
  [0x1000, 'RST'],
  [0x2000, 'ERRQUEUE'],
  [0x4000, 'NOSIGNAL'],
  [0x8000, 'MORE'],
];

/** Names and numbers of sockets; stapfuncs(3stap), SOCKET. `UNDEF` and -1 for what is not known. */
export const socketNameFunctions = {
  sock_prot_name: (_context: HandlerContext, protocol: Int64): string => nameAt(PROTOCOLS, protocol),
  sock_prot_number: (_context: HandlerContext, name: string): Int64 => numberOf(PROTOCOLS, name),
  sock_fam_name: (_context: HandlerContext, family: Int64): string => nameAt(FAMILIES, family),
  sock_fam_number: (_context: HandlerContext, name: string): Int64 => numberOf(FAMILIES, name),
  sock_state_name: (_context: HandlerContext, state: Int64): string => nameAt(STATES, state),
  sock_state_number: (_context: HandlerContext, name: string): Int64 => numberOf(STATES, name),
  sock_type_name: (_context: HandlerContext, type: Int64): string => nameAt(TYPES, type),
  sock_type_number: (_context: HandlerContext, name: string): Int64 => numberOf(TYPES, name),
  sock_flag_names: (_context: HandlerContext, flags: Int64): string => flagNames(SOCKET_FLAGS, flags),
  message_flag_names: (_context: HandlerContext, flags: Int64): string => flagNames(MESSAGE_FLAGS, flags),
};

function namesOf(words: string): readonly string[] {
  return words.split(' ').map((word) => (word === '-' ? '' : word));
}

function nameAt(names: readonly string[], number: Int64): string {
  const name = number < 0 ? undefined : names[Number(number)];
  return name === undefined || name === '' ? 'UNDEF' : name;
}

function numberOf(names: readonly string[], name: string): number {
  return name === '' ? -1 : names.indexOf(name);
}

function flagNames(table: readonly (readonly [number, string])[], flags: Int64): string {
  const low = Number(BigInt.asUintN(32, BigInt(flags)));
  return table
    .filter(([bit]) => (low & bit) !== 0)
    .map(([, name]) => name)
    .join('|');
}
