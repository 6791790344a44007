/** The paths of all pages, apart from the pages themselves: the build names each page's files by it, so that they come with the first ones. */

export type RouteId =
  'home' | 'alliance' | 'task' | 'train' | 'result' | 'create' | 'data' | 'left' | 'words' | 'kit' | 'not-found';

/** `:name` stands for one part of a path; tasks are decimal numbers. `file` is the page's in src/ui/pages. */
export const PATHS: readonly { readonly id: RouteId; readonly path: string; readonly file: string }[] = [
  { id: 'home', path: '/', file: 'Home.svelte' },
  { id: 'alliance', path: '/alliance', file: 'Alliance.svelte' },
  { id: 'task', path: '/alliance/:task', file: 'Task.svelte' },
  { id: 'train', path: '/alliance/:task/train', file: 'Train.svelte' },
  { id: 'result', path: '/alliance/:task/result', file: 'Result.svelte' },
  { id: 'create', path: '/create', file: 'Create.svelte' },
  { id: 'data', path: '/data', file: 'Data.svelte' },
  { id: 'left', path: '/left', file: 'Left.svelte' },
  { id: 'words', path: '/words', file: 'Glossary.svelte' },
  { id: 'kit', path: '/kit', file: 'Kit.svelte' },
];

/** A regular expression's source that matches a path, with a group a parameter; and the parameters' names. */
export function patternOf(path: string): { readonly source: string; readonly names: readonly string[] } {
  const names: string[] = [];
  const source = path.replace(/:([a-z]+)/g, (_, name: string) => {
    names.push(name);
    return '([0-9]{1,18})';
  });
  return { source: `^${source}$`, names };
}
