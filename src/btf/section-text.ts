/** Whether the text at an offset of a string section is exactly `name`. */
export function isTextAt(strings: Uint8Array, offset: number, name: string): boolean {
  return isPrefixAt(strings, offset, name) && strings[offset + name.length] === 0;
}

/** Whether the text at an offset of a string section begins with `prefix`. */
export function isPrefixAt(strings: Uint8Array, offset: number, prefix: string): boolean {
  for (let index = 0; index < prefix.length; index++)
    if (strings[offset + index] !== prefix.charCodeAt(index)) return false;
  return true;
}
