/** `error`: webhooks are lost now. `warning`: webhooks may be lost. `info`: something could not be checked. */
export type Severity = 'error' | 'warning' | 'info';

export interface Issue {
  severity: Severity;
  category: keyof typeof pages;
  title: string;
  description: string;
  /** What to do, with the command if there is one. */
  suggestion: string;
  links: string[];
}

/** Result of a check: a line that says that all is well, or a problem. */
export type Finding = string | Issue;

export interface Report {
  config: Record<string, string>;
  summary: { health: 'good' | 'degraded' | 'bad'; ok: string[] };
  issues: Issue[];
}

const ranks: readonly Severity[] = ['error', 'warning', 'info'];

/** Puts findings into a report, the worst first. */
export function toReport(config: Record<string, string>, findings: readonly Finding[]): Report {
  const ok = findings.filter((finding) => typeof finding === 'string');
  const issues = findings
    .filter((finding) => typeof finding !== 'string')
    .toSorted((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity));
  const has = (severity: Severity) => issues.some((issue) => issue.severity === severity);
  const health = has('error') ? 'bad' : has('warning') ? 'degraded' : 'good';
  return { config, summary: { health, ok }, issues };
}

export function formatReport({ summary, issues }: Report): string {
  const marks: Record<Severity, string> = { error: '✗', warning: '!', info: '-' };
  const lines = issues.flatMap(({ severity, title, description, suggestion }) => [
    `${marks[severity]} ${title}`,
    `    ${description}`,
    ...(suggestion === '' ? [] : [`    What to do: ${suggestion}`]),
  ]);
  return [...summary.ok.map((line) => `✓ ${line}`), ...lines, '', `Health: ${summary.health}.`].join('\n');
}

/** The page about each category. */
const pages = {
  keys: 'keys',
  webhooks: 'webhooks',
  queue: 'operations',
  endpoint: 'settings',
  requests: 'doctor',
  reconciliation: 'webhooks',
  alarms: 'operations',
  archive: 'archive',
  bucket: 'operations',
};

/** Makes problems of a severity, with a link to the page about them. */
const issuesOf =
  (severity: Severity) =>
  (category: Issue['category'], title: string, description: string, suggestion: string): Issue => ({
    ...{ severity, category, title, description, suggestion },
    links: [`docs/${pages[category]}.md`],
  });

export const issue = { error: issuesOf('error'), warning: issuesOf('warning'), info: issuesOf('info') };
