/** System calls about processes, their rights, signals and time; the notation is that of `readSyscalls`. */
export const PROCESS_SYSCALLS = `
adjtimex buf_uaddr:p
alarm seconds:u
arch_prctl code:d@_stp_arch_prctl_func_str addr:U
capget header_uaddr:p data_uaddr:p
capset header_uaddr:p data_uaddr:p
clock_adjtime clk_id:d@_get_wc_str tx_uaddr:p
clock_getres clk_id:d@_get_wc_str res_uaddr:p
clock_gettime clk_id:d@_get_wc_str tp_uaddr:p
clock_nanosleep clk_id:d@_get_wc_str flags:d@_stp_clock_nanosleep_flags_str req_uaddr:p@_struct_timespec_u(1)>req_str rem_uaddr:p
clock_settime clk_id:d@_get_wc_str tp_uaddr:p@_struct_timespec_u(1)>tp_uaddr_str
clone clone_flags:l@!__fork_flags stack_start:p parent_tid_uaddr:p child_tid_uaddr:p
clone3 uargs_uaddr:p size:U
execve filename:s args_uaddr:p@__get_argv(0)>args env_uaddr:p@__get_argv(0)>env_str
execveat dirfd:d@_dfd_str filename:s args_uaddr:p@__get_argv(0)>args env_uaddr:p@__get_argv(0)>env_str flags:d@_at_flag_str
exit status:d
exit_group status:d
fork
get_robust_list pid:d list_head_uaddr:p len_uaddr:p
get_thread_area u_info_uaddr:p
getcpu cpu_uaddr:p node_uaddr:p tcache_uaddr:p
getegid
geteuid
getgid
getgroups size:d list_uaddr:p
getitimer which:d@!_itimer_which_str value_uaddr:p
getpgid pid:d
getpgrp
getpid
getppid
getpriority which:d@!_priority_which_str who:d
getresgid rgid_uaddr:p egid_uaddr:p sgid_uaddr:p
getresuid ruid_uaddr:p euid_uaddr:p suid_uaddr:p
getrlimit resource:d@!_rlimit_resource_str rlim_uaddr:p
getrusage who:d@_rusage_who_str usage_uaddr:p
getsid pid:d
gettid
gettimeofday tv_uaddr:p tz_uaddr:p
getuid
ioprio_get which:d@_stp_ioprio_which_str who:d
ioprio_set which:d@_stp_ioprio_which_str who:d ioprio:d@_stp_ioprio_value_str
kcmp pid1:d pid2:d type:d@_kcmp_type_str idx1:U idx2:U
kill pid:d sig:d@_signal_name>sig_name
landlock_add_rule ruleset_fd:d rule_type:d rule_attr_uaddr:p flags:x
landlock_create_ruleset attr_uaddr:p size:U flags:x
landlock_restrict_self ruleset_fd:d flags:x
lsm_get_self_attr attr:u ctx_uaddr:p size_uaddr:p flags:x
lsm_list_modules ids_uaddr:p size_uaddr:p flags:x
lsm_set_self_attr attr:u ctx_uaddr:p size:U flags:x
nanosleep req_uaddr:p@_struct_timespec_u(1)>req_str rem_uaddr:p
pause
personality persona:x
pidfd_getfd pidfd:d fd:d flags:x
pidfd_open pid:d flags:u@_pidfd_open_flags_str
pidfd_send_signal pidfd:d sig:d@_signal_name>sig_name info_uaddr:p flags:x
prctl option:d@!_prctl_option_str arg2:U arg3:U arg4:U arg5:U = sprintf("%s, %#x, %#x, %#x, %#x", _prctl_option_str(option), arg2, arg3, arg4, arg5)
prlimit64 pid:d resource:d@_rlimit_resource_str new_rlim_uaddr:p@_struct_rlimit_u>new_rlim_str old_rlim_uaddr:p
ptrace request:l@!__ptrace_request_str pid:d addr:P data:P
restart_syscall
rseq rseq_uaddr:p rseq_len:u flags:x sig:x
rt_sigaction sig:d@_signal_name act_uaddr:p@_struct_sigaction_u>act_str oact_uaddr:p sigsetsize:l = sprintf("%s, {%s}, %p, %d", sig_str, act_str, oact_uaddr, sigsetsize)
rt_sigpending set_uaddr:p sigsetsize:U
rt_sigprocmask how:d@_sigprocmask_how_str set_uaddr:p@_stp_sigset_u>set_str oldset_uaddr:p sigsetsize:d
rt_sigqueueinfo pid:d sig:d@_signal_name>sig_name uinfo_uaddr:p
rt_sigreturn
rt_sigsuspend set_uaddr:p@_stp_sigset_u>set_str sigsetsize:U
rt_sigtimedwait uthese_uaddr:p@_stp_sigset_u>uthese_str uinfo_uaddr:p uts_uaddr:p@_struct_timespec_u(1)>uts_str sigsetsize:l
rt_tgsigqueueinfo tgid:d tid:d sig:d@_signal_name uinfo_uaddr:p
sched_get_priority_max policy:d@_sched_policy_str
sched_get_priority_min policy:d@_sched_policy_str
sched_getaffinity pid:d len:u mask_uaddr:p
sched_getattr pid:d sched_attr_uaddr:p size:u flags:u
sched_getparam pid:d p_uaddr:p
sched_getscheduler pid:d
sched_rr_get_interval pid:d tp_uaddr:p
sched_setaffinity pid:d len:u mask_uaddr:p
sched_setattr pid:d sched_attr_uaddr:p flags:u
sched_setparam pid:d p_uaddr:p
sched_setscheduler pid:d policy:d@_sched_policy_str p_uaddr:p
sched_yield
seccomp op:u@_seccomp_op_str flags:u@_seccomp_flags_str uargs_uaddr:p
set_robust_list list_head_uaddr:p len:U
set_thread_area u_info_uaddr:p
set_tid_address tidptr_uaddr:p
setfsgid fsgid:d
setfsuid fsuid:d
setgid gid:d
setgroups size:d list_uaddr:p
setitimer which:d@_itimer_which_str value_uaddr:p@_struct_itimerval_u>value_str ovalue_uaddr:p
setns fd:d nstype:d@__fork_flags
setpgid pid:d pgid:d
setpriority which:d@_priority_which_str who:d prio:d
setregid rgid:d egid:d
setresgid rgid:d egid:d sgid:d
setresuid ruid:d euid:d suid:d
setreuid ruid:d euid:d
setrlimit resource:u@_rlimit_resource_str rlim_uaddr:p@_struct_rlimit_u>rlim_str
setsid
settimeofday tv_uaddr:p@_struct_timeval_u(1)>tv_str tz_uaddr:p@_struct_timezone_u>tz_str
setuid uid:d
sigaltstack uss_uaddr:p@_stp_sigaltstack_u>uss_str uoss_uaddr:p
tgkill tgid:d pid:d sig:d@_signal_name
time t_uaddr:p
times buf_uaddr:p
tkill pid:d sig:d@_signal_name
timer_create clockid:d@_get_wc_str evp_uaddr:p timerid_uaddr:p
timer_delete timerid:d
timer_getoverrun timerid:d
timer_gettime timerid:d value_uaddr:p
timer_settime timerid:d flags:d value_uaddr:p@_struct_itimerspec_u>value_str ovalue_uaddr:p
timerfd_create clockid:d@_get_wc_str flags:d@_stp_timerfd_flags_str
timerfd_gettime fd:d value_uaddr:p
timerfd_settime fd:d flags:d@_stp_timerfd_flags_str value_uaddr:p@_struct_itimerspec_u>value_str ovalue_uaddr:p
unshare unshare_flags:U@__fork_flags
vfork
wait4 pid:d status_uaddr:p options:d@_wait4_opt_str rusage_uaddr:p
waitid which:d@_waitid_which_str pid:d infop_uaddr:p options:d@_wait4_opt_str rusage_uaddr:p
`;
