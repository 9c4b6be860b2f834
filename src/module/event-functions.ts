/**
 * Run-time functions through which handlers see the event that made them fire. Probe families and library functions
 * reduce everything else to these; bpf/plan knows them and captures in the kernel what they will be asked for, and the
 * run time answers them from what was captured.
 *
 *     event_word:long (name:string)            a WordName, always a literal; see event-record.ts
 *     kernel_read:long (address, size, signed) 1, 2, 4 or 8 bytes; error `read fault … at 0x…`
 *     user_read:long (address, size, signed)   likewise, of the process at hand
 *     kernel_read_string:string (address, max) up to a NUL, at most max - 1 bytes; error `kernel string copy fault …`
 *     user_read_string:string (address, max)   likewise; error `user string copy fault …`
 *     kernel_read_bytes:string (address, size) exactly that many bytes, each NUL as it is found ends the text
 *     user_read_bytes:string (address, size)
 *     kernel_stack:string ()                   return addresses, hexadecimal, separated by blanks
 *     user_stack:string ()
 */
export const EVENT_FUNCTIONS = [
  'event_word',
  'kernel_read',
  'user_read',
  'kernel_read_string',
  'user_read_string',
  'kernel_read_bytes',
  'user_read_bytes',
  'kernel_stack',
  'user_stack',
] as const;

export type EventFunction = (typeof EVENT_FUNCTIONS)[number];
