import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, DefaultStackSynthesizer } from 'aws-cdk-lib';
import { addStack } from './stack.ts';

/*
 * The stack for those who deploy without the CDK: `npm run template -- -c name=value` writes a template and the folders of
 * its functions, which `aws cloudformation package` uploads.
 */

const target = 'dist/template';

interface Template {
  Resources: Record<string, { Type: string; Properties?: { Code?: unknown }; Metadata?: Record<string, unknown> }>;
}

// The metadata of a function names the folder of its code.
const app = new App({ postCliContext: { 'aws:cdk:enable-asset-metadata': true } });
// The template needs no account that `cdk bootstrap` has prepared.
const stack = addStack(app, { synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) });
if (stack !== undefined) {
  const assembly = app.synth();
  writeTemplate(assembly.getStackByName(stack.stackName).template, assembly.directory);
  console.error(`${target} has template.json and the functions`);
}

/** A function's code is the name of a folder, and nothing names files of this machine. */
function writeTemplate(template: Template, assembly: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [id, { Type, Properties, Metadata = {} }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::Lambda::Function' && Properties !== undefined) {
      cpSync(join(assembly, String(Metadata['aws:asset:path'])), join(target, id), { recursive: true });
      Properties.Code = id;
    }
    for (const name of Object.keys(Metadata)) if (name.startsWith('aws:')) delete Metadata[name];
  }
  writeFileSync(join(target, 'template.json'), `${JSON.stringify(template, undefined, 1)}\n`);
}
