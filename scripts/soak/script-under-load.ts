/** Sizes of the files to read, bytes; each line has 64. */
export const FILE_SIZES = [1024, 4096, 16_384, 65_536] as const;

const LINE_BYTES = 64;
const MODULUS = 1_000_003;

const readProbe = (size: number): string => String.raw`
probe procfs("r${size}").read.maxsize(${size + 1}) {
  seq++
  for (i = 0; i < ${size / LINE_BYTES}; i++) $value .= sprintf("%63d\n", i ? (seq * 31 + i) % ${MODULUS} : seq)
}`;

/**
 * The script that is soaked: files to read whose text follows from the number in their first line, a file whose writes
 * are printed, a file that gives back what was written, a live counter, and arrays that are filled and emptied.
 */
export const SOAK_SCRIPT = `
global seq, text = "nothing\\n", ticks, table%[500], latency
${FILE_SIZES.map(readProbe).join('')}
probe procfs("w").write { print($value); table[seq % 700, $value] = ticks; latency <<< strlen($value) }
probe procfs("echo").read { $value = text }
probe procfs("echo").write { text = $value }
probe procfs("counter").read { $value = sprintf("%d\\n", ticks) }
probe procfs("stats").read.maxsize(20000) {
  $value = sprintf("%d %d\\n", @count(latency), @max(latency))
  foreach ([n, key] in table limit 20) $value .= sprintf("%d %d\\n", n, strlen(key))
}
probe timer.ms(50) { ticks++; if (ticks % 200 == 0) { delete table; delete latency; latency <<< 0 } }
probe begin { latency <<< 0 }
probe end { println("end of the soak") }`;

/** What is wrong with the text of the file of that size; undefined when each byte is as it must be. */
export function textProblem(text: string, size: number): string | undefined {
  if (text.length !== size) return `${text.length} bytes instead of ${size}`;
  const number = Number(text.slice(0, LINE_BYTES - 1));
  let expected = '';
  for (let line = 0; line < size / LINE_BYTES; line++)
    expected += `${String(line === 0 ? number : (number * 31 + line) % MODULUS).padStart(LINE_BYTES - 1)}\n`;
  return text === expected ? undefined : `wrong bytes in the text of number ${number}`;
}

/** The line that a writer writes for its number; its length and letters follow from both. */
export function writtenLine(writer: number, number: number): string {
  const length = (number * 7919 + writer * 104_729) % 5000;
  const letter = String.fromCharCode(97 + ((number + writer) % 26));
  return `<${writer} ${number} ${letter.repeat(length)}>\n`;
}
