import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IN_HEADER_BYTES, opcode } from './protocol.ts';
import { FuseRequest } from './request.ts';

/** A request as the kernel lays it out: header, then payload. */
function message(kind: number, payload: Buffer, length = IN_HEADER_BYTES + payload.length): Buffer {
  const header = Buffer.alloc(IN_HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  header.writeUInt32LE(kind, 4);
  header.writeBigUInt64LE(0x1234_5678_9abc_def0n, 8);
  header.writeBigUInt64LE(7n, 16);
  header.writeUInt32LE(1000, 24);
  header.writeUInt32LE(100, 28);
  header.writeUInt32LE(4242, 32);
  return Buffer.concat([header, payload]);
}

function accepted(bytes: Buffer): { request: FuseRequest; verdict: string } {
  const request = new FuseRequest(8192);
  bytes.copy(request.buffer);
  return { request, verdict: request.accept(bytes.length) };
}

describe('FuseRequest', () => {
  it('reads the header', () => {
    const { request, verdict } = accepted(message(opcode.STATFS, Buffer.alloc(0)));
    expect(verdict).toBe('ok');
    expect(request.opcode).toBe(opcode.STATFS);
    expect(request.uniqueLow).toBe(0x9abcdef0);
    expect(request.uniqueHigh).toBe(0x12345678);
    expect(request.nodeId).toBe(7);
    expect([request.uid, request.gid, request.tid]).toEqual([1000, 100, 4242]);
  });

  it('reads a name up to its NUL, bytes as units', () => {
    expect(accepted(message(opcode.LOOKUP, Buffer.from('caf\xe9\0rest', 'latin1'))).request.name()).toBe(
      'caf\xe9',
    );
  });

  it('takes a name without NUL up to the end of the request', () => {
    const bytes = message(opcode.LOOKUP, Buffer.from('abc', 'latin1'));
    const request = new FuseRequest(8192);
    request.buffer.fill(0x7a);
    bytes.copy(request.buffer);
    request.accept(bytes.length);
    expect(request.name()).toBe('abc');
  });

  it('reads READ with offsets beyond 4 GiB', () => {
    const payload = Buffer.alloc(40);
    payload.writeBigUInt64LE(5n, 0);
    payload.writeBigUInt64LE(0x1_0000_0002n, 8);
    payload.writeUInt32LE(4096, 16);
    payload.writeUInt32LE(2, 20);
    const { request } = accepted(message(opcode.READ, payload));
    expect([request.fileHandle, request.ioOffset, request.ioSize, request.readFlags]).toEqual([
      5, 0x100000002, 4096, 2,
    ]);
  });

  it('reads the data of WRITE as a byte string', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (data) => {
        const payload = Buffer.alloc(40);
        payload.writeUInt32LE(data.length, 16);
        const { request, verdict } = accepted(message(opcode.WRITE, Buffer.concat([payload, data])));
        expect(verdict).toBe('ok');
        expect(Buffer.from(request.writeText(), 'latin1').equals(data)).toBe(true);
      }),
    );
  });

  it('reads SETATTR, also times before 1970', () => {
    const payload = Buffer.alloc(88);
    payload.writeUInt32LE(0x33, 0);
    payload.writeBigInt64LE(-86400n, 32);
    payload.writeBigInt64LE(1_700_000_000n, 40);
    payload.writeUInt32LE(11, 56);
    payload.writeUInt32LE(22, 60);
    payload.writeUInt32LE(0o100640, 68);
    payload.writeUInt32LE(501, 76);
    payload.writeUInt32LE(20, 80);
    const { request } = accepted(message(opcode.SETATTR, payload));
    expect(request.setValid).toBe(0x33);
    expect([request.setAtimeSec, request.setAtimeNsec]).toEqual([-86400, 11]);
    expect([request.setMtimeSec, request.setMtimeNsec]).toEqual([1_700_000_000, 22]);
    expect([request.setMode, request.setUid, request.setGid]).toEqual([0o100640, 501, 20]);
  });

  it('calls a WRITE short that promises more data than it brings', () => {
    const payload = Buffer.alloc(40);
    payload.writeUInt32LE(10, 16);
    expect(accepted(message(opcode.WRITE, Buffer.concat([payload, Buffer.alloc(9)]))).verdict).toBe('short');
  });

  it.each(Object.entries(opcode))('never crashes on %s with random payload', (_, kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
        const { request, verdict } = accepted(message(kind, Buffer.from(payload)));
        expect(['ok', 'short']).toContain(verdict);
        expect(request.name().length).toBeLessThanOrEqual(payload.length);
        if (verdict === 'ok' && kind === opcode.WRITE)
          expect(request.writeText().length).toBe(request.ioSize);
      }),
    );
  });

  it('refuses what has no sound header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const { verdict } = accepted(Buffer.from(bytes));
        const claims = bytes.length >= 4 ? Buffer.from(bytes).readUInt32LE(0) : -1;
        if (bytes.length < IN_HEADER_BYTES || claims !== bytes.length) expect(verdict).toBe('garbage');
      }),
    );
    expect(accepted(message(opcode.OPEN, Buffer.alloc(8), 47)).verdict).toBe('garbage');
    expect(accepted(message(opcode.OPEN, Buffer.alloc(7))).verdict).toBe('short');
  });
});
