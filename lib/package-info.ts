import { existsSync, readFileSync } from 'node:fs';

/** Fields of `package.json`. */
export interface PackageInfo {
  name: string;
  version: string;
  /** Page of the project on the web, once it has one. */
  homepage?: string;
}

/** Reads `package.json`, which is one folder up in the repository, and two folders up from the compiled files. */
export function packageInfo(): PackageInfo {
  const places = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = places.find((place) => existsSync(place));
  if (file === undefined)
    throw new Error(`There is no package.json above ${import.meta.url}: install the package again.`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
