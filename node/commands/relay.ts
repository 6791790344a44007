import { Command } from 'commander';
export function relayCommand(): Command { return new Command('relay'); }
