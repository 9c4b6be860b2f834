import { expect, test } from 'vitest';
import { TestGate } from '../../runtime/testing/test-gate.ts';
import { ActivationGate } from './activation-gate.ts';

test('requests wait until the module is active, then for its engine', () => {
  const engine = new TestGate(false);
  const gate = new ActivationGate(engine);
  const seen: number[] = [];
  gate.whenReady(() => seen.push(1));
  engine.open();
  expect([seen.length, gate.ready()]).toEqual([0, false]);
  gate.activate();
  expect([seen.length, gate.ready()]).toEqual([1, true]);
  gate.whenReady(() => seen.push(2));
  expect(seen).toEqual([1, 2]);
});

test('who waited for one engine waits for the one that takes its place, and is called once', () => {
  const [first, second] = [new TestGate(false), new TestGate(false)];
  const gate = new ActivationGate(first);
  gate.activate();
  let calls = 0;
  gate.whenReady(() => calls++);
  gate.follow(second);
  first.open();
  expect(calls).toBe(0);
  second.open();
  expect(calls).toBe(1);
});

test('while it is held nobody is let in, whichever engine opens; then everybody is, once', () => {
  const [first, second] = [new TestGate(false), new TestGate(false)];
  const gate = new ActivationGate(first);
  gate.activate();
  const seen: number[] = [];
  gate.whenReady(() => seen.push(1));
  gate.hold();
  gate.whenReady(() => seen.push(2));
  first.open();
  gate.follow(second);
  second.open();
  expect([seen, gate.ready()]).toEqual([[], false]);
  gate.activate();
  expect([[...seen].sort(), gate.ready()]).toEqual([[1, 2], true]);
});
