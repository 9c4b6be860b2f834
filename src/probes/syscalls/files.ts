/** System calls about files and directories; the notation is that of `readSyscalls`. */
export const FILE_SYSCALLS = `
access pathname:s mode:d@_access_mode_str
acct filename:s
chdir path:s
chmod path:s mode:o
chown path:s owner:d group:d
chroot path:s
close fd:d
close_range fd:u max_fd:u flags:u@_close_range_flags_str
copy_file_range fd_in:d off_in:p fd_out:d off_out:p len:U flags:x
creat pathname:s mode:o
dup oldfd:d
dup2 oldfd:d newfd:d
dup3 oldfd:d newfd:d flags:d@_dup3_flag_str
faccessat dirfd:d@_dfd_str pathname:s mode:d@_access_mode_str
faccessat2 dirfd:d@_dfd_str pathname:s mode:d@_access_mode_str flags:d@_faccessat2_flags_str
fadvise64 fd:d offset:l len:l advice:d@_fadvice_advice_str
fallocate fd:d mode:u@_stp_fallocate_mode_str offset:X len:U
fanotify_init flags:u@_fanotify_init_flags_str event_f_flags:u@_sys_open_flag_str
fanotify_mark fanotify_fd:d flags:u@_fanotify_mark_flags_str mask:U@_fanotify_mark_mask_str dirfd:d@_dfd_str pathname:s
fchdir fd:d
fchmod fildes:d mode:o
fchmodat dirfd:d@_dfd_str pathname:s mode:o
fchmodat2 dirfd:d@_dfd_str pathname:s mode:o flags:u@_at_flag_str
fchown fd:d owner:d group:d
fchownat dirfd:d@_dfd_str pathname:s owner:d group:d flags:d@_at_flag_str
fcntl fd:d cmd:d@_fcntl_cmd_str arg:P
fdatasync fd:d
fgetxattr filedes:d name_uaddr:T>name_str value_uaddr:p size:U
flistxattr filedes:d list_uaddr:p size:U
flock fd:d operation:d@!_flock_cmd_str
fremovexattr filedes:d name_uaddr:T>name_str
fsconfig fs_fd:d cmd:u key:s value_uaddr:p aux:d
fsetxattr filedes:d name_uaddr:T>name_str value_uaddr:p@_stp_xattr_val_str(size)>value_str size:U flags:d@_stp_xattr_flags_str
fsmount fs_fd:d flags:x ms_flags:x
fsopen fs_name:s flags:x
fspick dfd:d@_dfd_str path:s flags:x
fstat filedes:d buf_uaddr:p
fstatat=newfstatat dirfd:d@_dfd_str path:s buf_uaddr:p flags:d@_at_flag_str
fstatfs fd:d buf_uaddr:p
fsync fd:d
ftruncate fd:d length:l
futimesat dirfd:d@_dfd_str filename_uaddr:T>filename tvp_uaddr:p@_struct_timeval_u(2)>tvp_str
getcwd buf_uaddr:p size:l
getdents=getdents,getdents64 fd:d dirp_uaddr:p count:d
getxattr path:s name_str:s value_uaddr:p size:U
inotify_add_watch fd:d path_uaddr:T>path mask:u@_inotify_watch_mask_str
inotify_init=inotify_init1,inotify_init flags:d@_inotify_init1_flag_str
inotify_rm_watch fd:d wd:d
ioctl fd:d request:d argp:P
lchown path:s owner:d group:d
lgetxattr path:s name_str:s value_uaddr:p size:U
link oldpath:s newpath:s
linkat olddirfd:d@_dfd_str oldpath:s newdirfd:d@_dfd_str newpath:s flags:d@_at_flag_str
listmount req_uaddr:p mnt_ids_uaddr:p nr_mnt_ids:U flags:x
listxattr path_uaddr:T>path list_uaddr:p size:U
llistxattr path_uaddr:T>path list_uaddr:p size:U
lookup_dcookie cookie:X buffer_uaddr:p len:X
lremovexattr path_uaddr:T>path name_uaddr:T>name_str
lseek fildes:d offset:l whence:u@_seek_whence_str
lsetxattr path_uaddr:T>path name_uaddr:T>name_str value_uaddr:p@_stp_xattr_val_str(size)>value_str size:U flags:d@_stp_xattr_flags_str
lstat path:s buf_uaddr:p
mkdir pathname_uaddr:T>pathname mode:o
mkdirat dirfd:d@_dfd_str pathname:s mode:o
mknod pathname:s mode:u@_mknod_mode_str dev:u
mknodat dirfd:d@_dfd_str pathname:s mode:u@_mknod_mode_str dev:u
mount source:s target:s filesystemtype:s mountflags:U@_mountflags_str data:s
mount_setattr dfd:d@_dfd_str path:s flags:u@_at_flag_str uattr_uaddr:p usize:U
move_mount from_dfd:d@_dfd_str from_path:s to_dfd:d@_dfd_str to_path:s ms_flags:x
name_to_handle_at dfd:d@_dfd_str pathname:s handle_uaddr:p mnt_id_uaddr:p flags:d@_at_flag_str
open filename:s flags:d@_sys_open_flag_str mode:o = flags & 0x40 ? sprintf("%s, %s, %#o", filename, flags_str, mode) : sprintf("%s, %s", filename, flags_str)
open_by_handle_at mount_dfd:d@_dfd_str handle_uaddr:p flags:d@_sys_open_flag_str
open_tree dfd:d@_dfd_str path:s flags:x
openat dfd:d@_dfd_str filename:s flags:d@_sys_open_flag_str mode:o = flags & 0x40 ? sprintf("%s, %s, %s, %#o", dfd_str, filename, flags_str, mode) : sprintf("%s, %s, %s", dfd_str, filename, flags_str)
openat2 dfd:d@_dfd_str filename:s how_uaddr:p@_struct_open_how_u>how_str size:U
pipe=pipe,pipe2 fildes_uaddr:p flags:d@!_pipe2_flag_str = sprintf("%p", fildes_uaddr)
pivot_root new_root_str:s old_root_str:s
pread=pread64 fd:d buf_uaddr:p count:U offset:l
preadv fd:d vector_uaddr:p count:d offset:X
preadv2 fd:d vector_uaddr:p count:d offset:X _ flags:d@_preadv2_flags_str
pwrite=pwrite64 fd:d buf_uaddr:p@_syscall_buffer_str(count)>buf_str count:U offset:l
pwritev fd:d vector_uaddr:p count:d offset:X
pwritev2 fd:d vector_uaddr:p count:d offset:X _ flags:d@_preadv2_flags_str
quotactl cmd:u@_quotactl_cmd_str special:T>special_str id:d addr_uaddr:p
quotactl_fd fd:u cmd:u@_quotactl_cmd_str id:d addr_uaddr:p
read fd:d buf_uaddr:p count:U
readahead fd:d offset:l count:U
readlink path:s buf_uaddr:p bufsiz:d
readlinkat dfd:d@_dfd_str path:s buf_uaddr:p bufsiz:d
readv fd:d vector_uaddr:p count:d
removexattr path:s name_str:s
rename oldpath:s newpath:s
renameat olddfd:d@_dfd_str oldname:T>oldname_str newdfd:d@_dfd_str newname:T>newname_str
renameat2 olddfd:d@_dfd_str oldname:T>oldname_str newdfd:d@_dfd_str newname:T>newname_str flags:u@_renameat2_flags_str
rmdir pathname:s
sendfile out_fd:d in_fd:d offset_uaddr:p count:U
setxattr path_uaddr:T>path name_uaddr:T>name_str value_uaddr:p@_stp_xattr_val_str(size)>value_str size:U flags:d@_stp_xattr_flags_str
splice fd_in:d off_in:p fd_out:d off_out:p len:U flags:u@_stp_splice_flags_str
stat filename_uaddr:T>filename buf_uaddr:p
statfs path:s buf_uaddr:p
statmount req_uaddr:p buf_uaddr:p bufsize:U flags:x
statx dfd:d@_dfd_str filename_uaddr:T>filename flags:u@_at_flag_str mask:u@_statx_mask_str buf_uaddr:p
swapoff path_uaddr:T>path
swapon path_uaddr:T>path swapflags:d@_swapon_flags_str
symlink oldpath:s newpath:s
symlinkat oldname:T>oldname_str newdfd:d@_dfd_str newname:T>newname_str
sync
sync_file_range fd:d offset:l nbytes:l flags:u@_sync_file_range_flags_str
syncfs fd:d
sysfs option:d arg1:x arg2:x
tee fdin:d fdout:d len:U flags:x
truncate path_uaddr:T>path length:l
umask mask:o
umount=umount2 target:s flags:d@_umountflags_str
unlink pathname_uaddr:T>pathname
unlinkat dfd:d@_dfd_str pathname:T>pathname_str flag:u@_at_flag_str
ustat dev:u ubuf_uaddr:p
utime filename_uaddr:T>filename buf_uaddr:p@_struct_utimbuf_u>buf_str
utimensat dfd:d@_dfd_str filename_uaddr:T>filename tsp_uaddr:p@_struct_timespec_u(2)>tsp_str flags:d@_at_flag_str
utimes filename_uaddr:T>filename tvp_uaddr:p@_struct_timeval_u(2)>tvp_uaddr_str
vmsplice fd:d iov:p nr_segs:U flags:u@_stp_splice_flags_str
write fd:d buf_uaddr:p@_syscall_buffer_str(count)>buf_str count:U
writev fd:d vector_uaddr:p count:d
`;
