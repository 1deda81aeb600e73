import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { idsOf, synthesize, type TemplateJson } from '../lib/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'template-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The feature flags that `cdk` runs the app with. */
const { context: featureFlags } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** Resources without what differs: where the code of functions is, and what the CDK notes for itself. */
function withoutCode({ Resources }: TemplateJson) {
  return Object.entries(Resources).map(([id, { Properties: { Code: _, ...properties } = {}, ...resource }]) => {
    return [id, { ...resource, Metadata: undefined, properties }];
  });
}

// Without settings, e2e deploys it.
test('the template for CloudFormation alone is the stack, with folders for its functions', () => {
  const settings = { frontDoor: 'rest', archiveDays: '30', rotationDays: '30', reconcileMinutes: '10' };
  const app = fileURLToPath(new URL('../../bin/template.ts', import.meta.url));
  const context = { ...featureFlags, ...settings, stackName: 'Test' };
  const env = { ...process.env, CDK_OUTDIR: join(folder, 'cdk.out'), CDK_CONTEXT_JSON: JSON.stringify(context) };
  execFileSync(process.execPath, [app], { cwd: folder, env, stdio: 'pipe' });
  const written = join(folder, 'dist/template');
  const text = readFileSync(join(written, 'template.json'), 'utf8');
  const template: TemplateJson = JSON.parse(text);
  const { json } = synthesize(settings);
  expect(withoutCode(template)).toEqual(withoutCode(json));
  expect(template.Outputs).toEqual(json.Outputs);
  for (const id of idsOf(template, 'AWS::Lambda::Function')) {
    const { Code } = template.Resources[id]?.Properties ?? {};
    expect(existsSync(join(written, String(Code), 'index.mjs'))).toBe(true);
  }
  // Nothing that only an account has in which cdk bootstrap ran.
  expect(text).not.toMatch(/cdk-|BootstrapVersion|aws:asset|aws:cdk/);
});
