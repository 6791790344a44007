/** The draft of a task in this tab's session storage: gone with the tab, and without any row or example of the sample file. */
import type { CreateForm } from './create-form.ts';

const KEY = 'murmur/create';
/** Changes when the form does; an older draft is not read. */
const VERSION = 2;

export function keepDraft(form: CreateForm): void {
  // What may name a person leaves memory only when the person chose to publish it.
  const columns = form.columns.map((column) =>
    column.identifying !== undefined && !column.use ? { ...column, values: [], categories: '' } : column,
  );
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ version: VERSION, form: { ...form, columns } }));
  } catch {
    // A full or forbidden storage only costs the comfort of a reload.
  }
}

export function readDraft(): CreateForm | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { version?: unknown; form?: CreateForm } | null;
    return kept?.version === VERSION ? kept.form : undefined;
  } catch {
    return undefined;
  }
}

export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept either.
  }
}
