// @ts-check
/**
 * Keeps package-lock.json whole. Native packages (oxlint, rolldown, lmdb, ...) list one optional package per platform.
 * When a registry mirror lacks some of those versions, `npm install` silently leaves them out of the lock, and from then
 * on `npm ci` refuses that lock on every machine. What npm needs to skip a platform is only its name, version, os and
 * cpu, all of which the parent's list tells, so the missing entries can be written without the registry.
 */

/**
 * @typedef {{ version?: string, dev?: boolean, devOptional?: boolean, optional?: boolean, os?: string[], cpu?: string[],
 *   libc?: string[], integrity?: string, optionalDependencies?: Record<string, string> }} LockEntry
 * @typedef {Record<string, LockEntry>} LockPackages
 */

const PLATFORM = /-(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(-.+)?$/;

/** Where Node looks for a dependency of the package at `path`, nearest first. @param {string} path @param {string} name */
function* lookupPaths(path, name) {
  for (let base = path; ;) {
    yield `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (base === '') return;
    const parent = base.lastIndexOf('/node_modules/');
    base = parent < 0 ? '' : base.slice(0, parent);
  }
}

/**
 * The lock entries that optional dependencies ask for and the lock does not have.
 * @param {LockPackages} packages @returns {LockPackages}
 */
export function missingPlatformEntries(packages) {
  /** @type {LockPackages} */
  const missing = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if ([...lookupPaths(path, name)].some((candidate) => candidate in packages)) continue;
      missing[`node_modules/${name}`] = platformEntry(name, version, entry);
    }
  }
  return missing;
}

/** @param {string} name @param {string} version @param {LockEntry} parent @returns {LockEntry} */
function platformEntry(name, version, parent) {
  const match = PLATFORM.exec(name);
  if (match === null || !/^\d/.test(version)) {
    throw new Error(`package-lock.json lacks ${name}@${version}, and its name tells no platform: run npm install`);
  }
  const [, os, cpu, abi = ''] = match;
  const libc = abi.includes('musl') ? ['musl'] : abi.includes('gnu') ? ['glibc'] : undefined;
  return {
    version,
    cpu: [String(cpu)],
    ...(parent.dev ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc }),
    optional: true,
    os: [String(os)],
  };
}

/**
 * Whether a package belongs on this machine; what is meant for another platform is never installed.
 * @param {LockEntry} entry
 */
export function fitsThisMachine(entry) {
  const allows = (/** @type {string[] | undefined} */ list, /** @type {string} */ value) =>
    list === undefined ||
    (!list.includes(`!${value}`) && (list.includes(value) || list.every((item) => item.startsWith('!'))));
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch) && allows(entry.libc, libc());
}

/** The C library that native packages are chosen by, as npm tells it. */
function libc() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
