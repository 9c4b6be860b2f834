import { chmodSync, chownSync, statSync } from 'node:fs';
import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual } from '../expect.ts';
import type { FaultRound } from '../fault-round.ts';

// Two users on one machine.

const NOBODY = 65534;
const DEVICE = '/dev/fuse';

/** Lets every user open the device until the round is over, as a distribution's udev does. */
function openDevice(round: FaultRound): void {
  const mode = statSync(DEVICE).mode & 0o777;
  if (mode === 0o666) return;
  chmodSync(DEVICE, 0o666);
  round.onCleanup(() => {
    chmodSync(DEVICE, mode);
    return Promise.resolve();
  });
}

/** All that somebody may try with another's module; prints what succeeds. */
const attack = (directory: string, home: string): string => `
  try() { "$@" >/dev/null 2>&1 && echo "succeeded: $*"; }
  try cat ${directory}/w; try cat ${directory}/private; try dd if=/dev/zero of=${directory}/r count=1 conv=nocreat
  try touch ${directory}/new; try rmdir ${directory}; try mv ${directory} ${directory}.old
  try fusermount3 -u ${directory}; try fusermount3 -u -z ${directory}; try umount -l ${directory}
  try touch ${home}/new; try rm ${home}/entry.json; try rm ${home}/control; try mv ${home} ${home}.old; try rmdir ${home}
  try bash -c 'exec 3<>${home}/control'
  echo over`;

export const users: readonly FaultCase[] = [
  {
    name: "another user tries everything with root's module",
    needsRoot: true,
    async run(round) {
      const stap = await round.startLogged({
        options: ['-m', 'mine'],
        script: String.raw`probe procfs("r").umask(022).read { $value = "abc\n" }
          probe procfs("private").read { $value = "secret\n" }
          probe procfs("w").write { print($value) }`,
      });
      round.writerLoop(stap);
      const nobody = { uid: NOBODY };
      expectEqual('r', (await round.client(`cat ${stap.directory}/r`, nobody).ended).stdout, 'abc\n');
      const end = await round.client(attack(stap.directory, `${round.root}/.mine`), nobody).ended;
      expectEqual('what another user may do', end.stdout, 'over\n');
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
  {
    name: "an ordinary user's module beside root's",
    needsRoot: true,
    async run(round) {
      openDevice(round);
      const stap = await round.startLogged({ options: ['-m', 'mine'] });
      chownSync(round.folder, NOBODY, NOBODY);
      const theirs = `${round.folder}/theirs`;
      // The name is in the environment of the round, so its processes are seen even in another root.
      const other = round.client(
        `exec $STAP --procfs-root ${theirs} -m other -e 'probe procfs("r").read { $value = "other\\n" }'`,
        { uid: NOBODY, silent: true },
      );
      const reader = round.client(
        `until [ -e ${theirs}/other/r ]; do echo . >&2; sleep 0.05; done; cat ${theirs}/other/r`,
        { uid: NOBODY },
      );
      expectEqual('r', (await reader.ended).stdout, 'other\n');
      round.readerLoop(stap);
      other.kill(round.random.pick(['SIGINT', 'SIGKILL']));
      await other.ended;
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
];
