/**
 * Serves the two files of the C baselines with the project's own file server, without a script.
 * Usage: serve-files ROOT NAME; unmounts on SIGTERM.
 */
import { mountModuleDirectory } from '../src/procfs/module-directory.ts';

const [root = '/run/systemtap', moduleName = 'bench'] = process.argv.slice(2);
const mounted = await mountModuleDirectory({
  root,
  moduleName,
  files: [
    { path: 'hello', mode: 0o444, read: () => ({ content: 'Hello, I am a file\n' }) },
    { path: 'sink', mode: 0o222, write: (_, data) => ({ written: data.length }) },
  ],
  gate: { ready: () => true, whenReady: (callback) => callback() },
  uid: 0,
  gid: 0,
});
process.on('SIGTERM', () => void mounted.remove().then(() => process.exit(0)));
