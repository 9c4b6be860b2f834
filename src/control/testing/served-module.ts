import { claimModule } from '../../registry/module-claim.ts';
import { startControlServer } from '../control-server.ts';
import type { ControlReply, ModuleDescription } from '../protocol.ts';
import { RecordedControl } from './recorded-control.ts';

/** A module as its commands see it: ends when it is asked to, unless a client is said to be attached. */
class ServedControl extends RecordedControl {
  isAttached = false;
  #end: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  override describe(): ModuleDescription {
    const clients = this.isAttached ? [{ pid: process.pid, command: 'reader' }] : [];
    return { ...super.describe(), clients };
  }

  override stop(force: boolean): ControlReply {
    if (this.isAttached && !force) return { ok: false, code: 'in-use', text: 'The module is in use' };
    this.#end();
    return { ok: true };
  }
}

/** Arguments: root, name, `attached` or `free`. Prints a line when it can be asked. */
async function main(root: string, name: string, mode: string): Promise<void> {
  const claim = claimModule(root, { name, script: '<input>' });
  const control = new ServedControl();
  control.isAttached = mode === 'attached';
  const server = await startControlServer(claim.controlSocket, control);
  claim.update({ state: 'running' });
  const keepAlive = setInterval(() => undefined, 1 << 30);
  process.stdout.write('serving\n');
  await control.ended;
  claim.update({ state: 'ending' });
  await server.close();
  claim.release();
  clearInterval(keepAlive);
}

const [root = '', name = '', mode = ''] = process.argv.slice(2);
void main(root, name, mode);
