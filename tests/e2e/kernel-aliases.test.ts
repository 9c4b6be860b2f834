import { readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runCommand, stapPath } from '../harness/command.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot } from './running-stap.ts';

// Aliases and functions of the library at events of the kernel. What happens is what a command of the test's own does,
// so that it is known.

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await removeScratchFolder(dirname(root));
});

/** Lines that the script prints while the command runs. */
async function linesOf(script: string, command: readonly string[]): Promise<readonly string[]> {
  const root = makeRoot();
  roots.push(root);
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const end = await runCommand(stapPath, ['--procfs-root', root, '-c', quoted, '-e', script], {
    timeoutMs: 30_000,
  });
  expect(end.stderr).toBe('');
  return end.stdout.split('\n').filter((line) => line !== '');
}

/** A program of Node.js, whose name events show as `node`. */
function node(program: string): readonly string[] {
  return [process.execPath, '-e', program];
}

const sh = (text: string): readonly string[] => ['/bin/sh', '-c', text];

describe.runIf(hasEbpf())('aliases of the library in the kernel', () => {
  test('processes begin, are turned to and end', async () => {
    const lines = await linesOf(
      `global children, turns
      probe scheduler.process_fork { if (parent_pid == target()) children["fork"]++ }
      probe kprocess.create { if (pid() == target()) children["create"] += new_pid == new_tid }
      probe scheduler.process_exit { if (pid == target()) printf("exit %d %s\\n", pid == pid(), execname()) }
      probe kprocess.exit { if (pid() == target()) printf("status %d\\n", code) }
      probe scheduler.ctxswitch {
        if (prev_pid == target()) turns["from"]++
        if (next_pid == target()) turns["to"]++
        if (next_pid == target() && next_task_name != "sh" && next_task_name != "stap" && next_task_name != "node")
          printf("name %s\\n", next_task_name)
      }
      probe end { printf("%d %d %d\\n", children["fork"], children["create"], turns["from"] > 2 && turns["to"] > 2) }`,
      sh('for i in 1 2 3 4 5; do /bin/true; done; exit 0'),
    );
    expect(lines).toEqual(['exit 1 sh', 'status 0', '5 5 1']);
  });

  test('signals are sent and handled', async () => {
    const lines = await linesOf(
      `probe signal.send {
        if (pid() == target() && sig_pid == target()) printf("%s %s %s %d\\n", sig_name, pid_name, si_code, shared)
      }
      probe signal.handle { if (pid() == target() && sig_name == "SIGUSR1") printf("%s %s %d\\n", name, sig_mode, sig_code) }`,
      sh('trap : USR1; kill -USR1 $$; kill -USR1 $$; :'),
    );
    const sent = 'SIGUSR1 sh SI_USER or SI_TIMER or SI_ASYNCIO 1';
    const handled = 'handle User Mode Signal 0';
    expect(lines).toEqual([sent, handled, sent, handled]);
  });

  test('command lines of processes that are gone soon', async () => {
    const lines = await linesOf(
      `probe process.end { if (ppid() == target()) printf("%s|%s\\n", cmdline_str(), cmdline_arg(2)) }`,
      // Without an environment the words lie at the very top of the stack: nothing is behind them.
      sh('/bin/echo a "" "b c" >/dev/null; /bin/true; env -i /bin/true x y; :'),
    );
    expect(lines).toEqual(['/bin/echo a "" b c|', '/bin/true|', '/bin/true x y|y']);
  });

  test('@entry in returns of system calls, and what an entry leaves for its return', async () => {
    const lines = await linesOf(
      `probe syscall.openat { @this1 = gettimeofday_us() }
      probe syscall.openat.return {
        if (pid() == target() && user_string(@entry(pointer_arg(2)), "") == "/etc/no-such-file")
          printf("%d %d\\n", retval, gettimeofday_us() - @entry(gettimeofday_us()) <= gettimeofday_us() - @this1)
      }`,
      node('try { require("node:fs").openSync("/etc/no-such-file") } catch {}'),
    );
    expect(lines).toEqual(['-2 1']);
  });

  test('memory is brought and taken', async () => {
    const [faults = '', kernel = ''] = await linesOf(
      `global faults, writes, taken, given, bad
      probe vm.pagefault { if (pid() == target()) { faults++; writes += write_access; if (address == 0) bad++ } }
      probe vm.kmalloc, vm.kmem_cache_alloc {
        if (pid() == target()) { taken++; if (bytes_alloc < bytes_req || ptr >= 0) bad++ }
      }
      probe vm.kfree, vm.kmem_cache_free { if (pid() == target()) given++ }
      probe end { printf("%d %d\\n%d %d %d\\n", faults, writes, taken, given, bad) }`,
      node('require("fs").writeSync(1, ""); Buffer.alloc(8 << 20, 1)'),
    );
    const [all = 0, writes = 0] = faults.split(' ').map(Number);
    // 2048 pages of 4 KiB are written to; larger ones would be fewer.
    expect(writes).toBeGreaterThan(16);
    expect(all).toBeGreaterThan(writes);
    expect(kernel).toMatch(/^[1-9]\d* [1-9]\d* 0$/);
  });

  test('messages go over the loopback interface', async () => {
    const lines = await linesOf(
      `global sent, received, datagrams, packets, fins, ports
      probe tcp.sendmsg.return { if (pid() == target()) sent <<< size }
      probe tcp.recvmsg.return { if (pid() == target() && size > 0) { received <<< size; ports[saddr, daddr, sport != dport]++ } }
      probe udp.sendmsg { if (pid() == target()) datagrams[name, size]++ }
      probe netdev.transmit { if (pid() == target()) packets[dev_name, protocol] <<< length }
      probe tcp.receive { if (pid() == target() && fin) fins[saddr, daddr]++ }
      probe end {
        printf("tcp %d %d %d\\n", @count(sent), @sum(sent), @sum(received))
        foreach ([from, to, differ] in ports) printf("%s %s %d\\n", from, to, differ)
        foreach ([name, size] in datagrams) printf("%s %d %d\\n", name, size, datagrams[name, size])
        foreach ([dev, protocol] in packets) printf("%s %x %d\\n", dev, protocol, @sum(packets[dev, protocol]) > 70000)
        foreach ([from, to] in fins) printf("fin %s %s %d\\n", from, to, fins[from, to] > 0)
      }`,
      node(`const { createServer, connect } = require('net');
        const server = createServer((peer) => peer.on('data', () => peer.end(Buffer.alloc(70000)))).listen(0, '127.0.0.1', () => {
          const client = connect(server.address().port, '127.0.0.1', () => client.write('hello'));
          client.on('data', () => {}).on('end', () => {
            server.close();
            const socket = require('dgram').createSocket('udp4');
            socket.send('datagram', 9, '127.0.0.1', () => socket.close());
          });
        });`),
    );
    const [tcp = '', ...others] = lines;
    expect(tcp).toMatch(/^tcp [2-9] 70005 70005$/);
    expect(others).toEqual([
      '127.0.0.1 127.0.0.1 1',
      'udp.sendmsg 8 1',
      'lo 8 1',
      'fin 127.0.0.1 127.0.0.1 1',
    ]);
  });

  test('a file goes to its disk', async () => {
    const [major = '0'] = (await runCommand('/usr/bin/stat', ['-c', '%Hd', '/var/tmp'])).stdout.split('\n');
    const lines = await linesOf(
      `global bytes, names
      probe ioblock.request { if (pid() == target() && rw == 1) { bytes += size; names[devname != "" && devname != "N/A"]++ } }
      probe end { printf("%d %d\\n", bytes, names[0]) }`,
      [
        '/bin/dd',
        'if=/dev/zero',
        'of=/var/tmp/stap-kernel-aliases',
        'bs=64k',
        'count=4',
        // What has no disk may not know how to go past the memory.
        Number(major) > 0 ? 'oflag=direct' : 'oflag=sync',
        'status=none',
      ],
    );
    // A file system without a disk makes no requests.
    expect(lines).toEqual([Number(major) > 0 ? '262144 0' : '0 0']);
  });

  test('work is put off and done', async () => {
    const lines = await linesOf(
      `global seen
      probe softirq.entry, softirq.exit { seen["softirq"] += vec_nr <= 9 }
      probe workqueue.insert, workqueue.execute { seen["work"] += work < 0 && work_func < 0 }
      probe scheduler.wakeup { seen["wakeup"] += task_pid > 0 && task_tid > 0 && task_cpu >= 0 }
      probe irq_handler.entry { seen["irq"] += kernel_string(dev_name) != "" }
      probe end { printf("%d %d %d\\n", seen["softirq"] > 0, seen["work"] > 0, seen["wakeup"] > 0) }`,
      sh('for i in 1 2 3 4 5; do sleep 0.1; done'),
    );
    expect(lines).toEqual(['1 1 1']);
  });
});

