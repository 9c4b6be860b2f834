import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FuseReply } from './reply.ts';
import type { DirectoryEntry, NodeAttributes } from './reply.ts';

const attributes: NodeAttributes = {
  nodeId: 3,
  mode: 0o100640,
  links: 1,
  uid: 1000,
  gid: 100,
  size: 0x1_0000_0005,
  atime: { sec: 1, nsec: 2 },
  mtime: { sec: -3, nsec: 4 },
  ctime: { sec: 0x1_0000_0000, nsec: 6 },
};

function sent(build: (reply: FuseReply) => number): Buffer {
  const reply = new FuseReply(8192);
  reply.buffer.fill(0xaa);
  return reply.buffer.subarray(0, build(reply.to(0x9abcdef0, 0x12345678)));
}

/** struct fuse_attr at `at`. */
function decodeAttributes(bytes: Buffer, at: number): unknown {
  return {
    nodeId: Number(bytes.readBigUInt64LE(at)),
    size: Number(bytes.readBigUInt64LE(at + 8)),
    atime: { sec: Number(bytes.readBigInt64LE(at + 24)), nsec: bytes.readUInt32LE(at + 48) },
    mtime: { sec: Number(bytes.readBigInt64LE(at + 32)), nsec: bytes.readUInt32LE(at + 52) },
    ctime: { sec: Number(bytes.readBigInt64LE(at + 40)), nsec: bytes.readUInt32LE(at + 56) },
    mode: bytes.readUInt32LE(at + 60),
    links: bytes.readUInt32LE(at + 64),
    uid: bytes.readUInt32LE(at + 68),
    gid: bytes.readUInt32LE(at + 72),
  };
}

describe('FuseReply', () => {
  it('addresses and measures each message', () => {
    for (const bytes of [
      sent((reply) => reply.empty()),
      sent((reply) => reply.written(4)),
      sent((reply) => reply.statfs()),
      sent((reply) => reply.read('abc', 0, 10)),
    ]) {
      expect(bytes.readUInt32LE(0)).toBe(bytes.length);
      expect(bytes.readInt32LE(4)).toBe(0);
      expect(bytes.readBigUInt64LE(8)).toBe(0x123456789abcdef0n);
    }
  });

  it('sends errors negative and without data', () => {
    const bytes = sent((reply) => reply.error(5));
    expect(bytes.length).toBe(16);
    expect(bytes.readInt32LE(4)).toBe(-5);
  });

  it('lays out attributes of LOOKUP and GETATTR', () => {
    const entry = sent((reply) => reply.entry(attributes, 1000, 2000));
    expect(entry.length).toBe(144);
    expect(Number(entry.readBigUInt64LE(16))).toBe(3);
    expect(Number(entry.readBigUInt64LE(32))).toBe(1000);
    expect(Number(entry.readBigUInt64LE(40))).toBe(2000);
    expect(decodeAttributes(entry, 56)).toEqual(attributes);
    const answer = sent((reply) => reply.attributes(attributes, 1000));
    expect(answer.length).toBe(120);
    expect(decodeAttributes(answer, 32)).toEqual(attributes);
  });

  it('never sends more content than asked for, nor past its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), fc.nat(400), (content, start, limit) => {
        const text = Buffer.from(content).toString('latin1');
        const bytes = sent((reply) => reply.read(text, start, limit)).subarray(16);
        expect(bytes.equals(Buffer.from(content).subarray(start, start + limit))).toBe(true);
      }),
    );
  });

  it('lists directories in pieces without losing or repeating a name', () => {
    const names = fc.uniqueArray(
      fc.string({ minLength: 1, maxLength: 40 }).filter((name) => /^[\x21-\x7e]+$/.test(name)),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(names, fc.integer({ min: 64, max: 500 }), (list, limit) => {
        const entries: DirectoryEntry[] = list.map((name, index) => ({
          name,
          nodeId: index + 2,
          isDirectory: index % 2 === 0,
        }));
        const found: DirectoryEntry[] = [];
        for (let rounds = 0; rounds < 100; rounds++) {
          const bytes = sent((reply) => reply.directory(entries, found.length, limit)).subarray(16);
          expect(bytes.length).toBeLessThanOrEqual(limit);
          if (bytes.length === 0) break;
          for (let at = 0; at < bytes.length;) {
            const length = bytes.readUInt32LE(at + 16);
            found.push({
              name: bytes.toString('latin1', at + 24, at + 24 + length),
              nodeId: Number(bytes.readBigUInt64LE(at)),
              isDirectory: bytes.readUInt32LE(at + 20) === 4,
            });
            expect(Number(bytes.readBigUInt64LE(at + 8))).toBe(found.length);
            at += (24 + length + 7) & ~7;
          }
        }
        expect(found).toEqual(entries);
      }),
    );
  });

  it('stores a byte as a notification: no request id, the code in place of the error', () => {
    const bytes = sent((reply) => reply.storeByte(9, 0x1_0000_0001));
    expect(bytes.length).toBe(41);
    expect(bytes.readUInt32LE(4)).toBe(4);
    expect(bytes.readBigUInt64LE(8)).toBe(0n);
    expect(Number(bytes.readBigUInt64LE(16))).toBe(9);
    expect(Number(bytes.readBigUInt64LE(24))).toBe(0x100000001);
    expect(bytes.readUInt32LE(32)).toBe(1);
    expect(bytes[40]).toBe(0);
  });

  it('invalidates a node as a notification about its whole content', () => {
    const bytes = sent((reply) => reply.invalidate(9));
    expect(bytes.length).toBe(40);
    expect(bytes.readUInt32LE(4)).toBe(2);
    expect(bytes.readBigUInt64LE(8)).toBe(0n);
    expect(Number(bytes.readBigUInt64LE(16))).toBe(9);
    expect(bytes.readBigInt64LE(24)).toBe(0n);
    expect(bytes.readBigInt64LE(32)).toBe(0n);
  });
});
