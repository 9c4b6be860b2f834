import type { Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Names of numbers that the kernel's network and storage layers use. */
export const kernelNameFunctions = {
  /** enum dma_data_direction, linux/dma-direction.h */
  scsi_direction: (_context: HandlerContext, direction: Int64): string =>
    at(['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE'], direction, '[INVALID]'),

  scsi_state: (_context: HandlerContext, state: Int64): string => at(SCSI_STATES, state, '[INVALID]'),

  tcp_state: (_context: HandlerContext, state: Int64): string => at(TCP_STATES, state, 'UNDEF'),

  tcp_option: (_context: HandlerContext, option: Int64): string =>
    at(TCP_OPTIONS, option, `UNDEF_SOCKOPT(${option})`),

  ipv6_option: (_context: HandlerContext, option: Int64): string =>
    IPV6_OPTIONS.get(Number(option)) ?? `UNDEF_SOCKOPT(${option})`,

  /** RFC 1813, createmode3 */
  nfs3_create_mode: (_context: HandlerContext, mode: Int64): string =>
    at(['UNCHECKED', 'GUARDED', 'EXCLUSIVE'], mode, `Bad Value(${int32(mode)})`),

  /** RFC 7530, nfs_ftype4; 0 stands for a bad type. */
  nfs4_file_type: (_context: HandlerContext, type: Int64): string =>
    at(NFS4_TYPES, type, `Bad Value(${int32(type)})`),

  /** `0100644 (ISREG)`; linux/stat.h */
  file_type_text: (_context: HandlerContext, type: Int64): string => {
    const mode = int32(type) >>> 0;
    return `0${mode.toString(8)} (${FILE_TYPES.get(mode & FILE_TYPE_MASK) ?? 'Unknown'})`;
  },
};

/** From 0 on; enum scsi_device_state, scsi/scsi_device.h. */
const SCSI_STATES = [
  ...['', 'CREATED', 'RUNNING', 'CANCEL', 'DEL', 'QUIESCE', 'OFFLINE', '', 'BLOCK', 'CREATED_BLOCK'],
];

/** From 0 on; net/tcp_states.h. */
const TCP_STATES = [
  ...['', 'TCP_ESTABLISHED', 'TCP_SYN_SENT', 'TCP_SYN_RECV', 'TCP_FIN_WAIT1', 'TCP_FIN_WAIT2'],
  ...['TCP_TIME_WAIT', 'TCP_CLOSE', 'TCP_CLOSE_WAIT', 'TCP_LAST_ACK', 'TCP_LISTEN', 'TCP_CLOSING'],
  'TCP_MAX_STATES',
];

/** From 0 on; linux/tcp.h. */
const TCP_OPTIONS = [
  ...['', 'TCP_NODELAY', 'TCP_MAXSEG', 'TCP_CORK', 'TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT'],
  ...['TCP_SYNCNT', 'TCP_LINGER2', 'TCP_DEFER_ACCEPT', 'TCP_WINDOW_CLAMP', 'TCP_INFO', 'TCP_QUICKACK'],
  ...['TCP_CONGESTION', 'TCP_MD5SIG', '', 'TCP_THIN_LINEAR_TIMEOUTS', 'TCP_THIN_DUPACK', 'TCP_USER_TIMEOUT'],
];

const NFS4_TYPES = [
  ...['NF4BAD', 'NF4REG', 'NF4DIR', 'NF4BLK', 'NF4CHR', 'NF4LNK', 'NF4SOCK', 'NF4FIFO', 'NF4ATTRDIR'],
  'NF4NAMEDATTR',
];

const FILE_TYPE_MASK = 0o170000;
const FILE_TYPES: ReadonlyMap<number, string> = new Map([
  [0o120000, 'ISLNK'],
  [0o100000, 'ISREG'],
  [0o040000, 'ISDIR'],
  [0o020000, 'ISCHR'],
  [0o060000, 'ISBLK'],
  [0o010000, 'ISFIFO'],
  [0o140000, 'ISSOCK'],
]);

/** linux/in6.h and linux/in.h */
const IPV6_OPTIONS: ReadonlyMap<number, string> = new Map([
  [1, 'IPV6_ADDRFORM'],
  [2, 'IPV6_2292PKTINFO'],
  [3, 'IPV6_2292HOPOPTS'],
  [4, 'IPV6_2292DSTOPTS'],
  [5, 'IPV6_2292RTHDR'],
  [6, 'IPV6_2292PKTOPTIONS'],
  [7, 'IPV6_CHECKSUM'],
  [8, 'IPV6_2292HOPLIMIT'],
  [9, 'IPV6_NEXTHOP'],
  [10, 'IPV6_AUTHHDR'],
  [11, 'IPV6_FLOWINFO'],
  [16, 'IPV6_UNICAST_HOPS'],
  [17, 'IPV6_MULTICAST_IF'],
  [18, 'IPV6_MULTICAST_HOPS'],
  [19, 'IPV6_MULTICAST_LOOP'],
  [20, 'IPV6_ADD_MEMBERSHIP'],
  [21, 'IPV6_DROP_MEMBERSHIP'],
  [22, 'IPV6_ROUTER_ALERT'],
  [23, 'IPV6_MTU_DISCOVER'],
  [24, 'IPV6_MTU'],
  [25, 'IPV6_RECVERR'],
  [26, 'IPV6_V6ONLY'],
  [27, 'IPV6_JOIN_ANYCAST'],
  [28, 'IPV6_LEAVE_ANYCAST'],
  [32, 'IPV6_FLOWLABEL_MGR'],
  [33, 'IPV6_FLOWINFO_SEND'],
  [34, 'IPV6_IPSEC_POLICY'],
  [35, 'IPV6_XFRM_POLICY'],
  [42, 'MCAST_JOIN_GROUP'],
  [43, 'MCAST_BLOCK_SOURCE'],
  [44, 'MCAST_UNBLOCK_SOURCE'],
  [45, 'MCAST_LEAVE_GROUP'],
  [46, 'MCAST_JOIN_SOURCE_GROUP'],
  [47, 'MCAST_LEAVE_SOURCE_GROUP'],
  [48, 'MCAST_MSFILTER'],
  [49, 'IPV6_RECVPKTINFO'],
  [50, 'IPV6_PKTINFO'],
  [51, 'IPV6_RECVHOPLIMIT'],
  [52, 'IPV6_HOPLIMIT'],
  [53, 'IPV6_RECVHOPOPTS'],
  [54, 'IPV6_HOPOPTS'],
  [55, 'IPV6_RTHDRDSTOPTS'],
  [56, 'IPV6_RECVRTHDR'],
  [57, 'IPV6_RTHDR'],
  [58, 'IPV6_RECVDSTOPTS'],
  [59, 'IPV6_DSTOPTS'],
  [60, 'IPV6_RECVPATHMTU'],
  [61, 'IPV6_PATHMTU'],
  [62, 'IPV6_DONTFRAG'],
  [66, 'IPV6_RECVTCLASS'],
  [67, 'IPV6_TCLASS'],
  [72, 'IPV6_ADDR_PREFERENCES'],
  [73, 'IPV6_MINHOPCOUNT'],
  [74, 'IPV6_RECVORIGDSTADDR'],
  [75, 'IPV6_TRANSPARENT'],
]);

function at(names: readonly string[], number: Int64, unknown: string): string {
  const name = number < 0 ? undefined : names[Number(number)];
  return name === undefined || name === '' ? unknown : name;
}

function int32(number: Int64): number {
  return Number(BigInt.asIntN(32, BigInt(number)));
}