describe.runIf(hasEbpf())('functions of the library in the kernel', () => {
  test('tell of the task what /proc tells', async () => {
    const lines = await linesOf(
      `probe kernel.trace("signal_generate") {
        if (pid() != target() || $sig != 10) next
        task = task_current()
        parent = task_parent(task)
        printf("%s %d %d\\n", task_execname(task), task_pid(task) == pid(), task_tid(task) == tid())
        printf("%d %d %d %d\\n", task_uid(task), task_egid(task), task_nice(task), task_prio(task))
        printf("%s %s\\n", fullpath_struct_path(task_cwd_path(task)), fullpath_struct_file(task, task_exe_file(task)))
        printf("%d %d\\n", task_pid(parent) == ppid(), task_execname(parent) == pexecname())
        printf("%d %d %d\\n", task_rlimit_nofile(task), task_cpu(task) == cpu(), task_open_file_handles(task) > 2)
      }`,
      sh("ulimit -n 500; cd /usr/lib; exec nice -n 3 /bin/sh -c 'trap : USR1; kill -USR1 $$; sleep 1'"),
    );
    const program = readlinkSync('/bin/sh').replace(/^(?!\/)/, '/usr/bin/');
    expect(lines).toEqual(['sh 1 1', '0 0 3 23', `/usr/lib ${program}`, '1 1', '500 1 1']);
  });

  test('read strings of the kernel and of the process', async () => {
    const [number, argument] = process.arch === 'arm64' ? [56, 'regs[1]'] : [257, 'si'];
    const lines = await linesOf(
      `probe kernel.trace("sched_process_exec") {
        if (pid() == target()) printf("%s %s\\n", kernel_string($bprm->filename), kernel_string_n($bprm->filename, 4))
      }
      probe kernel.trace("sys_enter") {
        if (pid() != target() || $id != ${number}) next
        at = $regs->${argument}
        printf("%s %s %s %d\\n", user_string(at), user_string_n(at, 4), user_string_quoted(at), user_char(at))
      }`,
      ['/bin/cat', '/etc/hostname'],
    );
    expect(lines).toContain('/bin/cat /bin');
    expect(lines).toContain('/etc/hostname /etc "/etc/hostname" 47');
  });
});
