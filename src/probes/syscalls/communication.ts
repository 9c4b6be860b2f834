/** System calls about sockets, queues, polling and the machine itself; the notation is that of `readSyscalls`. */
export const COMMUNICATION_SYSCALLS = `
_sysctl args_uaddr:p
accept sockfd:d addr_uaddr:p addrlen_uaddr:p
accept4 sockfd:d addr_uaddr:p addrlen_uaddr:p flags:d@_sock_flags_str
add_key type_uaddr:T>type_str description_uaddr:T>description_str payload_uaddr:p@_syscall_buffer_str(plen)>payload_str plen:U ringid:d
bind sockfd:d my_addr_uaddr:p@_struct_sockaddr_u(addrlen)>my_addr_str addrlen:d
bpf cmd:d@_bpf_cmd_str attr_uaddr:p size:u
connect sockfd:d serv_addr_uaddr:p@_struct_sockaddr_u(addrlen)>serv_addr_str addrlen:u
create_module name_user:s size:U
delete_module name_user:s flags:u@_module_flags_str
epoll_create=epoll_create,epoll_create1 size:d
epoll_ctl epfd:d op:d@_opoll_op_str fd:d event_uaddr:p
epoll_pwait epfd:d events_uaddr:p maxevents:d timeout:d sigmask_uaddr:p sigsetsize:l
epoll_pwait2 epfd:d events_uaddr:p maxevents:d timeout_uaddr:p@_struct_timespec_u(1)>timeout_str sigmask_uaddr:p sigsetsize:l
epoll_wait epfd:d events_uaddr:p maxevents:d timeout:d
eventfd=eventfd,eventfd2 count:u flags:d@!_eventfd2_flag_str = sprint(count)
finit_module fd:d uargs:s flags:d@_finit_module_flags_str
futex futex_uaddr:p op:d@!_futex_op_str val:d utime_uaddr:p uaddr2_uaddr:p val3:d = _futex_argstr(futex_uaddr, op, val, utime_uaddr, uaddr2_uaddr, val3)
futex_requeue waiters_uaddr:p flags:x nr_wake:d nr_requeue:d
futex_wait futex_uaddr:p val:U mask:X flags:x timeout_uaddr:p@_struct_timespec_u(1)>timeout_str clockid:d@_get_wc_str
futex_waitv waiters_uaddr:p nr_futexes:u flags:x timeout_uaddr:p@_struct_timespec_u(1)>timeout_str clockid:d@_get_wc_str
futex_wake futex_uaddr:p mask:X nr:d flags:x
getpeername s:d name_uaddr:p namelen_uaddr:p
getrandom buf_uaddr:p count:U flags:u@_getrandom_flags_str
getsockname s:d name_uaddr:p namelen_uaddr:p
getsockopt fd:d level:d@_sockopt_level_str optname:d@_sockopt_optname_str optval_uaddr:p optlen_uaddr:p
init_module umod_uaddr:p len:U uargs:s
io_cancel ctx_id:U iocb_uaddr:p result_uaddr:p
io_destroy ctx:U
io_getevents ctx_id:U min_nr:l nr:l events_uaddr:p timeout_uaddr:p@_struct_timespec_u(1)>timestr
io_pgetevents ctx_id:U min_nr:l nr:l events_uaddr:p timeout_uaddr:p@_struct_timespec_u(1)>timestr sig_uaddr:p
io_setup maxevents:u ctxp_uaddr:p
io_submit ctx_id:U nr:l iocbpp_uaddr:p
io_uring_enter fd:u to_submit:u min_complete:u flags:x argp_uaddr:p argsz:U
io_uring_register fd:u op:u arg_uaddr:p nr_args:u
io_uring_setup entries:u p_uaddr:p
ioperm from:X num:X turn_on:x
iopl level:u
kexec_file_load kernel_fd:d initrd_fd:d cmdline_len:U cmdline:s flags:U@_kexec_file_load_flags_str
kexec_load entry:P nr_segments:U segments_uaddr:p flags:U@_kexec_flags_str
keyctl option:d@!_keyctl_option_str arg2:X arg3:X arg4:X arg5:X
listen sockfd:d backlog:d
modify_ldt func:d ptr_uaddr:p bytecount:U
mq_getsetattr mqdes:d u_mqstat_uaddr:p u_omqstat_uaddr:p
mq_notify mqdes:d notification_uaddr:p
mq_open name_uaddr:T>filename oflag:d@_sys_open_flag_str mode:o u_attr_uaddr:p = oflag & 0x40 ? sprintf("%s, %s, %#o, %p", filename, oflag_str, mode, u_attr_uaddr) : sprintf("%s, %s", filename, oflag_str)
mq_timedreceive mqdes:d msg_ptr_uaddr:p msg_len:U msg_prio_uaddr:p abs_timeout_uaddr:p
mq_timedsend mqdes:d msg_ptr_uaddr:p msg_len:U msg_prio:u abs_timeout_uaddr:p
mq_unlink u_name_uaddr:T>u_name
nfsservctl cmd:d argp_uaddr:p resp_uaddr:p
perf_event_open attr_uaddr:p pid:d cpu:d group_fd:d flags:U@_perf_event_open_flags_str
poll ufds_uaddr:p nfds:u timeout:d
ppoll fds_uaddr:p nfds:u tsp:p@_struct_timespec_u(1)>tsp_str sigmask:p sigsetsize:l
pselect6 nfds:d readfds:p writefds:p exceptfds:p timeout:p@_struct_timespec_u(1)>timeout_str sigmask:p
reboot magic:d@_reboot_magic_str magic2:d@_reboot_magic_str flag:u@_reboot_flag_str arg_uaddr:p
recvfrom s:d buf_uaddr:p len:U flags:u@_msg_flags_str addr_uaddr:p addrlen_uaddr:p
recvmmsg s:d mmsg_uaddr:p vlen:u flags:u@_msg_flags_str timeout_uaddr:p@_struct_timespec_u(1)>timeout_str
recvmsg s:d msg_uaddr:p flags:u@_msg_flags_str
request_key type_uaddr:T>type_str description_uaddr:T>description_str callout_info_uaddr:p destringid:d
select n:d readfds_uaddr:p writefds_uaddr:p exceptfds_uaddr:p timeout_uaddr:p@_struct_timeval_u(1)>timeout_str
sendmmsg s:d mmsg_uaddr:p vlen:d flags:u@_msg_flags_str
sendmsg s:d msg_uaddr:p flags:u@_msg_flags_str
sendto s:d buf_uaddr:p@_syscall_buffer_str(len)>buf len:U flags:u@_msg_flags_str to_uaddr:p@_struct_sockaddr_u(tolen)>to_str tolen:u
setdomainname domainname_uaddr:T>domainname_str len:d
sethostname hostname_uaddr:T>name_str len:d
setsockopt fd:d level:d@_sockopt_level_str optname:d@_sockopt_optname_str optval_uaddr:p optlen:u
shutdown s:d how:d@_shutdown_how_str
signalfd=signalfd,signalfd4 fd:d mask_uaddr:p sizemask:l flags:d@!_signalfd4_flags_str = sprintf("%d, %p, %d", fd, mask_uaddr, sizemask)
socket family:d@_sock_family_str type:d@_sock_type_str protocol:d
socketpair family:d@_sock_family_str type:d@_sock_type_str protocol:d sv_uaddr:p
sysinfo info_uaddr:p
syslog type:d bufp_uaddr:p len:d
uname name_uaddr:p
uselib library_uaddr:T>library
vhangup
`;
