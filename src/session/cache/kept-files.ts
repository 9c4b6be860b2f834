import { moduleUser, readTrustedModule } from '../../stapmod/trusted-file.ts';
import type { KeptFiles } from '../../symbols/kernel-btf.ts';
import type { Environment } from '../ports/environment.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { cachePlace, isOnOwnWay, isOurs, prepareCache } from './cache-directory.ts';

/**
 * Files beside the script cache, under their names. They are believed as compiled modules are: this user wrote them, and
 * nobody else can. Undefined where there is no such directory.
 */
export function keptFiles(environment: Environment): KeptFiles | undefined {
  const place = cachePlace(environment);
  const uid = process.geteuid?.() ?? 0;
  if (place === undefined || !isOnOwnWay(place, uid)) return undefined;
  const { directory } = place;
  return {
    read: (name) =>
      attempt(() =>
        isOurs(directory, uid)
          ? readTrustedModule(`${directory}/${name}`, moduleUser(uid, undefined), 'own')
          : undefined,
      ),
    write: (name, bytes) =>
      attempt(() => {
        if (prepareCache(place, uid).kind === 'ready')
          writeFileAtomically(
            `${directory}/${name}`,
            Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
          );
      }),
  };
}

/** Whatever is wrong with such a file: it can be made again. */
function attempt<Result>(access: () => Result): Result | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
