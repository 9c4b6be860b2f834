import koffi from 'koffi';
import { KernelProbeError } from './kernel-probe-error.ts';

/**
 * The system calls of the loader. Calls return the result, or minus the error number (never -1 and errno). Buffers
 * whose address is handed over must stay reachable until the call returns.
 */
export interface LoaderSystemCalls {
  /** bpf(2); `attributes` is union bpf_attr, zero behind what the command uses. */
  bpf(command: number, attributes: Buffer): number;
  /** perf_event_open(2), close-on-exec and in no group. */
  perfEventOpen(attributes: Buffer, pid: number, cpu: number): number;
  ioctl(fd: number, request: number, argument: number): number;
  close(fd: number): number;
  /** process_vm_readv(2): fills `into` from the memory of a process; the number of bytes read. */
  readProcess(pid: number, address: bigint, into: Buffer): number;
  /**
   * mmap(2), shared. Unmapped some time after the last view of the buffer is gone, never before. Writing to memory
   * that is not `writable` kills the process. Minus the error number when it fails.
   */
  map(fd: number, bytes: number, offset: number, writable: boolean): ArrayBuffer | number;
  /** munmap(2) of what `map` returned, now: whoever uses the buffer or a view of it afterwards kills the process. */
  unmap(memory: ArrayBuffer): void;
  /** Address of a buffer's first byte, for attributes that point to others. */
  address(buffer: Buffer): bigint;
  /** Bytes of a page of memory. */
  readonly pageBytes: number;
}

/** Numbers of system calls without a function in the C library, by architecture as Node names it. */
const SYSTEM_CALL_NUMBERS: Readonly<Partial<Record<string, { bpf: number; perfEventOpen: number }>>> = {
  x64: { bpf: 321, perfEventOpen: 298 },
  arm64: { bpf: 280, perfEventOpen: 241 },
};
const PERF_FLAG_FD_CLOEXEC = 8;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

type NativeCall = (...args: (number | bigint | Buffer | null)[]) => number;

/** Binds the C library (about 10 ms). Throws `KernelProbeError` on architectures it has no numbers for. */
export function loadLoaderSystemCalls(architecture: string = process.arch): LoaderSystemCalls {
  const numbers = SYSTEM_CALL_NUMBERS[architecture];
  if (numbers === undefined) {
    throw new KernelProbeError(
      'ENOSYS',
      `kernel probes are not supported on the architecture ${architecture}`,
    );
  }
  const library = koffi.load(null);
  const bind = (definition: string): NativeCall => {
    const native: (...args: unknown[]) => number = library.func(definition);
    return native;
  };
  // syscall(2) is variadic; whole numbers and addresses travel in the same registers either way.
  const nativeBpf = bind('long syscall(long number, int command, void *attributes, unsigned int bytes)');
  const nativePerf = bind(
    'long syscall(long number, void *attributes, int pid, int cpu, int group, unsigned long flags)',
  );
  const nativeIoctl = bind('int ioctl(int fd, unsigned long request, unsigned long argument)');
  const nativeClose = bind('int close(int fd)');
  const nativeRead = bind(
    'intptr_t process_vm_readv(int pid, void *local, unsigned long locals, void *remote, unsigned long remotes, unsigned long flags)',
  );
  const pageBytes = bind('int getpagesize()')();
  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);

  return {
    bpf: (command, attributes) => checked(nativeBpf(numbers.bpf, command, attributes, attributes.length)),
    perfEventOpen: (attributes, pid, cpu) =>
      checked(nativePerf(numbers.perfEventOpen, attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC)),
    ioctl: (fd, request, argument) => checked(nativeIoctl(fd, request, argument)),
    close: (fd) => checked(nativeClose(fd)),
    readProcess: (pid, address, into) => {
      // Two struct iovec.
      const ranges = new BigUint64Array([koffi.address(into), 0n, BigInt.asUintN(64, address), 0n]);
      ranges[1] = ranges[3] = BigInt(into.length);
      const local = Buffer.from(ranges.buffer, 0, 16);
      return checked(nativeRead(pid, local, 1, Buffer.from(ranges.buffer, 16), 1, 0));
    },
    ...memoryMapper(library),
    address: (buffer) => koffi.address(buffer),
    pageBytes,
  };
}

/** Unmaps memory whose buffer is gone. Of the whole process: a registry that is itself gone tells nobody. */
const unreachable = new FinalizationRegistry<() => void>((unmap) => {
  unmap();
});

function memoryMapper(library: ReturnType<typeof koffi.load>): Pick<LoaderSystemCalls, 'map' | 'unmap'> {
  const nativeMap: (...args: unknown[]) => number | bigint = library.func(
    'uintptr_t mmap(void *address, size_t bytes, int protection, int flags, int fd, intptr_t offset)',
  );
  const nativeUnmap: (...args: unknown[]) => number = library.func(
    'int munmap(uintptr_t address, size_t bytes)',
  );
  const unmappers = new WeakMap<ArrayBuffer, () => void>();
  const map: LoaderSystemCalls['map'] = (fd, bytes, offset, writable) => {
    const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const address = BigInt(nativeMap(null, bytes, protection, MAP_SHARED, fd, offset));
    if (address === MAP_FAILED) return -koffi.errno();
    const memory = koffi.view(address, bytes);
    const unmap = (): void => {
      nativeUnmap(address, bytes);
    };
    unmappers.set(memory, unmap);
    // A buffer over memory that is gone would crash the process, so the collector decides.
    unreachable.register(memory, unmap, memory);
    return memory;
  };
  const unmap = (memory: ArrayBuffer): void => {
    const unmapNow = unmappers.get(memory);
    if (unmapNow === undefined) return;
    unmappers.delete(memory);
    unreachable.unregister(memory);
    unmapNow();
  };
  return { map, unmap };
}
