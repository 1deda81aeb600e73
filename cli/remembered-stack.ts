import type { Command, Option } from 'commander';

/** Options that name what a stack would, where commander may take both. */
const instead = ['bucket'];

/** Where a stack is not only a place: it would give a webhook another URL. */
const withoutMemory = ['webhooks update'];

/**
 * Lets MMW_STACK stand for `--stack` wherever neither it nor anything in its place is given.
 *
 * @param stack the value of MMW_STACK
 */
export function rememberStack(command: Command, stack: string | undefined, path = ''): void {
  for (const own of command.commands) rememberStack(own, stack, `${path} ${own.name()}`.trim());
  const option = command.options.find(({ long }) => long === '--stack');
  if (option === undefined || withoutMemory.includes(path)) return;
  option.description += ' (default: MMW_STACK)';
  if (!stack) return;
  // As a default, it contradicts no other option.
  command.setOptionValueWithSource('stack', stack, 'default');
  command.hook('preAction', () => {
    if (command.getOptionValueSource('stack') === 'default' && namesAnother(command, option))
      command.setOptionValue('stack', undefined);
  });
}

function namesAnother(command: Command, option: Option & { conflictsWith?: string[] }): boolean {
  if (command.name() === 'simulate' && command.args.length > 0) return true;
  return [...instead, ...(option.conflictsWith ?? []), ...contradicting(command)].some(
    (name) => command.getOptionValue(name) !== undefined,
  );
}

/** Options that name `--stack` as what they contradict. */
function contradicting({ options }: Command): string[] {
  return options
    .filter((option: Option & { conflictsWith?: string[] }) => option.conflictsWith?.includes('stack'))
    .map((option) => option.attributeName());
}
