import type { Command } from 'commander';

/** What a person who opens the help of a command most likely wants to type, by the command's name. */
const examples: Record<string, readonly string[]> = {
  '': ['mmw doctor --stack NAME', 'mmw help keys rotate'],
  keys: ['mmw keys list --stack NAME', 'mmw keys rotate --stack NAME'],
  webhooks: ['mmw webhooks create --events all --stack NAME'],
  queue: ['mmw queue stats --stack NAME', 'mmw queue peek --dead-letters --stack NAME'],
  archive: ['mmw archive list --from 2026-11-01 --stack NAME'],
  'keys create': ['mmw keys create --enable --stack NAME'],
  'keys list': ['mmw keys list --stack NAME'],
  'keys show': ['mmw keys show 7a6ba1e4-… --stack NAME'],
  'keys enable': ['mmw keys enable 7a6ba1e4-… --stack NAME'],
  'keys rotate': ['mmw keys rotate --stack NAME', 'mmw keys rotate --abandon --stack NAME'],
  'keys disable': ['mmw keys disable --stack NAME'],
  'keys delete': ['mmw keys delete 7a6ba1e4-… --stack NAME'],
  'keys forget': ['mmw keys forget 7a6ba1e4-… --stack NAME'],
  'keys restore': ['mmw keys restore --stack NAME'],
  'keys import': ['mmw keys import answer.json --stack NAME'],
  'webhooks create': ['mmw webhooks create --events all --stack NAME'],
  'webhooks list': ['mmw webhooks list --stack NAME'],
  'webhooks update': ['mmw webhooks update ID --events RECEIVED_SMS', 'mmw webhooks update ID --stack NAME'],
  'webhooks delete': ['mmw webhooks delete ID'],
  send: ["mmw send 'Hello!' --to +61491570157 --stack NAME"],
  'queue stats': ['mmw queue stats --stack NAME'],
  'queue peek': ['mmw queue peek --count 3 --stack NAME', 'mmw queue peek --dead-letters --stack NAME'],
  'queue tail': ['mmw queue tail --stack NAME'],
  'queue redrive': ['mmw queue redrive --dry-run --stack NAME', 'mmw queue redrive ID --stack NAME'],
  'queue delete': ['mmw queue delete ID --dead-letters --stack NAME'],
  'queue purge': ['mmw queue purge --dead-letters --stack NAME'],
  'queue restore': ['mmw queue restore --stack NAME'],
  reconcile: ['mmw reconcile --dry-run --stack NAME'],
  'opt-outs': ['mmw opt-outs', 'mmw opt-outs --numbers'],
  'archive list': ['mmw archive list --from 2026-11-01 --stack NAME'],
  'archive show': ['mmw archive show ID --stack NAME'],
  'archive verify': ['mmw archive verify --from 2026-11-01 --stack NAME'],
  'archive replay': ['mmw archive replay --from 2026-11-01 --stack NAME'],
  'archive erase': ['mmw archive erase --phone +61491570157 --stack NAME'],
  outputs: ['eval "$(mmw outputs --stack NAME)"'],
  doctor: ['mmw doctor --stack NAME', 'mmw doctor event.json --stack NAME'],
  sign: ['mmw sign https://example.com/hook --private-key key.pem --data @body.json --curl'],
  simulate: ['mmw simulate --stack NAME', 'mmw simulate http://localhost:3000/ --private-key key.pem'],
  capture: ['mmw capture --count 5 --stack NAME', 'mmw capture --stop --stack NAME'],
};

/** Adds its examples to the help of each command. */
export function addExamples(command: Command, path = ''): void {
  for (const own of command.commands) addExamples(own, `${path} ${own.name()}`.trim());
  const lines = examples[path];
  if (lines) command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}
