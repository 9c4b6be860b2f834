import { BPF_COMMAND, newAttributes } from '../attributes.ts';
import { loadLoaderSystemCalls } from '../system-calls.ts';

/** Whether this process may use eBPF; tests with the kernel are skipped where bpf(2) is refused. */
export function hasEbpf(): boolean {
  const calls = loadLoaderSystemCalls();
  const attributes = newAttributes();
  // An array of one element of 4 bytes.
  [2, 4, 4, 1].forEach((word, index) => attributes.writeUInt32LE(word, index * 4));
  const fd = calls.bpf(BPF_COMMAND.mapCreate, attributes);
  if (fd >= 0) calls.close(fd);
  return fd >= 0;
}
