/** The bytes are no BTF, or not of a form the kernel would accept; the message says where, without a full stop. */
export class BtfError extends Error {
  override readonly name = 'BtfError';
}
