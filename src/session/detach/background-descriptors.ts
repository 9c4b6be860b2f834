/** Descriptor of the channel in a background process. */
export const CHANNEL_FD = 3;
/** Descriptor of /dev/fuse in a background process that takes a module over. */
export const DEVICE_FD = 4;
/** Descriptor of the supervisor's pipe in such a process. */
export const SUPERVISOR_FD = 5;

/** Descriptors of the module's kernel half in such a process begin here: those of maps, then those of links. */
export const KERNEL_FDS = 6;

/** Environment variable by which a new process knows that it is to run a module it gets on its channel. */
export const BACKGROUND_VARIABLE = 'STAP_TS_BACKGROUND';
