import { type Command, Option } from 'commander';
import { keyringCacheMilliseconds } from '../../lambda/keys/keyring-cache.ts';
import { print } from '../../terminal/output.ts';
import { counted } from '../../terminal/text.ts';
import { connectKeyring, type GlobalOptions } from '../connections.ts';
import { startCapturing, stopCapturing } from '../doctor/captures.ts';
import { wholeNumber, withOptions } from '../options.ts';

interface Options extends GlobalOptions {
  stack: string;
  count: number;
  minutes: number;
  stop?: boolean;
}

export function addCaptureCommand(program: Command): void {
  program
    .command('capture')
    .description('keep the next refused requests in the bucket for a day, to read with "mmw doctor --capture"')
    .requiredOption('--stack <name>', 'the deployed stack')
    .option('--count <number>', 'how many (1 to 100)', wholeNumber(1, 100), 5)
    .option('--minutes <number>', 'for how long at most (1 to 1440)', wholeNumber(1, 1_440), 10)
    .addOption(new Option('--stop', 'stop capturing now').conflicts(['count', 'minutes']))
    .action(withOptions(capture));
}

async function capture({ stack, count, minutes, stop, json }: Options): Promise<void> {
  const keyring = await connectKeyring({ stack });
  if (stop) {
    await stopCapturing(keyring);
    return print(json, { capture: null }, 'Capturing is off. Running functions stop within 5 minutes.');
  }
  const asked = await startCapturing(keyring, count, minutes);
  const lag = keyringCacheMilliseconds / 60_000;
  print(
    json,
    { capture: asked },
    `Until ${asked.until}, ${counted(count, 'refused request')} will be kept for a day, without credentials.
A running function begins after the next signature that it refuses, or within ${lag} minutes.

Why each was refused: npx mmw doctor --capture --stack ${stack}
To end it now: npx mmw capture --stop --stack ${stack}`,
  );
}
