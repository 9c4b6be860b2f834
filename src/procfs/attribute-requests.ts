import { errno } from '../fuse/errno.ts';
import { GETATTR_FH, setAttributeBit } from '../fuse/protocol.ts';
import type { NodeAttributes } from '../fuse/reply.ts';
import { currentTime } from './current-time.ts';
import type { FileInode } from './file-inode.ts';
import type { Caller } from './handler-queue.ts';
import type { OpenFile } from './open-file.ts';
import type { OpenFiles } from './open-files.ts';
import { FOREVER_SEC, callerOf, fail } from './serving.ts';
import type { Serving } from './serving.ts';
import type { DirectoryNode, TreeFacts } from './tree.ts';

const PERMISSION_BITS = 0o7777;
const S_IFDIR = 0o040000;
const DIRECTORY_PERMISSIONS = 0o555;

/** Answers GETATTR and SETATTR; each call answers the device's current request. */
export class AttributeRequests {
  readonly #serving: Serving;
  readonly #files: OpenFiles;

  constructor(serving: Serving, files: OpenFiles) {
    this.#serving = serving;
    this.#files = files;
  }

  /** GETATTR. */
  get(): void {
    const { request, reply } = this.#serving.device;
    const node = this.#serving.tree.nodes[request.nodeId];
    if (node?.kind === 'directory') {
      reply.to(request.uniqueLow, request.uniqueHigh);
      this.#serving.device.send(
        reply.attributes(directoryAttributes(node, this.#serving.facts), FOREVER_SEC),
      );
      return;
    }
    const inode = node?.inode ?? this.#serving.alternates.find(request.nodeId);
    if (inode === undefined) {
      fail(this.#serving.device, errno.ENOENT);
      return;
    }
    const caller = callerOf(this.#serving.device);
    if ((request.getAttributeFlags & GETATTR_FH) !== 0) {
      const seeker = this.#files.reader(request.attributeFileHandle);
      this.#files.whenContent(seeker, caller, (length) => this.#answerSeeker(inode, caller, length));
      return;
    }
    const { steering } = this.#serving;
    const own = inode.readers.length === 0 ? undefined : steering.ownReader(inode, caller.tid);
    this.#files.whenContent(own, caller, (length) => this.#answerStat(inode, own, caller, length));
  }

  /**
   * lseek(SEEK_END) asks through an open file and then takes the size the kernel keeps: this one answer must be kept. It is
   * taken back a moment later, when the seek is done.
   */
  #answerSeeker(inode: FileInode, caller: Caller, length: number): void {
    const { reply } = this.#serving.device;
    this.#serving.device.send(
      reply.to(caller.uniqueLow, caller.uniqueHigh).attributes(inode.node.attributes(length), 0),
    );
    this.#serving.steering.sought(inode, length);
  }

  /** stat(2): shows the length of the content to who reads it, and 0 to others. */
  #answerStat(inode: FileInode, own: OpenFile | undefined, caller: Caller, length: number): void {
    this.#afterCachedReaders(inode, caller, () => {
      const { reply } = this.#serving.device;
      const answer = this.#serving.steering.answerStat(inode, own, length);
      const validSec = answer.valid ? this.#serving.fileAttributesValidSec : 0;
      reply.to(caller.uniqueLow, caller.uniqueHigh);
      this.#serving.device.send(reply.attributes(inode.node.attributes(answer.size), validSec));
    });
  }

  /** SETATTR. */
  set(): void {
    const { request, reply } = this.#serving.device;
    const known = this.#serving.tree.nodes[request.nodeId];
    if (known?.kind === 'directory') {
      fail(this.#serving.device, errno.EPERM);
      return;
    }
    const inode = known?.inode ?? this.#serving.alternates.find(request.nodeId);
    if (inode === undefined) {
      fail(this.#serving.device, errno.ENOENT);
      return;
    }
    const { node } = inode;
    const valid = request.setValid;
    const now = currentTime();
    if ((valid & setAttributeBit.MODE) !== 0) node.permissions = request.setMode & PERMISSION_BITS;
    if ((valid & setAttributeBit.UID) !== 0) node.uid = request.setUid;
    if ((valid & setAttributeBit.GID) !== 0) node.gid = request.setGid;
    if ((valid & setAttributeBit.ATIME) !== 0) {
      const given = { sec: request.setAtimeSec, nsec: request.setAtimeNsec };
      node.atime = (valid & setAttributeBit.ATIME_NOW) !== 0 ? now : given;
    }
    if ((valid & setAttributeBit.MTIME) !== 0) {
      const given = { sec: request.setMtimeSec, nsec: request.setMtimeNsec };
      node.mtime = (valid & setAttributeBit.MTIME_NOW) !== 0 ? now : given;
    }
    node.ctime = now;
    reply.to(request.uniqueLow, request.uniqueHigh);
    const { kernelSize } = inode;
    const isReadable = kernelSize.state === 'exact' || kernelSize.state === 'raised';
    if (isReadable && inode.readers.length > 0) {
      // The kernel takes the size from this answer: who copies pages must not lose the rest.
      const size = kernelSize.state === 'exact' ? kernelSize.length : kernelSize.raisedSize;
      kernelSize.attributesExpired = true;
      this.#serving.device.send(reply.attributes(node.attributes(size), 0));
      return;
    }
    this.#serving.device.send(reply.attributes(node.attributes(0), this.#serving.fileAttributesValidSec));
    kernelSize.attributesExpired = false;
    this.#serving.steering.zeroed(inode);
  }

  /** Runs a step that changes the kernel's size: now, or when page-cache readers of other processes had their time. */
  #afterCachedReaders(inode: FileInode, caller: Caller, step: () => void): void {
    if (this.#serving.steering.activeCachedReader(inode, caller.tid) === undefined) {
      step();
      return;
    }
    const attempt = (): boolean => {
      if (this.#serving.steering.activeCachedReader(inode, caller.tid) !== undefined) return false;
      step();
      return true;
    };
    this.#serving.steering.wait(this.#serving.queue.waiting(caller, attempt));
  }
}

/** Attributes of a directory, which never change. */
export function directoryAttributes(node: DirectoryNode, facts: TreeFacts): NodeAttributes {
  const { uid, gid, born } = facts;
  return {
    nodeId: node.id,
    mode: S_IFDIR | DIRECTORY_PERMISSIONS,
    links: node.links,
    uid,
    gid,
    size: 0,
    atime: born,
    mtime: born,
    ctime: born,
  };
}
