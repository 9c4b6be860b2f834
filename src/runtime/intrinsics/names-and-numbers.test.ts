import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Int64 } from '../../int64/int64.ts';
import { intrinsicContext } from '../testing/intrinsic-context.ts';
import type { Value } from '../value.ts';

const { call } = intrinsicContext();

describe('error numbers', () => {
  it('have the names the C library knows', () => {
    const program = 'import errno, json; print(json.dumps(errno.errorcode))';
    const known = JSON.parse(execFileSync('python3', ['-c', program], { encoding: 'utf8' })) as Record<
      string,
      string
    >;
    for (let number = 1; number <= 132; number += 1) {
      // Some numbers have two names.
      const name = known[String(number)] === 'ENOTSUP' ? 'EOPNOTSUPP' : (known[String(number)] ?? '');
      expect([number, call('errno_str', number)]).toEqual([number, name.replace('EDEADLOCK', 'EDEADLK')]);
    }
  });
  it('ignore the sign', () => {
    expect([call('errno_str', -2), call('errno_str', 0), call('errno_str', 99999)]).toEqual([
      'ENOENT',
      '',
      '',
    ]);
    expect([call('errno_p', -2), call('errno_p', 2), call('errno_p', 0), call('errno_p', -41)]).toEqual([
      2, 2, 0, 0,
    ]);
    expect([133, 134, 512, 516, 517, 524, 531, 532].map((error) => call('errno_str', error))).toEqual([
      'EHWPOISON',
      '',
      'ERESTARTSYS',
      'ERESTART_RESTARTBLOCK',
      'EPROBE_DEFER',
      'ENOTSUPP',
      'ENOGRACE',
      '',
    ]);
  });
});

describe('signals', () => {
  it('have names', () => {
    expect([0, 1, 9, 16, 29, 31, 32, 33, 64, 65].map((signal) => call('signal_str', signal))).toEqual([
      ...['', 'HUP', 'KILL', 'STKFLT', 'IO/POLL', 'SYS', 'RTMIN', 'RTMIN+1', 'RTMIN+32', ''],
    ]);
  });
  it('have flags and masks', () => {
    expect([0, 0x10000000, 5].map((flags) => call('sa_flags_str', flags))).toEqual([
      '',
      'RESTART',
      'NOCLDSTOP|SIGINFO',
    ]);
    expect(call('sa_flags_str', 0xffffffff)).toBe(
      'NOCLDSTOP|NOCLDWAIT|SIGINFO|ONSTACK|RESTART|NODEFER|RESETHAND|RESTORER',
    );
    expect([0, 3, 0x100, -(2n ** 63n)].map((mask) => call('sigset_mask_str', mask))).toEqual([
      ...['', '1,2', '9', '64'],
    ]);
    expect([call('rlimit_from_str', 'RLIMIT_NOFILE'), call('rlimit_from_str', 'x')]).toEqual([7, -1]);
  });
});

describe('system calls', () => {
  it('have names and numbers', () => {
    expect([0, 334, 335, 424, 462, 99999, -1].map((number) => call('syscall_name_x86_64', number))).toEqual([
      ...['read', 'rseq', '', 'pidfd_send_signal', 'mseal', '', ''],
    ]);
    expect(['read', 'execve', 'openat2', 'nothing'].map((name) => call('syscall_num_x86_64', name))).toEqual([
      0, 59, 437, -1,
    ]);
    expect([0, 63, 79, 221, 424].map((number) => call('syscall_name_generic', number))).toEqual([
      ...['io_setup', 'read', 'newfstatat', 'execve', 'pidfd_send_signal'],
    ]);
    expect(call('syscall_num_generic', 'write')).toBe(64);
  });
});

describe('random numbers', () => {
  it('stay in their range', () => {
    for (let i = 0; i < 200; i += 1) {
      const value = Number(call('randint', 3));
      expect([0, 1, 2]).toContain(value);
    }
    expect([call('randint', 1), call('randint', 0)]).toEqual([0, 0]);
    expect(() => call('randint', 2n ** 40n)).toThrow('range too wide');
  });
});

describe('floating point', () => {
  const number = (text: string): Value => call('string_to_fp', text) ?? 0;
  const text = (value: Value | undefined, precision = 6): Value | undefined =>
    call('fp_to_string', value ?? 0, precision);
  it('calculates', () => {
    expect(text(call('fp_add', number('1.5'), number('2.25')), 3)).toBe('3.750');
    expect(text(call('fp_div', number('1'), number('3')))).toBe('0.333333');
    expect(text(call('fp_mul', number('-1.5'), number('2')), 1)).toBe('-3.0');
    expect(text(call('fp_sub', number('1'), number('2')), 0)).toBe('-1');
    expect(text(call('fp_sqrt', number('2')))).toBe('1.414214');
    expect(text(call('fp_rem', number('5.5'), number('2')))).toBe('-0.500000');
    expect(text(call('fp_rem', number('5'), number('2')))).toBe('1.000000');
    expect(text(call('fp_rem', number('7'), number('2')))).toBe('-1.000000');
    expect(text(number('1e22'), 2)).toBe('10000000000000000000000.00');
    expect(text(call('fp_div', number('1'), number('0')))).toBe('inf');
    expect(text(call('fp32_to_fp64', 0x3fc00000), 2)).toBe('1.50');
    expect(() => number('abc')).toThrow('invalid format');
  });
  it('compares', () => {
    const pair: readonly [Value, Value] = [number('-1'), number('2')];
    expect(['fp_lt', 'fp_le', 'fp_eq'].map((name) => call(name, ...pair))).toEqual([1, 1, 0]);
    expect(call('fp_eq', number('0'), number('-0'))).toBe(1);
  });
  it('rounds by mode', () => {
    const round = (value: string): (Value | undefined)[] =>
      [0, 1, 2, 3, 4].map((mode) => call('fp_to_long', number(value), mode, 0));
    expect(round('-2.5')).toEqual([-2, -2, -3, -2, -3]);
    expect(round('3.5')).toEqual([4, 3, 3, 4, 4]);
    expect(round('2.7')).toEqual([3, 2, 2, 3, 3]);
    expect(call('fp_to_long', number('1e30'), 0, 0)).toBe(-(2n ** 63n));
  });
  it('turns longs around', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value: Int64) => {
        expect(call('fp_to_long', call('long_to_fp', value) ?? 0, 0, 0)).toBe(value);
      }),
    );
  });
});
