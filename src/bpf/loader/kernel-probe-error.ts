/**
 * Kernel probes cannot be had: the message is one sentence for the user, `code` the name of the error number (`EPERM`;
 * `ENOTSUPP` for 524, which errno(3) does not know). `log` is what the kernel's verifier said, for programs it refused.
 */
export class KernelProbeError extends Error {
  readonly code: string;
  readonly log: string | undefined;

  constructor(code: string, message: string, log?: string) {
    super(message);
    this.name = 'KernelProbeError';
    this.code = code;
    this.log = log;
  }
}
