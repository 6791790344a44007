/** What a command prints: words for a person, or with --json nothing but JSON on stdout. */

/** One line of JSON on stdout; bigints as decimal text. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonLine(value)}\n`);
}

export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? entry.toString() : entry));
}

/** Progress for whoever waits. */
export function note(text: string): void {
  process.stderr.write(`murmur: ${text}\n`);
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;
}

export function decimal(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(3);
}

/** 12.3 kB */
export function byteSize(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** The first digits of a hash, enough to tell two apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}
