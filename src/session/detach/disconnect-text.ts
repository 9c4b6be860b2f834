import type { EngineOptions } from '../../runtime/engine-ports.ts';
import { messageJson } from '../output/message-json.ts';

/** What SystemTap says on standard error when a module goes on without this process. */
export function disconnectText({ moduleName, outputFormat }: DisconnectedModule): string {
  const text = `Disconnecting from systemtap module.\nTo reconnect, type "staprun -A ${moduleName}"`;
  return outputFormat === 'json' ? messageJson({ kind: 'note', text }, new Date()) : `\n${text}\n`;
}

type DisconnectedModule = Pick<EngineOptions, 'moduleName' | 'outputFormat'>;
