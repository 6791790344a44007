/** Mounts the page. */
import { mount } from 'svelte';
import App from './App.svelte';
import { PageState } from './state/page.svelte.ts';
import './tokens.css';

const target = document.getElementById('app');
if (target !== null) mount(App, { target, props: { page: new PageState() } });
