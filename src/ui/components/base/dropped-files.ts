/**
 * Files of a drop, those in dropped folders included. A file in a folder is named by its path (`digits/3/a.png`), as one from a folder that
 * was chosen has it beside its name: for pictures the folder says the class.
 */

/** One more than an import takes (workers/import-examples.ts), so that it says that they are too many. */
const MOST_FILES = 100_001;
/** Folders within folders; deeper ones are a mistake, or a loop of links. */
const MOST_DEPTH = 16;

/** What of the File and Directory Entries API is used. */
export interface Entry {
  readonly isDirectory: boolean;
  readonly fullPath: string;
}
interface FileEntry extends Entry {
  file(done: (file: File) => void, failed: (error: unknown) => void): void;
}
interface FolderEntry extends Entry {
  createReader(): { readEntries(done: (entries: Entry[]) => void, failed: (error: unknown) => void): void };
}

/**
 * To be called while the drop is handled: the browser forgets it afterwards.
 * @returns in the order of their paths; files that cannot be read are left out
 */
export function droppedFiles({ items, files }: Pick<DataTransfer, 'items' | 'files'>): Promise<readonly File[]> {
  const entries = [...items].flatMap((item): Entry[] => {
    const entry = item.kind === 'file' ? item.webkitGetAsEntry() : null;
    return entry === null ? [] : [entry];
  });
  // Without a folder there is nothing to walk through.
  if (!entries.some(({ isDirectory }) => isDirectory)) return Promise.resolve([...files]);
  return filesWithin(entries);
}

/** All files of some entries and of the folders among them. */
export async function filesWithin(entries: readonly Entry[]): Promise<readonly File[]> {
  const found: File[] = [];
  let level = entries;
  for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth++) {
    const below: Entry[] = [];
    for (const entry of level) {
      if (found.length >= MOST_FILES) return inOrder(found);
      if (entry.isDirectory) {
        for (const child of await childrenOf(entry as FolderEntry)) below.push(child);
      } else {
        const file = await fileOf(entry as FileEntry);
        const path = entry.fullPath.replace(/^\//u, '');
        if (file !== undefined) found.push(path === file.name ? file : new File([file], path, { type: file.type }));
      }
    }
    level = below.slice(0, MOST_FILES);
  }
  return inOrder(found);
}

function inOrder(files: File[]): readonly File[] {
  return files.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** A folder gives its entries some at a time, and none when there are no more. */
async function childrenOf(folder: FolderEntry): Promise<readonly Entry[]> {
  const reader = folder.createReader();
  const children: Entry[] = [];
  while (children.length < MOST_FILES) {
    const some = await new Promise<Entry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) break;
    for (const child of some) children.push(child);
  }
  return children;
}

function fileOf(entry: FileEntry): Promise<File | undefined> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(undefined)));
}
