import { existsSync, readFileSync } from 'node:fs';

/** What the package says of itself. */
export interface PackageInfo {
  name: string;
  version: string;
  /** Page of the project on the web, once it has one. */
  homepage?: string;
}

/** Reads `package.json`: it is one folder up in the repository, and two from what is compiled. */
export function packageInfo(): PackageInfo {
  const places = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = places.find((place) => existsSync(place));
  if (file === undefined)
    throw new Error(`There is no package.json above ${import.meta.url}: install the package again.`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
