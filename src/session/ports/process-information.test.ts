import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ProcessInformation } from './process-information.ts';

test('ids and names of this process are those that ps tells', () => {
  const told = execFileSync(
    'ps',
    ['-o', 'ppid=,pgid=,sid=,ruid=,euid=,rgid=,egid=', '-p', String(process.pid)],
    {
      encoding: 'utf8',
    },
  );
  const self = new ProcessInformation(process.pid);
  const ids = [self.ppid(), self.pgrp(), self.sid(), self.uid(), self.euid(), self.gid(), self.egid()];
  expect(ids).toEqual(told.trim().split(/\s+/).map(Number));
  expect(self.pid()).toBe(process.pid);
  expect(self.pexecname()).toBe(
    execFileSync('ps', ['-o', 'comm=', '-p', String(process.ppid)], { encoding: 'utf8' }).trim(),
  );
});

test('of a process that is gone remains what the access told', () => {
  const gone = new ProcessInformation(4_194_304, { tid: 4_194_304, uid: 12, gid: 34 });
  expect([gone.pid(), gone.uid(), gone.euid(), gone.gid(), gone.ppid()]).toEqual([4_194_304, 12, 12, 34, 0]);
  expect(gone.execname()).toBe('');
});
