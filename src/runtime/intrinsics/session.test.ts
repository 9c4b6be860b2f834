import { describe, expect, it } from 'vitest';
import { HandlerAbort } from '../handler-context.ts';
import { intrinsicContext } from '../testing/intrinsic-context.ts';
import { intrinsicFamilies, intrinsics } from './table.ts';

it('has every name in one family only', () => {
  const names = intrinsicFamilies.flatMap((family) => Object.keys(family));
  expect(intrinsics.size).toBe(names.length);
});

describe('messages', () => {
  it('go where they belong', () => {
    const { call, output, warnings, commands, requests } = intrinsicContext();
    call('log', 'a line');
    call('warn', 'careful');
    call('system', 'date');
    call('switch_file');
    call('exit');
    call('stp_print_binary', 2, 0x4142, -1, 0, 0);
    expect(output).toEqual(['a line\n', 'BA\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff']);
    expect(warnings).toEqual(['careful']);
    expect(commands).toEqual(['date']);
    expect(requests).toEqual(['switch file', 'exit']);
  });
  it('error and assert raise', () => {
    const { call } = intrinsicContext();
    expect(() => call('error', 'deep')).toThrow('deep');
    expect(() => call('assert', 0)).toThrow('Assertion failed');
    expect(() => call('assert', 0, 'mine')).toThrow('mine');
    expect(call('assert', 1, 'mine')).toBeUndefined();
  });
  it('abort asks to end and leaves the handler', () => {
    const { call, requests } = intrinsicContext();
    expect(() => call('abort')).toThrow(HandlerAbort);
    expect(requests).toEqual(['exit']);
  });
});

it('speculation shows what is committed', () => {
  const { call, output } = intrinsicContext();
  expect([call('speculation'), call('speculation')]).toEqual([1, 2]);
  call('speculate', 1, 'a');
  call('speculate', 2, 'x');
  call('speculate', 1, 'b');
  call('discard', 2);
  call('commit', 1);
  call('commit', 1);
  expect(output).toEqual(['ab', '']);
});

describe('time', () => {
  it('comes from the clock', () => {
    const { call, passNs } = intrinsicContext();
    expect(call('gettimeofday_ns')).toBe(1500000000123456789n);
    expect(call('gettimeofday_us')).toBe(1500000000123456);
    expect(call('monotonic_ns')).toBe(123456789);
    passNs(1000000000n);
    expect(call('monotonic_ns')).toBe(1123456789);
    expect([call('jiffies'), call('jiffies_per_second')]).toEqual([280, 250]);
  });
  it('is written as a date', () => {
    const { call } = intrinsicContext();
    expect(call('ctime', 0)).toBe('Thu Jan  1 00:00:00 1970');
    expect(call('ctime', 1234567890)).toBe('Fri Feb 13 23:31:30 2009');
    expect(call('ctime', -1)).toBe('Wed Dec 31 23:59:59 1969');
    expect(() => call('ctime', 2n ** 60n)).toThrow('Time too far in the future to be converted');
    expect(() => call('ctime', -3000000000)).toThrow('Time too far in the past to be converted');
  });
  it('has a zone', () => {
    const { call } = intrinsicContext();
    expect(call('tz_gmtoff')).toBe(new Date(1500000000123).getTimezoneOffset() * 60);
    expect(call('tz_name')).toMatch(/^[A-Z]+/);
  });
});

