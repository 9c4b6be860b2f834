import { describe, expect, it } from 'vitest';
import type { LongExpression } from '../ir.ts';
import { taskWord } from './task-words.ts';
import { TASK_KERNEL } from './testing/task-structure.ts';

/** An expression as C would have it: `*4(*8(task + 32) + 4)`. */
function text(expression: LongExpression | undefined): string {
  switch (expression?.kind) {
    case 'fact':
      return expression.fact;
    case 'constant':
      return `${expression.value}`;
    case 'read':
      return `*${expression.size}(${text(expression.address)})`;
    case 'binary':
      return `${text(expression.left)} ${expression.operator} ${text(expression.right)}`;
    default:
      return `${expression?.kind}`;
  }
}

const word = (name: Parameters<typeof taskWord>[0]): string => text(taskWord(name, TASK_KERNEL));

describe('facts of a task', () => {
  it('come from helpers', () => {
    expect(word('uid')).toBe('uid');
    expect(word('task')).toBe('task');
  });

  it('are fields behind pointers, a structure with one number is that number', () => {
    expect(word('euid')).toBe('*4(*8(task + 32) + 4)');
    expect(word('ppid')).toBe('*4(*8(task + 8))');
  });

  it('are halves of names', () => {
    expect(word('execname:0')).toBe('*8(task + 16)');
    expect(word('execname:1')).toBe('*8(task + 24)');
    expect(word('pexecname:1')).toBe('*8(*8(task + 8) + 24)');
  });

  it('are numbers of the outermost or innermost namespace', () => {
    expect(word('pgrp')).toBe('*4(*8(*8(task + 40) + 24) + 16)');
    expect(word('sid')).toBe('*4(*8(*8(task + 40) + 32) + 16)');
    expect(word('ns_pid')).toBe('*4(*8(*8(task + 40) + 16) + 16 + *4(*8(*8(task + 40) + 16) + 4) * 16)');
  });

  it('are unknown where the kernel has other structures', () => {
    const other = { ...TASK_KERNEL, type: () => undefined, enumerator: () => undefined };
    expect(taskWord('euid', other)).toBeUndefined();
    expect(taskWord('sid', other)).toBeUndefined();
    expect(taskWord('user-mode', TASK_KERNEL)).toBeUndefined();
  });
});
