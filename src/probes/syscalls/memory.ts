/** System calls about memory, shared memory and messages of System V; the notation is that of `readSyscalls`. */
export const MEMORY_SYSCALLS = `
brk brk:P
cachestat fd:u range_uaddr:p buf_uaddr:p flags:x
get_mempolicy policy_uaddr:p nmask_uaddr:p maxnode:U addr:P flags:U@_mempolicy_flags_str
madvise start:P length:U advice:d@_madvice_advice_str
map_shadow_stack addr:P size:U flags:x
mbind start:p len:U mode:d@_mempolicy_mode_str nmask_uaddr:p maxnode:U flags:u@_mempolicy_flags_str
membarrier cmd:d@_membarrier_cmd_str flags:d
memfd_create uname:s flags:u@_mfd_flags_str
memfd_secret flags:u@_mfd_flags_str
migrate_pages pid:d maxnode:U old_nodes:p new_nodes:p
mincore start:p length:U vec_uaddr:p
mlock addr:P len:U
mlock2 addr:P len:U flags:d@_stp_mlock2_str
mlockall flags:d@_mlockall_flags_str
mmap2=mmap start:P length:U prot:U@_mprotect_prot_str flags:U@_mmap_flags fd:d pgoffset:l
move_pages pid:d nr_pages:U pages:p nodes:p status:p flags:d@_mempolicy_flags_str
mprotect addr:P len:U prot:U@_mprotect_prot_str
mremap old_address:P old_size:l new_size:l flags:U@_mremap_flags new_address:P
mseal start:P len:U flags:x
msgctl msqid:d cmd:d@_stp_msgctl_cmd_str buf_uaddr:p
msgget key:d@_stp_msgget_key_str msgflg:d@__sem_flags
msgrcv msqid:d msgp_uaddr:p msgsz:U msgtyp:l msgflg:d@_stp_msgflg_str
msgsnd msqid:d msgp_uaddr:p msgsz:U msgflg:d@_stp_msgflg_str
msync start:P length:U flags:d@_msync_flag_str
munlock addr:P len:l
munlockall
munmap start:P length:U
pkey_alloc flags:U init_val:U@_pkey_alloc_init_val_str
pkey_free pkey:d
pkey_mprotect addr:P len:U prot:U@_mprotect_prot_str pkey:d
process_madvise pidfd:d vec_uaddr:p vlen:U behavior:d@_madvice_advice_str flags:x
process_mrelease pidfd:d flags:x
process_vm_readv pid:d local_iov_uaddr:p liovcnt:U remote_iov_uaddr:p riovcnt:U flags:U
process_vm_writev pid:d local_iov_uaddr:p liovcnt:U remote_iov_uaddr:p riovcnt:U flags:U
remap_file_pages start:P size:P prot:U@_mprotect_prot_str pgoff:P flags:U@_mmap_flags
semctl semid:d semnum:d cmd:d@_semctl_cmd>cmdstr arg:p
semget key:d@_stp_msgget_key_str nsems:d semflg:d@__sem_flags
semop semid:d sops_uaddr:p nsops:u
semtimedop semid:d sops_uaddr:p nsops:u timeout_uaddr:p@_struct_timespec_u(1)>timeout_str
set_mempolicy mode:d@_mempolicy_mode_str nmask_uaddr:p maxnode:U
set_mempolicy_home_node start:P len:U home_node:U flags:x
shmat shmid:d shmaddr_uaddr:p shmflg:d@_shmat_flags_str
shmctl shmid:d cmd:d@_semctl_cmd buf_uaddr:p
shmdt shmaddr_uaddr:p
shmget key:d size:U shmflg:d@__sem_flags
userfaultfd flags:d@_userfaultfd_flags_str
`;
