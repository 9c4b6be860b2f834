/** A file as the engine offers it; defined by the run time, which knows nothing of file trees. */
export type { Accessor, HandlerGate, PseudoFile } from '../runtime/pseudo-file.ts';
