/**
 * The maps of a module's kernel part, as the run time uses them: `map` is an index into `KernelPart.maps`. They exist
 * from before the begin probes until the module has ended, whether or not anything is attached. bpf/loader implements
 * it.
 */
export interface KernelMaps {
  /** The one element of the map `cells`, mapped: CELLS, then the scalar globals. Begins at a multiple of 8. */
  readonly cells: DataView;
  /** How many values an element of a per-CPU map has, each at a multiple of 8 bytes. */
  readonly processors: number;
  /** A copy of an element's value, of per-CPU maps the values of all processors side by side; arrays take a u32 key. */
  lookup(map: number, key: Uint8Array): Uint8Array | undefined;
  /** Creates or replaces an element; 0 or a negative errno, E2BIG when the map is full. */
  update(map: number, key: Uint8Array, value: Uint8Array): number;
  /** Whether there was such an element. */
  delete(map: number, key: Uint8Array): boolean;
  /** All elements, read in batches. Of those that are created or deleted meanwhile some may be missing. */
  entries(map: number): Iterable<KernelMapEntry>;
}

/** An element: copies of its key and value. */
export interface KernelMapEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
