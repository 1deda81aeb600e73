import { jest } from '@jest/globals';

/** The log of a function that runs in this process. */
export interface RecordedLog {
  /** What it has written to standard output. */
  text: string;
  /** Its entries. @throws {SyntaxError} if a line is not JSON */
  entries: () => ReturnType<typeof JSON.parse>[];
}

/** Records the log, and does not print it, until mocks are restored. */
export function recordLog(): RecordedLog {
  const log: RecordedLog = {
    text: '',
    entries: () =>
      log.text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    log.text += String(chunk);
    return true;
  });
  return log;
}
