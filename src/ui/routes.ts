/** Every page with its path. A page is loaded when it is first wanted; only the start page comes with the first JavaScript. */
import type { Component } from 'svelte';
import { PATHS, patternOf, type RouteId } from './paths.ts';
import type { PageState } from './state/page.svelte.ts';
import Home from './pages/Home.svelte';
import NotFound from './pages/NotFound.svelte';

/** What a page gets: the state of all, and the parameters in its path, e.g. `task`. */
export interface PageProps {
  readonly page: PageState;
  readonly params: Readonly<Record<string, string>>;
}

export type PageComponent = Component<PageProps>;

export interface Route {
  readonly id: RouteId;
  readonly params: Readonly<Record<string, string>>;
}

/** Pages that need nothing declare no properties; they ignore what they get. */
const LOADERS: Readonly<Partial<Record<RouteId, () => Promise<{ default: Component<never> }>>>> = {
  alliance: () => import('./pages/Alliance.svelte'),
  task: () => import('./pages/Task.svelte'),
  train: () => import('./pages/Train.svelte'),
  result: () => import('./pages/Result.svelte'),
  create: () => import('./pages/Create.svelte'),
  data: () => import('./pages/Data.svelte'),
  left: () => import('./pages/Left.svelte'),
  words: () => import('./pages/Glossary.svelte'),
  kit: () => import('./pages/Kit.svelte'),
};

/** The route of a path without a trailing slash. */
export function matchRoute(path: string): Route {
  for (const { id, path: pattern } of PATHS) {
    const { source, names } = patternOf(pattern);
    const match = new RegExp(source).exec(path);
    if (match !== null) return { id, params: Object.fromEntries(names.map((name, i) => [name, match[i + 1] ?? ''])) };
  }
  return { id: 'not-found', params: {} };
}

/** The page of a route: there already, or to be loaded. */
export function pageOf(id: RouteId): PageComponent | Promise<{ default: PageComponent }> {
  if (id === 'home') return Home;
  const load = LOADERS[id] as (() => Promise<{ default: PageComponent }>) | undefined;
  return load?.() ?? (NotFound as PageComponent);
}
