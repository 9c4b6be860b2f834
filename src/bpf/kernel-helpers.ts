/** Functions of the kernel that programs may call, by their number in linux/bpf.h. */
export const KERNEL_HELPERS = {
  map_lookup_elem: 1,
  map_update_elem: 2,
  map_delete_elem: 3,
  ktime_get_ns: 5,
  get_prandom_u32: 7,
  get_smp_processor_id: 8,
  tail_call: 12,
  get_current_pid_tgid: 14,
  get_current_uid_gid: 15,
  get_current_comm: 16,
  get_current_task: 35,
  get_stack: 67,
  get_current_cgroup_id: 80,
  probe_read_user: 112,
  probe_read_kernel: 113,
  probe_read_user_str: 114,
  probe_read_kernel_str: 115,
  jiffies64: 118,
  seq_printf: 126,
  seq_write: 127,
  ringbuf_output: 130,
  ringbuf_reserve: 131,
  ringbuf_submit: 132,
  ringbuf_discard: 133,
  get_attach_cookie: 174,
  loop: 181,
  get_func_arg: 183,
  get_func_ret: 184,
} as const;

/** Name of a helper without its `bpf_`. */
export type KernelHelper = keyof typeof KERNEL_HELPERS;
