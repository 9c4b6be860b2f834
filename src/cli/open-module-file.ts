import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { MAX_STAPMOD_BYTES, readStapmod, StapmodError, type Stapmod } from '../stapmod/stapmod.ts';
import { systemErrorText } from '../fuse/system-error-text.ts';
import { shownText } from './shown-text.ts';

/** A compiled module from its file, to be looked at and not to be run; or why it cannot be, for a message. */
export function openModuleFile(path: string): Stapmod | string {
  const name = shownText(path);
  let fd: number;
  try {
    // A FIFO must not make the open wait.
    fd = openSync(Buffer.from(path, 'latin1'), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return `${name}: ${systemErrorText(error)}`;
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile() || facts.size > MAX_STAPMOD_BYTES) return `${name} is not a module of stap-ts`;
    return readStapmod(readFileSync(fd), name);
  } catch (error) {
    if (error instanceof StapmodError) return error.message;
    if (error instanceof SyntaxError) return `${name} is not a module of stap-ts`;
    throw error;
  } finally {
    closeSync(fd);
  }
}
