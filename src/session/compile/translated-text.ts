import { disassemble } from '../../bpf/disassembler.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type {
  KernelMap,
  KernelPart,
  KernelProgram,
  KernelRelocation,
  KernelSite,
} from '../../module/kernel-part.ts';

/** How many places of a program are named. */
const PLACES_SHOWN = 4;

/**
 * What -p3 prints: the JavaScript of a module, and below it, as comments, the programs of its kernel part in the
 * notation of bpftool, each with its probes and with the places of the script that instructions come from.
 */
export function translatedText(module: CompiledModule): string {
  const { code, kernel } = module;
  return [code, ...(kernel === undefined ? [] : kernelLines(module, kernel)), ''].join('\n');
}

function kernelLines({ probes }: CompiledModule, kernel: KernelPart): readonly string[] {
  const lines = kernel.maps.map(
    ({ name, type, keyBytes, valueBytes, maxEntries }, index) =>
      `map ${index} ${name}: ${type}, key ${keyBytes}, value ${valueBytes}, ${maxEntries} elements`,
  );
  kernel.programs.forEach((program, index) => {
    const sites = kernel.sites.filter((site) => site.program === index);
    const shown = sites.slice(0, PLACES_SHOWN).map(siteText);
    if (sites.length > shown.length) shown.push(`and ${sites.length - shown.length} more`);
    lines.push('', `program ${index} ${program.name} (${program.type}): ${shown.join(', ')}`);
    for (const probe of new Set(sites.map((site) => site.probe)))
      lines.push(`  probe ${probe} ${probes[probe]?.pp ?? ''} at ${probes[probe]?.location ?? ''}`);
    lines.push(...instructionLines(program, kernel.maps));
  });
  return ['', ...lines].map((line) => `// ${line}`.trimEnd());
}

function siteText(site: KernelSite): string {
  switch (site.kind) {
    case 'tracepoint':
      return site.name;
    case 'syscall':
      return `system call ${site.number} ${site.access}`;
    case 'user':
      return `${site.path}+0x${site.offset.toString(16)}${site.isReturn ? ' return' : ''}`;
    case 'kernel-function':
      return `${site.symbol}${site.isReturn ? ' return' : ''} by ${site.by}`;
    case 'perf':
      return `counter ${site.type}:${site.config}`;
  }
}

/** Instructions, each place of the script once before the first that comes from it; maps by name. */
function instructionLines(program: KernelProgram, maps: readonly KernelMap[]): readonly string[] {
  const places = new Map(program.places.map(({ from, text }) => [from, text]));
  const relocations = new Map(program.relocations.map((relocation) => [relocation.instruction, relocation]));
  return disassemble(Buffer.from(program.code, 'base64'))
    .split('\n')
    .flatMap((line) => {
      const slot = Number.parseInt(line, 10);
      const place = places.get(slot);
      const relocation = relocations.get(slot);
      const text = relocation === undefined ? line : line.replace(/map\[fd:.*$/, mapText(relocation, maps));
      return place === undefined ? [text] : [`; ${place}`, text];
    });
}

/** What the loader puts in place of a constant, in bpftool's notation but for the name. */
function mapText({ kind, map, offset = 0 }: KernelRelocation, maps: readonly KernelMap[]): string {
  const name = maps[map]?.name ?? String(map);
  return kind === 'map' ? `map[${name}]` : `map[${name}][0]+${offset}`;
}
