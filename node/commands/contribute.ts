import { Command } from 'commander';
export function contributeCommand(): Command { return new Command('contribute'); }
