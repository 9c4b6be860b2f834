import { commandOptions } from './module-command.ts';
import { optionParagraphs, withMarkedPart, withOptionManual } from './option-manual.ts';
import type { DocumentedOption } from './option-spelling.ts';
import { exporterOptions } from './stap-exporter-options.ts';
import { STAP_CTL } from './stap-ctl.ts';
import { STAP_LSMOD } from './stap-lsmod.ts';
import { STAP_MODINFO } from './stap-modinfo.ts';
import { STAP_RMMOD } from './stap-rmmod.ts';
import { staprunOptions } from './staprun-options.ts';

/** What a manual page adds to the help texts of options, by their id, in the language of man(7). */
type Details = Readonly<Record<string, readonly string[]>>;

const STAPRUN_DETAILS: Details = {
  c: ['The status is 1 when it fails.'],
  o: ['SIGUSR2 goes on in the next file.'],
  L: ['Its output is kept in memory; when that is full the oldest goes.'],
  A: [
    'What was kept is printed, then what comes. Ctrl\\-C ends the module, Ctrl\\-\\e leaves it again. With',
    '.B \\-o',
    'the module writes to that file meanwhile. One reader at a time.',
  ],
  d: [
    'Nobody may be attached to it; end probes run. With',
    ".B '*'",
    'those that somebody is attached to go on.',
  ],
  M: ['As', '.BR "stap \\-\\-monitor" .'],
};

const LSMOD_DETAILS: Details = {
  json: [
    'An array of objects with the members',
    '.BR name ,',
    '.B state',
    '(starting, running, ending),',
    '.BR pid ,',
    '.BR uid ,',
    '.B started',
    '(ISO 8601),',
    '.BR script ,',
    '.BR root ,',
    '.B directory',
    '(of the files, or null),',
    '.B size',
    '(bytes),',
    '.BR usedBy ,',
    '.B clients',
    '(objects with',
    '.B pid',
    'and',
    '.BR command )',
    'and',
    '.BR openFiles .',
    'What cannot be known is null.',
  ],
};

const MODINFO_DETAILS: Details = {
  json: [
    'An array of objects with members of the names above in place of lines;',
    '.BR options ,',
    '.BR arguments ,',
    '.BR probes ,',
    '.B files',
    'and',
    '.B parameters',
    'are arrays, null where they cannot be known.',
  ],
};

const RMMOD_DETAILS: Details = {
  force: [
    'The attached client ends with it; output that nobody has read after two seconds is given up. When the process',
    'does not answer within five seconds, because it is stopped or hangs, it is killed, and what it leaves behind is',
    'removed; then end probes do not run.',
  ],
  json: [
    'An array with an object for each name:',
    '.BR name ,',
    '.B removed',
    '(true or false),',
    '.B error',
    '(text or null) and',
    '.B holders',
    '(objects with',
    '.B pid',
    'and',
    '.BR command ).',
  ],
};

const CTL_DETAILS: Details = {
  json: [
    'With',
    '.BR get ,',
    'an array of objects:',
    '.BR name ,',
    '.B type',
    '(long, string, stats), and',
    '.BR value ,',
    'or',
    '.BR keyTypes ,',
    '.B size',
    'and',
    '.B elements',
    '(objects with',
    '.B keys',
    'and',
    '.BR value ).',
    'With',
    '.BR probes ,',
    'an array of objects:',
    '.BR index ,',
    '.BR point ,',
    '.BR location ,',
    '.BR on ,',
    '.BR hits ,',
    '.BR minNs ,',
    '.BR avgNs ,',
    '.BR maxNs .',
    'With',
    '.BR reload ,',
    'an object:',
    '.B kept',
    '(names) and',
    '.B dropped',
    '(objects with',
    '.B name',
    'and',
    '.BR reason ).',
    'Otherwise',
    '.BR {"ok":\\ true} .',
  ],
};

const EXPORTER_DETAILS: Details = {
  keepalive: ['0 is never. Scripts that are started by themselves are not ended.'],
  listen: [
    'With another address than one of this machine alone the header Host may name the server as it likes;',
    '.B 0.0.0.0',
    'and',
    '.B ::',
    'are all addresses.',
  ],
  'token-file': [
    'It is sent as',
    '.BR "Authorization: Bearer TOKEN" ,',
    'and not needed for',
    '.BR /healthz .',
    'A file that does not exist is made, with a random token; nobody else may read it.',
  ],
  'procfs-root': ['Scripts get it as', '.IR $STAP_PROCFS_ROOT .'],
};

/** The manual pages whose options are written from the tables, by file name, each as a change of its text. */
export function commandManuals(): ReadonlyMap<string, (page: string) => string> {
  const written = (options: readonly DocumentedOption[], details: Details) => (page: string) =>
    withMarkedPart(page, `${optionParagraphs(options, details).join('\n')}\n`);
  return new Map([
    ['stap.1', withOptionManual],
    ['staprun.8', written(staprunOptions(), STAPRUN_DETAILS)],
    ['stap-lsmod.8', written(commandOptions(STAP_LSMOD), LSMOD_DETAILS)],
    ['stap-modinfo.8', written(commandOptions(STAP_MODINFO), MODINFO_DETAILS)],
    ['stap-rmmod.8', written(commandOptions(STAP_RMMOD), RMMOD_DETAILS)],
    ['stap-ctl.8', written(commandOptions(STAP_CTL), CTL_DETAILS)],
    ['stap-exporter.8', written(exporterOptions(), EXPORTER_DETAILS)],
  ]);
}