describe('the process', () => {
  it('is the one of the handler', () => {
    const { call } = intrinsicContext();
    const names = ['pid', 'tid', 'ppid', 'pgrp', 'sid', 'uid', 'euid', 'gid', 'egid'];
    expect(names.map((name) => call(name))).toEqual([4241, 4242, 1, 40, 30, 1000, 1001, 100, 101]);
    expect([call('execname'), call('pexecname')]).toEqual(['cat', 'bash']);
    expect([call('module_name'), call('stp_pid'), call('target')]).toEqual(['stap_1', 77, 0]);
    expect([call('argument_count'), call('argument', 2), call('argument', 3)]).toEqual([2, 'two', '']);
  });
  it('has a command line and an environment', () => {
    const { call } = intrinsicContext({
      '/proc/4241/cmdline': 'grep\0-e\0\0a b\0',
      '/proc/4241/environ': 'HOME=/root\0HOMER=x\0',
    });
    expect(call('cmdline_args', 0, -1, ' ')).toBe('grep -e "" a b');
    expect(call('cmdline_args', 1, 2, ',')).toBe('-e,""');
    expect([call('cmdline_args', 3, 3, ' '), call('cmdline_args', 9, 9, ' ')]).toEqual(['a b', '']);
    expect([call('env_var', 'HOME'), call('env_var', 'HOM')]).toEqual(['/root', '']);
    expect(intrinsicContext().call('cmdline_args', 0, -1, ' ')).toBe('');
  });
  it('names the probe point', () => {
    const { call, state } = intrinsicContext();
    state.pp = 'kernel.function("vfs_read@fs/read_write.c:450").call';
    state.pn = 'process("a").function("f").label("out")';
    expect([call('ppfunc'), call('pnlabel')]).toEqual(['vfs_read', 'out']);
    state.pp = 'begin';
    state.pn = 'begin';
    expect([call('ppfunc'), call('pnlabel'), call('pp')]).toEqual(['', '', 'begin']);
  });
  it('keeps the value of its file', () => {
    const { call, state } = intrinsicContext();
    state.procfs.open(512);
    expect(call('procfs_value_set', 'a')).toBe('a');
    expect(call('procfs_value_append', 'b')).toBe('ab');
    expect(call('procfs_value_get')).toBe('ab');
  });
});

describe('tasks', () => {
  const stat = `9 (a) b) S 3 9 9 0 -1 0 0 0 0 0 50 25 0 0 20 -5 1 0 700 ${'0 '.repeat(16)}3 0`;
  const { call } = intrinsicContext({
    '/proc/9/stat': stat,
    '/proc/9/comm': 'a) b\n',
    '/proc/9/status': 'Name:\ta) b\nTgid:\t8\nPPid:\t3\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\n',
    '/proc/9/limits':
      'Limit                     Soft Limit           Hard Limit           Units     \n' +
      'Max cpu time              unlimited            unlimited            seconds   \n' +
      'Max open files            1024                 4096                 files     \n',
    '/proc/9/statm': '100 20 10 5 0 30 0\n',
    '/proc/loadavg': '0.75 1.05 2.00 1/2 3\n',
  });
  it('are read from /proc', () => {
    const names = ['task_parent', 'task_pid', 'task_uid', 'task_euid', 'task_gid', 'task_egid'];
    expect(names.map((name) => call(name, 9))).toEqual([3, 8, 1, 2, 5, 6]);
    const more = ['task_state', 'task_prio', 'task_nice', 'task_cpu', 'task_max_file_handles'];
    expect(more.map((name) => call(name, 9))).toEqual([1, 20, -5, 3, 64]);
    expect(call('task_execname', 9)).toBe('a) b');
    expect([call('task_rlimit', 9, 7), call('task_rlimit', 9, 0), call('task_rlimit', 9, 99)]).toEqual([
      1024, -1, -1,
    ]);
    expect([call('task_utime', 9), call('task_stime', 9)]).toEqual([125, 62]);
    expect(call('task_start_time', 9)).toBe(7000000000);
    expect([0, 1, 2, 3, 5].map((column) => call('task_memory_pages', 9, column))).toEqual([
      100, 20, 10, 5, 30,
    ]);
    expect([call('pid2task', 9), call('pid2task', 10)]).toEqual([9, 0]);
  });
  it('keep every digit of long times and limits', () => {
    const { call: callLater } = intrinsicContext({
      '/proc/9/stat': stat.replace(' 700 ', ' 900719925475 '),
      '/proc/9/limits': 'Max file size             9007199254740993     unlimited            bytes     \n',
    });
    expect(callLater('task_start_time', 9)).toBe(9007199254750000000n);
    expect(callLater('task_rlimit', 9, 1)).toBe(9007199254740993n);
  });
  it('that are gone answer nothing', () => {
    expect([call('task_pid', 10), call('task_execname', 10), call('task_utime', 10)]).toEqual([0, '', 0]);
  });
  it('and the load of the machine', () => {
    expect([call('loadavg', 0), call('loadavg', 2)]).toEqual(['0.75', '2.00']);
    expect(() => call('loadavg', 9)).toThrow('Invalid loadavg index 9 specified.');
  });
});
