import assert from 'node:assert/strict';
import { join } from 'node:path';
import { bundlesIn } from './own-apps.ts';
import { done, piecesOf, shell } from './shell.ts';

/** The apps in `examples/`, and their stacks. */
const examples = {
  'examples/app.ts': 'MessageMediaConsumer',
  'examples/fan-out/app.ts': 'MessageMediaFanOut',
};

/** In an app that has the package: what examples/README.md says to whoever has not this repository. */
export async function checkExamples(app: string): Promise<void> {
  const lines = piecesOf('examples/README.md', 'sh').find((piece) => piece.startsWith('cp -R ')) ?? '';
  await shell(app, lines);
  for (const [example, stack] of Object.entries(examples)) {
    await shell(app, `npx --no -- cdk synth --quiet --output ${stack} --app 'node ${example}' -c stack=AppStack`);
    assert.ok((await bundlesIn(join(app, stack))) >= 1);
  }
  done('the examples, copied out of the package as their page says, find a stack');
}
