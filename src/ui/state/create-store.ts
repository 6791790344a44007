/** The draft of a task in this tab's session storage: gone with the tab, and without any row or example of the sample file. */
import type { CreateForm } from './create-form.ts';
import type { TableForm } from './create-table.ts';

const KEY = 'murmur/create';
/** Changes when the form does; an older draft is not read. */
const VERSION = 4;

export function keepDraft(form: CreateForm): void {
  const kept = { ...form, data: form.data.kind === 'table' ? withoutNames(form.data) : form.data };
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ version: VERSION, form: kept }));
  } catch {
    // A full or forbidden storage only costs the comfort of a reload.
  }
}

/** What may name a person leaves memory only when the person chose to publish it. */
function withoutNames(table: TableForm): TableForm {
  const columns = table.columns.map((column) =>
    column.identifying !== undefined && !column.use ? { ...column, values: [], categories: '' } : column,
  );
  return { ...table, columns };
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
