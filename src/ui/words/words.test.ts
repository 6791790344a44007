/** Texts stand in src/ui/words and nowhere else: every component is parsed, and what a person could read in it is a fault. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';

const UI = fileURLToPath(new URL('../', import.meta.url));

/** Attributes, and properties of our own components, whose values a person reads or hears. */
const READ = new Set([
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'aria-placeholder',
  'title',
  'placeholder',
  'alt',
  'label',
  'about',
  'text',
  'hint',
  'summary',
  'legend',
  'unit',
]);
/** Where a text is no words: a style, a class, a path of a drawing. */
const UNREAD = new Set(['class', 'style', 'd', 'transform', 'viewBox', 'preserveAspectRatio', 'points', 'rel', 'tabs']);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const hasLetters = (text: string) => /\p{L}/u.test(text);
/** Several words: what an identifier, a path or a number is not. */
const isPhrase = (text: string) => /\p{L}{2,}[,.;:!?]? +\p{L}/u.test(text);

/** Every text in a component that a person could read, with its line. */
export function textsIn(source: string): readonly string[] {
  const found: string[] = [];
  let sentencesOnly = false;
  const add = (node: Node, text: string) => {
    if (sentencesOnly && !/^\P{L}*\p{Lu}/u.test(text)) return;
    const line = source.slice(0, node.start).split('\n').length;
    found.push(`${line}: ${text.trim().slice(0, 60)}`);
  };

  const visit = (value: unknown, attribute: string | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, attribute);
      return;
    }
    if (!isNode(value)) return;
    const { type } = value;
    if (type === 'Comment' || type === 'StyleSheet') return;
    if (type === 'Text') {
      const text = String(value['data']);
      const read = attribute === undefined || READ.has(attribute);
      if (read ? hasLetters(text) : !UNREAD.has(attribute) && isPhrase(text)) add(value, text);
      return;
    }
    if (type === 'Literal' || type === 'TemplateElement') {
      const literal = type === 'Literal' ? value['value'] : (value['value'] as { readonly cooked?: unknown }).cooked;
      if (typeof literal !== 'string') return;
      const read = attribute !== undefined && READ.has(attribute);
      const unread = attribute !== undefined && UNREAD.has(attribute);
      if (read ? hasLetters(literal) : !unread && isPhrase(literal)) add(value, literal);
      return;
    }
    if (type === 'BinaryExpression' || type === 'MemberExpression' || type === 'CallExpression') {
      // What is compared, looked up or handed to a function is no text of its own, unless it is a phrase.
      for (const [key, child] of Object.entries(value)) if (key !== 'type') visit(child, undefined);
      return;
    }
    const name = type === 'Attribute' ? String(value['name']) : type === 'StyleDirective' ? 'style' : attribute;
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'metadata' && key !== 'parent') visit(child, name);
    }
  };

  const { fragment, instance, module } = parse(source, { modern: true });
  visit(fragment, undefined);
  // In a script only sentences are texts: single words name things, and phrases in small letters are styles and selectors.
  sentencesOnly = true;
  visit(module?.content, undefined);
  visit(instance?.content, undefined);
  return found;
}

function componentsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.svelte'))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the reader of components', () => {
  it.each([
    ['<p>Hello</p>', 1],
    ['<p>{words.hello} · 3 {count}</p>', 0],
    ['<p title="Hello">{hello}</p>', 1],
    ['<p title={words.hello}>{hello}</p>', 0],
    ['<input placeholder="A name" aria-label={`Name ${name}`} />', 2],
    ['<Card title={open ? "Open" : words.closed} />', 1],
    ['<Card label={kind === "open" ? words.open : words.closed} />', 0],
    ['<Bars label={text.of("accuracy")} />', 0],
    ['<p class="card wide" style="color: red" style:width="{10}% of it">{hello}</p>', 0],
    ['<svg viewBox="0 0 10 10"><path d="M 0 0 L 5 5" /></svg>', 0],
    ['<button type="button" data-kind="a b">{hello}</button>', 0],
    ['{#if kind === "open"}{show("a whole sentence")}{/if}', 1],
    ['{#each names as name (name)}{name}, {:else}None{/each}', 1],
    ['<p>{done ? "All done here" : words.todo}</p>', 1],
    ['<script lang="ts">const a = "A whole sentence"; const b = "word";</script>', 1],
    ['<!-- A remark --><script lang="ts">// A remark\nconst a: "x y" = b;</script><style>p { color: red; }</style>', 0],
  ])('%s', (source, count) => {
    expect(textsIn(source)).toHaveLength(count);
  });
});

describe('no text in code', () => {
  it.each(componentsIn(UI).map((path) => [path.slice(UI.length), path] as const))('%s', (_, path) => {
    expect(textsIn(readFileSync(path, 'utf8'))).toEqual([]);
  });
});
